// Function<T>: an op written by hand, forward and backward, as in libtorch. Gradus uses it for ops whose
// gradients share work, such as svd. You can use it for ops of your own:
//
//     struct Cube : autograd::Function<Cube> {
//       static Tensor forward(AutogradContext* ctx, const Tensor& x) {
//         ctx->save_for_backward({x});
//         return x * x * x;
//       }
//       static variable_list backward(AutogradContext* ctx, variable_list gradients) {
//         const Tensor x = ctx->get_saved_variables()[0];
//         return {gradients[0] * 3 * x * x};
//       }
//     };
//     Tensor y = Cube::apply(x);
//
// An op that writes into its input marks it dirty and returns it:
//
//     x.mul_(n);  ctx->saved_data["n"] = n;  ctx->mark_dirty({x});  return x;
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/list_node.h"
#include "autograd/saved_tensor.h"
#include "autograd/tools/saved_value.h"

namespace gradus::autograd {

/// What forward hands to backward.
class AutogradContext {
 public:
  /// Values, not tensors, that backward needs: saved_data["n"] = n in forward, saved_data["n"].toInt() in backward.
  std::map<std::string, SavedValue> saved_data;

  /// Inputs or outputs of forward that backward needs. Other tensors may be saved too; they count as constants.
  /// An undefined tensor, such as the bias of a layer without one, comes back undefined.
  void save_for_backward(variable_list tensors) { to_save_ = std::move(tensors); }
  /// The saved tensors in the same order; Error if one was changed in place, or freed by an earlier backward.
  variable_list get_saved_variables() const;
  /// Inputs that forward has changed in place. Each must also be an output.
  void mark_dirty(const variable_list& inputs);
  /// Outputs without a derivative, such as indices.
  void mark_non_differentiable(const variable_list& outputs);
  /// Should backward see zeros (the default) or undefined tensors for outputs without a gradient?
  void set_materialize_grads(bool value) { materialize_grads_ = value; }
  /// Must backward compute the gradient of the i-th tensor among forward's arguments?
  bool needs_input_grad(size_t i) const { return i < needs_input_grad_.size() && needs_input_grad_[i]; }

 private:
  friend class FunctionNode;
  template <class T>
  friend class Function;
  bool needs_any_input_grad() const;
  void add_input(variable_list& inputs, const Tensor& x);

  variable_list to_save_;
  std::vector<std::optional<SavedTensor>> saved_;  // without a value for an undefined tensor
  std::vector<bool> needs_input_grad_;
  std::vector<const TensorImpl*> non_differentiable_, dirty_;
  bool materialize_grads_ = true;
  bool released_ = false;
};

/// The node of an op that is a Function.
class FunctionNode : public ListNode {
 public:
  FunctionNode(const char* op, const variable_list& outputs, std::vector<Edge> edges,
               AutogradContext context);
  void release_saved() override;
  std::vector<const SavedTensor*> saved() const override;
  /// Gives the outputs their places on the tape: the outputs of this node.
  void adopt(const variable_list& inputs, variable_list& outputs);

 protected:
  variable_list backward(variable_list gradients) override;  // runs T::backward
  virtual variable_list call_backward(AutogradContext& context, variable_list gradients) = 0;  // T::backward

 private:
  AutogradContext context_;
};

/// See the head of this file. T::forward(ctx, arguments…) returns a Tensor or a variable_list.
/// T::backward(ctx, gradients of the outputs) returns one gradient per argument of forward, undefined for an
/// argument that is not a tensor.
template <class T>
class Function {
 public:
  /// Runs T::forward without recording, then records T::backward as its rule. Error for an argument that is a list
  /// of tensors: each tensor must be an argument of its own.
  template <class... Arguments>
  static auto apply(Arguments&&... arguments) {
    AutogradContext context;
    variable_list inputs;
    (collect(context, inputs, arguments), ...);
    const bool recording = GradMode::is_enabled() && context.needs_any_input_grad();
    auto result = [&] {
      const NoGradGuard no_grad;
      return T::forward(&context, std::forward<Arguments>(arguments)...);
    }();
    variable_list outputs = as_list(result);
    if (recording) record(inputs, outputs, std::move(context));
    if constexpr (std::is_same_v<decltype(result), Tensor>)
      return outputs[0];
    else
      return outputs;
  }

 private:
  class NodeOf final : public FunctionNode {
   public:
    using FunctionNode::FunctionNode;

   protected:
    variable_list call_backward(AutogradContext& context, variable_list gradients) override {
      return T::backward(&context, std::move(gradients));
    }
  };

  static void collect(AutogradContext& context, variable_list& inputs, const Tensor& x) {
    context.add_input(inputs, x);
  }
  static void collect(AutogradContext& context, variable_list& inputs, const std::optional<Tensor>& x) {
    collect(context, inputs, x.value_or(Tensor()));
  }
  template <class Other>
  static void collect(AutogradContext&, variable_list& inputs, const Other&) {
    static_assert(!std::is_convertible_v<const Other&, TensorList>,
                  "Function: the tensors in a list would get no gradients; pass each as an argument");
    inputs.emplace_back();  // keeps backward's list and forward's arguments in step
  }
  static variable_list as_list(const Tensor& x) { return {x}; }
  static variable_list as_list(const variable_list& list) { return list; }

  static void record(const variable_list& inputs, variable_list& outputs, AutogradContext context) {
    std::vector<Edge> edges = ListNode::edges_to(inputs);
    Ref<FunctionNode> node(new NodeOf(op_name(), outputs, std::move(edges), std::move(context)));
    node->adopt(inputs, outputs);
  }

  static const char* op_name() {
    if constexpr (requires { T::name; })
      return T::name;
    else
      return "function";
  }
};

}  // namespace gradus::autograd
