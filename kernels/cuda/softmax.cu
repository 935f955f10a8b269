// Softmax along the last dimension, log-softmax, cross-entropy, and the gradients of all three.
//
//     yᵢ = e^(xᵢ - m) / Σⱼ e^(xⱼ - m),  m = maxⱼ xⱼ
//
//   v1 three passes  A group of threads reads its row from memory three times: for the maximum, for the
//                    exponentials and their sum, and for the division. 3 reads and 2 writes of each
//                    element.
//   v2 online        The maximum and the sum are computed in one pass. When a larger element arrives,
//                    the sum so far is multiplied by e^(old - new). 2 reads and 1 write. Source: Milakov
//                    & Gimelshein, "Online normalizer calculation for softmax" (2018).
//   v3 registers     The threads keep the row in registers: 1 read and 1 write, the least possible. Up
//                    to 512 threads keep 64 bytes each, 8,192 elements in float32. A row of up to 128
//                    elements takes 1 to 32 lanes, so a warp has several rows.
//
// softmax() takes v3, and v2 for longer rows. The other kernels have the same two forms (rows.h).
// Cross-entropy never writes the softmax of a row. Its gradient computes the softmax again.
//
// Coalescing: neighbouring lanes load neighbouring packs of 16 bytes, or elements if rows are not
// aligned to 16 bytes. So a group reads one stretch of memory at a time. Rows shorter than a warp
// follow each other in memory.
//
// sm_80 (ptxas -v): no spills. v1 and v2 take 40 to 46 registers: 2 or 3 blocks of 512 threads on a
// multiprocessor. v3 takes 48 registers for rows of up to 128 in float32, 51 in float64. For longer
// rows it takes at most 96, so that a multiprocessor holds a block of 512 threads. That is a
// quarter of its threads, with 32 KiB of loads in flight. 128 to 512 bytes of shared memory.
//
// Bytes: 20, 12 and 8 for each element of float32 in v1, v2 and v3. For v3 the roofline predicts
// (not measured) that memory allows 194 · 10⁹ elements a second on an A100 (1,555 GB/s) and 126 ·
// 10⁹ on an RTX 4090 (1,008 GB/s). v2 reads long rows again from the L2 cache and comes close. In
// float64 the exponential, some 40 flops, is the limit of the RTX 4090 (1.3 Tflop/s).
#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/rows.h"

