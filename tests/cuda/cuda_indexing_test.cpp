// Compares the CUDA kernels for indexing, sorting and running along one dimension with the CPU's, for all
// layouts and many sizes.
#include "arrays.h"

// ---- along one dimension: argmax, argmin, cumsum, sort -----------------------------------------------------------

namespace {

const Shape kLineShapes[] = {{},     {0},    {1},      {31},      {33},      {1000},    {1025},   {4097},
                             {9000}, {3, 0}, {31, 33}, {2, 2100}, {2100, 2}, {3, 5, 7}, {1200, 9}};

/// Calls test(shape, dim, dtype, layout) for every dimension of every shape.
template <class Test>
void for_each_line_case(const Test& test) {
  for (const Shape& shape : kLineShapes)
    for (int dim = 0; dim < std::max<int>(1, static_cast<int>(shape.size())); ++dim)
      for (Dtype dtype : kTested)
        for (Layout layout : kLayouts) test(shape, dim, dtype, layout);
}

/// Maps v to one of a few values or NaN, so that many elements are equal. The tests check the order
/// of equal elements.
double coarse(double v) { return v > 1.8 ? NAN : std::round(2 * v); }

}  // namespace

TEST_F(CudaKernels, ArgmaxAndArgminTakeTheFirstOfEqualElements) {
  for_each_line_case([](const Shape& shape, int dim, Dtype dtype, Layout layout) {
    Shape reduced_shape = shape;
    if (!shape.empty()) reduced_shape[static_cast<size_t>(dim)] = 1;
    Array x(shape, dtype, layout), largest(reduced_shape, kInt64), smallest(reduced_shape, kInt64);
    if (is_floating_point(dtype) && layout != Layout::offset) x.each(coarse);
    const std::string what = describe("argmax", shape, dtype, layout) + " along " + std::to_string(dim);
    try {
      on_cpu().argmax(x.host(), dim, largest.host());
      on_cpu().argmin(x.host(), dim, smallest.host());
    } catch (const Error&) {
      EXPECT_THROW(on_cuda().argmax(x.device(), dim, largest.device()), Error) << what;
      return;
    }
    on_cuda().argmax(x.device(), dim, largest.device());
    on_cuda().argmin(x.device(), dim, smallest.device());
    largest.expect_equal(0, what);
    smallest.expect_equal(0, what + " (argmin)");
  });
}

TEST_F(CudaKernels, ArgmaxOfAFewLongLines) {
  for (Layout layout : {Layout::contiguous, Layout::strided})
    for (const Shape& shape : {Shape{100003}, Shape{3, 40000}}) {
      Array x(shape, kFloat32, layout);
      Shape one = shape;
      one.back() = 1;
      for (bool equals : {false, true}) {
        if (equals) x.each(coarse);
        Array out(one, kInt64);
        on_cpu().argmax(x.host(), static_cast<int>(shape.size()) - 1, out.host());
        on_cuda().argmax(x.device(), static_cast<int>(shape.size()) - 1, out.device());
        out.expect_equal(0, describe("argmax", shape, kFloat32, layout));
      }
    }
}

TEST_F(CudaKernels, ArgmaxOfInfinities) {
  for (double value : {-double(INFINITY), double(INFINITY), double(NAN)})
    for (int64_t n : {1, 5, 40, 3000}) {
      Array x({n}, kFloat64), out({1}, kInt64);
      x.each([=](double) { return value; });
      on_cuda().argmax(x.device(), 0, out.device());
      *out.host().as<int64_t>() = 0;
      out.expect_equal(0, "argmax of one value everywhere");
    }
}

TEST_F(CudaKernels, CumsumAlongEveryDimension) {
  for_each_line_case([](const Shape& shape, int dim, Dtype dtype, Layout layout) {
    const std::string what = describe("cumsum", shape, dtype, layout) + " along " + std::to_string(dim);
    const Array x(shape, dtype, layout);
    Array out(shape, dtype);
    if (dtype == kBool) {
      EXPECT_THROW(on_cuda().cumsum(x.device(), dim, out.device()), Error) << what;
      return;
    }
    on_cpu().cumsum(x.host(), dim, out.host());
    on_cuda().cumsum(x.device(), dim, out.device());
    out.expect_equal(dtype == kFloat32 ? 2 * epsilon(dtype) : 4096 * epsilon(dtype), what);
  });
}

TEST_F(CudaKernels, CumsumOfAFewLongLines) {
  for (const Shape& shape : {Shape{100003}, Shape{2, 30000}})
    for (Dtype dtype : {kFloat32, kInt64}) {
      Array x(shape, dtype), out(shape, dtype);
      on_cpu().cumsum(x.host(), static_cast<int>(shape.size()) - 1, x.host());
      on_cuda().cumsum(x.device(), static_cast<int>(shape.size()) - 1, x.device());  // in place
      x.expect_equal(2 * epsilon(dtype), describe("cumsum", shape, dtype, Layout::contiguous));
    }
}

TEST_F(CudaKernels, SortIsStableInBothDirections) {
  for_each_line_case([](const Shape& shape, int dim, Dtype dtype, Layout layout) {
    const Array count(shape, kBool);
    if (count.host().numel() > 2000 && (layout != Layout::contiguous || dtype == kFloat64 || dtype == kBool))
      return;
    for (bool descending : {false, true}) {
      Array x(shape, dtype, layout),
          values(shape, dtype, layout == Layout::expanded ? Layout::contiguous : layout);
      Array indices(shape, kInt64);
      if (is_floating_point(dtype) && layout != Layout::offset) x.each(coarse);
      on_cpu().sort(x.host(), dim, descending, values.host(), indices.host());
      on_cuda().sort(x.device(), dim, descending, values.device(), indices.device());
      const std::string what = describe("sort", shape, dtype, layout) + " along " + std::to_string(dim);
      values.expect_equal(0, what);
      indices.expect_equal(0, what + " (indices)");
    }
  });
}

