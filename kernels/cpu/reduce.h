// The kernels that reduce.cpp calls. Those of each element type are compiled in a file of their own.
//
// The names of the functions say what they reduce:
//
//   reduce_view         any view. Takes the shortest way to one of the next three.
//   reduce_long_run     one contiguous run of elements, shared by the threads
//   reduce_by_rows      a view in the arrangement by rows; calls reduce_to_one for every output
//   reduce_by_columns   a view in the arrangement by columns; calls reduce_to_row for every row of outputs
//   reduce_run          elements with one stride, by one thread; its parts are in reduce_run.h
#pragma once

#include <array>
#include <cstdlib>
#include <functional>
#include <memory>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/reduce_run.h"

namespace gradus::cpu {
namespace {  // so that g++ inlines what is called once

constexpr int64_t kTile = 1024;    // columns whose accumulators are worked on at a time
constexpr int64_t kChunk = 32768;  // elements of a long run that one thread takes at a time

/// Reduces a long contiguous run. It is cut into chunks that the threads share.
template <class Combine, class Term, class T>
T reduce_long_run(const T* x, int64_t n) {
  const int64_t chunks = (n + kChunk - 1) / kChunk;
  const auto partial = std::make_unique<T[]>(static_cast<size_t>(chunks));
  parallel_ranges(chunks, n, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c)
      partial[c] = reduce_run<Combine, Term>(x + c * kChunk, std::min(kChunk, n - c * kChunk), 1);
  });
  return reduce_run<Combine>(partial.get(), chunks, 1);
}

/// The dimensions that are reduced, outermost first.
struct Reduced {
  int dim = 0;
  int64_t sizes[kMaxDims], strides[kMaxDims];

  /// Appends an innermost dimension, merged with the previous one if the strides allow.
  void push(int64_t size, int64_t stride) {
    if (dim > 0 && strides[dim - 1] == size * stride) {
      sizes[dim - 1] *= size;
    } else {
      sizes[dim++] = size;
    }
    strides[dim - 1] = stride;
  }
};

/// One output of the arrangement by rows. It reduces the first n elements of dimension d, each with
/// all inner dimensions.
template <class Combine, class Term, class T>
[[gnu::noinline]] T reduce_to_one(const T* x, const Reduced& reduced, int d, int64_t n) {
  const int64_t stride = reduced.strides[d];
  if (d == reduced.dim - 1) return reduce_run<Combine, Term>(x, n, stride);
  if (n == 1) return reduce_to_one<Combine, Term>(x, reduced, d + 1, reduced.sizes[d + 1]);
  const T first = reduce_to_one<Combine, Term>(x, reduced, d, n / 2);
  return Combine{}.value(first, reduce_to_one<Combine, Term>(x + n / 2 * stride, reduced, d, n - n / 2));
}

/// Combines n rows of `width` columns into result[0 … width). It takes four rows at a time, so that
/// `result` is read and written a quarter as often.
template <class Combine, class Term, class T>
inline void combine_rows(const T* x, int64_t column_stride, int64_t width, int64_t stride, int64_t n,
                         T* result) {
  constexpr auto f = [](T a, T b) { return Combine{}.value(a, b); };
  constexpr auto term = [](T element) { return Term{}.value(element); };
  for (int64_t j = 0; j < width; ++j) result[j] = term(x[j * column_stride]);
  int64_t i = 1;
  for (; i + 4 <= n; i += 4) {
    const T *a = x + i * stride, *b = a + stride, *c = b + stride, *d = c + stride;
#pragma GCC ivdep
    for (int64_t j = 0; j < width; ++j) {
      const int64_t at = j * column_stride;
      const T first = f(term(a[at]), term(b[at])), second = f(term(c[at]), term(d[at]));
      result[j] = f(f(first, second), result[j]);
    }
  }
  for (; i < n; ++i)
    for (int64_t j = 0; j < width; ++j) result[j] = f(term(x[i * stride + j * column_stride]), result[j]);
}

