// More of tensor/create.h: evenly spaced numbers, and tensors on borrowed memory.
#include "tensor/create.h"

namespace gradus {

Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, const TensorOptions& options) {
  check(steps >= 0, "linspace: the number of steps must not be negative: ", steps);
  Tensor x = allocate(steps, computing_dtype(options.dtype()), options.device().type());
  const double first = start.toDouble(), last = end.toDouble();
  const double step = steps > 1 ? (last - first) / static_cast<double>(steps - 1) : 0;
  kernels_of(x).arange(first, step, x.raw());
  if (steps > 1) {  // first + (n-1)·step may not round to last
    View end_point = x.raw();
    end_point.data = static_cast<char*>(end_point.data) + (steps - 1) * item_size(end_point.dtype);
    end_point.dim = 0;
    kernels_of(x).fill(end, end_point);
  }
  return x.to(options.dtype()).requires_grad_(options.requires_grad());
}

Tensor full_like(const Tensor& x, const Scalar& value, const TensorOptions& options) {
  return full(x.sizes(), value, x.options().merge_in(options));
}

Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options) {
  return from_blob(data, sizes, std::function<void(void*)>(), options);
}

Tensor from_blob(void* data, IntArrayRef sizes, std::function<void(void*)> deleter,
                 const TensorOptions& options) {
  check(options.device().is_cpu(), "from_blob: only memory of the cpu can be borrowed, not of ",
        options.device());
  Tensor x = allocate({0}, options.dtype());
  View& raw = x.impl().raw;
  const Shape shape(sizes);
  raw.dim = static_cast<uint8_t>(shape.dim());
  std::copy(shape.begin(), shape.end(), raw.sizes);
  raw.set_contiguous_strides();
  raw.data = data;
  x.impl().storage = Storage::borrow(data, shape.numel() * item_size(raw.dtype), std::move(deleter));
  return x.requires_grad_(options.requires_grad());
}

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options) {
  return from_blob(data, sizes, strides, std::function<void(void*)>(), options);
}

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, std::function<void(void*)> deleter,
                 const TensorOptions& options) {
  check(sizes.size() == strides.size(), "from_blob: ", sizes.size(), " sizes but ", strides.size(),
        " strides");
  Tensor x = from_blob(data, sizes, std::move(deleter), options);
  std::copy(strides.begin(), strides.end(), x.impl().raw.strides);
  return x;
}

}  // namespace gradus
