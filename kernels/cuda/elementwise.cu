// Pointwise kernels: out[i] = f(a[i], b[i], …), all views of one shape, inputs read through any strides.
#include <array>
#include <concepts>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/formulas.h"

namespace gradus::cuda {
namespace {

/// The shape of a pointwise loop, and how each of N views steps through it.
template <int N>
struct Loop {
  int dim;
  int64_t count, sizes[kMaxDims], strides[N][kMaxDims];
};

template <class... Views>
auto make_loop(const View& out, const Views&... inputs) {
  Loop<1 + sizeof...(inputs)> loop{.dim = out.dim, .count = out.numel(), .sizes = {}, .strides = {}};
  const View* views[] = {&out, &inputs...};
  for (int d = 0; d < out.dim; ++d) {
    loop.sizes[d] = out.sizes[d];
    for (size_t v = 0; v <= sizeof...(inputs); ++v) loop.strides[v][d] = views[v]->strides[d];
  }
  return loop;
}

/// The offset of element i, in row-major order, in each view.
template <int N>
__device__ void offsets_of(const Loop<N>& loop, int64_t i, int64_t* offsets) {
  for (int v = 0; v < N; ++v) offsets[v] = 0;
  for (int d = loop.dim - 1; d >= 0; --d) {
    const int64_t index = i % loop.sizes[d];
    i /= loop.sizes[d];
    for (int v = 0; v < N; ++v) offsets[v] += index * loop.strides[v][d];
  }
}

template <class F, class R>
__global__ void generate(F f, Loop<1> loop, R* out) {
  for (int64_t i = global_thread(); i < loop.count; i += all_threads()) {
    int64_t at[1];
    offsets_of(loop, i, at);
    out[at[0]] = f();
  }
}

template <class F, class R, class A>
__global__ void map(F f, Loop<2> loop, R* out, const A* a) {
  for (int64_t i = global_thread(); i < loop.count; i += all_threads()) {
    int64_t at[2];
    offsets_of(loop, i, at);
    out[at[0]] = f(a[at[1]]);
  }
}

template <class F, class R, class A, class B>
__global__ void zip(F f, Loop<3> loop, R* out, const A* a, const B* b) {
  for (int64_t i = global_thread(); i < loop.count; i += all_threads()) {
    int64_t at[3];
    offsets_of(loop, i, at);
    out[at[0]] = f(a[at[1]], b[at[2]]);
  }
}

template <class T>
struct Constant {
  T value;
  __device__ T operator()() const { return value; }
};
template <class R>
struct Cast {
  template <class T>
  __device__ R operator()(T x) const {
    return static_cast<R>(x);
  }
};

}  // namespace

void fill(Scalar value, const View& out) {
  const auto loop = make_loop(out);
  if (loop.count == 0) return;
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    launch<generate<Constant<T>, T>>({blocks_for(loop.count), kThreads}, Constant<T>{value.to<T>()}, loop,
                                     out.as<T>());
  });
}

void copy(const View& x, const View& out) {
  const auto loop = make_loop(out, x);
  if (loop.count == 0) return;
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    visit_stored_dtype(out.dtype, [&]<class R>(R) {
      launch<map<Cast<R>, R, T>>({blocks_for(loop.count), kThreads}, Cast<R>{}, loop, out.as<R>(),
                                 x.as<const T>());
    });
  });
}

void unary(Unary f, const View& x, const View& out) {
  const auto loop = make_loop(out, x);
  if (loop.count == 0) return;
  formulas::visit(f, [&]<class F>(F formula) {
    visit_dtype(x.dtype, [&]<class T>(T) {
      if constexpr (std::invocable<F, T>) {
        using R = std::invoke_result_t<F, T>;
        launch<map<F, R, T>>({blocks_for(loop.count), kThreads}, formula, loop, out.as<R>(), x.as<const T>());
      } else {
        no_kernel(name_of(f), "cuda", x.dtype);
      }
    });
  });
}

void binary(Binary f, const View& a, const View& b, const View& out) {
  const auto loop = make_loop(out, a, b);
  if (loop.count == 0) return;
  formulas::visit(f, [&]<class F>(F formula) {
    visit_dtype(a.dtype, [&]<class T>(T) {
      if constexpr (std::invocable<F, T, T>) {
        using R = std::invoke_result_t<F, T, T>;
        launch<zip<F, R, T, T>>({blocks_for(loop.count), kThreads}, formula, loop, out.as<R>(),
                                a.as<const T>(), b.as<const T>());
      } else {
        no_kernel(name_of(f), "cuda", a.dtype);
      }
    });
  });
}

}  // namespace gradus::cuda
