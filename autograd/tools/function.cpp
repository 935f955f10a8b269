#include "autograd/tools/function.h"

#include "autograd/view.h"
#include "tensor/create.h"

namespace gradus::autograd {

variable_list AutogradContext::get_saved_variables() const {
  variable_list tensors;
  for (const SavedTensor& saved : saved_) tensors.push_back(saved);
  return tensors;
}

void AutogradContext::mark_non_differentiable(const variable_list& outputs) {
  for (const Tensor& y : outputs) non_differentiable_.insert(&y.impl());
}

void AutogradContext::mark_dirty(const variable_list& inputs) {
  for (const Tensor& x : inputs) dirty_.insert(&x.impl());
}

namespace {

bool is_among(const Tensor& x, const variable_list& list) {
  return std::ranges::any_of(list, [&](const Tensor& other) { return x.is_same(other); });
}

const Tensor& checked_first(const char* op, const variable_list& outputs) {
  check(!outputs.empty(), op, ": forward returned no outputs");
  for (size_t nr = 0; nr < outputs.size(); ++nr)
    check(outputs[nr].defined(), op, ": forward returned an undefined tensor as output ", nr);
  return outputs[0];
}

}  // namespace

std::vector<Edge> FunctionNode::edges_to(const variable_list& inputs) {
  std::vector<Edge> edges;
  for (const Tensor& x : inputs) edges.push_back(x.defined() ? gradient_edge(x) : Edge{});
  return edges;
}

FunctionNode::FunctionNode(const char* op, const variable_list& outputs, std::vector<Edge> edges,
                           AutogradContext context)
    : Node(op, checked_first(op, outputs)), edges_(std::move(edges)), context_(std::move(context)) {
  for (size_t nr = 1; nr < outputs.size(); ++nr) others_.emplace_back(outputs[nr]);
}

// An output that is itself an input already has a place on the tape, and this node leads there. It is the output's alias
// that remembers the node; then either the alias is what the caller gets, or, if the input is dirty, the input takes
// the alias's place as in every in-place op.
void FunctionNode::adopt(const variable_list& inputs, variable_list& outputs) {
  for (const TensorImpl* dirty : context_.dirty_)
    check(std::ranges::any_of(outputs, [&](const Tensor& y) { return &y.impl() == dirty; }), op(),
          ": Some elements marked as dirty during the forward method were not returned as output. The inputs "
          "that are "
          "modified inplace must all be outputs of the Function.");
  variable_list places;
  for (uint32_t nr = 0; nr < outputs.size(); ++nr) {
    const Tensor& y = outputs[nr];
    const bool has_derivative = !context_.non_differentiable_.contains(&y.impl()) && y.is_floating_point();
    places.push_back(is_among(y, inputs) ? y.detach() : y);
    TensorImpl& place = places[nr].impl();
    place.hidden_view &= std::ranges::any_of(inputs, [&](const Tensor& x) { return x.is_alias_of(y); });
    place.hidden_graph &= place.hidden_view;
    place.output_nr = nr;
    if (!has_derivative) continue;
    place.grad_fn = Ref<GraphNode>(this);
    place.requires_grad = true;
  }
  for (const Tensor& saved : context_.to_save_) {
    const auto output = std::ranges::find_if(outputs, [&](const Tensor& y) { return saved.is_same(y); });
    const Tensor& x = output == outputs.end() ? saved : places[output - outputs.begin()];
    context_.saved_.push_back(x.defined() && x.impl().grad_fn.get() == this ? save_output(x) : save(x));
  }
  context_.to_save_.clear();
  for (size_t nr = 0; nr < outputs.size(); ++nr)
    if (!context_.dirty_.contains(&outputs[nr].impl())) {
      outputs[nr] = places[nr];
    } else {
      check(is_among(outputs[nr], inputs), op(), ": mark_dirty is for inputs only");
      check_recordable_write(op(), outputs[nr]);
      take_place(outputs[nr], places[nr]);
    }
}

void FunctionNode::apply(BackwardPass& pass) {
  if (context_.released_) report_second_backward(*this);
  variable_list gradients;
  for (uint32_t nr = 0; nr < output_count(); ++nr) {
    Output& y = output(nr);
    Tensor gradient = std::move(y.gradient);
    if (!gradient.defined() && context_.materialize_grads_)
      gradient = zeros(y.shape(), TensorOptions(y.dtype).device(y.device));
    gradients.push_back(std::move(gradient));
  }
  const variable_list results = backward(context_, std::move(gradients));
  check(results.size() == edges_.size(), op(), ": backward returned ", results.size(), " gradients for ",
        edges_.size(), " arguments of forward");
  for (size_t i = 0; i < edges_.size(); ++i)
    if (edges_[i] && results[i].defined() && pass.wants(edges_[i])) pass.deliver(edges_[i], results[i]);
}

void FunctionNode::release_saved() {
  context_.released_ |= !context_.saved_.empty();
  context_.saved_.clear();
}

}  // namespace gradus::autograd
