// Compares kernels of the CUDA table with the CPU's on random inputs, for all layouts and many sizes.
// The list of ops tests the results of ops. This file tests the paths inside the kernels, which depend on
// sizes, strides and alignment. cuda_rows_test.cpp, cuda_indexing_test.cpp, cuda_optim_test.cpp and
// cuda_linalg_test.cpp have the kernels of their names.
#include <set>
#include <string>

#include "../expectations.h"
#include "arrays.h"
#include "kernels/formulas.h"

// ---- pointwise ---------------------------------------------------------------------------------------------------

TEST_F(CudaKernels, FillInEveryLayout) {
  for (const Shape& shape : kShapes)
    for (Dtype dtype : kStored)
      for (Layout layout : kLayouts) {
        if (layout == Layout::expanded) continue;
        Array out(shape, dtype, layout);
        on_cpu().fill(3, out.host());
        on_cuda().fill(3, out.device());
        out.expect_equal(0, describe("fill", shape, dtype, layout));
      }
}

TEST_F(CudaKernels, Arange) {
  for (int64_t n : {0, 1, 31, 1000})
    for (Dtype dtype : {kFloat32, kFloat64, kInt64})
      for (Layout layout : {Layout::contiguous, Layout::strided})
        for (bool real : {false, true}) {
          Array out({n}, dtype, layout);
          const Scalar start = real ? Scalar(0.5) : Scalar(-7), step = real ? Scalar(0.25) : Scalar(3);
          on_cpu().arange(start, step, out.host());
          on_cuda().arange(start, step, out.device());
          out.expect_equal(epsilon(dtype), describe("arange", {n}, dtype, layout));
        }
}

TEST_F(CudaKernels, CopyBetweenAllTypesAndLayouts) {
  for (const Shape& shape : kShapes)
    for (Dtype from : kStored)
      for (Dtype to : kStored)
        for (Layout layout : kLayouts)
          for (Layout out_layout : {Layout::contiguous, Layout::offset, Layout::transposed}) {
            Array x(shape, from, layout), out(shape, to, out_layout);
            if (to == kUInt8) x.each([](double v) { return std::abs(v); });
            on_cpu().copy(x.host(), out.host());
            on_cuda().copy(x.device(), out.device());
            out.expect_equal(0, describe("copy", shape, from, layout));
          }
}

TEST_F(CudaKernels, StepsOfTheTranspositionLadder) {
  using Step = bool (*)(const View&, const View&);
  for (Step step : {cuda::transpose_v1, cuda::transpose_v2, cuda::transpose_v3})
    for (const Shape& shape : {Shape{31, 33}, Shape{100, 65}, Shape{16, 16}, Shape{3, 40, 50}})
      for (Dtype dtype : kStored) {
        Array x(shape, dtype, Layout::transposed), out(shape, dtype);
        on_cpu().copy(x.host(), out.host());
        EXPECT_TRUE(step(x.device(), out.device()));
        out.expect_equal(0, describe("transpose", shape, dtype, Layout::transposed));
      }
  const Array x({40, 40}, kFloat32), out({40, 40}, kFloat32);
  EXPECT_FALSE(cuda::transpose(x.device(), out.device())) << "neither of the two arrays is transposed";
}

/// Are the formula and its slope defined only for positive numbers?
bool needs_positive(const FormulaId& f) {
  return std::set<std::string>{"log", "sqrt", "rsqrt", "log1p"}.contains(f.name);
}

