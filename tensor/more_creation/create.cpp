// More of tensor/create.h: evenly spaced numbers, tensors on borrowed memory, and empty_like.
#include "tensor/create.h"

#include <algorithm>
#include <cmath>

namespace gradus {

Tensor empty_like(const Tensor& x, const TensorOptions& options) {
  return empty(x.sizes(), x.options().merge_in(options));
}

Tensor arange(const Scalar& end, const TensorOptions& options) { return arange(0, end, 1, options); }
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options) {
  return arange(start, end, 1, options);
}

/// How many of start, start + step, … come before end; -1 if they lead away from it. In unsigned numbers, which
/// hold every distance.
static int64_t whole_steps(int64_t start, int64_t end, int64_t step) {
  if (step == 0 || (step > 0 ? start > end : start < end)) return -1;
  const uint64_t first = static_cast<uint64_t>(start), last = static_cast<uint64_t>(end);
  const uint64_t distance = step > 0 ? last - first : first - last;
  const uint64_t size = step > 0 ? static_cast<uint64_t>(step) : -static_cast<uint64_t>(step);
  return static_cast<int64_t>(std::min(distance / size + (distance % size != 0), uint64_t{1} << 62));
}

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options) {
  const bool real = start.isFloatingPoint() || end.isFloatingPoint() || step.isFloatingPoint();
  const double length = (end.toDouble() - start.toDouble()) / step.toDouble();
  const int64_t steps = !real         ? whole_steps(start.toLong(), end.toLong(), step.toLong())
                        : length >= 0 ? static_cast<int64_t>(std::ceil(std::min(length, 0x1p62)))
                                      : -1;
  check(std::isfinite(length) && steps >= 0, "arange: steps of ", step, " do not lead from ", start, " to ",
        end);
  const Dtype dtype = options.dtype_or(real ? get_default_dtype() : kInt64);
  Tensor x = allocate(steps, computing_dtype(dtype), options.device().type());
  if (steps > 0 && (is_small_integer(dtype) || (real && !is_floating_point(dtype))))
    for (int64_t i : {int64_t{0}, steps - 1})
      check_fits("arange", start.toDouble() + static_cast<double>(i) * step.toDouble(), dtype);
  kernels_of(x).arange(start, step, x.raw());
  return x.to(dtype).requires_grad_(options.requires_grad());
}

Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, const TensorOptions& options) {
  check(steps >= 0, "linspace: the number of steps must not be negative: ", steps);
  for (const Scalar& limit : {start, end}) check_fits("linspace", limit, options.dtype());
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

Ref<Storage> Storage::borrow(void* data, int64_t bytes, std::function<void(void*)> release) {
  auto* storage = ::new (allocate_block(sizeof(Storage))) Storage;
  storage->data = data;
  storage->bytes = bytes;
  storage->owner = new std::function<void(void*)>(std::move(release));
  return Ref<Storage>::first(storage);
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
  raw.owner = x.impl().storage.get();
  return x.requires_grad_(options.requires_grad());
}

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options) {
  return from_blob(data, sizes, strides, std::function<void(void*)>(), options);
}

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, std::function<void(void*)> deleter,
                 const TensorOptions& options) {
  check(sizes.size() == strides.size(), "from_blob: ", sizes.size(), " sizes but ", strides.size(),
        " strides");
  int64_t last = 0;  // the place of the last element
  bool fits = true;
  for (size_t d = 0; d < sizes.size(); ++d) {
    int64_t extent = 0;
    fits &= strides[d] >= 0 &&
            !__builtin_mul_overflow(std::max<int64_t>(sizes[d] - 1, 0), strides[d], &extent) &&
            !__builtin_add_overflow(last, extent, &last) && last < int64_t{1} << 59;
  }
  check(fits, "from_blob: the strides ", strides, " of the shape ", text(sizes),
        " must not be negative or lead beyond 2^59 elements");
  Tensor x = from_blob(data, sizes, std::move(deleter), options);
  std::copy(strides.begin(), strides.end(), x.impl().raw.strides);
  return x;
}

}  // namespace gradus
