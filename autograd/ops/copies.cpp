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
  refuse_capture(kernels_of(*this), "to(device)");
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
  // As in PyTorch, a tensor of shape (0,) fits beside any other: rows may be collected from empty({0}) on.
  const auto is_nothing = [](const Tensor& x) { return x.dim() == 1 && x.numel() == 0; };
  const auto found = std::find_if_not(tensors.begin(), tensors.end(), is_nothing);
  const Tensor& first = found == tensors.end() ? tensors[0] : *found;
  check(first.dim() > 0, "cat: tensors of no dimensions cannot be joined; stack() them");
  const int d = wrap_dim(dim, first.raw().dim);
  Shape shape(first.raw());
  shape[d] = 0;
  Dtype dtype = first.dtype();
  // Where each begins along d, and its size; (0,) begins at -1.
  std::vector<std::pair<int64_t, int64_t>> parts;
  for (const Tensor& x : tensors) {
    on_device_of("cat", first, x);
    bool matches = x.dim() == first.dim();
    for (int i = 0; matches && i < shape.dim(); ++i) matches = i == d || x.size(i) == first.size(i);
    check(matches || is_nothing(x), "cat: ", text(x.sizes()), " does not fit beside ", text(first.sizes()),
          " along dimension ", d);
    parts.emplace_back(matches ? shape[d] : -1, matches ? x.size(d) : 0);
    check(!__builtin_add_overflow(shape[d], parts.back().second, &shape[d]),
          "cat: the result is too large: its size along dimension ", d, " exceeds 2^63");
    dtype = promote_types(dtype, x.dtype());
  }
  Tensor y = allocate(shape, dtype, first.device().type());
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto& [begin, size] = parts[i];
    if (size == 0) continue;
    View part = y.raw();
    part.data = part.as<std::byte>() + begin * part.strides[d] * item_size(dtype);
    part.sizes[d] = size;
    kernels_of(y).copy(tensors[i].raw(), part);
  }
  return autograd::record_list("cat", y, tensors, [d, parts](const Tensor& g) {
    std::vector<Tensor> gradients;
    gradients.reserve(parts.size());
    for (const auto& [begin, size] : parts)
      gradients.push_back(begin < 0 ? zeros({0}, g.options()) : narrow(g, d, begin, size));
    return gradients;
  });
}

}  // namespace gradus
