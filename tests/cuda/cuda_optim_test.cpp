// Compares the optimisers' CUDA kernels with the CPU's, for many tensors of all sizes and layouts.
#include <memory>

#include "arrays.h"

namespace {

/// Parameters of all sizes and layouts, each with its gradient and two state tensors. There are too many
/// for one launch.
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
            on_cpu().sgd(step, host);
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
        on_cpu().adam(step, host);
        on_cuda().adam(step, device);
        all.expect_equal(16 * epsilon(dtype), "adam");
      }
}
