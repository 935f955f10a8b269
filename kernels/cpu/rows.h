// Rows: kernels whose every result depends on a whole row, the elements along the last dimension. Softmax and layer
// norm are of this kind.
#pragma once

#include <vector>

#include "kernels/cpu/loops.h"
#include "kernels/cpu/reduce_run.h"

namespace gradus::cpu {

/// Σᵢ f(i) over 0 … n, by halves, of terms that are never stored all at once.
template <class T, class F>
inline T sum_of_terms(int64_t n, const F& f) {
  constexpr int64_t piece = 1024;
  T terms[piece], sum = 0;
  for (int64_t begin = 0; begin < n; begin += piece) {
    const int64_t length = std::min(piece, n - begin);
#pragma GCC ivdep
    for (int64_t i = 0; i < length; ++i) terms[i] = f(begin + i);
    sum += reduce_run<Sum<T>>(terms, length, 1);
  }
  return sum;
}

/// The view's row that begins at `offset`, its elements side by side: where it lies, or copied into `copy`.
template <class T>
T* side_by_side(const View& view, int64_t offset, std::vector<T>& copy) {
  const auto [n, stride] = line_along(view, view.dim - 1);
  T* const row = view.as<T>() + offset;
  if (stride == 1 || n == 1) return row;
  copy.resize(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) copy[static_cast<size_t>(i)] = row[i * stride];
  return copy.data();
}

/// Writes a row that side_by_side has copied back to where it belongs.
template <class T>
void put_back(const View& view, int64_t offset, const std::vector<T>& copy) {
  const int64_t stride = line_along(view, view.dim - 1).stride;
  for (size_t i = 0; i < copy.size(); ++i) view.as<T>()[offset + static_cast<int64_t>(i) * stride] = copy[i];
}

/// Runs the loops over one row of n elements, with wide vectors if the row fills some.
template <class Loops>
inline void for_row_of(int64_t n, const Loops& loops) {
  n < 16 ? loops() : widest(loops);
}

/// Calls row(y, x…, n) with the elements of every row of `out` and of `inputs` side by side, shared between threads.
template <class T, class Row, class... Inputs>
void for_each_row(const Row& row, const View& out, const Inputs&... inputs) {
  const int64_t n = line_along(out, out.dim - 1).size;
  const auto call = [&]<size_t... I>(const int64_t* offsets, std::index_sequence<I...>) {
    std::vector<T> copies[1 + sizeof...(Inputs)];
    T* const y = side_by_side(out, offsets[0], copies[0]);
    const T* const x[] = {side_by_side(inputs, offsets[1 + I], copies[1 + I])...};
    for_row_of(n, [&] { row(y, x[I]..., n); });
    put_back(out, offsets[0], copies[0]);
  };
  for_each_line(
      out.dim - 1, [&](const int64_t* offsets) { call(offsets, std::index_sequence_for<Inputs...>{}); }, out,
      inputs...);
}

/// Calls f(T{}) with the floating-point type of x, or reports that there is no such kernel.
template <class F>
void visit_floating_point(const char* op, const View& x, const F& f) {
  visit_dtype(x.dtype, [&]<class T>(T) {
    if constexpr (std::floating_point<T>)
      f(T{});
    else
      no_kernel(op, "cpu", x.dtype);
  });
}

}  // namespace gradus::cpu
