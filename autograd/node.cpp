#include "autograd/node.h"

#include <cctype>

#include "autograd/watch.h"

namespace gradus {

// Destroying a node releases the nodes of its inputs, which release the nodes of theirs. This recursion is as
// deep as the graph: a chain of a million ops would overflow the stack. So a node that must go while another is
// being destroyed is put on a list, and the outermost call destroys the nodes on the list.
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

[[gnu::cold, gnu::noinline]] void tell_watches(Node& node, const Tensor& y) {
  Watch::each([&](Watch& watch) { watch.recorded(node, y); });
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

Node::Node(const char* op, const Tensor& y) : output(y), op_(op), number_(numbers_given.increment()) {
  ++live_nodes;
  if (Watch::any()) [[unlikely]]
    tell_watches(*this, y);
}

Node::Node(Leaf, const Tensor& leaf) : output(leaf), op_("leaf"), number_(0) {}

Node::~Node() { live_nodes -= number_ != 0; }

Output& Node::nth_output(uint32_t) { return output; }

NodeNotes& Node::make_notes() {
  if (!notes) notes = std::make_unique<NodeNotes>();
  return *notes;
}

std::string Node::name() const {
  std::string camel;
  bool upper = true;
  for (const char* c = op_; *c; ++c) {
    if (*c != '_') camel += upper ? static_cast<char>(std::toupper(*c)) : *c;
    upper = *c == '_';
  }
  return camel + "Backward0";
}

}  // namespace autograd
}  // namespace gradus
