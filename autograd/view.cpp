#include "autograd/view.h"

#include "autograd/record.h"
#include "tensor/create.h"

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

/// How a view lies in the memory of its base.
struct Window {
  View base, part;  // of interest are sizes and strides
  int64_t offset;   // of part's first element from base's, in elements

  Window(const View& base, const View& part)
      : base(base),
        part(part),
        offset((static_cast<char*>(part.data) - static_cast<char*>(base.data)) / item_size(base.dtype)) {}

  /// The part of a tensor that lies in memory as the base does.
  View look(const View& x) const {
    View y = part;
    y.data = static_cast<char*>(x.data) + offset * item_size(x.dtype);
    y.dtype = x.dtype;
    return y;
  }
};

/// Zeros that lie in memory as `layout` does, gaps included: the base of a window may be the detach() of any view.
Tensor zeros_laid_out(const View& layout, const TensorOptions& options) {
  int64_t extent = 1;
  for (int d = 0; d < layout.dim; ++d) extent += (layout.sizes[d] - 1) * layout.strides[d];
  const Tensor memory = zeros({layout.numel() == 0 ? 0 : extent}, options);
  View raw = layout;
  raw.data = memory.raw().data;
  raw.dtype = memory.dtype();
  return alias(memory, raw);
}

Tensor laid_out(const View& layout, const Tensor& x) {
  const Tensor y = zeros_laid_out(layout, x.options());
  kernels_of(y).copy(x.raw(), y.raw());
  return y;
}

// Three linear maps between the base's shape and the window's. The first two are each other's transpose, the third
// is its own: so are their rules.

Tensor put_in_zeros(const Tensor& values, const Window& window);

/// y = the elements of x in the window
Tensor inside(const Tensor& x, const Window& window) {
  const Tensor memory = laid_out(window.base, x);
  return record("as_strided", alias(memory, window.look(memory.raw())),
                wrt(x, [window](const Tensor& g) { return put_in_zeros(g, window); }));
}

/// y = zeros of the base's shape, with the values in the window
Tensor put_in_zeros(const Tensor& values, const Window& window) {
  const Tensor y = zeros_laid_out(window.base, values.options());
  kernels_of(y).copy(values.raw(), window.look(y.raw()));
  return record("put_in_zeros", y, wrt(values, [window](const Tensor& g) { return inside(g, window); }));
}

/// y = x, with zeros in the window
Tensor outside(const Tensor& x, const Window& window) {
  const Tensor y = laid_out(window.base, x);
  kernels_of(y).fill(0, window.look(y.raw()));
  return record("outside", y, wrt(x, [window](const Tensor& g) { return outside(g, window); }));
}

/// Gives a tensor y's place. Hooks stay with the op whose gradient they were registered for; a tensor that retains its
/// .grad goes on to do so.
void settle(TensorImpl& impl, const Tensor& y) {
  impl.grad_fn = y.impl().grad_fn;
  impl.output_nr = y.impl().output_nr;
  impl.requires_grad = y.impl().requires_grad;
  const Ref<GradientHooks> before = std::exchange(impl.hooks, {});
  if (before && before->retains_grad) {
    before->retains_grad = false;
    impl.grad = before->grad;
    Tensor(Ref<TensorImpl>(&impl)).retain_grad();
  }
}

}  // namespace

void take_place(const Tensor& x, const Tensor& y) {
  TensorImpl& impl = x.impl();
  if (impl.base) {
    const Tensor base(impl.base);
    const Window window(base.raw(), x.raw());
    take_place(base, record("copy_slices", alias(base, base.raw()),
                            wrt(base, [window](const Tensor& g) { return outside(g, window); }),
                            wrt(y, [window](const Tensor& g) { return inside(g, window); })));
    return;
  }
  settle(impl, y);
}

void check_recordable_write(const char* op, const Tensor& x) {
  const bool is_view = static_cast<bool>(x.impl().base);
  const TensorImpl& owner = is_view ? *x.impl().base : x.impl();
  check(!owner.requires_grad || owner.grad_fn, "a ", is_view ? "view of a " : "",
        "leaf Variable that requires grad is being used in an in-place operation (", op,
        "); write under NoGradGuard, or into a clone()");
  check(!owner.hidden_view, op,
        ": a view was created in no_grad mode and is being modified inplace with grad mode enabled. Make "
        "both the view "
        "and the change inside the no_grad block, so that neither is recorded, or both outside, so that both "
        "are");
  check(!owner.raw.repeats(), op, ": the memory of this view's base, ", ShapeText{owner.raw.shape()},
        ", is itself expanded; clone() the expanded tensor first");
}

}  // namespace autograd

// A view that somebody has stretched shows some elements several times. Its window shows each once, and expand() does
// the stretching.
void TensorImpl::find_place() {
  view_version = storage->version;
  if (base->storage != storage) return base.reset();  // set_data has given the base other memory
  const Tensor source(base);
  if (!base->requires_grad || base->raw.repeats()) return;
  const AutoGradMode recording(true);
  View once = raw;
  for (int d = 0; d < once.dim; ++d)
    if (once.strides[d] == 0) once.sizes[d] = std::min<int64_t>(once.sizes[d], 1);
  const autograd::Window window(source.raw(), once);
  Tensor y = autograd::record(
      "as_strided", alias(source, once),
      autograd::wrt(source, [window](const Tensor& g) { return autograd::put_in_zeros(g, window); }));
  if (!once.same_sizes(raw)) y = y.expand(raw.shape());
  autograd::settle(*this, y);
}

}  // namespace gradus
