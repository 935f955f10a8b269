// Compares the CUDA kernels of functions of rows with the CPU's: softmax, cross-entropy, layer norm. The lengths of the
// rows are around a warp, a block, and the registers that hold a row.
#include <string>

#include "../expectations.h"
#include "arrays.h"

namespace {

const Shape kRowShapes[] = {{5},       {0},       {0, 4},    {3, 1},    {7, 10},
                            {5, 31},   {2, 33},   {3, 128},  {2, 132},  {6, 1028},
                            {2, 1024}, {1, 4097}, {1, 8192}, {2, 9001}, {2, 3, 5}};

using Rowwise = void (*)(const View&, const View&);

void compare_rows(const char* name, Rowwise expected, Rowwise actual, double tolerance = 64) {
  for (const Shape& shape : kRowShapes)
    for (Dtype dtype : {kFloat32, kFloat64})
      for (Layout layout : kLayouts) {
        if (shape.back() > 4000 && layout != Layout::contiguous && layout != Layout::strided) continue;
        const Array x(shape, dtype, layout);
        Array out(shape, dtype, layout == Layout::transposed ? layout : Layout::contiguous);
        expected(x.host(), out.host());
        actual(x.device(), out.device());
        out.expect_equal(tolerance * epsilon(dtype), describe(name, shape, dtype, layout));
      }
}

}  // namespace

TEST_F(CudaKernels, StepsOfTheSoftmaxLadder) {
  compare_rows("softmax", on_cpu().softmax, cuda::softmax);
  compare_rows("softmax_v1", on_cpu().softmax, cuda::softmax_v1);
  compare_rows("softmax_v2", on_cpu().softmax, cuda::softmax_v2);
}

TEST_F(CudaKernels, LogSoftmax) { compare_rows("log_softmax", on_cpu().log_softmax, cuda::log_softmax); }

TEST_F(CudaKernels, SoftmaxOfInfinities) {
  for (int64_t n : {4, 40, 200, 9001})
    for (int which = 0; which < 5; ++which) {
      Array x({2, n}, kFloat32), out({2, n}, kFloat32), log_out({2, n}, kFloat32);
      int64_t i = 0;
      x.each([&](double v) {
        const bool here = i++ % n == 2;
        switch (which) {
          case 0:
            return here ? -INFINITY : v;
          case 1:
            return here ? double(INFINITY) : v;
          case 2:
            return here ? double(NAN) : v;
          case 3:
            return here ? v : -INFINITY;
        }
        return -double(INFINITY);
      });
      on_cpu().softmax(x.host(), out.host());
      on_cuda().softmax(x.device(), out.device());
      out.expect_equal(1e-5, "softmax of infinities, case " + std::to_string(which));
      on_cpu().log_softmax(x.host(), log_out.host());
      on_cuda().log_softmax(x.device(), log_out.device());
      log_out.expect_equal(1e-5, "log_softmax of infinities, case " + std::to_string(which));
    }
}

TEST_F(CudaKernels, SoftmaxGradients) {
  for (const Shape& shape : kRowShapes)
    for (Dtype dtype : {kFloat32, kFloat64})
      for (Layout layout : kLayouts) {
        Array y(shape, dtype, layout), g(shape, dtype);
        Array out(shape, dtype), log_out(shape, dtype);
        y.each([](double v) { return 0.5 / (1 + std::abs(v)); });
        on_cpu().softmax_gradient(g.host(), y.host(), out.host());
        on_cuda().softmax_gradient(g.device(), y.device(), out.device());
        y.each([](double v) { return -std::abs(v) - 8; });
        on_cpu().log_softmax_gradient(g.host(), y.host(), log_out.host());
        on_cuda().log_softmax_gradient(g.device(), y.device(), log_out.device());
        out.expect_equal(64 * epsilon(dtype) * std::sqrt(static_cast<double>(shape.back() + 1)),
                         describe("softmax_gradient", shape, dtype, layout));
        log_out.expect_equal(64 * epsilon(dtype), describe("log_softmax_gradient", shape, dtype, layout));
      }
}

TEST_F(CudaKernels, CrossEntropyAndItsGradient) {
  for (const Shape& shape : kRowShapes)
    for (Dtype dtype : {kFloat32, kFloat64})
      for (Layout layout : kLayouts) {
        if (shape.back() == 0) continue;
        const int64_t classes = shape.back();
        Shape rows = shape;
        rows.back() = 1;
        const Array x(shape, dtype, layout), g(rows, dtype);
        Array target(rows, kInt64), losses(rows, dtype), out(shape, dtype);
        target.each([&](double) { return static_cast<double>(random_up_to(classes - 1)); });
        on_cpu().cross_entropy(x.host(), target.host(), losses.host());
        on_cuda().cross_entropy(x.device(), target.device(), losses.device());
        losses.expect_equal(64 * epsilon(dtype), describe("cross_entropy", shape, dtype, layout));
        on_cpu().cross_entropy_gradient(g.host(), x.host(), target.host(), out.host());
        on_cuda().cross_entropy_gradient(g.device(), x.device(), target.device(), out.device());
        out.expect_equal(64 * epsilon(dtype), describe("cross_entropy_gradient", shape, dtype, layout));
      }
}

TEST_F(CudaKernels, LayerNormAndItsGradient) {
  for (const Shape& shape : kRowShapes)
    for (Dtype dtype : {kFloat32, kFloat64})
      for (Layout layout : kLayouts) {
        if (shape.back() == 0) continue;
        Shape rows = shape;
        rows.back() = 1;
        const Array x(shape, dtype, layout), g(shape, dtype);
        Array y(shape, dtype), r(rows, dtype), out(shape, dtype);
        on_cpu().layer_norm(x.host(), 1e-3, y.host(), r.host());
        on_cuda().layer_norm(x.device(), 1e-3, y.device(), r.device());
        y.expect_equal(256 * epsilon(dtype), describe("layer_norm", shape, dtype, layout));
        r.expect_equal(256 * epsilon(dtype), describe("layer_norm's deviations", shape, dtype, layout));
        on_cpu().layer_norm_gradient(g.host(), y.host(), r.host(), out.host());
        on_cuda().layer_norm_gradient(g.device(), y.device(), r.device(), out.device());
        out.expect_equal(2048 * epsilon(dtype), describe("layer_norm_gradient", shape, dtype, layout));
      }
}
