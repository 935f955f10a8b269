// The comparisons of the kernels for indexing, which plain_kernels_test.cpp runs.
#pragma once

#include "compare_kernels.h"

namespace gradus::compare {

/// Random offsets of elements of a view, with repetitions; no offsets if the view is empty.
inline Array positions_in(const View& x, const Shape& shape, Layout layout) {
  Array positions(x.numel() == 0 ? Shape{0} : shape, kInt64, layout);
  return positions.fill([&] {
    int64_t offset = 0;
    for (int d = 0; d < x.dim; ++d) offset += integer(0, x.sizes[d] - 1) * x.strides[d];
    return offset;
  });
}
inline void take() {
  for_all("take", kAll, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array x = random(shape, dtype, layout), positions = positions_in(x, {5, 7}, writable(layout));
    expect_same(what, {Array(shape_of(positions), dtype, other(layout))}, 0, 0,
                [&](const Kernels& k, const auto& y) { k.take(x, positions, y[0]); });
  });
}
/// The offsets of all elements of a view, in a random order.
inline Array shuffled_positions(const View& x) {
  std::vector<int64_t> offsets = {0};
  for (int d = 0; d < x.dim; ++d) {
    std::vector<int64_t> longer;
    for (const int64_t offset : offsets)
      for (int64_t i = 0; i < x.sizes[d]; ++i) longer.push_back(offset + i * x.strides[d]);
    offsets = longer;
  }
  std::shuffle(offsets.begin(), offsets.end(), bits);
  Array positions({static_cast<int64_t>(offsets.size())}, kInt64, Layout::sliced);
  return positions.fill([&, next = size_t{0}]() mutable { return offsets[next++]; });
}
inline void put() {
  for_all("put", kAll, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array x = random(shape, dtype, writable(layout));
    const Array positions = shuffled_positions(x), values = random(shape_of(positions), dtype, layout);
    expect_same(what, {x}, 0, 0,
                [&](const Kernels& k, const auto& y) { k.put(positions, values, false, y[0]); });
    // Values for the same position may be added in any order.
    const Array repeated = positions_in(x, {5, 7}, writable(layout));
    const Array more = random(shape_of(repeated), dtype, layout);
    expect_same(what + ", accumulating", {x}, 16, 40,
                [&](const Kernels& k, const auto& y) { k.put(repeated, more, true, y[0]); });
  });
}

/// Calls compare(table, indices, rows, layout, description). `rows` has a row for each index.
template <class Compare>
inline void for_all_tables(const char* name, const Compare& compare) {
  for (const Dtype dtype : kAll)
    for (const Layout layout : kReadable)
      for (const int64_t width : {0, 1, 5, 33})
        for (const int64_t n : {0, 1, 20, 2000}) {
          Array indices({n}, kInt64, layout == Layout::expanded ? Layout::contiguous : layout);
          indices.fill([] { return integer(0, 8); });
          compare(random({9, width}, dtype, layout), indices, random({n, width}, dtype, layout),
                  writable(layout), std::string(name) + " of " + name_of(dtype));
        }
}
inline void gather_rows() {
  for_all_tables("gather_rows", [](const Array& table, const Array& indices, const Array& rows, Layout layout,
                                   const std::string& what) {
    expect_same(what, {Array(shape_of(rows), rows.view().dtype, layout)}, 0, 0,
                [&](const Kernels& k, const auto& y) { k.gather_rows(table, indices, y[0]); });
  });
}
inline void scatter_add_rows() {
  for_all_tables("scatter_add_rows", [](const Array& table, const Array& indices, const Array& rows,
                                        Layout layout, const std::string& what) {
    expect_same(what, {random(shape_of(table), rows.view().dtype, layout)}, 0, 0,
                [&](const Kernels& k, const auto& y) { k.scatter_add_rows(indices, rows, y[0]); });
  });
}

inline void nonzero() {
  for_all("nonzero", kComputed, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array x = random(shape, dtype, layout);
    std::vector<int64_t> found[2];
    const auto error = [&](const Kernels& k, std::vector<int64_t>& to) {
      return error_of([&] { k.nonzero(x, to); });
    };
    EXPECT_EQ(error(plain_kernels(), found[0]), error(fast_kernels(), found[1])) << what;
    EXPECT_EQ(found[0], found[1]) << what;
  });
}

}  // namespace gradus::compare
