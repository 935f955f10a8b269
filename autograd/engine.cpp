#include "autograd/engine.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "autograd/ops/ops.h"
#include "autograd/watch.h"

namespace gradus::autograd {
namespace {

constinit Counter<uint64_t> passes_begun;

/// The order of the heap. A function object, which is inlined; a function's address would not be.
constexpr auto has_smaller_number = [](const Node* a, const Node* b) { return a->number() < b->number(); };

/// Has the gradient the shape and dtype of the tensor it belongs to?
bool fits(const Output& output, const View& gradient) {
  bool equal = gradient.dtype == output.dtype && gradient.dim == output.dim;
  for (int d = 0; equal && d < output.dim; ++d) equal = gradient.sizes[d] == output.sizes[d];
  return equal;
}

/// `gradient` summed over what broadcasting had stretched, and cast to the dtype of the tensor it belongs to.
Tensor fit(const Node& node, const Output& output, Tensor gradient) {
  if (gradient.sizes() != output.shape()) {
    const Node* from = BackwardPass::current_node();
    const bool can_be_summed = is_expandable_to(output.shape(), gradient.sizes());
    check(can_be_summed, from ? from->op() : "backward", ": a gradient of shape ", text(gradient.sizes()),
          " arrived at the output of ", node.op(), ", whose shape is ", text(output.shape()),
          "; a rule must return its input's shape, or one that the input was broadcast to");
    gradient = sum_to_size(gradient, output.shape());
  }
  return gradient.to(output.dtype);
}

/// sum += gradient, in sum's own memory if nobody else can see it.
void accumulate(Tensor& sum, Tensor gradient) {
  if (!sum.defined()) {
    sum = std::move(gradient);
    return;
  }
  const bool unshared = sum.impl().references.value() == 1 && sum.impl().storage->references.value() == 1 &&
                        sum.is_contiguous();
  if (unshared && !GradMode::is_enabled())
    sum.add_(gradient);
  else
    sum = sum + gradient;
}

// What is rare stays out of line, so that the walk itself is short.

[[gnu::cold, gnu::noinline]] void run_hooks(Node& node) {
  for (uint32_t nr = 0; nr < node.notes->hooks.size(); ++nr)
    if (Ref<GradientHooks> hooks = node.notes->hooks[nr]) hooks->run(node.output(nr).gradient);
}

[[gnu::cold, gnu::noinline]] void tell_watches(Node& node) {
  Watch::each([&](Watch& watch) { watch.complete(node); });
}

[[gnu::cold, gnu::noinline]] void tell_watches(Node& from, const Edge& to, const Tensor& gradient) {
  Watch::each([&](Watch& watch) { watch.returned(from, to, gradient); });
}

}  // namespace

std::unique_lock<std::recursive_mutex> lock_engine() {
  static std::recursive_mutex mutex;
  return single_threaded() ? std::unique_lock<std::recursive_mutex>() : std::unique_lock(mutex);
}

void report_second_backward(const Node& node) {
  fail("Trying to backward through the graph a second time: the tensors that ", node.op(),
       " saved have been freed; call backward(…, retain_graph = true) the first time");
}

BackwardPass::BackwardPass(bool retain_graph, bool create_graph)
    : id_(passes_begun.increment()), retain_graph_(retain_graph), mode_(create_graph), lock_(lock_engine()) {
  frontier_.reserve(32);
  leaves_.reserve(16);
}

BackwardPass::~BackwardPass() {
  for (Node* node : frontier_) forget(*node);
  for (Node* leaf : leaves_)
    if (leaf->pass == id_) forget(*leaf);
  for (Suspended& outer : suspended_) {
    outer.node->pass = outer.pass;
    for (uint32_t nr = 0; nr < outer.gradients.size(); ++nr)
      outer.node->output(nr).gradient = std::move(outer.gradients[nr]);
  }
}

void BackwardPass::forget(Node& node) {
  node.pass = 0;
  for (uint32_t nr = 0; nr < node.output_count(); ++nr) node.output(nr).gradient.reset();
}

void BackwardPass::restrict_to(std::span<const Edge> roots, std::span<const Edge> inputs, bool go_on) {
  restricted_ = true;
  go_on_ = go_on;
  inputs_.assign(inputs.begin(), inputs.end());
  captured_.resize(inputs.size());
  for (const Edge& input : inputs)
    if (input) on_path_[&input.node()] = false;

  // Depth first, with a stack of our own: a node is decided after all of its inputs.
  std::unordered_map<const Node*, bool> seen;
  std::vector<std::pair<const Node*, size_t>> stack;
  auto visit = [&](const Edge& edge) {
    if (!edge || (!go_on && on_path_.contains(&edge.node()))) return;
    if (seen.try_emplace(&edge.node()).second) stack.emplace_back(&edge.node(), 0);
  };
  for (const Edge& root : roots) {
    visit(root);
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      const std::span<const Edge> edges = node->edges();
      if (next < edges.size()) {
        visit(edges[next++]);
        continue;
      }
      if (std::ranges::any_of(edges, [&](const Edge& e) { return e && on_path_.contains(&e.node()); }))
        on_path_[node] = true;
      stack.pop_back();
    }
  }
}

