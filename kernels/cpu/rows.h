// Loops over rows, the lines along the last dimension, for kernels whose results depend on whole
// rows: softmax and layer norm.
#pragma once

#include <vector>

#include "kernels/cpu/loops.h"
#include "kernels/cpu/reduce_run.h"
#include "kernels/plain/strided.h"

namespace gradus::cpu {

/// Elements below which a row is too short to fill vectors by itself.
inline constexpr int64_t kShortRow = 16;

using math::exp, math::log;

/// eᵈ for d < 0, and 0 for d = 0. A NaN stays NaN.
template <std::floating_point T>
inline T exp_below_0(T d) {
  return d == 0 ? T(0) : exp(d);
}

/// One element of each of 16 rows. A row of ten classes does not fill a vector, but sixteen rows of
/// ten do. So the functions of a row are compiled twice: for numbers and for Lanes.
template <std::floating_point T>
struct Lanes {
  static constexpr int64_t count = 16;
  T lane[count];

  template <class F>
  static Lanes of(const F& f) {
    Lanes y;
    // If this loop were unrolled, the compiler would not recognise sixteen scalar
    // computations as vectors.
#pragma GCC unroll 1
    for (int64_t l = 0; l < count; ++l) y.lane[l] = f(l);
    return y;
  }
  friend Lanes operator+(const Lanes& a, const Lanes& b) {
    return of([&](int64_t l) { return a.lane[l] + b.lane[l]; });
  }
  friend Lanes operator-(const Lanes& a, const Lanes& b) {
    return of([&](int64_t l) { return a.lane[l] - b.lane[l]; });
  }
  friend Lanes operator*(const Lanes& a, const Lanes& b) {
    return of([&](int64_t l) { return a.lane[l] * b.lane[l]; });
  }
  friend Lanes operator/(const Lanes& a, const Lanes& b) {
    return of([&](int64_t l) { return a.lane[l] / b.lane[l]; });
  }
  friend Lanes exp(const Lanes& x) {
    return of([&](int64_t l) { return math::exp(x.lane[l]); });
  }
  friend Lanes exp_below_0(const Lanes& x) {
    return of([&](int64_t l) { return cpu::exp_below_0(x.lane[l]); });
  }
  friend Lanes log(const Lanes& x) {
    return of([&](int64_t l) { return math::log(x.lane[l]); });
  }
};

/// The number itself, or the number in every lane.
template <class E, std::floating_point T>
inline E all_equal(T value) {
  if constexpr (std::floating_point<E>)
    return value;
  else
    return E::of([&](int64_t) { return value; });
}

/// x₀ ∘ x₁ ∘ … for a row of numbers, or for each row in lanes.
template <class Combine, std::floating_point T>
inline T reduce_row(const T* x, int64_t n) {
  return reduce_run<Combine>(x, n, 1);
}
template <class Combine, class T>
inline Lanes<T> reduce_row(const Lanes<T>* x, int64_t n) {
  Lanes<T> result = x[0];
  for (int64_t i = 1; i < n; ++i)
    result = Lanes<T>::of([&](int64_t l) { return Combine{}.value(result.lane[l], x[i].lane[l]); });
  return result;
}

/// The number of one lane; of a plain number, the number itself.
template <class E>
inline auto& in_lane(E& x, [[maybe_unused]] int64_t l) {
  if constexpr (std::floating_point<std::remove_const_t<E>>)
    return x;
  else
    return x.lane[l];
}

/// Is any of the elements above `least`? The answer is gathered in integers as wide as T, which makes a loop of vectors.
template <std::floating_point T>
inline bool any_above(T least, const T* elements, int64_t count) {
  using Flag = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  Flag any = 0;
  for (int64_t i = 0; i < count; ++i) any |= elements[i] > least ? Flag(1) : Flag(0);
  return any != 0;
}

/// Calls f(lane, k) for each row with an element yₖ above `least`, of which a row has one at most.
template <std::floating_point T, class E, class F>
inline void for_each_row_above(T least, const E* y, int64_t n, const F& f) {
  constexpr int64_t lanes = sizeof(E) / sizeof(T);
  if (n == 0 || !any_above(least, &in_lane(*y, 0), n * lanes)) return;
  for (int64_t l = 0; l < lanes; ++l)
    for (int64_t k = 0; k < n; ++k)
      if (in_lane(y[k], l) > least) {
        f(l, k);
        break;
      }
}

/// Σᵢ f(i) over 0 … n, by halves. At most 1024 terms are stored at a time. Rows in lanes are short.
template <class E, class F>
inline E sum_of_terms(int64_t n, const F& f) {
  constexpr int64_t piece = std::floating_point<E> ? 1024 : kShortRow;
  E terms[piece], sum{};
  for (int64_t begin = 0; begin < n; begin += piece) {
    const int64_t length = std::min(piece, n - begin);
#pragma GCC ivdep
    for (int64_t i = 0; i < length; ++i) terms[i] = f(begin + i);
    sum = sum + reduce_row<formulas::Add>(terms, length);
  }
  return sum;
}

/// The row of a view that begins at `offset`, as contiguous memory: in place, or copied into `copy`.
template <class T>
T* contiguous_row(const View& view, int64_t offset, std::vector<T>& copy) {
  const auto [n, stride] = line_along(view, view.dim - 1);
  T* const row = view.as<T>() + offset;
  if (stride == 1 || n == 1) return row;
  copy.resize(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) copy[static_cast<size_t>(i)] = row[i * stride];
  return copy.data();
}

/// Writes a row that `contiguous_row` has copied back to its place.
template <class T>
void put_back(const View& view, int64_t offset, const std::vector<T>& copy) {
  const int64_t stride = line_along(view, view.dim - 1).stride;
  for (size_t i = 0; i < copy.size(); ++i) view.as<T>()[offset + static_cast<int64_t>(i) * stride] = copy[i];
}

/// Runs the loops over one row of n elements, with wide vectors if the row is long enough
/// to fill them.
template <class Loops>
inline void for_row_of(int64_t n, const Loops& loops) {
  n < kShortRow ? loops() : widest(loops);
}

/// Up to 16 rows as lanes. Their first elements are `step` apart.
template <class T>
struct RowsInLanes {
  Lanes<T> elements[kShortRow];

