// Layer normalisation: shifts every row to mean 0 and scales it to variance 1.
//
//     yᵢ = (xᵢ - μ) r        μ = mean x        r = 1 / √(mean (x - μ)² + ε)
//     x̄ᵢ = r (ȳᵢ - mean ȳ - yᵢ mean (ȳ y))
//
// The variance needs the mean, and the result needs both: three passes over a row. The row stays in
// registers, as in softmax.cu, so only the first pass reads memory. Rows of more than 32 KiB are
// read three times.
//
// A row whose squares leave the range of T is rescaled first: see kernels/rescale.h. All threads that
// meet in the reductions do it together.
//
// sm_80 (ptxas -v), without this second attempt: no spills, 48 to 85 registers, 128 or 256 bytes of
// shared memory. One or two blocks of 512 threads run on a multiprocessor, a quarter or half of what
// it can hold. Each thread has up to 64 bytes of a row.
//
// Bytes: 8 for each element of float32 forward, 12 backward, for 6 flops. The roofline predicts (not
// measured) that memory allows 194 and 130 · 10⁹ elements a second on an A100 (1,555 GB/s), 126 and
// 84 · 10⁹ on an RTX 4090 (1,008 GB/s).
//
// Source: Ba, Kiros & Hinton, "Layer normalization" (2016).
#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/rows.h"
#include "kernels/rescale.h"

namespace gradus::cuda {
namespace {

template <class Share, class T>
__global__ void __launch_bounds__(kMostLanes, 1)
    layer_norm_rows(Rows<3> rows, T eps, T* out, const T* x, T* inverse_deviations) {
  rows.for_each<Share>([&](const Share& share, const Offsets<3>& at) {
    const auto row = share.load(x + at[1], rows.steps[1]);
    auto y = share.results(out + at[0], rows.steps[0]);
    const T count = static_cast<T>(rows.n);
    const auto normalise = [&](T scale) {  // returns r
      const T mean = share.template reduce<Add>([&](auto i) { return row[i] / scale; }) / count;
      share.for_each([&](auto i) { y[i] = row[i] / scale - mean; });
      const T variance = share.template reduce<Add>([&](auto i) { return y[i] * y[i]; }) / count;
      const T r = T(1) / std::sqrt(variance + eps / scale / scale);
      share.for_each([&](auto i) { y[i] *= r; });
      return r / scale;
    };
    T r = normalise(T(1));
    const bool left_range = share.n > 0 && squares_left_range(r);
    if (any_together(left_range, share.lanes)) {
      const T largest = share.template reduce<Maximum>([&](auto i) { return std::abs(row[i]); });
      r = normalise(left_range ? scale_for(largest) : T(1));
    }
    share.store(y, out + at[0], rows.steps[0]);
    if (share.lane == 0 && share.n > 0) inverse_deviations[at[2]] = r;
  });
}

template <class Share, class T>
__global__ void __launch_bounds__(kMostLanes, 1)
    layer_norm_gradient_rows(Rows<4> rows, T* out, const T* gradient, const T* y,
                             const T* inverse_deviations) {
  rows.for_each<Share>([&](const Share& share, const Offsets<4>& at) {
    const auto g = share.load(gradient + at[1], rows.steps[1]);
    const auto row = share.load(y + at[2], rows.steps[2]);
    auto result = share.results(out + at[0], rows.steps[0]);
    const T r = inverse_deviations[at[3]], count = static_cast<T>(rows.n);
    const T mean = share.template reduce<Add>([&](auto i) { return g[i]; }) / count;
    const T slope = share.template reduce<Add>([&](auto i) { return g[i] * row[i]; }) / count;
    share.for_each([&](auto i) { result[i] = r * (g[i] - mean - row[i] * slope); });
    share.store(result, out + at[0], rows.steps[0]);
  });
}

}  // namespace

void layer_norm(const View& x, double eps, const View& out, const View& inverse_deviations) {
  visit_floating_point("layer_norm", "cuda", x.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&]<class Share>(Share, const auto& rows) {
          launch<layer_norm_rows<Share, T>>(rows.grid(), rows, static_cast<T>(eps), out.as<T>(),
                                            x.as<const T>(), inverse_deviations.as<T>());
        },
        out, x, inverse_deviations);
  });
}

void layer_norm_gradient(const View& gradient, const View& y, const View& inverse_deviations,
                         const View& out) {
  visit_floating_point("layer_norm_gradient", "cuda", y.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&]<class Share>(Share, const auto& rows) {
          launch<layer_norm_gradient_rows<Share, T>>(rows.grid(), rows, out.as<T>(), gradient.as<const T>(),
                                                     y.as<const T>(), inverse_deviations.as<const T>());
        },
        out, gradient, y, inverse_deviations);
  });
}

}  // namespace gradus::cuda
