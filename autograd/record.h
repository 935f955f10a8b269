// record: how an op puts itself on the tape.
//
//     // Y = A B         Ā = Ȳ Bᵀ     B̄ = Aᵀ Ȳ
//     return record("mm", y,
//                   wrt(a, saved(b), [](const Tensor& g, const Tensor& b) { return mm(g, b.t()); }),
//                   wrt(b, saved(a), [](const Tensor& g, const Tensor& a) { return mm(a.t(), g); }));
//
// A rule takes ȳ, the gradient of the final quantity by y, and the tensors that were saved for it. It returns the
// gradient by its input. A rule is written in ordinary ops, so its own derivative exists. It never mentions
// broadcasting or dtypes: the engine sums the gradient to the input's shape and casts it to the input's dtype. A
// rule that nobody needs is not stored, nor are the tensors that it would have saved.
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

/// The tensors that a rule takes besides ȳ: inputs of the op, or its result.
template <size_t count>
struct Saved {
  std::array<const Tensor*, count> tensors;
};

template <class... Tensors>
Saved<sizeof...(Tensors)> saved(const Tensors&... tensors) {
  return {{&tensors...}};
}

/// An input of an op with its derivative rule.
template <class Rule, size_t count>
struct WithRespectTo {
  const Tensor& input;
  Saved<count> saved;
  Rule rule;
};

template <class Rule>
WithRespectTo<Rule, 0> wrt(const Tensor& input, Rule rule) {
  return {input, {}, std::move(rule)};
}
template <size_t count, class Rule>
WithRespectTo<Rule, count> wrt(const Tensor& input, Saved<count> saved, Rule rule) {
  return {input, saved, std::move(rule)};
}

/// The rule x̄ = ȳ.
inline constexpr auto unchanged = [](Tensor gradient) { return gradient; };

/// A rule on the tape, with the tensors that were saved for it.
template <class Rule, size_t count>
class StoredRule {
 public:
  StoredRule(WithRespectTo<Rule, count>& input, const Tensor& y)
      : StoredRule(input, y, std::make_index_sequence<count>()) {}

  template <class Gradient>
  Tensor operator()(Gradient&& gradient) {
    return std::apply(
        [&](const auto&... saved) { return rule_(std::forward<Gradient>(gradient), saved.unpack()...); },
        saved_);
  }

  std::span<const SavedTensor> saved() const { return saved_; }

 private:
  template <size_t... i>
  StoredRule(WithRespectTo<Rule, count>& input, const Tensor& y, std::index_sequence<i...>)
      : rule_(std::move(input.rule)), saved_{save(*input.saved.tensors[i], y)...} {}

  static SavedTensor save(const Tensor& x, const Tensor& y) {
    return {x, x.is_same(y) ? SavedTensor::Role::output : SavedTensor::Role::input};
  }

  Rule rule_;
  std::array<SavedTensor, count> saved_;
};

/// The node of an op with one output and one rule per input, all in one block.
template <class... Rules>
class OpNode final : public Node {
 public:
  template <class... Inputs>
  OpNode(const char* op, const Tensor& y, Inputs&... inputs)
      : Node(op, y), edges_{gradient_edge(inputs.input)...}, rules_(needed<Rules>(inputs, y)...) {}

  std::span<const Edge> edges() const override { return edges_; }

  void apply(BackwardPass& pass) override {
    if (released_) report_second_backward(*this);
    Tensor gradient = std::move(output.gradient);
    [&]<size_t... i>(std::index_sequence<i...>) { (apply_one<i>(pass, gradient), ...); }
    (std::index_sequence_for<Rules...>());
  }

  void release_saved() override {
    std::apply([&](auto&... rule) { (release(rule), ...); }, rules_);
  }

  [[gnu::cold]] std::vector<const SavedTensor*> saved() const override {
    std::vector<const SavedTensor*> list;
    std::apply([&](const auto&... rule) { ((rule ? append(list, rule->saved()) : void()), ...); }, rules_);
    return list;
  }

 private:
  template <class Rule>
  static std::optional<Rule> needed(auto& input, const Tensor& y) {
    return input.input.requires_grad() ? std::optional<Rule>(std::in_place, input, y) : std::nullopt;
  }

  template <size_t i>
  void apply_one(BackwardPass& pass, Tensor& gradient) {
    const Edge& edge = edges_[i];
    if (!edge || !pass.wants(edge)) return;
    // The last rule gets the gradient by move, so `unchanged` passes it on without touching its reference count.
    const bool last =
        std::none_of(edges_.begin() + i + 1, edges_.end(), [](const Edge& later) { return bool(later); });
    pass.deliver(edge, (*std::get<i>(rules_))(last ? std::move(gradient) : gradient));
  }

  // Only a rule that has saved tensors has anything to release.
  template <class Rule, size_t count>
  void release(std::optional<StoredRule<Rule, count>>& rule) {
    if constexpr (count > 0) {
      released_ |= rule.has_value();
      rule.reset();
    }
  }

  std::array<Edge, sizeof...(Rules)> edges_;
  std::tuple<std::optional<Rules>...> rules_;
  bool released_ = false;
};

/// Records the op that has just computed y, if recording is on and any of its inputs requires grad. Returns y.
template <class... Rules, size_t... counts>
[[gnu::always_inline]] inline Tensor record(const char* op, Tensor y,
                                            WithRespectTo<Rules, counts>&&... inputs) {
  // requires_grad() makes a node for a view whose memory was written. That node must be older than this one, so every
  // input is asked: `|` does not stop early.
  if (!GradMode::is_enabled() || !(inputs.input.requires_grad() | ...)) return y;
  auto node = Ref<GraphNode>::first(new OpNode<StoredRule<Rules, counts>...>(op, y, inputs...));
  y.impl().place = {std::move(node), 0, true};
  return y;
}

}  // namespace gradus::autograd
