// New tensors from nothing, from numbers, and from memory.
#pragma once

#include <initializer_list>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

// Sizes are written 3, {2, 3}, {} (one element, no dimensions) or x.sizes(). Floating-point results have the
// default dtype unless the options say otherwise.

Tensor empty(IntArrayRef sizes, const TensorOptions& options = {});  // uninitialised
Tensor zeros(IntArrayRef sizes, const TensorOptions& options = {});  // filled with 0
Tensor ones(IntArrayRef sizes, const TensorOptions& options = {});   // filled with 1
/// Every element is `value`. A floating-point value gives the default dtype, any other its own dtype. Error if an
/// integer dtype cannot hold it.
Tensor full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options = {});
/// A 0-d tensor that holds `value`.
Tensor scalar_tensor(const Scalar& value, const TensorOptions& options = {});
/// The n×n identity matrix; or n×m, with ones on the diagonal.
Tensor eye(int64_t n, const TensorOptions& options = {});
Tensor eye(int64_t n, int64_t m, const TensorOptions& options = {});
/// start, start + step, … below end. Integers give int64, and are counted exactly.
Tensor arange(const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options = {});
/// `steps` numbers from start to end, both included.
Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, const TensorOptions& options = {});

// Like another tensor: its sizes, and its dtype and device unless the options say otherwise.
Tensor empty_like(const Tensor& x, const TensorOptions& options = {});
Tensor zeros_like(const Tensor& x, const TensorOptions& options = {});
Tensor ones_like(const Tensor& x, const TensorOptions& options = {});
Tensor full_like(const Tensor& x, const Scalar& value, const TensorOptions& options = {});

/// Numbers in nested braces: 2.0, {1, 2}, {{1.5, 2}, {3, 4}}. Rows must have equal lengths.
class NestedNumbers {
 public:
  /// One number: a 0-d tensor.
  template <class T>
  requires std::is_arithmetic_v<T> NestedNumbers(T value)
      : values_{value}, dtype_(dtype_of_numbers<T>()) {}     // NOLINT
  NestedNumbers(std::initializer_list<NestedNumbers> rows);  // NOLINT
  /// The numbers of a vector, along one dimension.
  template <class T>
  requires std::is_arithmetic_v<T> NestedNumbers(const std::vector<T>& list)  // NOLINT
      : values_(list.begin(), list.end()), dtype_(dtype_of_numbers<T>()) {
    shape_.push_back(static_cast<int64_t>(list.size()));
  }

 private:
  friend Tensor tensor(const NestedNumbers& numbers, const TensorOptions& options);

  /// float64 stands for "floating point": the tensor gets the default dtype. A literal such as 1 is an
  /// int; it gives int64.
  template <class T>
  static constexpr Dtype dtype_of_numbers() {
    return std::floating_point<T> ? kFloat64 : std::same_as<T, int> ? kInt64 : dtype_of<T>();
  }

  Shape shape_;
  std::vector<Scalar> values_;
  Dtype dtype_;
};

/// tensor(2.0), tensor({1, 2}), tensor({{1.5, 2}, {3, 4}}), tensor(vector). Integers give int64, bools bool,
/// anything with a floating-point number the default dtype.
Tensor tensor(const NestedNumbers& numbers, const TensorOptions& options = {});

/// A tensor on memory that the caller owns: row-major, or with the given strides (in elements, not negative).
/// `deleter`, if there is one, is called with `data` when the last tensor on this memory is destroyed.
Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, std::function<void(void*)> deleter,
                 const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, std::function<void(void*)> deleter,
                 const TensorOptions& options = {});

}  // namespace gradus
