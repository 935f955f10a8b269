#include "autograd/engine.h"

#include <algorithm>
#include <mutex>

#include "autograd/restriction.h"
#include "autograd/watch.h"
#include "tensor/scoped_value.h"

namespace gradus::autograd {
namespace {

constinit Counter<uint64_t> passes_begun;

/// The order of the heap: the node with the largest number is on top. This is a function object, because std::push_heap
/// inlines calls of function objects, but not calls through the address of a function.
constexpr auto has_smaller_number = [](const Node* a, const Node* b) { return a->number() < b->number(); };

/// Does the gradient have the shape, dtype and device of its tensor?
bool matches(const Output& output, const Tensor& gradient) {
  const View& raw = gradient.raw();
  bool equal =
      raw.dtype == output.dtype && raw.dim == output.dim && gradient.impl().storage->device == output.device;
  for (int d = 0; equal && d < output.dim; ++d) equal = raw.sizes[d] == output.sizes[d];
  return equal;
}

/// Sums `gradient` over the dimensions that broadcasting has stretched, and casts it to the output's dtype. The
/// gradient of a 0-d tensor also moves to that tensor's device, because ops combine a 0-d cpu tensor with
/// tensors on any device.
Tensor reduce_to_output(const Node& node, const Output& output, Tensor gradient) {
  const Node* from = BackwardPass::current_node();
  check(gradient.device() == output.device || output.dim == 0, from ? from->op() : "backward",
        ": a gradient on ", gradient.device(), " arrived at the output of ", node.op(), ", which is on ",
        Device(output.device),
        "; a rule must return a gradient on its input's device, for instance with g.to(device)");
  if (gradient.sizes() != output.shape()) {
    const bool can_be_summed = is_expandable_to(output.shape(), gradient.sizes());
    check(can_be_summed, from ? from->op() : "backward", ": a gradient of shape ", text(gradient.sizes()),
          " arrived at the output of ", node.op(), ", whose shape is ", text(output.shape()),
          "; a rule must return its input's shape, or one that the input was broadcast to");
    gradient = sum_to_size(gradient, output.shape());
  }
  return gradient.to(Device(output.device), output.dtype);
}

/// sum += gradient, in place if nothing else refers to sum's memory.
void accumulate(Tensor& sum, Tensor gradient) {
  if (!sum.defined()) {
    sum = std::move(gradient);
    return;
  }
  if (!GradMode::is_enabled() && is_reusable(sum))
    sum.add_(gradient);
  else
    sum = sum + gradient;
}

// Rare work stays out of line, so that the walk itself is short.

[[gnu::cold, gnu::noinline]] void run_hooks(Node& node) {
  for (uint32_t nr = 0; nr < node.notes->hooks.size(); ++nr)
    if (Ref<GradientHooks> hooks = node.notes->hooks[nr]) hooks->run(node.nth_output(nr).gradient);
}

[[gnu::cold, gnu::noinline]] void tell_watches(Node& node) {
  Watch::each([&](Watch& watch) { watch.complete(node); });
}

[[gnu::cold, gnu::noinline]] void tell_watches(Node& from, const Edge& to, const Tensor& gradient) {
  Watch::each([&](Watch& watch) { watch.returned(from, to, gradient); });
}

}  // namespace

static std::recursive_mutex& engine_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

EngineLock::EngineLock() : locked_(!single_threaded()) {
  if (locked_) engine_mutex().lock();
}
EngineLock::~EngineLock() {
  if (locked_) engine_mutex().unlock();
}

void report_second_backward(const Node& node) {
  fail("Trying to backward through the graph a second time: the tensors that ", node.op(),
       " saved have been freed; call backward(…, retain_graph = true) the first time");
}

BackwardPass::BackwardPass(bool retain_graph, bool create_graph)
    : id_(passes_begun.increment()), retain_graph_(retain_graph), mode_(create_graph) {
  frontier_.reserve(32);
  leaves_.reserve(16);
}

BackwardPass::~BackwardPass() {
  for (Node* node : frontier_) forget(*node);
  for (Node* leaf : leaves_) forget(*leaf);
  for (Suspended& outer : suspended_) {
    outer.node->pass = outer.pass;
    for (uint32_t nr = 0; nr < outer.gradients.size(); ++nr)
      outer.node->nth_output(nr).gradient = std::move(outer.gradients[nr]);
  }
}

void BackwardPass::forget(Node& node) {
  node.pass = 0;
  for (uint32_t nr = 0; nr < node.output_count(); ++nr) node.nth_output(nr).gradient.reset();
}

void BackwardPass::restrict_to(std::span<const Edge> roots, std::span<const Edge> inputs, bool go_on) {
  restriction_ = std::make_unique<Restriction>(roots, inputs, go_on);
  captured_.resize(inputs.size());
}

bool BackwardPass::is_on_path(const Edge& edge) const { return restriction_->contains(edge.node()); }

void BackwardPass::enter(Node& node) {
  if (node.pass != 0) {  // this pass runs inside an outer one, which has gathered gradients here
    Suspended outer{&node, node.pass, {}};
    for (uint32_t nr = 0; nr < node.output_count(); ++nr)
      outer.gradients.push_back(std::move(node.nth_output(nr).gradient));
    suspended_.push_back(std::move(outer));
  }
  node.pass = id_;
  if (node.number() == 0) {
    leaves_.push_back(&node);
  } else {
    frontier_.push_back(&node);
    std::push_heap(frontier_.begin(), frontier_.end(), has_smaller_number);
  }
}

void BackwardPass::deliver(const Edge& edge, Tensor gradient) {
  if (!gradient.defined() || !wants(edge)) return;
  if (Watch::any() && current_node_) [[unlikely]]
    tell_watches(*current_node_, edge, gradient);
  Node& node = edge.node();
  Output& output = edge.output_nr == 0 ? node.output : node.nth_output(edge.output_nr);
  if (!matches(output, gradient)) [[unlikely]]
    gradient = reduce_to_output(node, output, std::move(gradient));
  if (node.pass != id_) enter(node);
  accumulate(output.gradient, std::move(gradient));
}

void BackwardPass::process(Node& node) {
  const bool ends_here = restriction_ && restriction_->ends_at(node);
  if (node.notes && (!ends_here || restriction_->goes_on())) [[unlikely]]
    run_hooks(node);
  if (restriction_) restriction_->capture(node, captured_);
  if (Watch::any()) [[unlikely]]
    tell_watches(node);
  if (ends_here) return forget(node);
  // Until here the node belongs to this pass. So if a hook starts a pass of its own, that pass sets the node's gradients
  // aside and restores them.
  node.pass = 0;
  current_node_ = &node;
  node.apply(*this);
  if (!retain_graph_) node.release_saved();
}

void BackwardPass::run() {
  const ScopedValue node_of_outer_pass(current_node_, current_node_);
  Watch::each([&](Watch& watch) { watch.begins(*this); });
  while (!frontier_.empty()) {
    std::pop_heap(frontier_.begin(), frontier_.end(), has_smaller_number);
    Node* node = frontier_.back();
    frontier_.pop_back();
    try {
      process(*node);
    } catch (...) {
      // The node is no longer in frontier_, so the destructor would not find it.
      forget(*node);
      throw;
    }
  }
  for (Node* leaf : leaves_) process(*leaf);
  leaves_.clear();
  Watch::each([&](Watch& watch) { watch.ends(*this); });
}

}  // namespace gradus::autograd
