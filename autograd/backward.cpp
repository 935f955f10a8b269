// backward and grad: the backward passes that users start.
#include "autograd/autograd.h"
#include "autograd/engine.h"
#include "tensor/create.h"

namespace gradus::autograd {
namespace {

/// The gradient that a pass starts with at `output`: the given one, checked, or 1 for a tensor of one element.
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
  check(given.device() == output.device(), "backward: the gradient is on ", given.device(),
        " but the tensor it belongs to is on ", output.device(), "; move it with .to(", output.device(), ")");
  return given;
}

/// One pass from all outputs together. With `inputs` it returns their gradients and changes no .grad.
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
    pass.deliver(pass.keep(gradient_edge(outputs[i])),
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
    check(allow_unused || gradient.defined(),
          "One of the differentiated Tensors appears to not have been used in the graph. "
          "Set allow_unused=True if this is the desired behavior.");
  return gradients;
}

}  // namespace gradus::autograd

namespace gradus {

void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph,
                      std::optional<TensorList> inputs) const {
  const TensorList gradients = gradient.defined() ? TensorList(&gradient, 1) : TensorList();
  autograd::backward(*this, gradients, retain_graph, create_graph, inputs);
}

}  // namespace gradus
