// record: how an op puts itself on the tape.
//
//     // y = a b        ∂a = ȳ bᵀ        ∂b = aᵀ ȳ
//     return record("mm", y,
//                   wrt(a, [b = save(b)](const Tensor& g) { return matmul(g, t(b)); }),
//                   wrt(b, [a = save(a)](const Tensor& g) { return matmul(t(a), g); }));
//
// A rule takes ȳ, the gradient of the final quantity by y, and returns the gradient by its input. It is
// written in ordinary ops, so its own derivative exists. It never mentions broadcasting: the engine sums what
// a rule returns to the shape of the input. A rule that nobody needs is not stored, and what it saved is not
// kept alive.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "autograd/engine.h"
#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/saved_tensor.h"

namespace gradus::autograd {

/// An input of an op with its derivative rule.
template <class Rule>
struct WithRespectTo {
  const Tensor& input;
  Rule rule;
};

template <class Rule>
WithRespectTo<Rule> wrt(const Tensor& input, Rule rule) {
  return {input, std::move(rule)};
}

/// The rule of an op that hands the gradient on as it is.
inline constexpr auto unchanged = [](Tensor gradient) { return gradient; };

/// The node of an op with one output and one rule per input, all in one block.
template <class... Rules>
class OpNode final : public Node {
 public:
  OpNode(const char* op, const Tensor& y, WithRespectTo<Rules>&... inputs)
      : Node(op, y), edges_{gradient_edge(inputs.input)...}, rules_(needed(inputs)...) {}

  std::span<const Edge> edges() const override { return edges_; }

  void apply(BackwardPass& pass) override {
    if (released_) report_second_backward(*this);
    Tensor gradient = std::move(output.gradient);
    [&]<size_t... I>(std::index_sequence<I...>) { (apply_one<I>(pass, gradient), ...); }
    (std::index_sequence_for<Rules...>());
  }

  // Only a rule that has saved a tensor has anything to destroy.
  void release_saved() override {
    std::apply([&](auto&... rule) { (release(rule), ...); }, rules_);
  }

 private:
  template <class Rule>
  static std::optional<Rule> needed(WithRespectTo<Rule>& input) {
    if (!input.input.requires_grad()) return std::nullopt;
    return std::move(input.rule);
  }

  template <size_t I>
  void apply_one(BackwardPass& pass, Tensor& gradient) {
    const Edge& edge = edges_[I];
    if (!edge || !pass.wants(edge)) return;
    // The last rule that is asked may have the gradient itself, and `unchanged` hands it on without counting.
    const bool last =
        std::none_of(edges_.begin() + I + 1, edges_.end(), [](const Edge& later) { return bool(later); });
    pass.deliver(edge, (*std::get<I>(rules_))(last ? std::move(gradient) : gradient));
  }

  template <class Rule>
  void release(std::optional<Rule>& rule) {
    if constexpr (!std::is_trivially_destructible_v<Rule>) {
      released_ |= rule.has_value();
      rule.reset();
    }
  }

  std::array<Edge, sizeof...(Rules)> edges_;
  std::tuple<std::optional<Rules>...> rules_;
  bool released_ = false;
};

/// Records the op that has just computed y, if recording is on and any of its inputs requires grad. Returns
/// y.
template <class... Rules>
Tensor record(const char* op, Tensor y, WithRespectTo<Rules>... inputs) {
  // All inputs are asked, since a view that looks for its place makes a node, which has to be older than this one.
  if (!GradMode::is_enabled() || !(inputs.input.requires_grad() | ...)) return y;
  auto node = Ref<GraphNode>::first(new OpNode<Rules...>(op, y, inputs...));
  y.impl().place = {std::move(node), 0, true};
  return y;
}

}  // namespace gradus::autograd