  RowsInLanes() = default;
  RowsInLanes(const View& view, int64_t offset, int64_t step, int64_t rows) {
    const auto [n, stride] = line_along(view, view.dim - 1);
    int64_t at[Lanes<T>::count];  // lanes without a row compute with the last row
    for (int64_t l = 0; l < Lanes<T>::count; ++l) at[l] = offset + std::min(l, rows - 1) * step;
    for (int64_t i = 0; i < n; ++i) {
      const T* const column = view.as<const T>() + i * stride;
#pragma GCC unroll 16
      for (int64_t l = 0; l < Lanes<T>::count; ++l) elements[i].lane[l] = column[at[l]];
    }
  }
  void put_back(const View& view, int64_t offset, int64_t step, int64_t rows) const {
    const auto [n, stride] = line_along(view, view.dim - 1);
    for (int64_t i = 0; i < n; ++i) {
      T* const column = view.as<T>() + offset + i * stride;
      for (int64_t l = 0; l < rows; ++l) column[l * step] = elements[i].lane[l];
    }
  }
};

/// Calls single(offsets) for every row of the views. If rows are short and there are several, it
/// calls lanes(offsets, steps, rows) for up to 16 of them at once. The (first) row of view v starts
/// at offsets[v]. The threads share the rows.
template <class T, class LanesCall, class Single, class... Views>
void for_each_row_or_lanes(const LanesCall& lanes, const Single& single, const View& first,
                           const Views&... views) {
  constexpr int N = 1 + sizeof...(views);
  const int64_t n = line_along(first, first.dim - 1).size;
  for_each_run_of_lines(
      first.dim - 1,
      [&](const int64_t* offsets, const int64_t* steps, int64_t count) {
        const bool in_lanes = n > 0 && n < kShortRow && count >= 4;
        int64_t at[N];
        for (int64_t r = 0, rows; r < count; r += rows) {
          for (int v = 0; v < N; ++v) at[v] = offsets[v] + r * steps[v];
          rows = in_lanes ? std::min(Lanes<T>::count, count - r) : 1;
          if (in_lanes)
            lanes(at, steps, rows);
          else
            single(at);
        }
      },
      first, views...);
}

/// A function of `inputs` rows of n elements that writes a row y: row(y, x…, n). It is compiled for rows of
/// numbers and for rows of Lanes. The loops over rows call it through pointers, so they are compiled once.
template <class T, int inputs>
struct RowFunction {
  void (*of_numbers)(T* y, const T* const (&x)[inputs], int64_t n);
  void (*of_lanes)(Lanes<T>* y, const RowsInLanes<T> (&x)[inputs], int64_t n);

  template <class Row>
  explicit RowFunction(Row) : RowFunction(Row{}, std::make_index_sequence<inputs>()) {}

 private:
  template <class Row, size_t... I>
  RowFunction(Row, std::index_sequence<I...>)
      : of_numbers([](T* y, const T* const (&x)[inputs], int64_t n) {
          for_row_of(n, [=] { Row{}(y, x[I]..., n); });
        }),
        of_lanes([](Lanes<T>* y, const RowsInLanes<T> (&x)[inputs], int64_t n) {
          widest([&] { Row{}(y, x[I].elements..., n); });
        }) {}
};

template <class T, int count, class... Inputs>
[[gnu::noinline]] void run_rows(const RowFunction<T, count>& function, const View& out,
                                const Inputs&... inputs) {
  const int64_t n = line_along(out, out.dim - 1).size;
  [&]<size_t... I>(std::index_sequence<I...>) {
    for_each_row_or_lanes<T>(
        [&](const int64_t* at, const int64_t* steps, int64_t rows) {
          RowsInLanes<T> y;
          const RowsInLanes<T> x[] = {{inputs, at[1 + I], steps[1 + I], rows}...};
          function.of_lanes(y.elements, x, n);
          y.put_back(out, at[0], steps[0], rows);
        },
        [&](const int64_t* at) {
          std::vector<T> copies[1 + count];
          T* const y = contiguous_row(out, at[0], copies[0]);
          const T* const x[] = {contiguous_row(inputs, at[1 + I], copies[1 + I])...};
          function.of_numbers(y, x, n);
          put_back(out, at[0], copies[0]);
        },
        out, inputs...);
  }
  (std::index_sequence_for<Inputs...>{});
}

/// Calls row(y, x…, n) for every row of `out` and of `inputs`, all contiguous. The elements are
/// numbers, or Lanes if the rows are short.
template <class T, class Row, class... Inputs>
void for_each_row(const Row& row, const View& out, const Inputs&... inputs) {
  run_rows(RowFunction<T, sizeof...(Inputs)>(row), out, inputs...);
}

}  // namespace gradus::cpu
