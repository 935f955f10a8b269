#include "tensor/create.h"

namespace gradus {
namespace {

Tensor finish(Tensor x, const TensorOptions& options) {
  if (options.requires_grad()) x.requires_grad_();
  return x;
}

Tensor filled(IntArrayRef sizes, const Scalar& value, Dtype dtype, const TensorOptions& options) {
  Tensor x = allocate(sizes, dtype, options.device().type());
  kernels_of(x).fill(value, x.raw());
  return finish(std::move(x), options);
}

/// The dtype of a tensor that is made from a number of this dtype.
Dtype natural_dtype(Dtype number) { return number == kFloat64 ? get_default_dtype() : number; }

}  // namespace

Tensor empty(IntArrayRef sizes, const TensorOptions& options) {
  return finish(allocate(sizes, options.dtype(), options.device().type()), options);
}
Tensor zeros(IntArrayRef sizes, const TensorOptions& options) {
  return filled(sizes, 0, options.dtype(), options);
}
Tensor ones(IntArrayRef sizes, const TensorOptions& options) {
  return filled(sizes, 1, options.dtype(), options);
}
Tensor full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options) {
  const Dtype dtype = options.dtype_or(natural_dtype(value.dtype()));
  check_fits("full", value, dtype);
  return filled(sizes, value, dtype, options);
}
Tensor scalar_tensor(const Scalar& value, const TensorOptions& options) {
  check_fits("scalar_tensor", value, options.dtype());
  return filled({}, value, options.dtype(), options);
}

Tensor eye(int64_t n, const TensorOptions& options) { return eye(n, n, options); }

Tensor eye(int64_t n, int64_t m, const TensorOptions& options) {
  Tensor x = zeros({n, m}, options.requires_grad(false));
  View diagonal = x.raw();
  diagonal.dim = 1;
  diagonal.sizes[0] = std::min(n, m);
  diagonal.strides[0] = m + 1;
  kernels_of(x).fill(1, diagonal);
  return finish(std::move(x), options);
}

Tensor zeros_like(const Tensor& x, const TensorOptions& options) {
  return zeros(x.sizes(), x.options().merge_in(options));
}
Tensor ones_like(const Tensor& x, const TensorOptions& options) {
  return ones(x.sizes(), x.options().merge_in(options));
}

NestedNumbers::NestedNumbers(std::initializer_list<NestedNumbers> rows) : dtype_(kFloat64) {
  shape_.push_back(static_cast<int64_t>(rows.size()));
  if (rows.size() == 0) return;
  const NestedNumbers& first = *rows.begin();
  dtype_ = first.dtype_;
  for (int64_t size : first.shape_) shape_.push_back(size);
  for (const NestedNumbers& row : rows) {
    check(IntArrayRef(row.shape_) == IntArrayRef(first.shape_), "tensor: rows of different shapes ",
          first.shape_.text(), " and ", row.shape_.text(), " in one pair of braces");
    dtype_ = promote_types(dtype_, row.dtype_);
    values_.insert(values_.end(), row.values_.begin(), row.values_.end());
  }
}

Tensor tensor(const NestedNumbers& numbers, const TensorOptions& options) {
  const Dtype dtype = options.dtype_or(natural_dtype(numbers.dtype_));
  for (const Scalar& value : numbers.values_) check_fits("tensor", value, dtype);
  Tensor x = allocate(numbers.shape_, dtype);
  refuse_capture(kernels_of(x), "tensor");
  visit_stored_dtype(dtype, [&]<class T>(T) {
    T* out = x.raw().as<T>();
    for (const Scalar& value : numbers.values_) *out++ = value.to<T>();
  });
  return finish(x.to(options.device()), options);
}

}  // namespace gradus
