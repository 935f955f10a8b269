// Sizes and strides: IntArrayRef borrows a list of numbers, Shape owns up to kMaxDims of them.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "kernels/view.h"

namespace gradus {

/// A borrowed list, as libtorch's. It is made from one element, {2, 3}, a vector or x.sizes(). It must not
/// outlive the list that it points to, so use it for parameters only.
template <class T>
class ArrayRef {
 public:
  ArrayRef() = default;
  ArrayRef(const T& one) : data_(&one), size_(1) {}  // NOLINT
  ArrayRef(const T* data, size_t size) : data_(data), size_(size) {}
  ArrayRef(std::span<const T> list) : ArrayRef(list.data(), list.size()) {}     // NOLINT
  ArrayRef(const std::vector<T>& list) : ArrayRef(list.data(), list.size()) {}  // NOLINT
  ArrayRef(const std::initializer_list<T>& list)  // NOLINT: the caller's list outlives the call
      : ArrayRef(list.begin(), list.size()) {}
  template <size_t N>
  ArrayRef(const std::array<T, N>& list) : ArrayRef(list.data(), N) {}  // NOLINT

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* data() const { return data_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& operator[](size_t i) const { return data_[i]; }
  const T& front() const { return data_[0]; }
  const T& back() const { return data_[size_ - 1]; }
  std::vector<T> vec() const { return {begin(), end()}; }
  bool equals(ArrayRef other) const { return std::equal(begin(), end(), other.begin(), other.end()); }
  friend bool operator==(ArrayRef a, ArrayRef b) { return a.equals(b); }  // the same elements

 private:
  const T* data_ = nullptr;
  size_t size_ = 0;
};
using IntArrayRef = ArrayRef<int64_t>;

/// Prints as libtorch does: [2, 3].
std::ostream& operator<<(std::ostream& out, IntArrayRef list);

/// The sizes of a tensor, held inline.
class Shape {
 public:
  Shape() = default;
  Shape(IntArrayRef sizes);  // NOLINT: every list of sizes is a shape. Error beyond kMaxDims.
  Shape(std::initializer_list<int64_t> sizes) : Shape(IntArrayRef(sizes)) {}
  explicit Shape(const View& view) : dim_(view.dim) { std::copy_n(view.sizes, dim_, sizes_); }

  int dim() const { return dim_; }
  int64_t numel() const;  // Error if a size is negative or the product overflows
  int64_t operator[](int d) const { return sizes_[d]; }
  int64_t& operator[](int d) { return sizes_[d]; }
  const int64_t* begin() const { return sizes_; }
  const int64_t* end() const { return sizes_ + dim_; }
  void push_back(int64_t size);  // appends a dimension
  void insert(int d, int64_t size);  // before dimension d
  void erase(int d);  // removes dimension d
  operator IntArrayRef() const { return {sizes_, static_cast<size_t>(dim_)}; }  // NOLINT
  ShapeText text() const { return {{sizes_, static_cast<size_t>(dim_)}}; }

 private:
  int dim_ = 0;
  int64_t sizes_[kMaxDims];
};

inline ShapeText text(IntArrayRef sizes) { return {{sizes.data(), sizes.size()}}; }

/// The shape that a and b broadcast to: sizes are compared from the last one on, and a 1 is stretched to the
/// other size. Error "op: a is (3, 4) and b is (2,): sizes 4 and 2 of dimension -1 differ and neither is 1".
Shape broadcast_shapes(const char* op, IntArrayRef a, IntArrayRef b);

/// `view` with strides of 0 along every stretched or added dimension. The sizes must broadcast to `shape`.
View expand_view(const char* op, const View& view, IntArrayRef shape);

/// Can a tensor of these sizes be expanded to `shape`?
bool is_expandable_to(IntArrayRef sizes, IntArrayRef shape);

/// d as an index from 0; a negative d counts from the end. Error if d is out of range. A 0-d tensor counts
/// as having one dimension.
int wrap_dim(int64_t d, int dim);

}  // namespace gradus
