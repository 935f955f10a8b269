#include "tensor/tensor.h"

namespace gradus {

// Ref and Tensor name each other: `grad` is a Tensor inside the TensorImpl that a Tensor points to.
static_assert(sizeof(Tensor) == sizeof(void*));

namespace {

Tensor wrap(TensorImpl* impl) { return Tensor(Ref<TensorImpl>(impl)); }

/// A new TensorImpl whose raw view has sizes and dtype, and memory of its own. An expanded view can show far more
/// elements than there is memory for: the bound keeps their bytes within 64 bits.
Tensor with_memory(TensorImpl* impl, DeviceType device) {
  Tensor result = wrap(impl);
  View& raw = impl->raw;
  check(raw.numel() <= (int64_t{1} << 46), "out of memory: a tensor of shape ", ShapeText{raw.shape()});
  raw.set_contiguous_strides();
  impl->storage = Storage::allocate(raw.numel() * item_size(raw.dtype), device);
  raw.data = impl->storage->data;
  return result;
}

}  // namespace

Tensor allocate(IntArrayRef sizes, Dtype dtype, DeviceType device) {
  const Shape shape(sizes);
  shape.numel();  // an Error for a negative size or a product beyond 64 bits
  auto* impl = new TensorImpl;
  impl->raw.dtype = dtype;
  impl->raw.dim = static_cast<uint8_t>(shape.dim());
  std::copy(shape.begin(), shape.end(), impl->raw.sizes);
  return with_memory(impl, device);
}

Tensor allocate_like(const View& like, Dtype dtype, DeviceType device) {
  auto* impl = new TensorImpl;
  impl->raw.dtype = dtype;
  impl->raw.dim = like.dim;
  for (int d = 0; d < like.dim; ++d) impl->raw.sizes[d] = like.sizes[d];
  return with_memory(impl, device);
}

Tensor alias(const Tensor& x, const View& raw) {
  auto* impl = new TensorImpl;
  impl->raw = raw;
  impl->storage = x.impl().storage;
  return wrap(impl);
}

int64_t Tensor::size(int64_t d) const {
  check(dim() > 0, "size: dimension ", d, " was asked for, but the tensor has no dimensions");
  return raw().sizes[wrap_dim(d, raw().dim)];
}
int64_t Tensor::stride(int64_t d) const {
  check(dim() > 0, "stride: dimension ", d, " was asked for, but the tensor has no dimensions");
  return raw().strides[wrap_dim(d, raw().dim)];
}
Device Tensor::device() const { return raw(), impl_->storage->device; }
void* Tensor::data_ptr() const { return raw().data; }

int64_t Tensor::storage_offset() const {
  const auto* first = static_cast<const char*>(raw().data);
  return (first - static_cast<const char*>(impl_->storage->data)) / item_size(dtype());
}

bool Tensor::is_alias_of(const Tensor& other) const {
  return defined() && other.defined() && impl_->storage == other.impl_->storage;
}

Scalar Tensor::item() const {
  check(numel() == 1, "item: only a tensor of one element can be converted to a number, this one is ",
        text(sizes()));
  const Tensor here = device().is_cpu() ? *this : detach().cpu();
  return visit_stored_dtype(dtype(), [&]<class T>(T) { return Scalar(*here.raw().as<T>()); });
}

void Tensor::require_dtype(Dtype expected) const {
  check(dtype() == expected, "expected scalar type ", expected, " but found ", dtype());
}

Tensor Tensor::detach() const { return alias(*this, raw()); }

void Tensor::set_data(const Tensor& values) const {
  const uint32_t version = _version();
  raw(), values.raw();
  check(!requires_grad() || values.is_floating_point(),
        "set_data: a tensor that requires grad cannot become ", values.dtype());
  // Graphs that exist already know the old shape and dtype; those to come need a place on the tape of their own.
  if (!raw().same_sizes(values.raw()) || dtype() != values.dtype()) impl_->leaf_node = nullptr;
  impl_->base.reset();
  impl_->raw = values.impl_->raw;
  impl_->storage = values.impl_->storage;
  // Saved tensors must notice that the array under them has changed.
  impl_->storage->version = std::max(version, impl_->storage->version) + 1;
}

uint32_t Tensor::_version() const { return raw(), impl_->storage->version; }
uint32_t Tensor::output_nr() const { return raw(), impl_->place().output_nr; }
const Tensor& Tensor::grad() const { return mutable_grad(); }
Tensor& Tensor::mutable_grad() const {
  raw(), impl_->place();
  return impl_->hooks && impl_->hooks->retains_grad ? impl_->hooks->grad : impl_->grad;
}

}  // namespace gradus
