#include "autograd/tools/function.h"

#include <algorithm>

#include "autograd/view.h"
#include "tensor/create.h"

namespace gradus::autograd {

variable_list AutogradContext::get_saved_variables() const {
  variable_list tensors;
  for (const auto& saved : saved_) tensors.push_back(saved ? saved->unpack() : Tensor());
  return tensors;
}

void AutogradContext::mark_non_differentiable(const variable_list& outputs) {
  for (const Tensor& y : outputs)
    if (y.defined()) non_differentiable_.push_back(&y.impl());
}

void AutogradContext::mark_dirty(const variable_list& inputs) {
  for (const Tensor& x : inputs)
    if (x.defined()) dirty_.push_back(&x.impl());
}

void AutogradContext::add_input(variable_list& inputs, const Tensor& x) {
  inputs.push_back(x);
  needs_input_grad_.push_back(x.defined() && x.requires_grad());
}

bool AutogradContext::needs_any_input_grad() const {
  return std::ranges::find(needs_input_grad_, true) != needs_input_grad_.end();
}

namespace {

bool is_among(const TensorImpl* x, const std::vector<const TensorImpl*>& list) {
  return std::ranges::find(list, x) != list.end();
}

bool is_among(const Tensor& x, const variable_list& list) {
  return std::ranges::any_of(list, [&](const Tensor& other) { return x.is_same(other); });
}

const variable_list& checked_outputs(const char* op, const variable_list& outputs) {
  check(!outputs.empty(), op, ": forward returned no outputs");
  for (size_t nr = 0; nr < outputs.size(); ++nr)
    check(outputs[nr].defined(), op, ": forward returned an undefined tensor as output ", nr);
  return outputs;
}

}  // namespace

FunctionNode::FunctionNode(const char* op, const variable_list& outputs, std::vector<Edge> edges,
                           AutogradContext context)
    : ListNode(op, checked_outputs(op, outputs), std::move(edges)), context_(std::move(context)) {}

// An output that is also an input already has a place on the tape: this node's edge leads to it. So an alias of
// the output gets the new place. The caller receives the alias; but if the input is dirty, the input adopts the
// alias's place, as in every in-place op.
void FunctionNode::adopt(const variable_list& inputs, variable_list& outputs) {
  for (const TensorImpl* dirty : context_.dirty_)
    check(std::ranges::any_of(outputs, [&](const Tensor& y) { return &y.impl() == dirty; }), op(),
          ": Some elements marked as dirty during the forward method were not returned as output. "
          "The inputs that are modified inplace must all be outputs of the Function.");
  variable_list places;
  for (uint32_t nr = 0; nr < outputs.size(); ++nr) {
    const Tensor& y = outputs[nr];
    const bool has_derivative = !is_among(&y.impl(), context_.non_differentiable_) && y.is_floating_point();
    places.push_back(is_among(y, inputs) ? y.detach() : y);
    TensorImpl& impl = places[nr].impl();
    impl.hidden_view &= std::ranges::any_of(inputs, [&](const Tensor& x) { return x.is_alias_of(y); });
    impl.hidden_graph &= impl.hidden_view;
    impl.place.output_nr = nr;
    if (has_derivative) impl.place = {Ref<GraphNode>(this), nr, true};
  }
  for (const Tensor& saved : context_.to_save_) {
    if (!saved.defined()) {
      context_.saved_.emplace_back();
      continue;
    }
    const auto output = std::ranges::find_if(outputs, [&](const Tensor& y) { return saved.is_same(y); });
    const Tensor& x = output == outputs.end() ? saved : places[output - outputs.begin()];
    const bool is_output = x.impl().place.grad_fn.get() == this;
    context_.saved_.emplace_back(
        SavedTensor(x, is_output ? SavedTensor::Role::output : SavedTensor::Role::input));
  }
  context_.to_save_.clear();
  for (size_t nr = 0; nr < outputs.size(); ++nr)
    if (!is_among(&outputs[nr].impl(), context_.dirty_)) {
      outputs[nr] = places[nr];
    } else {
      check(is_among(outputs[nr], inputs), op(), ": mark_dirty is for inputs only");
      check_recordable_write(op(), outputs[nr]);
      adopt_place(outputs[nr], places[nr]);
    }
}

variable_list FunctionNode::backward(variable_list gradients) {
  if (context_.released_) report_second_backward(*this);
  for (uint32_t nr = 0; nr < output_count(); ++nr)
    if (const Output& y = nth_output(nr); !gradients[nr].defined() && context_.materialize_grads_)
      gradients[nr] = zeros(y.shape(), TensorOptions(y.dtype).device(y.device));
  return call_backward(context_, std::move(gradients));
}

void FunctionNode::release_saved() {
  context_.released_ |= !context_.saved_.empty();
  context_.saved_.clear();
}

std::vector<const SavedTensor*> FunctionNode::saved() const {
  std::vector<const SavedTensor*> list;
  for (const std::optional<SavedTensor>& x : context_.saved_)
    if (x) list.push_back(&*x);
  return list;
}

}  // namespace gradus::autograd