TEST_F(CudaKernels, UnaryFormulasInEveryLayout) {
  for (Unary f : formulas::all<Unary>(formulas::Unaries{}))
    for (Dtype dtype : kTested)
      for (Layout layout : kLayouts)
        for (const Shape& shape : {Shape{}, Shape{33}, Shape{1000}, Shape{5, 7}, Shape{0, 2}}) {
          const std::string what = describe(f.name, shape, dtype, layout);
          Array x(shape, dtype, layout);
          if (needs_positive(f)) x.each([](double v) { return std::abs(v) + 0.1; });
          Array out(shape, f.is_predicate ? kBool : dtype);
          bool exists = true;
          try {
            on_cpu().unary(f, x.host(), out.host());
          } catch (const Error&) {
            exists = false;
          }
          if (exists)
            on_cuda().unary(f, x.device(), out.device());
          else
            EXPECT_THROW(on_cuda().unary(f, x.device(), out.device()), Error) << what;
          if (exists) out.expect_equal(8 * epsilon(dtype), what);
        }
}

TEST_F(CudaKernels, BinaryFormulasInEveryLayout) {
  for (Binary f : formulas::all<Binary>(formulas::Binaries{}))
    for (Dtype dtype : kTested)
      for (Layout layout : kLayouts)
        for (const Shape& shape : {Shape{33}, Shape{1000}, Shape{5, 7}, Shape{0, 2}}) {
          const std::string what = describe(f.name, shape, dtype, layout);
          Array a(shape, dtype, layout), b(shape, dtype, Layout::contiguous);
          const auto positive = [](double v) { return std::abs(v) + 1; };
          if (dtype != kBool) a.each(positive), b.each(positive);
          const Dtype result = f.is_predicate ? kBool : dtype;
          Array out(shape, result), number_last(shape, result), number_first(shape, result);
          const Scalar number = dtype == kBool ? Scalar(true) : dtype == kInt64 ? Scalar(3) : Scalar(1.5);
          try {
            on_cpu().binary(f, a.host(), b.host(), out.host());
          } catch (const Error&) {
            EXPECT_THROW(on_cuda().binary(f, a.device(), b.device(), out.device()), Error) << what;
            EXPECT_THROW(on_cuda().binary_scalar(f, a.device(), number, false, out.device()), Error) << what;
            continue;
          }
          on_cpu().binary_scalar(f, a.host(), number, false, number_last.host());
          on_cpu().binary_scalar(f, a.host(), number, true, number_first.host());
          on_cuda().binary(f, a.device(), b.device(), out.device());
          on_cuda().binary_scalar(f, a.device(), number, false, number_last.device());
          on_cuda().binary_scalar(f, a.device(), number, true, number_first.device());
          out.expect_equal(8 * epsilon(dtype), what);
          number_last.expect_equal(8 * epsilon(dtype), what + " with a number last");
          number_first.expect_equal(8 * epsilon(dtype), what + " with a number first");
        }
}

TEST_F(CudaKernels, TernaryFormulasInEveryLayout) {
  for (Ternary f : formulas::all<Ternary>(formulas::Ternaries{}))
    for (Dtype dtype : {kFloat32, kFloat64})
      for (Layout layout : kLayouts)
        for (const Shape& shape : {Shape{33}, Shape{1000}, Shape{5, 7}, Shape{0, 2}}) {
          Array a(shape, dtype, Layout::contiguous), b(shape, dtype, layout), c(shape, dtype),
              out(shape, dtype);
          const auto positive = [](double v) { return std::abs(v) + 1; };
          b.each(positive), c.each(positive);
          on_cpu().ternary(f, a.host(), b.host(), c.host(), out.host());
          on_cuda().ternary(f, a.device(), b.device(), c.device(), out.device());
          out.expect_equal(16 * epsilon(dtype), describe(f.name, shape, dtype, layout));
        }
}

TEST_F(CudaKernels, InPlace) {
  for (const Shape& shape : {Shape{1000}, Shape{31, 33}}) {
    Array x(shape, kFloat32), y(shape, kFloat32);
    on_cpu().binary(formulas::Add{}, x.host(), y.host(), x.host());
    on_cuda().binary(formulas::Add{}, x.device(), y.device(), x.device());
    x.expect_equal(0, "x += y");
  }
}