// ---- indexing ----------------------------------------------------------------------------------------------------

TEST_F(CudaKernels, TakeAndPutInEveryLayout) {
  for (const Shape& shape : kShapes)
    for (Dtype dtype : kTested)
      for (Layout layout : kLayouts) {
        const std::string what = describe("take", shape, dtype, layout);
        Array x({5000}, dtype), positions(shape, kInt64, layout), values(shape, dtype, layout),
            out(shape, dtype);
        positions.each([](double) { return static_cast<double>(random_up_to(99)); });  // many are equal
        on_cpu().take(x.host(), positions.host(), out.host());
        on_cuda().take(x.device(), positions.device(), out.device());
        out.expect_equal(0, what);
        if (dtype != kBool) {  // sums of integers are exact in any order
          values.each([](double v) { return std::round(4 * v); });
          x.each([](double v) { return std::round(4 * v); });
        }
        on_cpu().put(positions.host(), values.host(), true, x.host());
        on_cuda().put(positions.device(), values.device(), true, x.device());
        x.expect_equal(0, what + " (put, adding)");
        int64_t next = 0;
        positions.each([&](double) { return static_cast<double>(next++ * 7919 % 4999); });
        if (layout == Layout::expanded || values.host().numel() > 4000) continue;  // some positions are equal
        on_cpu().put(positions.host(), values.host(), false, x.host());
        on_cuda().put(positions.device(), values.device(), false, x.device());
        x.expect_equal(0, what + " (put)");
      }
}

TEST_F(CudaKernels, PutWritesOneOfTheValuesForAPosition) {
  for (Dtype dtype : kTested) {
    Array positions({1000}, kInt64), values({1000}, dtype), x({2}, dtype);
    positions.each([](double) { return 1; });
    values.each([](double) { return 1; });
    on_cpu().put(positions.host(), values.host(), false, x.host());
    on_cuda().put(positions.device(), values.device(), false, x.device());
    x.expect_equal(0, "put to one position");
  }
}

TEST_F(CudaKernels, SmallIntegersAreTakenAndPut) {
  for (Dtype dtype : {kInt32, kInt16, kUInt8}) {
    Array x({2000}, dtype), positions({1000}, kInt64), out({1000}, dtype), indices({40}, kInt64);
    int64_t next = 0;
    positions.each([&](double) { return static_cast<double>(next++ * 7 % 2000); });
    on_cpu().take(x.host(), positions.host(), out.host());
    on_cuda().take(x.device(), positions.device(), out.device());
    out.expect_equal(0, "take");
    on_cuda().put(positions.device(), out.device(), false, x.device());
    x.expect_equal(0, "put back");

    indices.each([](double) { return static_cast<double>(random_up_to(9)); });
    Array table({10, 16}, dtype), rows({40, 16}, dtype);
    on_cpu().gather_rows(table.host(), indices.host(), rows.host());
    on_cuda().gather_rows(table.device(), indices.device(), rows.device());
    rows.expect_equal(0, "gather_rows");
    if (dtype == kInt32) {
      on_cpu().put(positions.host(), out.host(), true, x.host());
      on_cuda().put(positions.device(), out.device(), true, x.device());
      x.expect_equal(0, "put, adding");
    } else {
      EXPECT_THROW(on_cuda().put(positions.device(), out.device(), true, x.device()), Error);
      EXPECT_THROW(on_cuda().scatter_add_rows(indices.device(), rows.device(), table.device()), Error);
    }
  }
}

TEST_F(CudaKernels, RowsAreGatheredAndAdded) {
  for (int64_t width : {0, 1, 3, 4, 8, 31, 33, 64})
    for (int64_t n : {0, 1, 31, 1000})
      for (Dtype dtype : kTested)
        for (Layout layout : kLayouts) {
          if (layout == Layout::expanded) continue;
          const std::string what = describe("gather_rows", {n, width}, dtype, layout);
          Array table({50, width}, dtype, layout), indices({n}, kInt64, layout), out({n, width}, dtype);
          indices.each([](double) { return static_cast<double>(random_up_to(39)); });
          on_cpu().gather_rows(table.host(), indices.host(), out.host());
          on_cuda().gather_rows(table.device(), indices.device(), out.device());
          out.expect_equal(0, what);
          if (dtype == kBool) continue;
          Array values({n, width}, dtype, layout);
          values.each([](double v) { return std::round(4 * v); });
          table.each([](double v) { return std::round(4 * v); });
          on_cpu().scatter_add_rows(indices.host(), values.host(), table.host());
          on_cuda().scatter_add_rows(indices.device(), values.device(), table.device());
          table.expect_equal(0, what + " (added)");
        }
}

TEST_F(CudaKernels, NonzeroIsInRowMajorOrder) {
  for (const Shape& shape : kLineShapes)
    for (Layout layout : kLayouts)
      for (int kind : {0, 1, 2}) {  // random, all false, all true
        Array x(shape, kBool, layout);
        if (kind > 0) x.each([&](double) { return kind - 1; });
        std::vector<int64_t> expected{-1}, actual{-1};  // nonzero must keep the -1 and append to it
        on_cpu().nonzero(x.host(), expected);
        on_cuda().nonzero(x.device(), actual);
        EXPECT_EQ(expected, actual) << describe("nonzero", shape, kBool, layout);
      }
  Array number({3}, kFloat32);
  std::vector<int64_t> none;
  EXPECT_THROW(on_cuda().nonzero(number.device(), none), Error);
}
