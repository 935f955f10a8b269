// Plain arrays of doubles, in row-major order. The references of the op list compute with them. They use
// nothing of Gradus, so a mistake in Gradus is not repeated here.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace gradus::test {

using Sizes = std::vector<int64_t>;
using Index = std::vector<int64_t>;

inline int64_t count_of(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

struct Array {
  Sizes sizes;
  std::vector<double> values;

  int64_t dim() const { return static_cast<int64_t>(sizes.size()); }
  double& operator()(const Index& index) { return values.at(place_of(index)); }
  double operator()(const Index& index) const { return values.at(place_of(index)); }

 private:
  size_t place_of(const Index& index) const {
    int64_t place = 0;
    for (size_t d = 0; d < sizes.size(); ++d) place = place * sizes[d] + index.at(d);
    return static_cast<size_t>(place);
  }
};
using Arrays = std::vector<Array>;

/// x's elements with other sizes.
inline Array with_sizes(Array x, Sizes sizes) {
  x.sizes = std::move(sizes);
  return x;
}

/// f(index) for every index below `sizes`, in row-major order.
template <class F>
void for_each_index(const Sizes& sizes, F f) {
  Index index(sizes.size(), 0);
  for (int64_t left = count_of(sizes); left > 0; --left) {
    f(index);
    for (size_t d = sizes.size(); d-- > 0;) {
      if (++index[d] < sizes[d]) break;
      index[d] = 0;
    }
  }
}

/// The array whose element at each index is f(index).
template <class F>
Array build(const Sizes& sizes, F f) {
  Array result{sizes, {}};
  for_each_index(sizes, [&](const Index& index) { result.values.push_back(f(index)); });
  return result;
}

/// An array of these sizes is broadcast to a result: its own index for an index of the result.
inline Index shrunk(const Index& index, const Sizes& sizes) {
  Index own(index.end() - static_cast<int64_t>(sizes.size()), index.end());
  for (size_t d = 0; d < own.size(); ++d)
    if (sizes[d] == 1) own[d] = 0;
  return own;
}

/// The shape to which all arrays are broadcast.
inline Sizes common_sizes(const Arrays& arrays) {
  size_t dim = 0;
  for (const Array& x : arrays) dim = std::max(dim, x.sizes.size());
  Sizes sizes(dim, 1);
  for (const Array& x : arrays)
    for (size_t d = 0; d < x.sizes.size(); ++d)
      if (x.sizes[d] != 1) sizes[dim - x.sizes.size() + d] = x.sizes[d];
  return sizes;
}

/// x broadcast to `sizes`.
inline Array expanded(const Array& x, const Sizes& sizes) {
  if (x.sizes == sizes) return x;
  return build(sizes, [&](const Index& index) { return x(shrunk(index, x.sizes)); });
}

/// A reduction of x over `dims`, or over all dimensions if `dims` is empty. f takes the elements that are
/// reduced to one.
template <class F>
Array reduced(const Array& x, std::vector<int64_t> dims, bool keepdim, F f) {
  const auto is_reduced = [&](int64_t d) {
    return dims.empty() || std::find(dims.begin(), dims.end(), d) != dims.end();
  };
  Sizes kept_sizes, result_sizes;
  for (int64_t d = 0; d < x.dim(); ++d) {
    kept_sizes.push_back(is_reduced(d) ? 1 : x.sizes[d]);
    if (!is_reduced(d) || keepdim) result_sizes.push_back(kept_sizes.back());
  }
  Array result = build(kept_sizes, [&](const Index& outer) {
    std::vector<double> elements;
    for_each_index(x.sizes, [&](const Index& inner) {
      bool belongs = true;
      for (int64_t d = 0; d < x.dim(); ++d) belongs &= is_reduced(d) || inner[d] == outer[d];
      if (belongs) elements.push_back(x(inner));
    });
    return f(elements);
  });
  result.sizes = result_sizes;
  return result;
}

/// x with every row along `dim` replaced by f(row).
template <class F>
Array along(const Array& x, int64_t dim, F f) {
  return build(x.sizes, [&](Index index) {
    std::vector<double> row;
    const int64_t own = index[dim];
    for (index[dim] = 0; index[dim] < x.sizes[dim]; ++index[dim]) row.push_back(x(index));
    return f(row)[own];
  });
}

}  // namespace gradus::test
