// checkpoint: an op whose rule runs forward again.
//
//   forward    y = f(x) is recorded. A walk over the graph of f finds the edges that leave it: those to the node of x,
//              and those to leaves and results that f captured. They become the edges of one node. The graph of f
//              and all tensors that its rules saved are freed.
//   backward   y = f(x) is computed again, from the same random state. A pass over its graph ends at those edges. The
//              node passes the gradients that arrive there to its own inputs.
#include <algorithm>
#include <optional>

#include "autograd/engine.h"
#include "autograd/list_node.h"
#include "autograd/saved_tensor.h"
#include "autograd/tools/functional.h"
#include "autograd/walk.h"
#include "kernels/random.h"
#include "tensor/random.h"
#include "tensor/scoped_value.h"

namespace gradus::autograd {
namespace {

/// The edges from the nodes younger than `number` to older ones and to leaves, each once.
std::vector<Edge> edges_out_of(const Tensor& y, uint64_t number) {
  std::vector<Edge> out;
  const Edge root = gradient_edge(y);
  const auto is_inside = [&](const Edge& edge) {
    const bool inside = edge.node().number() > number;
    const auto same = [&](const Edge& known) {
      return known.target == edge.target && known.output_nr == edge.output_nr;
    };
    if (!inside && std::ranges::none_of(out, same)) out.push_back(edge);
    return inside;
  };
  for_each_node({&root, 1}, is_inside, [](Node&) {});
  return out;
}

class CheckpointNode final : public ListNode {
 public:
  CheckpointNode(const Tensor& y, std::vector<Edge> edges, FunctionOfSeveral f, const variable_list& inputs,
                 const Generator& random)
      : ListNode("checkpoint", {&y, 1}, std::move(edges)), f_(std::move(f)), random_(random) {
    for (const Tensor& x : inputs) {
      inputs_.emplace_back();
      if (x.defined()) inputs_.back().emplace(x, SavedTensor::Role::input);
    }
  }

  void release_saved() override {
    f_ = nullptr;
    inputs_.clear();
  }

 private:
  std::vector<Tensor> backward(std::vector<Tensor> gradients) override {
    if (!f_) report_second_backward(*this);
    const bool create_graph = GradMode::is_enabled();
    // The inner pass ends before the outer pass continues, because both may visit the same nodes.
    const Edge again = gradient_edge(compute_again());
    check(bool(again),
          "checkpoint: f(x) required grad in forward, but not when backward computed it again; "
          "f must compute the same each time");
    BackwardPass inner(create_graph, create_graph);
    inner.restrict_to({&again, 1}, edges(), /*go_on=*/false);
    inner.deliver(again, gradients[0]);
    inner.run();
    return std::move(inner.captured());
  }

  Tensor compute_again() {
    const ScopedValue as_before(default_generator(), random_);
    const AutoGradMode recording(true);
    std::vector<Tensor> inputs;
    for (const auto& x : inputs_) inputs.push_back(x ? x->unpack() : Tensor());
    return f_(inputs);
  }

  FunctionOfSeveral f_;
  std::vector<std::optional<SavedTensor>> inputs_;  // without a value for an undefined tensor
  const Generator random_;                          // as it was before f drew from it
};

}  // namespace

Tensor checkpoint(const FunctionOfSeveral& f, const variable_list& inputs) {
  if (!GradMode::is_enabled()) return f(inputs);
  const Generator random = default_generator();
  const uint64_t number = last_number();
  const Tensor y = f(inputs);
  if (!y.requires_grad()) return y;
  Tensor result = y.detach();
  TensorImpl& impl = result.impl();
  impl.hidden_view = impl.hidden_graph = y.is_leaf() || y.impl().base;
  impl.place = {Ref<GraphNode>(new CheckpointNode(y, edges_out_of(y, number), f, inputs, random)), 0, true};
  return result;
}

Tensor checkpoint(const FunctionOfOne& f, const Tensor& input) {
  return checkpoint([f](const variable_list& inputs) { return f(inputs[0]); }, variable_list{input});
}

}  // namespace gradus::autograd