/// One row of outputs of the arrangement by columns. It combines the first n rows of dimension d, each
/// with all inner dimensions, by halves.
template <class Combine, class Term, class T>
void reduce_to_row(const T* x, int64_t column_stride, int64_t width, const Reduced& reduced, int d, int64_t n,
                   T* result) {
  constexpr int64_t rows = 17;  // 1 + 4·4 rows at a leaf: one start value, then four at a time
  const int64_t stride = reduced.strides[d];
  const bool innermost = d == reduced.dim - 1;
  if (innermost && n <= rows) {
    if (column_stride != 1 || width < 16)
      return combine_rows<Combine, Term>(x, column_stride, width, stride, n, result);
    widest([&] { combine_rows<Combine, Term>(x, 1, width, stride, n, result); });
  } else if (!innermost && n == 1) {
    reduce_to_row<Combine, Term>(x, column_stride, width, reduced, d + 1, reduced.sizes[d + 1], result);
  } else {
    T other[kTile];
    const int64_t half = innermost ? halve(n, rows) : n / 2;
    reduce_to_row<Combine, Term>(x, column_stride, width, reduced, d, half, result);
    reduce_to_row<Combine, Term>(x + half * stride, column_stride, width, reduced, d, n - half, other);
    for (int64_t j = 0; j < width; ++j) result[j] = Combine{}.value(result[j], other[j]);
  }
}

/// x's dimensions, split into reduced and kept ones. Both are ordered by x's strides, and
/// neighbours are merged.
struct Plan {
  Reduced reduced;
  View x, out;                  // the kept dimensions, of the same sizes
  bool innermost_kept = false;  // does x's smallest stride belong to a kept dimension?

  Plan(const View& whole_x, const View& whole_out) {
    x.data = whole_x.data;
    out.data = whole_out.data;
    x.dtype = out.dtype = whole_x.dtype;
    x.dim = out.dim = 0;
    int order[kMaxDims], n = 0;
    for (int d = 0; d < whole_x.dim; ++d) {
      if (whole_x.sizes[d] == 1) continue;
      int at = n++;
      for (; at > 0 && std::abs(whole_x.strides[order[at - 1]]) < std::abs(whole_x.strides[d]); --at)
        order[at] = order[at - 1];
      order[at] = d;
    }
    for (int i = 0; i < n; ++i) {
      const int d = order[i];
      innermost_kept = whole_out.sizes[d] != 1;  // the last round decides: its stride is the smallest
      if (innermost_kept)
        keep(whole_x.sizes[d], whole_x.strides[d], whole_out.strides[d]);
      else
        reduced.push(whole_x.sizes[d], whole_x.strides[d]);
    }
    if (reduced.dim == 0) reduced.push(1, 1);
  }

  /// Removes the innermost kept dimension from the views and returns x's size and stride in it.
  Line take_columns() {
    --out.dim;
    --x.dim;
    return {x.sizes[x.dim], x.strides[x.dim]};
  }

  /// Calls output(x offset, out offset) for the outputs begin ≤ i < end.
  template <class Call>
  void for_outputs(int64_t begin, int64_t end, const Call& output) const {
    if (x.dim <= 1) {  // the common case, which needs no loop nest
      const int64_t x_step = x.dim ? x.strides[0] : 0, out_step = x.dim ? out.strides[0] : 0;
      for (int64_t i = begin; i < end; ++i) output(i * x_step, i * out_step);
      return;
    }
    for_nested_outputs(begin, end, std::cref(output));
  }

 private:
  /// The same for kept dimensions that need a nest of loops. It calls through a pointer, so that it is compiled once.
  [[gnu::noinline]] void for_nested_outputs(int64_t begin, int64_t end,
                                            const std::function<void(int64_t, int64_t)>& output) const {
    const LoopNest<2> outputs(out, x);
    const int64_t* steps = outputs.column_strides();
    outputs.rows(begin, end, [&](const int64_t* offsets, int64_t n) {
      for (int64_t i = 0; i < n; ++i) output(offsets[1] + i * steps[1], offsets[0] + i * steps[0]);
    });
  }

  void keep(int64_t size, int64_t x_stride, int64_t out_stride) {
    int last = x.dim - 1;
    if (last >= 0 && x.strides[last] == size * x_stride && out.strides[last] == size * out_stride) {
      size *= x.sizes[last];
    } else {
      ++last, ++x.dim, ++out.dim;
    }
    x.sizes[last] = out.sizes[last] = size;
    x.strides[last] = x_stride;
    out.strides[last] = out_stride;
  }
};