namespace gradus::cuda {
namespace {

/// The two parts of log Σ e^xⱼ: the maximum m, and Σ e^(xⱼ - m).
template <class T>
struct ExpSum {
  T largest, sum;
};

/// e^(x - m), which is 1 for x = m = -∞.
template <class T>
__device__ T exp_difference(T x, T m) {
  return x == m ? T(1) : std::exp(x - m);
}

/// The online sum: each thread sums its share, then the group combines the sums.
template <class Row>
__device__ auto exp_sum(const InMemory& share, const Row& row) {
  using T = std::remove_cvref_t<decltype(row[0])>;
  T largest = Maximum::identity<T>, sum = 0;
  share.for_each([&](int64_t i) {
    const T x = row[i];
    if (x > largest) {
      sum = sum * exp_difference(largest, x) + T(1);
      largest = x;
    } else {
      sum += exp_difference(x, largest);
    }
  });
  const T of_all = reduce_lanes<Maximum>(largest, share.lanes);
  sum = reduce_lanes<Add>(sum * exp_difference(largest, of_all), share.lanes);
  return ExpSum<T>{of_all, sum + (of_all - of_all)};  // NaN if m is infinite, since e^(∞ - ∞) is NaN
}

template <int K, int width, class Row>
__device__ auto exp_sum(const InRegisters<K, width>& share, const Row& row) {
  using T = std::remove_cvref_t<decltype(row[0])>;
  const T largest = share.template reduce<Maximum>([&](int k) { return row[k]; });
  return ExpSum<T>{largest, share.template reduce<Add>([&](int k) { return std::exp(row[k] - largest); })};
}

/// y = scale · softmax(x). y may be x. With InMemory this is v1, with InRegisters v3.
template <class T, class Share, class X, class Y>
__device__ __forceinline__ void scaled_softmax(const Share& share, T scale, const X& x, Y& y) {
  const T largest = share.template reduce<Maximum>([&](auto i) { return x[i]; });
  share.for_each([&](auto i) { y[i] = std::exp(x[i] - largest); });
  const T factor = scale / share.template reduce<Add>([&](auto i) { return y[i]; });
  share.for_each([&](auto i) { y[i] *= factor; });
}

template <class Share, class T>
__global__ void __launch_bounds__(kMostLanes, 1) softmax_rows(Rows<2> rows, T* out, const T* x) {
  rows.for_each<Share>([&](const Share& share, const Offsets<2>& at) {
    const auto row = share.load(x + at[1], rows.steps[1]);
    auto y = share.results(out + at[0], rows.steps[0]);
    scaled_softmax(share, T(1), row, y);
    share.store(y, out + at[0], rows.steps[0]);
  });
}

template <class T>
__global__ void __launch_bounds__(kMostLanes, 1) softmax_online(Rows<2> rows, T* out, const T* x) {
  rows.for_each<InMemory>([&](const InMemory& share, const Offsets<2>& at) {
    const auto row = share.load(x + at[1], rows.steps[1]);
    const auto y = share.results(out + at[0], rows.steps[0]);
    const ExpSum<T> all = exp_sum(share, row);
    share.for_each([&](int64_t i) { y[i] = std::exp(row[i] - all.largest) / all.sum; });
  });
}

// xᵢ - m - log Σⱼ e^(xⱼ - m). The logarithm of a softmax that was rounded to 0 is never taken.
template <class Share, class T>
__global__ void __launch_bounds__(kMostLanes, 1) log_softmax_rows(Rows<2> rows, T* out, const T* x) {
  rows.for_each<Share>([&](const Share& share, const Offsets<2>& at) {
    const auto row = share.load(x + at[1], rows.steps[1]);
    auto y = share.results(out + at[0], rows.steps[0]);
    const ExpSum<T> all = exp_sum(share, row);
    const T log_rest = std::log(all.sum);
    share.for_each([&](auto i) { y[i] = row[i] - all.largest - log_rest; });
    share.store(y, out + at[0], rows.steps[0]);
  });
}

template <class Share, class T>
__global__ void __launch_bounds__(kMostLanes, 1)
    softmax_gradient_rows(Rows<3> rows, T* out, const T* gradient, const T* y) {
  rows.for_each<Share>([&](const Share& share, const Offsets<3>& at) {
    const auto g = share.load(gradient + at[1], rows.steps[1]);
    const auto row = share.load(y + at[2], rows.steps[2]);
    auto result = share.results(out + at[0], rows.steps[0]);
    const T dot = share.template reduce<Add>([&](auto i) { return g[i] * row[i]; });
    share.for_each([&](auto i) { result[i] = row[i] * (g[i] - dot); });
    share.store(result, out + at[0], rows.steps[0]);
  });
}

template <class Share, class T>
__global__ void __launch_bounds__(kMostLanes, 1)
    log_softmax_gradient_rows(Rows<3> rows, T* out, const T* gradient, const T* y) {
  rows.for_each<Share>([&](const Share& share, const Offsets<3>& at) {
    const auto g = share.load(gradient + at[1], rows.steps[1]);
    const auto row = share.load(y + at[2], rows.steps[2]);
    auto result = share.results(out + at[0], rows.steps[0]);
    const T sum = share.template reduce<Add>([&](auto i) { return g[i]; });
    share.for_each([&](auto i) { result[i] = g[i] - std::exp(row[i]) * sum; });
    share.store(result, out + at[0], rows.steps[0]);
  });
}

// -log softmax(x)[t] = m - x[t] + log Σⱼ e^(xⱼ - m)
template <class Share, class T>
__global__ void __launch_bounds__(kMostLanes, 1)
    cross_entropy_rows(Rows<3> rows, const T* x, const int64_t* target, T* losses) {
  rows.for_each<Share>([&](const Share& share, const Offsets<3>& at) {
    const auto row = share.load(x + at[0], rows.steps[0]);
    const ExpSum<T> all = exp_sum(share, row);
    if (share.lane != 0 || share.n == 0) return;
    const T chosen = x[at[0] + target[at[1]] * rows.steps[0]];
    losses[at[2]] = all.largest - chosen + std::log(all.sum);
  });
}

// The softmax is computed again from x, so that the forward pass need not keep it. This costs one
// exponential per element.
template <class Share, class T>
__global__ void __launch_bounds__(kMostLanes, 1)
    cross_entropy_gradient_rows(Rows<4> rows, T* out, const T* x, const int64_t* target, const T* gradient) {
  rows.for_each<Share>([&](const Share& share, const Offsets<4>& at) {
    const auto row = share.load(x + at[1], rows.steps[1]);
    auto result = share.results(out + at[0], rows.steps[0]);
    const T g = gradient[at[3]];
    const int64_t t = target[at[2]];
    scaled_softmax(share, g, row, result);
    share.for_each([&](auto i) {
      if (share.position(i) == t) result[i] -= g;
    });
    share.store(result, out + at[0], rows.steps[0]);
  });
}

}  // namespace

void softmax_v1(const View& x, const View& out) {
  visit_floating_point("softmax", "cuda", x.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&](auto, const auto& rows) {
          launch<softmax_rows<InMemory, T>>(rows.grid(), rows, out.as<T>(), x.as<const T>());
        },
        out, x);
  });
}

