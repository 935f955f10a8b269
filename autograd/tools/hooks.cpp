// Hooks: functions that see, and may replace, the gradient of one tensor during a backward pass.
//
// The gradient of a tensor is gathered at an output of the node that made the tensor. So the node keeps the hooks
// of that output. The tensor keeps them too, for remove_hook.
#include "autograd/node.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus {
namespace {

/// The hooks of x, made if there are none yet. x's node shares them.
GradientHooks& hooks_of(const Tensor& x) {
  TensorImpl& impl = x.impl();
  if (!impl.hooks) impl.hooks = Ref(new GradientHooks);
  const autograd::Edge edge = autograd::gradient_edge(x);
  std::vector<Ref<GradientHooks>>& known = edge.node().make_notes().hooks;
  if (known.size() <= edge.output_nr) known.resize(edge.output_nr + 1);
  known[edge.output_nr] = impl.hooks;
  return *impl.hooks;
}

}  // namespace

unsigned Tensor::add_hook(std::function<Tensor(const Tensor&)> hook) const {
  check(requires_grad(), "cannot register a hook on a variable that doesn't require gradient");
  auto& functions = hooks_of(*this).functions;
  functions.push_back(std::move(hook));
  return static_cast<unsigned>(functions.size() - 1);
}

void Tensor::remove_hook(unsigned handle) const {
  check(requires_grad() && impl_->hooks && handle < impl_->hooks->functions.size(),
        "Invalid index, no hook at position ", handle);
  impl_->hooks->functions[handle] = nullptr;  // the handles of the others stay as they are
}

void Tensor::retain_grad() const {
  check(requires_grad(), "can't retain_grad on Tensor that has requires_grad=False");
  if (is_leaf() || retains_grad()) return;
  GradientHooks& hooks = hooks_of(*this);
  hooks.retains_grad = true;
  hooks.grad = std::move(impl_->grad);
}

bool Tensor::retains_grad() const { return requires_grad() && impl_->hooks && impl_->hooks->retains_grad; }

void GradientHooks::destroy(GradientHooks* hooks) { delete hooks; }

void GradientHooks::run(Tensor& gradient) {
  if (!gradient.defined()) return;
  // A pass that a hook starts may gather another gradient in the same place.
  Tensor current = std::move(gradient);
  for (size_t i = 0; i < functions.size(); ++i) {  // by index: a hook may register another one
    if (!functions[i]) continue;
    const auto hook = functions[i];
    const Tensor changed = hook(current);
    if (!changed.defined()) continue;
    check(changed.sizes() == current.sizes(), "hook '", i, "' has changed the size of value: from ",
          text(current.sizes()), " to ", text(changed.sizes()));
    check(changed.dtype() == current.dtype(), "hook '", i, "' has changed the type of value: from ",
          current.dtype(), " to ", changed.dtype());
    current = changed;
  }
  if (retains_grad) grad = grad.defined() ? grad + current : current.clone();
  gradient = std::move(current);
}

}  // namespace gradus
