// The loops over strided views that all plain kernels share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "kernels/kernels.h"

namespace gradus::plain {

/// A part of a view. The first dimensions have a fixed index, which gives the address `data`. The
/// other dimensions remain.
template <class T>
struct Part {
  T* data;
  const int64_t *sizes, *strides;  // of the dimensions that remain

  Part(T* data, const int64_t* sizes, const int64_t* strides) : data(data), sizes(sizes), strides(strides) {}
  explicit Part(const View& view) : Part(view.as<T>(), view.sizes, view.strides) {}

  /// The part at index i of the next dimension.
  Part at(int64_t i) const { return {data + i * strides[0], sizes + 1, strides + 1}; }
};

/// A nest of loops, one for each size, the last one innermost. Calls f(part of each view).
template <class F, class... T>
void nested_loops(std::span<const int64_t> sizes, const F& f, Part<T>... views) {
  if (sizes.empty()) return f(views...);
  for (int64_t i = 0; i < sizes[0]; ++i) nested_loops(sizes.subspan(1), f, views.at(i)...);
}

/// Calls f(part of each view) for every index in the first `dims` dimensions. The views must have the
/// same sizes in these dimensions.
template <class F, class First, class... T>
void for_each_part(int dims, const F& f, Part<First> first, Part<T>... rest) {
  const std::span<const int64_t> sizes(first.sizes, static_cast<size_t>(dims));
  if (std::ranges::find(sizes, 0) == sizes.end()) nested_loops(sizes, f, first, rest...);
}

/// Calls f(element of each view) for every index. The views have the sizes of `shape`.
template <class F, class... T>
void for_each_element(const View& shape, const F& f, Part<T>... views) {
  for_each_part(
      shape.dim, [&](Part<T>... element) { f(*element.data...); }, views...);
}

/// Elements in a line, `stride` apart.
template <class T>
struct Line {
  T* data;
  int64_t size, stride;

  Line(T* data, int64_t size, int64_t stride) : data(data), size(size), stride(stride) {}
  explicit Line(Part<T> part) : Line(part.data, part.sizes[0], part.strides[0]) {}
  operator Line<const T>() const { return {data, size, stride}; }

  T& operator[](int64_t i) const { return data[i * stride]; }
};

/// A view with the type of its elements. The dimension `dim` becomes the last one. A 0-d view becomes a
/// line of one element.
template <class T>
struct Along {
  View view;

  Along(const View& source, int dim) : view(source) {
    if (view.dim == 0) {
      view.dim = 1;
      view.sizes[0] = view.strides[0] = 1;
    }
    std::rotate(view.sizes + dim, view.sizes + dim + 1, view.sizes + view.dim);
    std::rotate(view.strides + dim, view.strides + dim + 1, view.strides + view.dim);
  }
};

/// Calls f(line of each view) for all lines along one dimension. The views have the same sizes in
/// all other dimensions.
template <class F, class... T>
void for_each_line(const F& f, const Along<T>&... x) {
  const int others = std::max({x.view.dim...}) - 1;
  for_each_part(
      others, [&](Part<T>... part) { f(Line<T>(part)...); }, Part<T>(x.view)...);
}

/// A view as rows: lines along its last dimension.
template <class T>
struct Rows : Along<T> {
  explicit Rows(const View& view) : Along<T>(view, std::max(view.dim - 1, 0)) {}
};

/// term(begin) + … + term(end - 1), pairwise: the sum of the first half plus the sum of the second
/// half. The rounding error grows with log n instead of n. Source: Higham, "The accuracy of
/// floating point summation" (1993).
template <class Term>
auto pairwise_sum(int64_t begin, int64_t end, const Term& term) -> decltype(term(begin)) {
  if (end - begin > 8) {
    const int64_t middle = begin + (end - begin) / 2;
    return pairwise_sum(begin, middle, term) + pairwise_sum(middle, end, term);
  }
  decltype(term(begin)) sum = 0;
  for (int64_t i = begin; i < end; ++i) sum += term(i);
  return sum;
}

/// visit_floating_point for kernels that also compute with int64.
template <class F>
void visit_number(const char* op, Dtype dtype, const F& f) {
  if (dtype == kInt64) return f(int64_t{});
  visit_floating_point(op, "cpu", dtype, f);
}

}  // namespace gradus::plain
