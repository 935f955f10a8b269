// Pointwise kernels: out[i] = f(a[i], b[i], …) for views of one shape. Inputs are read
// through any strides.
//
//   v1 strided  One thread computes one element. The host merges the loops over dimensions as far as
//               the strides allow. Each remaining size but the outermost costs a division, done by a
//               multiplication (Divisor in loops.h).
//   v2 flat     Contiguous views need no index. A thread takes 16 bytes of the widest operand with one
//               instruction: a quarter of the instructions, and more bytes in flight.
//
// pointwise() takes v2 if all views are contiguous and aligned to 16 bytes, else v1. The formula is
// a template parameter of the kernel, so no thread branches on it.
//
// Coalescing: neighbouring threads have neighbouring elements of out. In v1 this holds because the
// loops are ordered by out's strides. So a warp writes 128 contiguous bytes (v1, float32) or 512
// (v2), and reads each input likewise unless it is transposed. Copies of transposed matrices have
// kernels of their own, in transpose.cu.
//
// sm_80 (ptxas -v): no spills, no shared memory. 22 to 40 registers, up to 58 in the long formulas
// (division; pow in float64): 8 blocks of 256 threads on a multiprocessor up to 32 registers, all
// that it can hold; 6 up to 40, 4 up to 64. sin and cos keep 32 or 40 bytes of their own in local
// memory, for arguments too large for the short way.
//
// Bytes and flops: a + b in float32 moves 12 bytes for one flop. The roofline predicts (not
// measured) that memory allows 130 · 10⁹ sums a second on an A100 (1,555 GB/s), 84 · 10⁹ on an RTX
// 4090 (1,008 GB/s), at most a hundredth of their flops.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <utility>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"
#include "kernels/formulas.h"

namespace gradus::cuda {

/// An argument of a pointwise kernel: a view, or a number in place of all its elements
/// (data == nullptr).
struct Argument {
  View view;
  Scalar number = 0;
};

/// out = f(arguments…)
template <class... Arguments>
using PointwiseKernel = void (*)(const View& out, const Arguments&... arguments);

/// The kernels of one formula, by dtype: nullptr for a dtype that the formula does not take.
template <class... Arguments>
using KernelRow = std::array<PointwiseKernel<Arguments...>, kComputedDtypes>;
using UnaryRow = KernelRow<Argument>;
using BinaryRow = KernelRow<Argument, Argument>;
using TernaryRow = KernelRow<Argument, Argument, Argument>;

// The tables, in the order of the lists of formulas. Each is compiled in a file of its own, because
// that takes a while.
extern const std::array<UnaryRow, formulas::Unaries::size> unary_kernels;
extern const std::array<BinaryRow, formulas::Arithmetic::size> arithmetic_kernels;
extern const std::array<BinaryRow, formulas::Comparisons::size> comparison_kernels;
extern const std::array<BinaryRow, formulas::UnarySlopes::size> unary_slope_kernels;
extern const std::array<TernaryRow, formulas::Ternaries::size> ternary_kernels;

namespace {  // each file that includes this launches kernels of its own

/// An input of a kernel: an array, or (data == nullptr) one number in place of all its elements.
template <class T>
struct Operand {
  const T* data;
  T number;

  __device__ T operator[](int64_t i) const { return data ? data[i] : number; }