template <class Combine, class Term, class T>
void reduce_by_rows(const Plan& plan, int64_t elements) {
  const T* x = plan.x.as<const T>();
  T* out = plan.out.as<T>();
  parallel_ranges(plan.x.numel(), elements, [&](int64_t begin, int64_t end) {
    plan.for_outputs(begin, end, [&](int64_t x_offset, int64_t out_offset) {
      out[out_offset] = reduce_to_one<Combine, Term>(x + x_offset, plan.reduced, 0, plan.reduced.sizes[0]);
    });
  });
}

template <class Combine, class Term, class T>
void reduce_by_columns(Plan plan, int64_t elements) {
  const int64_t out_step = plan.out.strides[plan.out.dim - 1];
  const auto [columns, x_step] = plan.take_columns();
  T* const out = plan.out.as<T>();
  const T* const x = plan.x.as<const T>();
  // The threads share the columns of all outputs, counted as one long row.
  parallel_ranges(plan.x.numel() * columns, elements,
                  [&, columns = columns, x_step = x_step](int64_t begin, int64_t end) {
                    while (begin < end) {
                      const int64_t output = begin / columns, first = begin % columns;
                      const int64_t width = std::min({kTile, columns - first, end - begin});
                      T result[kTile];
                      plan.for_outputs(output, output + 1, [&](int64_t x_offset, int64_t out_offset) {
                        reduce_to_row<Combine, Term>(x + x_offset + first * x_step, x_step, width,
                                                     plan.reduced, 0, plan.reduced.sizes[0], result);
                        for (int64_t j = 0; j < width; ++j)
                          out[out_offset + (first + j) * out_step] = result[j];
                      });
                      begin += width;
                    }
                  });
}

/// Keeps one of the equal elements that broadcasting repeats along reduced dimensions. Returns how
/// often it counts.
inline int64_t drop_repeats(View& x, const View& out) {
  int64_t times = 1;
  for (int d = 0; d < x.dim; ++d)
    if (x.strides[d] == 0 && out.sizes[d] == 1) {
      times *= x.sizes[d];
      x.sizes[d] = 1;
    }
  return times;
}

template <class Combine, class Term, class T>
[[gnu::noinline]] void reduce_strided(View x, const View& out, int64_t elements) {
  if (out.numel() == 0) return;
  if (elements == 0) return fill(Combine::template identity<T>, out);
  // A sum of equal terms is a product. The gradient of a broadcast is often such a sum.
  if constexpr (std::same_as<Combine, formulas::Add>)
    if (const int64_t times = drop_repeats(x, out); times > 1) {
      reduce_strided<Combine, Term, T>(x, out, elements / times);
      return binary_scalar(formulas::Mul{}, out, times, false, out);
    }
  const Plan plan(x, out);
  if (plan.innermost_kept)
    reduce_by_columns<Combine, Term, T>(plan, elements);
  else
    reduce_by_rows<Combine, Term, T>(plan, elements);
}

template <class Combine, class Term, class T>
void reduce_view(const View& x, const View& out) {
  const int64_t n = contiguous_numel(x);
  if (n > 0 && out.numel() == 1)
    *out.as<T>() = n <= kChunk ? reduce_run<Combine, Term>(x.as<const T>(), n, 1)
                               : reduce_long_run<Combine, Term>(x.as<const T>(), n);
  else
    reduce_strided<Combine, Term, T>(x, out, x.numel());
}

using ReduceKernel = void (*)(const View&, const View&);

template <class F, class T>
constexpr ReduceKernel kernel_of() {
  if constexpr (F::template takes<T>)
    return reduce_view<typename F::Combine, typename F::Term, T>;
  else
    return nullptr;
}

template <class T, class... F>
constexpr std::array<ReduceKernel, sizeof...(F)> reduce_kernels_of(formulas::List<F...>) {
  return {kernel_of<F, T>()...};
}

}  // namespace

/// The kernels of all reductions for one element type, in the order of the list. Where a formula does not
/// take the type, nullptr.
using ReduceKernels = std::array<void (*)(const View&, const View&), formulas::Reductions::size>;
extern const ReduceKernels reduce_float32, reduce_float64, reduce_int64, reduce_bool;

}  // namespace gradus::cpu
