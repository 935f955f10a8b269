#include "autograd/function.h"

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

namespace {

const Tensor& checked_first(const char* op, const variable_list& outputs) {
  check(!outputs.empty(), op, ": forward returned no outputs");
  for (size_t nr = 0; nr < outputs.size(); ++nr)
    check(outputs[nr].defined(), op, ": forward returned an undefined tensor as output ", nr);
  return outputs[0];
}

}  // namespace

FunctionNode::FunctionNode(const char* op, const variable_list& outputs, const variable_list& inputs,
                           AutogradContext context)
    : Node(op, checked_first(op, outputs)), context_(std::move(context)) {
  for (size_t nr = 1; nr < outputs.size(); ++nr) others_.emplace_back(outputs[nr]);
  for (const Tensor& x : inputs) edges_.push_back(x.defined() ? gradient_edge(x) : Edge{});
}

void FunctionNode::adopt(const variable_list& outputs) {
  for (uint32_t nr = 0; nr < outputs.size(); ++nr) outputs[nr].impl().output_nr = nr;
  for (const Tensor& y : outputs) {
    if (context_.non_differentiable_.contains(&y.impl()) || !y.is_floating_point()) continue;
    y.impl().grad_fn = Ref<GraphNode>(this);
    y.impl().requires_grad = true;
  }
  for (const Tensor& saved : context_.to_save_)
    context_.saved_.push_back(saved.grad_fn() == this ? save_output(saved) : save(saved));
  context_.to_save_.clear();
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