  template <int width>
  __device__ Pack<T, width> pack(int64_t p) const {
    if (data) return load<width>(data, p);
    Pack<T, width> repeated;
#pragma unroll
    for (int w = 0; w < width; ++w) repeated.values[w] = number;
    return repeated;
  }
};

template <class F, class R, class... T, size_t... I>
__device__ void apply(const Offsets<1 + sizeof...(T)>& at, std::index_sequence<I...>, R* out,
                      const Operand<T>&... in) {
  out[at[0]] = F{}.value(in[at[I + 1]]...);
}

template <class F, class R, class... T>
__global__ void strided(Loop<1 + sizeof...(T)> loop, R* out, Operand<T>... in) {
  for (int64_t i = global_thread(); i < loop.count; i += all_threads())
    apply<F>(loop(i), std::index_sequence_for<T...>{}, out, in...);
}

template <class F, class R, int width, class... T>
__device__ Pack<R, width> apply(const Pack<T, width>&... in) {
  Pack<R, width> out;
#pragma unroll
  for (int w = 0; w < width; ++w) out.values[w] = F{}.value(in.values[w]...);
  return out;
}

template <class F, class R, class... T>
__global__ void flat(int64_t n, R* out, Operand<T>... in) {
  constexpr int width = pack_width<R, T...>;
  const int64_t packs = n / width;
  for (int64_t p = global_thread(); p < packs; p += all_threads())
    store<width>(out, p, apply<F, R, width>(in.template pack<width>(p)...));
  for (int64_t i = packs * width + global_thread(); i < n; i += all_threads()) out[i] = F{}.value(in[i]...);
}

template <class T>
Operand<T> operand(const Argument& argument) {
  const View& view = argument.view;
  return {view.as<const T>(), view.data ? T(0) : argument.number.to<T>()};
}

/// The type Argument, whatever T is: it repeats Argument for each T of a pack.
template <class T>
using ArgumentFor = std::conditional_t<true, Argument, T>;

/// out = f(arguments…), with T the arguments' element types and R the output's.
template <class F, class R, class... T>
void pointwise(const View& out, const ArgumentFor<T>&... in) {
  constexpr int views = 1 + sizeof...(in), width = pack_width<R, T...>;
  const MergedLoops<views> loops(out, in.view...);
  if (loops.count == 0) return;
  const bool is_number[] = {false, in.view.data == nullptr...};
  bool is_flat = loops.dim == 1 && is_aligned(out.data, width * sizeof(R));
  for (int v = 0; is_flat && v < views; ++v) is_flat = is_number[v] || loops.strides[0][v] == 1;
  if ((is_flat && ... && is_aligned(in.view.data, width * sizeof(T))))
    launch<flat<F, R, T...>>({blocks_for((loops.count + width - 1) / width), kThreads}, loops.count,
                             out.as<R>(), operand<T>(in)...);
  else
    launch<strided<F, R, T...>>({blocks_for(loops.count), kThreads}, Loop<views>(loops), out.as<R>(),
                                operand<T>(in)...);
}

template <class F, class T, class... Ts>
constexpr auto kernel_of() {
  using Kernel = PointwiseKernel<ArgumentFor<Ts>...>;
  if constexpr (F::template takes<T>)
    return Kernel(pointwise<F, std::conditional_t<F::is_predicate, bool, T>, Ts...>);
  else
    return Kernel(nullptr);
}

/// The kernels of the formulas of a list, by dtype.
template <class... F>
constexpr std::array<UnaryRow, sizeof...(F)> unary_table(formulas::List<F...>) {
  return {UnaryRow{kernel_of<F, float, float>(), kernel_of<F, double, double>(),
                   kernel_of<F, int64_t, int64_t>(), kernel_of<F, bool, bool>()}...};
}
template <class... F>
constexpr std::array<BinaryRow, sizeof...(F)> binary_table(formulas::List<F...>) {
  return {BinaryRow{kernel_of<F, float, float, float>(), kernel_of<F, double, double, double>(),
                    kernel_of<F, int64_t, int64_t, int64_t>(), kernel_of<F, bool, bool, bool>()}...};
}
/// The kernels of slopes. Only functions of real numbers have slopes.
template <class... F>
constexpr std::array<TernaryRow, sizeof...(F)> ternary_table(formulas::List<F...>) {
  return {TernaryRow{kernel_of<F, float, float, float, float>(),
                     kernel_of<F, double, double, double, double>()}...};
}

}  // namespace
}  // namespace gradus::cuda