TEST_F(CudaKernels, WhereInEveryLayout) {
  for (const Shape& shape : kShapes)
    for (Dtype dtype : kTested)
      for (Layout layout : kLayouts) {
        const Array condition(shape, kBool, layout), a(shape, dtype), b(shape, dtype, layout);
        Array out(shape, dtype);
        on_cpu().where(condition.host(), a.host(), b.host(), out.host());
        on_cuda().where(condition.device(), a.device(), b.device(), out.device());
        out.expect_equal(0, describe("where", shape, dtype, layout));
      }
}

// ---- reductions --------------------------------------------------------------------------------------------------

namespace {

/// The shape after the dimensions whose bits are set in `dims` are reduced to size 1.
Shape reduced(Shape shape, unsigned dims) {
  for (size_t d = 0; d < shape.size(); ++d)
    if (dims >> d & 1) shape[d] = 1;
  return shape;
}

void compare_reduction(Reduction f, const Shape& shape, unsigned dims, Dtype dtype, Layout layout) {
  const std::string what = describe(f.name, shape, dtype, layout) + " over " + std::to_string(dims);
  Array x(shape, dtype, layout), out(reduced(shape, dims), dtype);
  if (std::string(f.name) == "prod") x.each([](double v) { return v < 0 ? -1 : 1; });
  try {
    on_cpu().reduce(f, x.host(), out.host());
  } catch (const Error& error) {
    EXPECT_THROW(on_cuda().reduce(f, x.device(), out.device()), Error) << what;
    return;
  }
  on_cuda().reduce(f, x.device(), out.device());
  out.expect_equal(is_floating_point(dtype)
                       ? 64 * epsilon(dtype) * std::sqrt(static_cast<double>(x.host().numel() + 1))
                       : 0,
                   what);
}

}  // namespace

TEST_F(CudaKernels, ReductionsOverAnyDimensions) {
  for (Reduction f : formulas::all<Reduction>(formulas::Reductions{}))
    for (const Shape& shape :
         {Shape{}, Shape{0}, Shape{1}, Shape{31}, Shape{33}, Shape{1000}, Shape{4097}, Shape{0, 3},
          Shape{3, 5}, Shape{40, 33}, Shape{3, 200}, Shape{2, 3, 5}, Shape{7, 11, 13}, Shape{4, 3, 2, 5}})
      for (unsigned dims = 0; dims < 1u << shape.size(); ++dims)
        for (Dtype dtype : kTested)
          for (Layout layout : kLayouts) compare_reduction(f, shape, dims, dtype, layout);
}

TEST_F(CudaKernels, ErrorsForStorageDtypesNameTheOp) {
  for (Dtype dtype : {kInt32, kInt16, kUInt8}) {
    const Array x({5}, dtype), out({1}, dtype), y({5}, dtype);
    EXPECT_ERROR(on_cuda().reduce(formulas::Sum{}, x.device(), out.device()), "sum has no cuda kernel for ");
    EXPECT_ERROR(on_cuda().unary(formulas::Neg{}, x.device(), y.device()), "neg has no cuda kernel for ");
    EXPECT_ERROR(on_cuda().binary(formulas::Add{}, x.device(), x.device(), y.device()),
                 "add has no cuda kernel for ");
  }
}

TEST_F(CudaKernels, ReductionsSplitIntoChunks) {
  for (Reduction f :
       std::initializer_list<Reduction>{formulas::Sum{}, formulas::Max{}, formulas::SumOfSquares{}}) {
    for (Dtype dtype : {kFloat32, kFloat64, kInt64}) {
      compare_reduction(f, {100003}, 1, dtype, Layout::contiguous);
      compare_reduction(f, {100003}, 1, dtype, Layout::offset);
      compare_reduction(f, {2, 20000}, 2, dtype, Layout::contiguous);
      compare_reduction(f, {2, 20001}, 2, dtype, Layout::strided);
      compare_reduction(f, {30000, 3}, 1, dtype, Layout::contiguous);
      compare_reduction(f, {3000, 40}, 1, dtype, Layout::contiguous);
      compare_reduction(f, {5, 3000, 7}, 2, dtype, Layout::contiguous);
      compare_reduction(f, {50, 30, 70}, 5, dtype, Layout::transposed);
    }
  }
}

