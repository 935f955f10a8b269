// How a formula becomes a kernel of the CPU: one loop for each formula and element type.
//
// A kernel computes a plane: rows × columns elements of an output and its inputs. The walk that
// cuts tensors of any shape into planes is compiled once, in pointwise.cpp, and calls the kernel
// through a pointer.
#pragma once

#include <algorithm>
#include <array>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/wide.h"
#include "kernels/formulas.h"

namespace gradus::cpu {

/// A plane of several views, the output first. Element (i, j) of view v is at data[v] +
/// i·row_steps[v] + j·steps[v], counted in elements.
struct Plane {
  static constexpr int kViews = 4;
  void* data[kViews];
  int64_t steps[kViews], row_steps[kViews];
  int64_t rows, columns;
};

/// Computes a plane in which every view has step 1, or step 0 if it is one of the inputs that may repeat.
using PlaneKernel = void (*)(const Plane& plane);

/// Which inputs of a kernel may have step 0: a number, or a broadcast operand.
enum class MayRepeat : uint8_t {
  none,
  one,    // any one of them: kernels of two inputs, and `where`
  bounds  // inputs 1 and 2 together: the bounds of clamp
};
template <class F>
constexpr MayRepeat ternary_may_repeat =
    std::same_as<F, formulas::Clamp> ? MayRepeat::bounds : MayRepeat::none;

/// Formulas that are bound by computation and not by memory. They are compiled for the widest
/// vectors. For the others 32-byte vectors are as fast, and compile in a third less time.
using ComputeBound =
    formulas::List<formulas::Exp, formulas::Log, formulas::Log1p, formulas::Expm1, formulas::Sin,
                   formulas::Cos, formulas::Tanh, formulas::Sigmoid, formulas::Erf, formulas::Pow,
                   formulas::Slope<formulas::Sin>, formulas::Slope<formulas::Cos>,
                   formulas::Slope<formulas::Erf>, formulas::Erfc, formulas::Slope<formulas::Erfc>,
                   formulas::Slope<formulas::Expm1>, formulas::SlopeA<formulas::Pow>,
                   formulas::SlopeB<formulas::Pow>>;

template <class F>
constexpr bool is_compute_bound =
    []<class... Bound>(formulas::List<Bound...>) { return (std::same_as<F, Bound> || ...); }(ComputeBound{});

/// An input of a row: an array, or one repeated element.
template <bool repeated, class T>
struct Input {
  const T* data;
  T operator[](int64_t i) const { return data[i]; }
};
template <class T>
struct Input<true, T> {
  T value;
  explicit Input(const T* data) : value(*data) {}
  T operator[](int64_t) const { return value; }
};

// ivdep: out may be an input, but element i depends only on elements i.
// unroll 1: for short rows, unrolled copies of the loop do not pay.
template <class F, class R, class... Inputs>
[[gnu::always_inline]] inline void compute_row(int64_t n, R* out, const Inputs... in) {
#pragma GCC ivdep
#pragma GCC unroll 1
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<R>(F{}.value(in[i]...));
}

/// Rows from this length on are worth the call of a loop for wide vectors.
template <class F>
constexpr int64_t kWideFrom = is_compute_bound<F> ? 8 : 64;

/// Computes row i of a plane. `repeated` is the set of the inputs with step 0: bit k for input k.
template <class F, unsigned repeated, class R, class... T, size_t... input>
[[gnu::always_inline]] inline void compute_row_of(const Plane& plane, int64_t i,
                                                  std::index_sequence<input...>) {
  compute_row<F>(plane.columns, static_cast<R*>(plane.data[0]) + i * plane.row_steps[0],
                 Input<(repeated >> input & 1) != 0, T>{static_cast<const T*>(plane.data[input + 1]) +
                                                        i * plane.row_steps[input + 1]}...);
}

template <class F, unsigned repeated, class R, class... T>
[[gnu::noinline]] void compute_rows(const Plane& plane) {
  const auto all = [&] {
    for (int64_t i = 0; i < plane.rows; ++i)
      compute_row_of<F, repeated, R, T...>(plane, i, std::index_sequence_for<T...>{});
  };
  if (plane.columns < kWideFrom<F>)
    all();
  else if constexpr (is_compute_bound<F>)
    widest(all);
  else if constexpr (std::floating_point<R>)
    wide(all);
  else
    all();
}

/// One short row, the common case in small programs, is computed without a call.
template <class F, unsigned repeated, class R, class... T>
inline void compute_plane_with(const Plane& plane) {
  if (plane.rows == 1 && plane.columns < kWideFrom<F>)
    compute_row_of<F, repeated, R, T...>(plane, 0, std::index_sequence_for<T...>{});
  else
    compute_rows<F, repeated, R, T...>(plane);
}

/// The kernel of formula F for inputs of types T and an output of type R.
template <class F, MayRepeat may_repeat, class R, class... T>
void compute_plane(const Plane& plane) {
  if constexpr (may_repeat == MayRepeat::one) {
    if (plane.steps[1] == 0) return compute_plane_with<F, 0b001, R, T...>(plane);
    if (plane.steps[2] == 0) return compute_plane_with<F, 0b010, R, T...>(plane);
    if constexpr (sizeof...(T) == 3)
      if (plane.steps[3] == 0) return compute_plane_with<F, 0b100, R, T...>(plane);
  }
  if constexpr (may_repeat == MayRepeat::bounds)
    if (plane.steps[2] == 0) return compute_plane_with<F, 0b110, R, T...>(plane);
  compute_plane_with<F, 0, R, T...>(plane);
}

/// The kernels of a formula, by dtype: nullptr for a dtype that it does not take, and for all that only store numbers.
using KernelRow = std::array<PlaneKernel, kDtypes>;

template <class F, int inputs, class T>
constexpr PlaneKernel plane_kernel() {
  using R = std::conditional_t<F::is_predicate, bool, T>;
  if constexpr (!F::template takes<T>)
    return nullptr;
  else if constexpr (inputs == 1)
    return compute_plane<F, MayRepeat::none, R, T>;
  else if constexpr (inputs == 2)
    return compute_plane<F, MayRepeat::one, R, T, T>;
  else
    return compute_plane<F, ternary_may_repeat<F>, R, T, T, T>;
}

/// The table of kernels of a list of formulas, in the list's order, for formulas
/// of `inputs` arguments.
template <int inputs, class... F>
constexpr auto plane_kernels(formulas::List<F...>) {
  return std::array<KernelRow, sizeof...(F)>{
      KernelRow{plane_kernel<F, inputs, float>(), plane_kernel<F, inputs, double>(),
                plane_kernel<F, inputs, int64_t>(), plane_kernel<F, inputs, bool>()}...};
}

/// The kernels of a list of formulas of two arguments for one element type.
template <class T, class... F>
constexpr std::array<PlaneKernel, sizeof...(F)> binary_kernels_of(formulas::List<F...>) {
  return {plane_kernel<F, 2, T>()...};
}

// The tables. Each is compiled in a file of its own, since that takes some seconds.
extern const std::array<KernelRow, formulas::Unaries::size> unary_kernels;
extern const std::array<KernelRow, formulas::Ternaries::size> ternary_kernels;
// There are so many formulas of two arguments that each dtype has a table, and a file, of its own.
using BinaryKernels = std::array<PlaneKernel, formulas::Binaries::size>;
extern const BinaryKernels binary_float32, binary_float64, binary_int64, binary_bool;

}  // namespace gradus::cpu
