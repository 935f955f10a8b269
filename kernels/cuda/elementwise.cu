// Pointwise kernels: out[i] = f(a[i], b[i], …), all views of one shape, inputs read through any strides.
//
//   v1 strided  one thread, one element. The loops over dimensions are merged on the host as far as the strides
//               allow; what is left is a division by each size but the outermost, done by a multiplication (Divisor
//               in loops.h).
//   v2 flat     contiguous views need no index at all, and a thread takes 16 bytes of the widest operand with one
//               instruction: a quarter of the instructions, and more bytes on their way from memory at a time.
//
// pointwise() takes v2 where all views are contiguous and begin at multiples of 16 bytes, else v1. The formula is a
// template parameter of the kernel, never a case that each thread decides.
//
// Coalescing: neighbouring threads have neighbouring elements of out, in v1 because the loops are ordered by out's
// strides. So a warp writes 128 bytes (v1, float32) or 512 (v2) that lie together, and reads each input likewise
// unless it is transposed. A copy, where nothing but that reading costs time, has transpose.cu for the case.
//
// sm_80 (ptxas -v): no spills, no shared memory. 22 to 40 registers, up to 56 in the long formulas (division; pow
// in float64): 8 blocks of 256 threads on a multiprocessor up to 32 registers, all that it can hold; 6 up to 40, 4 up
// to 64. sin and cos keep 32 or 40 bytes of their own in local memory, for arguments too large for the short way.
//
// Bytes and flops: a + b in float32 moves 12 bytes for one flop. The roofline predicts, not measured, what memory
// allows: 130 · 10⁹ sums a second on an A100 (1,555 GB/s), 84 · 10⁹ on an RTX 4090 (1,008 GB/s), a hundredth of their
// flops or less.
#include <algorithm>
#include <concepts>
#include <utility>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"
#include "kernels/formulas.h"

namespace gradus::cuda {
namespace {

template <class F, class R, class... T, size_t... I>
__device__ void apply(const F& f, const Offsets<1 + sizeof...(T)>& at, std::index_sequence<I...>, R* out,
                      const T*... in) {
  out[at[0]] = f(in[at[I + 1]]...);
}

template <class F, class R, class... T>
__global__ void strided(F f, Loop<1 + sizeof...(T)> loop, R* out, const T*... in) {
  for (int64_t i = global_thread(); i < loop.count; i += all_threads())
    apply(f, loop(i), std::index_sequence_for<T...>{}, out, in...);
}

template <class R, int width, class F, class... T>
__device__ Pack<R, width> apply(const F& f, const Pack<T, width>&... in) {
  Pack<R, width> out;
#pragma unroll
  for (int w = 0; w < width; ++w) out.values[w] = f(in.values[w]...);
  return out;
}

template <class F, class R, class... T>
__global__ void flat(F f, int64_t n, R* out, const T*... in) {
  constexpr int width = pack_width<R, T...>;
  const int64_t packs = n / width;
  for (int64_t p = global_thread(); p < packs; p += all_threads())
    store<width>(out, p, apply<R, width>(f, load<width>(in, p)...));
  for (int64_t i = packs * width + global_thread(); i < n; i += all_threads()) out[i] = f(in[i]...);
}

/// out = f(inputs…), with T the inputs' element types and R the output's.
template <class R, class... T, class F>
void pointwise(const F& f, const View& out, const auto&... inputs) {
  constexpr int views = 1 + sizeof...(inputs), width = pack_width<R, T...>;
  const MergedLoops<views> loops(out, inputs...);
  if (loops.count == 0) return;
  bool is_flat = loops.dim == 1 && is_aligned(out.data, width * sizeof(R));
  for (int v = 0; is_flat && v < views; ++v) is_flat = loops.strides[0][v] == 1;
  if ((is_flat && ... && is_aligned(inputs.data, width * sizeof(T))))
    launch<flat<F, R, T...>>({blocks_for((loops.count + width - 1) / width), kThreads}, f, loops.count,
                             out.as<R>(), inputs.template as<const T>()...);
  else
    launch<strided<F, R, T...>>({blocks_for(loops.count), kThreads}, f, Loop<views>(loops), out.as<R>(),
                                inputs.template as<const T>()...);
}

// ---- formulas beside those of formulas.h -------------------------------------------------------------------------

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

/// f(a, scalar) as a formula of a alone.
template <class F, class T>
struct WithScalar {
  T scalar;
  __device__ auto operator()(T a) const { return F{}(a, scalar); }
};

struct Choose {
  template <class T>
  __device__ T operator()(bool condition, T a, T b) const {
    return condition ? a : b;
  }
};

/// out[i] = first + i·each, computed in Number: int64 or float64.
template <class Number, class T>
__global__ void count_up(Number first, Number each, int64_t n, int64_t stride, T* out) {
  for (int64_t i = global_thread(); i < n; i += all_threads())
    out[i * stride] = static_cast<T>(first + each * static_cast<Number>(i));
}

}  // namespace

void fill(Scalar value, const View& out) {
  visit_stored_dtype(out.dtype, [&]<class T>(T) { pointwise<T>(Constant<T>{value.to<T>()}, out); });
}

void arange(Scalar start, Scalar step, const View& out) {
  const int64_t n = out.sizes[0];
  if (n == 0) return;
  visit_dtype(out.dtype, [&]<class T>(T) {
    const Grid grid{blocks_for(n), kThreads};
    if (start.isFloatingPoint() || step.isFloatingPoint())
      launch<count_up<double, T>>(grid, start.toDouble(), step.toDouble(), n, out.strides[0], out.as<T>());
    else
      launch<count_up<int64_t, T>>(grid, start.toLong(), step.toLong(), n, out.strides[0], out.as<T>());
  });
}

void copy(const View& x, const View& out) {
  if (transpose(x, out)) return;
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    visit_stored_dtype(out.dtype, [&]<class R>(R) { pointwise<R, T>(Cast<R>{}, out, x); });
  });
}

void unary(Unary f, const View& x, const View& out) {
  formulas::visit(f, [&]<class F>(F formula) {
    visit_dtype(x.dtype, [&]<class T>(T) {
      if constexpr (std::invocable<F, T>)
        pointwise<std::invoke_result_t<F, T>, T>(formula, out, x);
      else
        no_kernel(name_of(f), "cuda", x.dtype);
    });
  });
}

void binary(Binary f, const View& a, const View& b, const View& out) {
  formulas::visit(f, [&]<class F>(F formula) {
    visit_dtype(a.dtype, [&]<class T>(T) {
      if constexpr (std::invocable<F, T, T>)
        pointwise<std::invoke_result_t<F, T, T>, T, T>(formula, out, a, b);
      else
        no_kernel(name_of(f), "cuda", a.dtype);
    });
  });
}

void binary_scalar(Binary f, const View& a, Scalar b, const View& out) {
  formulas::visit(f, [&]<class F>(F) {
    visit_dtype(a.dtype, [&]<class T>(T) {
      if constexpr (std::invocable<F, T, T>)
        pointwise<std::invoke_result_t<F, T, T>, T>(WithScalar<F, T>{b.to<T>()}, out, a);
      else
        no_kernel(name_of(f), "cuda", a.dtype);
    });
  });
}

void where(const View& condition, const View& a, const View& b, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) { pointwise<T, bool, T, T>(Choose{}, out, condition, a, b); });
}

}  // namespace gradus::cuda
