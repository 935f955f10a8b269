#include "tensor/tensor.h"

namespace gradus {

// Ref and Tensor name each other: `grad` is a Tensor inside the TensorImpl that a Tensor points to.
static_assert(sizeof(Tensor) == sizeof(void*));

namespace {

Tensor wrap(TensorImpl* impl) { return Tensor(Ref<TensorImpl>::first(impl)); }

constexpr int64_t kMostElements = int64_t{1} << 46;  // so that their bytes fit into 64 bits

/// Error if a size is negative or the product of the sizes is too large.
void check_sizes(IntArrayRef sizes) {
  check(Shape(sizes).numel() <= kMostElements, "out of memory: a tensor of shape ", text(sizes));
}

}  // namespace

Tensor allocate(IntArrayRef sizes, Dtype dtype, DeviceType device) {
  const size_t dim = sizes.size();
  if (dim > kMaxDims) [[unlikely]]
    check_sizes(sizes);
  auto* impl = new TensorImpl;
  Tensor result = wrap(impl);
  View& raw = impl->raw;
  raw.dtype = dtype;
  raw.dim = static_cast<uint8_t>(dim);
  int64_t numel = 1;
  bool doubtful = false;
  for (size_t d = dim; d-- > 0;) {
    const int64_t size = sizes[d];
    raw.sizes[d] = size;
    raw.strides[d] = numel;
    doubtful |= __builtin_mul_overflow(numel, size, &numel);
    doubtful |= static_cast<uint64_t>(numel) > kMostElements;  // or negative
  }
  if (doubtful) [[unlikely]]
    check_sizes(sizes);
  impl->storage = Storage::allocate(numel * item_size(dtype), device);
  raw.data = impl->storage->data;
  raw.owner = impl->storage.get();
  return result;
}

Tensor allocate_like(const View& like, Dtype dtype, DeviceType device) {
  return allocate(like.shape(), dtype, device);
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
void* Tensor::data_ptr() const {
  void* const data = raw().data;
  refuse_capture(kernels_of(*this), "data_ptr");
  return data;
}

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
  refuse_capture(kernels_of(*this), "item");
  const Tensor here = device().is_cpu() ? *this : detach().cpu();
  return visit_stored_dtype(dtype(), [&]<class T>(T) { return Scalar(*here.raw().as<T>()); });
}

void Tensor::require_dtype(Dtype expected) const {
  check(dtype() == expected, "expected scalar type ", expected, " but found ", dtype());
}

Tensor Tensor::detach() const { return alias(*this, raw()); }

uint32_t Tensor::output_nr() const { return raw(), impl_->current_place().output_nr; }
const Tensor& Tensor::grad() const { return mutable_grad(); }
Tensor& Tensor::mutable_grad() const {
  raw(), impl_->current_place();
  return impl_->hooks && impl_->hooks->retains_grad ? impl_->hooks->grad : impl_->grad;
}

}  // namespace gradus
