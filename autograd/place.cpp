// A tensor's place on the tape: an output of the node whose op made it, or a leaf, which has a node of its own.
#include <algorithm>

#include "autograd/engine.h"
#include "autograd/node.h"

namespace gradus {
namespace autograd {

LeafNode::LeafNode(const Tensor& x) : Node(Leaf{}, x), leaf(&x.impl()) {}

void LeafNode::apply(BackwardPass&) {
  Tensor gradient = std::move(output.gradient);
  if (!leaf) return;
  Tensor& grad = leaf->grad;
  if (!grad.defined()) {
    grad = is_reusable(gradient) ? std::move(gradient) : gradient.clone().contiguous();
  } else if (!GradMode::is_enabled()) {
    grad.add_(gradient);
  } else {
    // With create_graph the sum is recorded. The old .grad is destroyed last: its graph may be the leaf's last owner.
    gradient = grad + gradient;
    std::swap(grad, gradient);
  }
}

namespace {

Ref<GraphNode> make_leaf_node(const Tensor& x) {
  auto made = Ref<GraphNode>::first(new LeafNode(x));
  GraphNode* existing = nullptr;  // another thread may make one at the same time; then both use the first
  if (!x.impl().leaf_node.compare_exchange_strong(existing, made.get())) return Ref(existing);
  made->references.increment();  // the leaf's
  return made;
}

}  // namespace

Edge gradient_edge(const Tensor& x) {
  if (!x.requires_grad()) return {};
  TensorImpl& impl = x.impl();
  if (const TapePlace& place = impl.place; place.grad_fn) return {place.grad_fn, place.output_nr};
  GraphNode* leaf_node = impl.leaf_node.load(std::memory_order_acquire);
  return {leaf_node ? Ref(leaf_node) : make_leaf_node(x), 0};
}

}  // namespace autograd

void TensorImpl::leave_tape() {
  const auto node = Ref<GraphNode>::adopt(leaf_node.exchange(nullptr));
  if (node->references.value() == 1) return;  // no graph uses the leaf
  const autograd::EngineLock lock;            // another thread's backward pass may be adding to .grad
  static_cast<autograd::LeafNode&>(*node).leaf = nullptr;
}

void Tensor::set_data(const Tensor& values) const {
  const uint32_t version = _version();
  raw(), values.raw();
  check(!requires_grad() || values.is_floating_point(),
        "set_data: a tensor that requires grad cannot become ", values.dtype());
  impl_->base.reset();
  impl_->raw = values.impl_->raw;
  ++impl_->storage->times_left;
  impl_->storage = values.impl_->storage;
  // Saved tensors must notice that the array under them has changed.
  impl_->storage->version = std::max(version, impl_->storage->version) + 1;
  // From now on all gradients must match the new array, also in graphs that exist already.
  if (GraphNode* node = impl_->leaf_node)
    static_cast<autograd::LeafNode*>(node)->output = autograd::Output(*this);
}

autograd::Node* Tensor::grad_fn() const {
  return raw(), static_cast<autograd::Node*>(impl_->current_place().grad_fn.get());
}

const Tensor& Tensor::requires_grad_(bool value) const {
  check(!value || is_floating_point(), "only Tensors of floating point dtype can require gradients, not ",
        dtype());
  check(value || is_leaf(),
        "you can only change requires_grad flags of leaf variables. "
        "If you want to use a computed variable "
        "in a subgraph that doesn't require differentiation use detach()");
  impl_->place.requires_grad = value || impl_->place.grad_fn;
  if (is_leaf()) impl_->base.reset();  // it stays a leaf, even if its base is written to
  return *this;
}

Tensor& Tensor::detach_() const {
  raw();
  check(!impl_->base, "Can't detach views in-place. Use detach() instead");
  impl_->place = {};
  impl_->hooks.reset();
  return const_cast<Tensor&>(*this);
}

}  // namespace gradus