void softmax_v2(const View& x, const View& out) {
  visit_floating_point("softmax", "cuda", x.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&](auto, const auto& rows) {
          launch<softmax_online<T>>(rows.grid(), rows, out.as<T>(), x.as<const T>());
        },
        out, x);
  });
}

void softmax_v3(const View& x, const View& out) {
  visit_floating_point("softmax", "cuda", x.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&]<class Share>(Share, const auto& rows) {
          if constexpr (Share::in_memory)
            fail("softmax_v3: ", rows.n, " elements in a row are too many for registers; use softmax_v2");
          else
            launch<softmax_rows<Share, T>>(rows.grid(), rows, out.as<T>(), x.as<const T>());
        },
        out, x);
  });
}

void softmax(const View& x, const View& out) {
  visit_floating_point("softmax", "cuda", x.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&]<class Share>(Share, const auto& rows) {
          if constexpr (Share::in_memory)
            launch<softmax_online<T>>(rows.grid(), rows, out.as<T>(), x.as<const T>());
          else
            launch<softmax_rows<Share, T>>(rows.grid(), rows, out.as<T>(), x.as<const T>());
        },
        out, x);
  });
}

void log_softmax(const View& x, const View& out) {
  visit_floating_point("log_softmax", "cuda", x.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&]<class Share>(Share, const auto& rows) {
          launch<log_softmax_rows<Share, T>>(rows.grid(), rows, out.as<T>(), x.as<const T>());
        },
        out, x);
  });
}

void softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("softmax_gradient", "cuda", y.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&]<class Share>(Share, const auto& rows) {
          launch<softmax_gradient_rows<Share, T>>(rows.grid(), rows, out.as<T>(), gradient.as<const T>(),
                                                  y.as<const T>());
        },
        out, gradient, y);
  });
}

void log_softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("log_softmax_gradient", "cuda", y.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&]<class Share>(Share, const auto& rows) {
          launch<log_softmax_gradient_rows<Share, T>>(rows.grid(), rows, out.as<T>(), gradient.as<const T>(),
                                                      y.as<const T>());
        },
        out, gradient, y);
  });
}

void cross_entropy(const View& x, const View& target, const View& losses) {
  visit_floating_point("cross_entropy", "cuda", x.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&]<class Share>(Share, const auto& rows) {
          launch<cross_entropy_rows<Share, T>>(rows.grid(), rows, x.as<const T>(), target.as<const int64_t>(),
                                               losses.as<T>());
        },
        x, target, losses);
  });
}

void cross_entropy_gradient(const View& gradient, const View& x, const View& target, const View& out) {
  visit_floating_point("cross_entropy_gradient", "cuda", x.dtype, [&]<class T>(T) {
    for_rows<T>(
        [&]<class Share>(Share, const auto& rows) {
          launch<cross_entropy_gradient_rows<Share, T>>(rows.grid(), rows, out.as<T>(), x.as<const T>(),
                                                        target.as<const int64_t>(), gradient.as<const T>());
        },
        out, x, target, gradient);
  });
}

}  // namespace gradus::cuda