TEST_F(CudaKernels, StepsOfTheReductionLadder) {
  using cuda::ReduceStep;
  for (ReduceStep step : {ReduceStep::chain, ReduceStep::block, ReduceStep::shuffles, ReduceStep::grid})
    for (const Shape& shape : {Shape{1, 7}, Shape{5, 100}, Shape{40, 33}, Shape{1, 5000}})
      for (unsigned dims : {1u, 2u, 3u}) {
        const Array x(shape, kFloat64);
        Array out(reduced(shape, dims), kFloat64);
        on_cpu().reduce(formulas::Sum{}, x.host(), out.host());
        cuda::reduce_step(step, formulas::Sum{}, x.device(), out.device());
        out.expect_equal(1e-12, describe("sum", shape, kFloat64, Layout::contiguous));
      }
}

TEST_F(CudaKernels, AllAndAnyReadEveryElement) {
  for (int64_t n : {1, 7, 15, 31, 33, 100, 1023, 1025, 8191, 20000})
    for (int64_t odd : {int64_t{0}, n / 2, n - 1}) {
      Array x({n}, kBool), all({1}, kBool), any({1}, kBool);
      for (bool usual : {true, false}) {
        int64_t i = 0;
        x.each([&](double) { return i++ == odd ? !usual : usual; });
        on_cuda().reduce(usual ? Reduction(formulas::All{}) : formulas::Any{}, x.device(),
                         (usual ? all : any).device());
      }
      *all.host().as<bool>() = false;
      *any.host().as<bool>() = true;
      all.expect_equal(0, "all but one, of " + std::to_string(n));
      any.expect_equal(0, "only one, of " + std::to_string(n));
    }
}

TEST_F(CudaKernels, ReductionsPropagateNaN) {
  for (int64_t n : {5, 100, 5000})
    for (Reduction f : std::initializer_list<Reduction>{formulas::Max{}, formulas::Min{}, formulas::Sum{},
                                                        formulas::SumOfSquares{}}) {
      Array x({n}, kFloat32), out({1}, kFloat32);
      int64_t i = 0;
      x.each([&](double v) { return ++i == n / 2 ? NAN : v; });
      on_cpu().reduce(f, x.host(), out.host());
      on_cuda().reduce(f, x.device(), out.device());
      EXPECT_TRUE(std::isnan(*out.host().as<float>()));
      out.expect_equal(0, "NaN");
    }
}

TEST_F(CudaKernels, SumsAreAccurate) {
  constexpr int64_t n = 1 << 20;  // one chain of so many additions would lose 4 of 7 digits
  Array x({n}, kFloat32), out({1}, kFloat32);
  x.each([](double v) { return std::abs(v); });
  double exact = 0;
  for (int64_t i = 0; i < n; ++i) exact += x.host().as<float>()[i];
  on_cuda().reduce(formulas::Sum{}, x.device(), out.device());
  float sum;
  memory().copy_to_host(out.device().data, &sum, sizeof sum);
  EXPECT_NEAR(sum, exact, 2e-6 * exact);
}

// ---- products ----------------------------------------------------------------------------------------------------