void BackwardPass::enter(Node& node) {
  if (node.pass != 0) {  // a pass that runs inside a rule of another one
    Suspended outer{&node, node.pass, {}};
    for (uint32_t nr = 0; nr < node.output_count(); ++nr)
      outer.gradients.push_back(std::move(node.output(nr).gradient));
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
  Output& output = edge.output_nr == 0 ? node.first : node.output(edge.output_nr);
  if (!fits(output, gradient.raw())) [[unlikely]]
    gradient = fit(node, output, std::move(gradient));
  if (node.pass != id_) enter(node);
  accumulate(output.gradient, std::move(gradient));
}

void BackwardPass::process(Node& node) {
  node.pass = 0;
  const bool ends_here = restricted_ && !on_path_.at(&node);
  if (node.notes && (go_on_ || !ends_here)) [[unlikely]]
    run_hooks(node);
  for (size_t i = 0; i < inputs_.size(); ++i)
    if (inputs_[i] && &inputs_[i].node() == &node) captured_[i] = node.output(inputs_[i].output_nr).gradient;
  if (Watch::any()) [[unlikely]]
    tell_watches(node);
  if (ends_here) return forget(node);
  current_node_ = &node;
  node.apply(*this);
  if (!retain_graph_) node.release_saved();
}

void BackwardPass::run() {
  // Restores the node of an outer pass, also when a rule throws.
  struct Restore {
    Node* outer = current_node_;
    ~Restore() { current_node_ = outer; }
  } restore;
  while (!frontier_.empty()) {
    std::pop_heap(frontier_.begin(), frontier_.end(), has_smaller_number);
    Node* node = frontier_.back();
    frontier_.pop_back();
    try {
      process(*node);
    } catch (...) {
      forget(*node);
      throw;
    }
  }
  for (Node* leaf : leaves_) process(*leaf);
  leaves_.clear();
}

namespace {

/// The derivative to begin with at `output`: the given one, checked, or 1 for a tensor of one element.
Tensor root_gradient(const Tensor& output, const Tensor& given) {
  check(output.requires_grad(), "element 0 of tensors does not require grad and does not have a grad_fn");
  if (!given.defined()) {
    check(output.numel() == 1,
          "grad can be implicitly created only for scalar outputs, not for one of shape ",
          text(output.sizes()), "; call backward(gradient) with a gradient of that shape");
    return ones_like(output);
  }
  check(given.sizes() == output.sizes(), "backward: the gradient is ", text(given.sizes()),
        " but the tensor it belongs to is ", text(output.sizes()));
  return given;
}

/// One pass from all outputs together; with inputs, their gradients are returned and no .grad is touched.
std::vector<Tensor> run_pass(TensorList outputs, TensorList gradients, bool retain_graph, bool create_graph,
                             std::optional<TensorList> inputs) {
  check(gradients.empty() || gradients.size() == outputs.size(), "backward: ", outputs.size(),
        " outputs but ", gradients.size(), " gradients");
  BackwardPass pass(retain_graph, create_graph);
  if (inputs) {
    std::vector<Edge> roots, ends;
    for (const Tensor& output : outputs) roots.push_back(gradient_edge(output));
    for (const Tensor& input : *inputs) {
      check(input.requires_grad(), "One of the differentiated Tensors does not require grad");
      ends.push_back(gradient_edge(input));
    }
    pass.restrict_to(roots, ends);
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    pass.deliver(gradient_edge(outputs[i]),
                 root_gradient(outputs[i], gradients.empty() ? Tensor() : gradients[i]));
  pass.run();
  return std::move(pass.captured());
}

}  // namespace

void backward(TensorList tensors, TensorList gradients, std::optional<bool> retain_graph, bool create_graph,
              std::optional<TensorList> inputs) {
  if (inputs)
    for (const Tensor& input : *inputs)
      check(input.is_leaf(), "backward: inputs must be leaves; use grad(outputs, inputs) for others");
  std::vector<Tensor> captured =
      run_pass(tensors, gradients, retain_graph.value_or(create_graph), create_graph, inputs);
  if (!inputs) return;
  const AutoGradMode mode(create_graph);
  for (size_t i = 0; i < inputs->size(); ++i) {
    if (!captured[i].defined()) continue;
    Tensor& grad = (*inputs)[i].mutable_grad();
    grad = grad.defined() ? grad + captured[i] : captured[i].clone();
  }
}

std::vector<Tensor> grad(TensorList outputs, TensorList inputs, TensorList grad_outputs,
                         std::optional<bool> retain_graph, bool create_graph, bool allow_unused) {
  std::vector<Tensor> gradients =
      run_pass(outputs, grad_outputs, retain_graph.value_or(create_graph), create_graph, inputs);
  for (const Tensor& gradient : gradients)
    check(
        allow_unused || gradient.defined(),
        "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True "
        "if this is the desired behavior.");
  return gradients;
}

}  // namespace gradus::autograd

namespace gradus {

void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph,
                      std::optional<TensorList> inputs) const {
  const TensorList gradients = gradient.defined() ? TensorList(&gradient, 1) : TensorList();
  autograd::backward(*this, gradients, retain_graph, create_graph, inputs);
}

autograd::Node* Tensor::grad_fn() const {
  return raw(), static_cast<autograd::Node*>(impl_->place().grad_fn.get());
}

const Tensor& Tensor::requires_grad_(bool value) const {
  check(!value || is_floating_point(), "only Tensors of floating point dtype can require gradients, not ",
        dtype());
  check(value || is_leaf(),
        "you can only change requires_grad flags of leaf variables. If you want to use a computed "
        "variable in a subgraph that doesn't require differentiation use detach()");
  impl_->requires_grad = value || impl_->grad_fn;
  if (is_leaf()) impl_->base.reset();  // a leaf stays one, whatever is written into what it was a view of
  return *this;
}

Tensor& Tensor::detach_() const {
  raw();
  check(!impl_->base, "Can't detach views in-place. Use detach() instead");
  impl_->grad_fn.reset();
  impl_->hooks.reset();
  impl_->requires_grad = false;
  impl_->output_nr = 0;
  return const_cast<Tensor&>(*this);
}

}  // namespace gradus
