#include "autograd/node.h"

#include <cctype>
#include <mutex>

#include "autograd/anomaly.h"
#include "autograd/engine.h"
#include "autograd/grad_mode.h"
#include "autograd/ops/ops.h"

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
constinit Counter<uint64_t> live_nodes;

[[gnu::cold, gnu::noinline]] void note_calls(Node& node) {
  node.make_notes().recorded_at = calls_that_led_here();
}

}  // namespace

uint64_t last_number() { return numbers_given.value(); }
uint64_t live_node_count() { return live_nodes.value(); }

Output::Output(const Tensor& y) {
  const TensorImpl& impl = y.impl();
  dtype = impl.raw.dtype;
  device = impl.storage->device;
  dim = impl.raw.dim;
  for (int d = 0; d < dim; ++d) sizes[d] = impl.raw.sizes[d];
}

Node::Node(const char* op, const Tensor& y) : first(y), op_(op), number_(numbers_given.increment()) {
  live_nodes.increment();
  if (AnomalyMode::is_enabled()) [[unlikely]]
    note_calls(*this);
}

Node::Node(Leaf, const Tensor& leaf) : first(leaf), op_("leaf"), number_(0) { live_nodes.increment(); }

Node::~Node() { live_nodes.decrement(); }

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

// The leaf points back at its node without owning it. Where several threads use one leaf, a lock keeps the pointer
// valid while it is read: a node takes the pointer away before its memory goes.
namespace {

std::unique_lock<std::mutex> lock_leaf_pointers() {
  static std::mutex mutex;
  return single_threaded() ? std::unique_lock<std::mutex>() : std::unique_lock(mutex);
}

}  // namespace

LeafNode::LeafNode(const Tensor& x) : Node(Leaf{}, x), leaf(x) {
  leaf.impl().leaf_node = this;
  if (leaf.impl().hooks) make_notes().hooks = {leaf.impl().hooks};
}

LeafNode::~LeafNode() {
  const auto lock = lock_leaf_pointers();
  if (leaf.impl().leaf_node == this) leaf.impl().leaf_node = nullptr;
}

void LeafNode::apply(BackwardPass&) {
  Tensor gradient = std::move(first.gradient);
  Tensor& grad = leaf.mutable_grad();
  if (grad.defined()) {
    // Under create_graph the sum must be recorded, and the old .grad may be part of a graph.
    if (GradMode::is_enabled())
      grad = grad + gradient;
    else
      grad.add_(gradient);
  } else {
    // Nobody else holds this array: it becomes .grad as it is. Otherwise .grad gets a copy of its own.
    const bool unshared = gradient.impl().references.value() == 1 &&
                          gradient.impl().storage->references.value() == 1 && gradient.is_contiguous();
    grad = unshared ? std::move(gradient) : gradient.clone().contiguous();
  }
}

Edge gradient_edge(const Tensor& x) {
  if (!x.requires_grad()) return {};
  TensorImpl& impl = x.impl();
  if (impl.grad_fn) return {impl.grad_fn, impl.output_nr};
  const auto lock = lock_leaf_pointers();
  if (impl.leaf_node && impl.leaf_node->references.increment_unless_zero())
    return {Ref<GraphNode>::adopt(impl.leaf_node), 0};
  return {Ref<GraphNode>::first(new LeafNode(x)), 0};
}

}  // namespace autograd
}  // namespace gradus