namespace {

using Matmul = void (*)(const View&, const View&, const View&);

void compare_product(Matmul matmul, const Shape& batch, int64_t m, int64_t k, int64_t n, Dtype dtype,
                     Layout a_layout, Layout b_layout, Layout out_layout) {
  const auto shape = [&](int64_t rows, int64_t columns) {
    Shape all = batch;
    all.push_back(rows);
    all.push_back(columns);
    return all;
  };
  const Array a(shape(m, k), dtype, a_layout), b(shape(k, n), dtype, b_layout);
  Array out(shape(m, n), dtype, out_layout);
  on_cpu().matmul(a.host(), b.host(), out.host());
  matmul(a.device(), b.device(), out.device());
  out.expect_equal(
      4 * epsilon(dtype) * static_cast<double>(k + 1),
      describe("matmul", {m, k, n}, dtype, a_layout) + " " + std::to_string(static_cast<int>(b_layout)));
}

}  // namespace

TEST_F(CudaKernels, ProductsOfEveryStepOfTheLadder) {
  for (Matmul step : {cuda::matmul_v1, cuda::matmul_v2, cuda::matmul_v3, cuda::matmul_v4, cuda::matmul})
    for (Dtype dtype : {kFloat32, kFloat64, kInt64}) {
      if ((step == cuda::matmul_v3 || step == cuda::matmul_v4) && dtype == kInt64) continue;
      const auto compare = [&](const Shape& batch, int64_t m, int64_t k, int64_t n) {
        for (Layout a : kLayouts)
          for (Layout b : kLayouts) compare_product(step, batch, m, k, n, dtype, a, b, Layout::contiguous);
        compare_product(step, batch, m, k, n, dtype, Layout::contiguous, Layout::contiguous,
                        Layout::transposed);
        compare_product(step, batch, m, k, n, dtype, Layout::contiguous, Layout::contiguous, Layout::offset);
      };
      compare({}, 1, 1, 1);
      compare({}, 0, 3, 2);
      compare({}, 2, 0, 3);
      compare({}, 3, 4, 5);
      compare({}, 33, 31, 35);
      compare({}, 64, 64, 64);
      compare({}, 65, 130, 68);
      compare({}, 1, 100, 33);
      compare({}, 40, 100, 1);
      compare({3}, 5, 9, 4);
      compare({2, 3}, 36, 8, 36);
      compare({0}, 3, 3, 3);
    }
}

TEST_F(CudaKernels, ProductsInLargeTiles) {
  for (Layout a : {Layout::contiguous, Layout::transposed})
    for (Layout b : {Layout::contiguous, Layout::transposed})
      for (Matmul step : {cuda::matmul, cuda::matmul_v4})
        compare_product(step, {130}, 40, 36, 36, kFloat32, a, b, Layout::contiguous);
}

/// A grid has at most 65,535 blocks in its second and third dimension.
TEST_F(CudaKernels, MoreProductsThanAGridHasInYAndZ) {
  const int64_t count = 66000;
  const Array a({count, 2, 1}, kFloat32), b({1, 1, 2}, kFloat32);
  const auto expanded = [&](View view) {
    view.sizes[0] = count;
    view.strides[0] = 0;
    return view;
  };
  for (Matmul step : {cuda::matmul_v1, cuda::matmul_v2}) {
    Array out({count, 2, 2}, kFloat32);
    on_cpu().matmul(a.host(), expanded(b.host()), out.host());
    step(a.device(), expanded(b.device()), out.device());
    out.expect_equal(1e-6, "66000 products");
  }
}

/// A grid has at most 2³¹ - 1 blocks in its first dimension.
TEST_F(CudaKernels, MoreBlocksThanALaunchHasAreAnError) {
  const Array one({1, 2, 2}, kFloat32);
  View many = one.device();
  many.sizes[0] = int64_t{1} << 31;
  many.strides[0] = 0;
  for (Matmul step : {cuda::matmul_v2, cuda::matmul_v3})
    EXPECT_ERROR(step(many, many, many), "matmul: 2147483648 blocks are too many for one launch");
  many.sizes[0] = (int64_t{1} << 32) + 1;  // truncated to 32 bits it would be 1
  EXPECT_ERROR(cuda::matmul_v2(many, many, many), "matmul: 4294967297 blocks are too many for one launch");
}
