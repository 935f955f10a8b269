// Optimizer: what changes parameters, after a backward pass has left their gradients.
//
//     optim::Adam adam(net->parameters(), 0.01);
//     for (…) {
//       adam.zero_grad();                       // gradients add up: forget those of the last step
//       auto loss = …;
//       loss.backward();
//       adam.step();
//     }
//
// An optimiser is three things: its options (a struct), what it keeps for each parameter (another), and
// `update`, the formula of one step. What it is applied to is gathered here.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <typeinfo>
#include <vector>

#include "autograd/grad_mode.h"
#include "optim/serialize.h"
#include "tensor/argument.h"
#include "tensor/tensor.h"

namespace gradus::optim {

/// The hyper-parameters of an optimiser, seen by code that does not know which: schedules, groups.
class OptimizerOptions {
 public:
  virtual ~OptimizerOptions() = default;
  virtual std::unique_ptr<OptimizerOptions> clone() const = 0;
  virtual double get_lr() const = 0;
  virtual void set_lr(double lr) = 0;
  /// Error unless every value is in its range.
  virtual void validate() const {}
  /// Every value, for files.
  virtual void fields(Fields&) { fail("these options have no fields(), so their optimizer cannot be saved"); }
};

/// Base of an options struct with a member lr.
template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
 public:
  std::unique_ptr<OptimizerOptions> clone() const override { return std::make_unique<Derived>(self()); }
  double get_lr() const override { return self().lr(); }
  void set_lr(double lr) override { static_cast<Derived&>(*this).lr(lr); }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

/// Parameters that share options: {{net->embedding->parameters(), AdamOptions(0.1)},
/// {net->out->parameters()}}.
class OptimizerParamGroup {
 public:
  OptimizerParamGroup(std::vector<Tensor> params) : params_(std::move(params)) {}  // NOLINT
  OptimizerParamGroup(std::vector<Tensor> params, std::unique_ptr<OptimizerOptions> options)
      : params_(std::move(params)), options_(std::move(options)) {}
  OptimizerParamGroup(const OptimizerParamGroup& other)
      : params_(other.params_), options_(other.options_ ? other.options_->clone() : nullptr) {}
  OptimizerParamGroup(OptimizerParamGroup&&) = default;
  OptimizerParamGroup& operator=(OptimizerParamGroup&&) = default;
  ~OptimizerParamGroup() = default;

  const std::vector<Tensor>& params() const { return params_; }
  std::vector<Tensor>& params() { return params_; }
  bool has_options() const { return options_ != nullptr; }
  /// static_cast<AdamOptions&>(group.options()).lr(0.001) changes them between steps.
  OptimizerOptions& options() const {
    check(has_options(), "param group has no options yet: they come when it is given to an optimizer");
    return *options_;
  }
  void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }

 private:
  friend class Optimizer;
  std::vector<Tensor> params_;
  std::unique_ptr<OptimizerOptions> options_;
};

class Optimizer {
 public:
  using LossClosure = std::function<Tensor()>;

  Optimizer(std::vector<OptimizerParamGroup> groups, std::unique_ptr<OptimizerOptions> defaults);
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer(Optimizer&&) = default;

  /// Changes every parameter that has a gradient. The closure, if any, is run first and should zero the
  /// gradients, compute the loss, call backward() and return the loss, which step returns.
  virtual Tensor step(LossClosure closure = nullptr) = 0;

  /// Forgets the gradients: they become undefined, or with set_to_none = false zeros in the same memory.
  void zero_grad(bool set_to_none = true);

  /// Adds parameters with options of their own, or the optimiser's. Error unless they are leaves of
  /// floating-point dtype that no group has yet.
  void add_param_group(OptimizerParamGroup group);

  std::vector<OptimizerParamGroup>& param_groups() noexcept { return param_groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const noexcept { return param_groups_; }
  const std::vector<Tensor>& parameters() const { return param_groups_.at(0).params(); }
  OptimizerOptions& defaults() noexcept { return *defaults_; }
  size_t size() const noexcept;  // how many parameters

  /// All that steps keep from one to the next, for files.
  virtual void state_fields(Fields&) { fail("this optimizer has no state_fields(), so it cannot be saved"); }

 protected:
  std::vector<OptimizerParamGroup> param_groups_;
  std::unique_ptr<OptimizerOptions> defaults_;
};

/// Error unless `x` (a gradient or a part of the state) has the shape, dtype and device of its parameter.
void check_fits(const char* what, const Tensor& x, const Tensor& parameter);

/// A tensor of an optimiser's state: zeros when it is first needed.
void zeros_at_first(Tensor& state, const Tensor& parameter);

/// Base of an optimiser whose step treats every parameter alone. State is a struct of what it keeps for each.
template <class Options, class State>
class PerParameterOptimizer : public Optimizer {
 public:
  explicit PerParameterOptimizer(std::vector<OptimizerParamGroup> groups, const Options& defaults = {})
      : Optimizer(std::move(groups), defaults.clone()) {}
  explicit PerParameterOptimizer(std::vector<Tensor> parameters, const Options& defaults = {})
      : PerParameterOptimizer(one_group(std::move(parameters)), defaults) {}

  Tensor step(LossClosure closure = nullptr) override {
    Tensor loss;
    if (closure) {
      const AutoGradMode recording(true);
      loss = closure();
    }
    const NoGradGuard no_grad;
    state_.resize(size());
    State* state = state_.data();
    for (const OptimizerParamGroup& group : param_groups_) {
      const auto& options = static_cast<const Options&>(group.options());
      items_.clear();  // of a step that an Error ended
      for (const Tensor& parameter : group.params()) {
        State& its_state = *state++;
        const Tensor& gradient = parameter.grad();
        if (!gradient.defined()) continue;
        check_fits("gradient", gradient, parameter);
        if (!items_.empty() && !same_kind(items_[0].parameter, parameter)) update_items(options);
        items_.push_back({parameter, gradient, its_state});
      }
      update_items(options);
    }
    return loss;
  }

  /// What is kept for each parameter, in the order of the groups and of the parameters in them.
  std::vector<State>& state() noexcept { return state_; }

  void state_fields(Fields& fields) override {
    state_.resize(size());
    size_t i = 0;
    for (const OptimizerParamGroup& group : param_groups_)
      for (const Tensor& parameter : group.params()) {
        state_[i].fields(fields.in("state." + std::to_string(i), parameter));
        ++i;
      }
  }

 protected:
  /// A parameter that has a gradient.
  struct Item {
    const Tensor &parameter, &gradient;
    State& state;
  };
  /// One step, in place, for parameters of one group that share a dtype and a device: one kernel may serve them
  /// all. Nothing is being recorded.
  virtual void update(const Options& options, std::span<const Item> items) = 0;

 private:
  static std::vector<OptimizerParamGroup> one_group(std::vector<Tensor> parameters) {
    std::vector<OptimizerParamGroup> groups;
    groups.emplace_back(std::move(parameters));
    return groups;
  }
  static bool same_kind(const Tensor& a, const Tensor& b) {
    return a.dtype() == b.dtype() && a.device() == b.device();
  }
  void update_items(const Options& options) {
    if (!items_.empty()) update(options, items_);
    items_.clear();
  }

  std::vector<State> state_;
  std::vector<Item> items_;  // empty between steps; a member so that its memory is kept
};

}  // namespace gradus::optim
