// checkpoint: an op whose rule is to run forward again.
//
//   forward    y = f(x), recorded. The graph of f is looked through once, for the edges that leave it: to what made x, and
//              to the leaves and results that f captured. They become the edges of the one node that stays; the graph
//              itself, with all that its rules saved, goes.
//   backward   y = f(x) once more, from the same random state, and a pass over its graph that ends at those edges. What
//              arrives there is what the node hands on.
#include <unordered_set>

#include "autograd/ops/ops.h"
#include "autograd/record.h"
#include "autograd/tools/functional.h"
#include "kernels/cpu/random.h"
#include "tensor/random.h"

namespace gradus::autograd {
namespace {

/// The edges from the nodes younger than `number` to older ones and to leaves, each once.
std::vector<Edge> edges_out_of(const Tensor& y, uint64_t number) {
  std::vector<Edge> out, waiting = {gradient_edge(y)};
  std::unordered_set<const Node*> seen;
  while (!waiting.empty()) {
    const Edge edge = std::move(waiting.back());
    waiting.pop_back();
    if (!edge) continue;
    if (edge.node().number() > number) {
      if (!seen.insert(&edge.node()).second) continue;
      const std::span<const Edge> edges = edge.node().edges();
      waiting.insert(waiting.end(), edges.begin(), edges.end());
    } else if (std::ranges::none_of(out, [&](const Edge& known) {
                 return known.target == edge.target && known.output_nr == edge.output_nr;
               })) {
      out.push_back(edge);
    }
  }
  return out;
}

class CheckpointNode final : public Node {
 public:
  CheckpointNode(const Tensor& y, std::vector<Edge> edges, FunctionOfSeveral f, const variable_list& inputs,
                 const Generator& random)
      : Node("checkpoint", y), edges_(std::move(edges)), f_(std::move(f)), random_(random) {
    for (const Tensor& x : inputs) inputs_.push_back(save(x));
  }

  std::span<const Edge> edges() const override { return edges_; }

  void apply(BackwardPass& outer) override {
    if (!f_) report_second_backward(*this);
    const Tensor gradient = std::move(first.gradient);
    const bool create_graph = GradMode::is_enabled();
    std::vector<Tensor> gradients;
    {  // The inner pass has to be over before the outer one goes on: they may meet in the same nodes.
      const Edge again = gradient_edge(compute_again());
      BackwardPass inner(create_graph, create_graph);
      inner.restrict_to({&again, 1}, edges_, /*go_on=*/false);
      inner.deliver(again, gradient);
      inner.run();
      gradients = std::move(inner.captured());
    }
    for (size_t i = 0; i < edges_.size(); ++i)
      if (outer.wants(edges_[i])) outer.deliver(edges_[i], gradients[i]);
  }

  void release_saved() override {
    f_ = nullptr;
    inputs_.clear();
  }

 private:
  Tensor compute_again() {
    struct Restore {  // also when f throws
      const Generator now = default_generator();
      ~Restore() { default_generator() = now; }
    } restore;
    default_generator() = random_;
    const AutoGradMode recording(true);
    return f_({inputs_.begin(), inputs_.end()});
  }

  const std::vector<Edge> edges_;
  FunctionOfSeveral f_;
  std::vector<SavedTensor> inputs_;
  const Generator random_;  // as it was before f drew
};

}  // namespace

Tensor checkpoint(const FunctionOfSeveral& f, const variable_list& inputs) {
  if (!GradMode::is_enabled()) return f(inputs);
  const Generator random = default_generator();
  const uint64_t number = last_number();
  const Tensor y = f(inputs);
  if (!y.requires_grad()) return y;
  Tensor result = y.detach();
  result.impl().hidden_view = result.impl().hidden_graph = y.is_leaf() || y.impl().base;
  result.impl().grad_fn = Ref<GraphNode>(new CheckpointNode(y, edges_out_of(y, number), f, inputs, random));
  result.impl().requires_grad = true;
  return result;
}

Tensor checkpoint(const FunctionOfOne& f, const Tensor& input) {
  return checkpoint([f](const variable_list& inputs) { return f(inputs[0]); }, variable_list{input});
}

}  // namespace gradus::autograd
