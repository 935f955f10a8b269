#include "autograd/node.h"

#include <cctype>

#include "autograd/engine.h"
#include "autograd/grad_mode.h"
#include "autograd/ops/ops.h"
#include "autograd/watch.h"

namespace gradus {

// Destroying a node lets go of its inputs' nodes, which lets go of theirs: a recursion as deep as the graph,
// and a chain of a million ops would overflow the stack. So a node that dies while another is being destroyed
// waits its turn in a list, and the outermost call works through the list.
void GraphNode::destroy(GraphNode* node) {
  constinit static thread_local autograd::Node* waiting = nullptr;
  constinit static thread_local bool destroying = false;

  auto* dead = static_cast<autograd::Node*>(node);
  dead->next_to_destroy_ = waiting;
  waiting = dead;
  if (destroying) return;

  destroying = true;
  while (autograd::Node* next = waiting) {
    waiting = next->next_to_destroy_;
    delete next;
  }
  destroying = false;
}

namespace autograd {
namespace {

constinit Counter<uint64_t> numbers_given;
constinit thread_local int64_t live_nodes = 0;

[[gnu::cold, gnu::noinline]] void tell_watches(Node& node) {
  Watch::each([&](Watch& watch) { watch.recorded(node); });
}

}  // namespace

uint64_t last_number() { return numbers_given.value(); }
int64_t live_node_count() { return live_nodes; }

Output::Output(const Tensor& y) {
  const TensorImpl& impl = y.impl();
  dtype = impl.raw.dtype;
  device = impl.storage->device;
  dim = impl.raw.dim;
  for (int d = 0; d < dim; ++d) sizes[d] = impl.raw.sizes[d];
}

Node::Node(const char* op, const Tensor& y) : first(y), op_(op), number_(numbers_given.increment()) {
  ++live_nodes;
  if (Watch::any()) [[unlikely]]
    tell_watches(*this);
}

Node::Node(Leaf, const Tensor& leaf) : first(leaf), op_("leaf"), number_(0) {}

Node::~Node() { live_nodes -= number_ != 0; }

Output& Node::output(uint32_t) { return first; }

std::string Node::name() const {
  std::string camel;
  bool upper = true;
  for (const char* c = op_; *c; ++c) {
    if (*c != '_') camel += upper ? static_cast<char>(std::toupper(*c)) : *c;
    upper = *c == '_';
  }
  return camel + "Backward0";
}

LeafNode::LeafNode(const Tensor& x) : Node(Leaf{}, x), leaf(&x.impl()) {}

void LeafNode::apply(BackwardPass&) {
  Tensor gradient = std::move(first.gradient);
  if (!leaf) return;
  Tensor& grad = leaf->grad;
  if (!grad.defined()) {
    // Nobody else holds this array: it becomes .grad as it is. Otherwise .grad gets a copy of its own.
    const bool unshared = gradient.impl().references.value() == 1 &&
                          gradient.impl().storage->references.value() == 1 && gradient.is_contiguous();
    grad = unshared ? std::move(gradient) : gradient.clone().contiguous();
  } else if (!GradMode::is_enabled()) {
    grad.add_(gradient);
  } else {
    // Under create_graph the sum must be recorded. The old .grad goes last: its graph may be all that holds the leaf.
    gradient = grad + gradient;
    std::swap(grad, gradient);
  }
}

namespace {

Ref<GraphNode> make_leaf_node(const Tensor& x) {
  auto made = Ref<GraphNode>::first(new LeafNode(x));
  GraphNode* there = nullptr;  // unless another thread makes one at the same time: then both take the same
  if (!x.impl().leaf_node.compare_exchange_strong(there, made.get())) return Ref(there);
  made->references.increment();  // the leaf's
  return made;
}

}  // namespace

Edge gradient_edge(const Tensor& x) {
  if (!x.requires_grad()) return {};
  TensorImpl& impl = x.impl();
  if (impl.grad_fn) return {impl.grad_fn, impl.output_nr};
  GraphNode* leaf_node = impl.leaf_node.load(std::memory_order_acquire);
  return {leaf_node ? Ref(leaf_node) : make_leaf_node(x), 0};
}

}  // namespace autograd

void TensorImpl::leave_tape() {
  const auto node = Ref<GraphNode>::adopt(leaf_node.exchange(nullptr));
  if (node->references.value() == 1) return;  // no graph leads there
  const auto lock = autograd::lock_engine();  // another thread's backward pass may be adding to .grad
  static_cast<autograd::LeafNode&>(*node).leaf = nullptr;
}

void Tensor::set_data(const Tensor& values) const {
  const uint32_t version = _version();
  raw(), values.raw();
  check(!requires_grad() || values.is_floating_point(),
        "set_data: a tensor that requires grad cannot become ", values.dtype());
  impl_->base.reset();
  impl_->raw = values.impl_->raw;
  impl_->storage = values.impl_->storage;
  // Saved tensors must notice that the array under them has changed.
  impl_->storage->version = std::max(version, impl_->storage->version) + 1;
  // What gradients of it have to fit from now on, also those of graphs that exist already.
  if (GraphNode* node = impl_->leaf_node)
    static_cast<autograd::LeafNode*>(node)->first = autograd::Output(*this);
}

}  // namespace gradus
