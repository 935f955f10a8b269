// The optimisers' CUDA kernels against the CPU's, over many tensors of all sizes and layouts; and the CUDA kernel of singular
// values, by what defines them.
#include <memory>

#include "arrays.h"

// ---- optimisers --------------------------------------------------------------------------------------------------

namespace {

/// Parameters of all sizes and layouts, more than one launch takes, each with its gradient and two states.
struct Parameters {
  std::vector<std::unique_ptr<Array>> arrays;
  Parameters(Dtype dtype) {
    for (int copies = 0; copies < 12; ++copies)
      for (const Shape& shape : {Shape{}, Shape{0}, Shape{31}, Shape{4097}, Shape{7, 5}, Shape{8, 16}}) {
        const Layout layout =
            kLayouts[copies % 5] == Layout::expanded ? Layout::contiguous : kLayouts[copies % 5];
        for (int role = 0; role < 4; ++role) {
          arrays.push_back(std::make_unique<Array>(shape, dtype, role == 1 ? Layout::contiguous : layout));
          if (role == 3) arrays.back()->each([](double v) { return std::abs(v); });
        }
      }
  }
  void expect_equal(double tolerance, const char* what) const {
    for (const auto& array : arrays) array->expect_equal(tolerance, what);
  }
};

}  // namespace

TEST_F(CudaKernels, SgdOverManyTensors) {
  for (Dtype dtype : {kFloat32, kFloat64})
    for (bool momentum : {false, true})
      for (bool first : {true, false})
        for (bool nesterov : {false, true})
          for (double decay : {0.0, 0.01}) {
            const Parameters all(dtype);
            const SgdStep step{0.1, momentum ? 0.9 : 0, nesterov ? 0 : 0.25, decay, nesterov};
            std::vector<SgdTensors> host, device;
            for (size_t i = 0; i < all.arrays.size(); i += 4) {
              const auto &p = *all.arrays[i], &g = *all.arrays[i + 1], &b = *all.arrays[i + 2];
              host.push_back({&g.host(), momentum ? &b.host() : nullptr, &p.host(), first});
              device.push_back({&g.device(), momentum ? &b.device() : nullptr, &p.device(), first});
            }
            cpu::sgd(step, host);
            on_cuda().sgd(step, device);
            all.expect_equal(8 * epsilon(dtype), "sgd");
          }
  on_cuda().sgd({}, {});
}

TEST_F(CudaKernels, AdamOverManyTensors) {
  for (Dtype dtype : {kFloat32, kFloat64})
    for (bool decoupled : {false, true})
      for (double decay : {0.0, 0.01}) {
        const Parameters all(dtype);
        const AdamStep step{0.01, 0.9, 0.999, 1e-8, decay, decoupled};
        std::vector<AdamTensors> host, device;
        for (size_t i = 0; i < all.arrays.size(); i += 4) {
          const auto &p = *all.arrays[i], &g = *all.arrays[i + 1], &m = *all.arrays[i + 2],
                     &v = *all.arrays[i + 3];
          const auto number = static_cast<int64_t>(1 + i % 12);
          host.push_back({&g.host(), &m.host(), &v.host(), &p.host(), number});
          device.push_back({&g.device(), &m.device(), &v.device(), &p.device(), number});
        }
        cpu::adam(step, host);
        on_cuda().adam(step, device);
        all.expect_equal(16 * epsilon(dtype), "adam");
      }
}

// ---- singular values ---------------------------------------------------------------------------------------------

namespace {

double element(const Array& x, int64_t b, int64_t i, int64_t j) {
  const View& view = x.host();
  return visit_dtype(view.dtype, [&]<class T>(T) {
    return static_cast<double>(view.as<T>()[b * view.strides[0] + i * view.strides[1] + j * view.strides[2]]);
  });
}

/// max |XᵀX - 1| over the matrices of a batch
double off_orthonormal(const Array& x) {
  double worst = 0;
  const int64_t* sizes = x.host().sizes;
  for (int64_t b = 0; b < sizes[0]; ++b)
    for (int64_t i = 0; i < sizes[2]; ++i)
      for (int64_t j = 0; j < sizes[2]; ++j) {
        double dot = i == j ? -1 : 0;
        for (int64_t k = 0; k < sizes[1]; ++k) dot += element(x, b, k, i) * element(x, b, k, j);
        worst = std::max(worst, std::abs(dot));
      }
  return worst;
}

/// A = U diag(S) Vᵀ, orthonormal U and V, descending S. `full`: U and V are square.
void check_svd(const Array& a, bool full, const std::string& what) {
  const int64_t batch = a.host().sizes[0], m = a.host().sizes[1], n = a.host().sizes[2], k = std::min(m, n);
  const Dtype dtype = a.host().dtype;
  Array u({batch, m, full ? m : k}, dtype, Layout::strided), s({batch, k, 1}, dtype),
      v({batch, n, full ? n : k}, dtype, Layout::transposed);
  View s_device = s.device();
  s_device.dim = 2;
  on_cuda().svd(a.device(), u.device(), s_device, v.device());
  u.download(), s.download(), v.download();
  double size = 1;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < k; ++i) size = std::max(size, element(s, b, i, 0));
  const double tolerance = 40 * epsilon(dtype) * std::sqrt(static_cast<double>(std::max(m, n) + 1));
  EXPECT_LE(off_orthonormal(u), tolerance) << what << ": U";
  EXPECT_LE(off_orthonormal(v), tolerance) << what << ": V";
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t i = 0; i + 1 < k; ++i) ASSERT_GE(element(s, b, i, 0), element(s, b, i + 1, 0)) << what;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t c = 0; c < k; ++c)
          sum += element(u, b, i, c) * element(s, b, c, 0) * element(v, b, j, c);
        ASSERT_NEAR(sum, element(a, b, i, j), tolerance * size) << what;
      }
  }
}

}  // namespace

TEST_F(CudaKernels, SvdOfTallAndWideMatrices) {
  for (Dtype dtype : {kFloat32, kFloat64})
    for (Layout layout : kLayouts)
      for (bool full : {false, true})
        for (const Shape& shape :
             {Shape{3, 1, 1}, Shape{2, 2, 2}, Shape{5, 3, 2}, Shape{2, 4, 7}, Shape{1, 33, 5}, Shape{0, 3, 3},
              Shape{2, 3, 0}, Shape{2, 0, 3}, Shape{1, 17, 17}})
          check_svd(Array(shape, dtype, layout), full, describe("svd", shape, dtype, layout));
}

TEST_F(CudaKernels, SvdLargerThanSharedMemory) {
  check_svd(Array({2, 90, 60}, kFloat64), false, "svd of 90 × 60");
}

TEST_F(CudaKernels, SvdOfSpecialMatrices) {
  for (Dtype dtype : {kFloat32, kFloat64})
    for (double scale : {1e-15, 1.0, 1e15})
      for (const Shape& shape : {Shape{1, 6, 4}, Shape{1, 5, 5}, Shape{1, 3, 6}}) {
        Array x(shape, dtype);
        check_svd(x.each([](double) { return 0; }), true, "svd of zeros");
        check_svd(x.each([=](double) { return scale; }), true, "svd of rank 1");
        int64_t next = 0;
        check_svd(x.each([&](double) { return next++ % (shape[2] + 1) == 0 ? scale : 0; }), true,
                  "svd of a diagonal");
        next = 0;
        check_svd(x.each([&](double) { return next++ / shape[2] == 1 ? scale : 0; }), false,
                  "svd of one row");
      }
}
