#include "autograd/saved_tensor.h"

#include "autograd/engine.h"
#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/watch.h"

namespace gradus::autograd {

Tensor SavedTensor::unpack() const {
  if (tensor_._version() != version_) [[unlikely]] {
    Node* node = BackwardPass::current_node();
    const std::string where = node ? Watch::explain_all(*node) : "";
    fail("one of the variables needed for gradient computation has been modified by an inplace operation: ",
         node ? node->op() : "an op", " saved a ", tensor_.dtype(), " tensor of shape ",
         text(tensor_.sizes()), ", which is at version ", tensor_._version(), "; expected version ", version_,
         " instead. Change a clone() of that tensor, or change it before the op uses it", where);
  }
  if (role_ == Role::input || !GradMode::is_enabled()) return tensor_;
  Tensor y = tensor_.detach();
  y.impl().place = {Ref<GraphNode>(BackwardPass::current_node()), output_nr_, true};
  return y;
}

void append(std::vector<const SavedTensor*>& list, std::span<const SavedTensor> saved) {
  for (const SavedTensor& x : saved) list.push_back(&x);
}

}  // namespace gradus::autograd
