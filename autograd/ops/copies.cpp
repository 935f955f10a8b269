// Copies of elements: into new memory, to another dtype or device, and joined with others.
#include "autograd/list_node.h"
#include "autograd/ops/pointwise.h"

namespace gradus {

// y = a copy of x      x̄ = ȳ
Tensor clone(const Tensor& x) {
  Tensor y = allocate_like(x.raw(), x.dtype(), x.device().type());
  kernels_of(x).copy(x.raw(), y.raw());
  return record("clone", y, wrt(x, unchanged));
}

// y = x, in row-major order
Tensor Tensor::contiguous() const { return is_contiguous() ? *this : gradus::clone(*this); }

// y = x in another dtype or on another device      x̄ = ȳ, converted back
Tensor Tensor::to(Dtype dtype) const {
  if (dtype == this->dtype()) return *this;
  Tensor y = allocate_like(raw(), dtype, device().type());
  kernels_of(*this).copy(raw(), y.raw());
  if (!gradus::is_floating_point(dtype)) return y;     // rounding is a step function: no derivative
  return record("to_copy", y, wrt(*this, unchanged));  // the engine casts a gradient to its tensor's dtype
}

Tensor Tensor::to(Device device) const {
  if (device == this->device()) return *this;
  const Tensor x = contiguous();
  Tensor y = allocate_like(x.raw(), dtype(), device.type());
  const int64_t bytes = x.numel() * item_size(dtype());
  if (device.is_cpu())
    kernels_of(x).memory->copy_to_host(x.raw().data, y.raw().data, bytes);
  else
    kernels_of(y).memory->copy_from_host(x.raw().data, y.raw().data, bytes);
  return record("to_copy", y, wrt(*this, [from = this->device()](const Tensor& g) { return g.to(from); }));
}

// y = x₁ ∥ x₂ ∥ …      x̄ᵢ = the part of ȳ at xᵢ's place
Tensor cat(TensorList tensors, int64_t dim) {
  check(!tensors.empty(), "cat: the list of tensors is empty");
  const Tensor& first = tensors[0];
  check(first.dim() > 0, "cat: tensors of no dimensions cannot be joined; stack() them");
  const int d = wrap_dim(dim, first.raw().dim);
  Shape shape(first.raw());
  shape[d] = 0;
  Dtype dtype = first.dtype();
  for (const Tensor& x : tensors) {
    on_device_of("cat", first, x);
    bool matches = x.dim() == first.dim();
    for (int i = 0; matches && i < shape.dim(); ++i) matches = i == d || x.size(i) == first.size(i);
    check(matches, "cat: ", text(x.sizes()), " does not fit beside ", text(first.sizes()),
          " along dimension ", d);
    shape[d] += x.size(d);
    dtype = promote_types(dtype, x.dtype());
  }
  Tensor y = allocate(shape, dtype, first.device().type());
  std::vector<int64_t> starts{0};
  for (const Tensor& x : tensors) {
    View part = y.raw();
    if (x.size(d)) part.data = part.as<std::byte>() + starts.back() * part.strides[d] * item_size(dtype);
    part.sizes[d] = x.size(d);
    kernels_of(y).copy(x.raw(), part);
    starts.push_back(starts.back() + x.size(d));
  }
  return autograd::record_list("cat", y, tensors, [d, starts](const Tensor& g) {
    std::vector<Tensor> gradients;
    for (size_t i = 0; i + 1 < starts.size(); ++i)
      gradients.push_back(narrow(g, d, starts[i], starts[i + 1] - starts[i]));
    return gradients;
  });
}

}  // namespace gradus
