#include "autograd/view.h"

#include <algorithm>

#include "autograd/window.h"

namespace gradus {

Tensor view_of(const Tensor& x, const View& raw) {
  Tensor y = alias(x, raw);
  TensorImpl &view = y.impl(), &source = x.impl();
  if (!GradMode::is_enabled()) {  // like detach(): it must not keep x's graph alive
    view.hidden_view = true;
    view.hidden_graph = x.requires_grad() || source.hidden_graph;
    return y;
  }
  view.base = source.base ? source.base : Ref<TensorImpl>(&source);
  view.view_version = source.storage->version;
  return y;
}

namespace autograd {
namespace {

/// The window of `whole` that the view `part` shows.
struct MemoryWindow {
  View part;       // only the sizes and strides are used
  int64_t offset;  // from the first element of the whole to the first of the part, in elements

  MemoryWindow(const View& whole, const View& part)
      : part(part), offset((part.as<char>() - whole.as<char>()) / item_size(whole.dtype)) {}

  View operator()(const View& x) const {
    View y = part;
    y.data = x.as<char>() + offset * item_size(x.dtype);
    y.owner = x.owner;
    y.dtype = x.dtype;
    return y;
  }
};

/// The whole is a tensor with exactly these strides, which may leave gaps: a base may be the detach() of any view.
struct OfLayout {
  static constexpr const char* kReading = "as_strided";
  View layout;  // only the sizes and strides are used

  Tensor zeros(const TensorOptions& options) const {
    int64_t extent = 1;
    for (int d = 0; d < layout.dim; ++d) extent += (layout.sizes[d] - 1) * layout.strides[d];
    const Tensor memory = gradus::zeros({layout.numel() == 0 ? 0 : extent}, options);
    View raw = layout;
    raw.data = memory.raw().data;
    raw.owner = memory.raw().owner;
    raw.dtype = memory.dtype();
    return alias(memory, raw);
  }

  Tensor arrange(const Tensor& x) const {
    const Tensor y = zeros(x.options());
    kernels_of(y).copy(x.raw(), y.raw());
    return y;
  }
};

// y = x, with zeros in the window      x̄ = ȳ, with zeros in the window
Tensor zero_in_window(const Tensor& x, const OfLayout& whole, const MemoryWindow& window) {
  const Tensor y = whole.arrange(x);
  kernels_of(y).fill(0, window(y.raw()));
  return record("outside", y,
                wrt(x, [whole, window](const Tensor& g) { return zero_in_window(g, whole, window); }));
}

/// Gives a tensor the place of y on the tape. Its hooks stay with the op for whose gradient they were registered.
/// If the tensor retains its .grad, it still does afterwards.
void set_place(TensorImpl& impl, const Tensor& y) {
  impl.place = y.impl().place;
  const Ref<GradientHooks> before = std::exchange(impl.hooks, {});
  if (before && before->retains_grad) {
    before->retains_grad = false;
    impl.grad = before->grad;
    Tensor(Ref<TensorImpl>(&impl)).retain_grad();
  }
}

}  // namespace

void adopt_place(const Tensor& x, const Tensor& y) {
  TensorImpl& impl = x.impl();
  if (impl.base) {
    const Tensor base(impl.base);
    const OfLayout whole{base.raw()};
    const MemoryWindow window(base.raw(), x.raw());
    adopt_place(
        base, record("copy_slices", alias(base, base.raw()),
                     wrt(base, [whole, window](const Tensor& g) { return zero_in_window(g, whole, window); }),
                     wrt(y, [whole, window](const Tensor& g) {
                       return read_through(OfLayout::kReading, g, whole, window);
                     })));
    return;
  }
  set_place(impl, y);
}

void check_recordable_write(const char* op, const Tensor& x) {
  const bool is_view = static_cast<bool>(x.impl().base);
  const TensorImpl& owner = is_view ? *x.impl().base : x.impl();
  check(!owner.place.requires_grad || owner.place.grad_fn, "a ", is_view ? "view of a " : "",
        "leaf Variable that requires grad is being used in an in-place operation (", op,
        "); write under NoGradGuard, or into a clone()");
  check(!owner.hidden_view, op,
        ": a view was created in no_grad mode and is being modified inplace with grad mode enabled. "
        "Make both the view and the change inside the no_grad block, so that neither is recorded, "
        "or both outside, so that both are");
  check(!owner.raw.repeats(), op, ": the memory of this view's base, ", ShapeText{owner.raw.shape()},
        ", is itself expanded; clone() the expanded tensor first");
}

}  // namespace autograd

// An expanded view shows some elements several times. The window shows each of them once, and expand() repeats it.
void TensorImpl::update_place() {
  view_version = storage->version;
  if (base->storage != storage) return base.reset();  // set_data gave the base other memory
  const Tensor source(base);
  if (!base->place.requires_grad || base->raw.repeats()) return;
  const AutoGradMode recording(true);
  View once = raw;
  for (int d = 0; d < once.dim; ++d)
    if (once.strides[d] == 0) once.sizes[d] = std::min<int64_t>(once.sizes[d], 1);
  const autograd::OfLayout whole{source.raw()};
  const autograd::MemoryWindow window(source.raw(), once);
  Tensor y = autograd::record("as_strided", alias(source, once),
                              autograd::wrt(source, [whole, window](const Tensor& g) {
                                return autograd::put_in_zeros(g, whole, window);
                              }));
  if (!once.same_sizes(raw)) y = y.expand(raw.shape());
  autograd::set_place(*this, y);
}

}  // namespace gradus
