// Optimizer: updates parameters with the gradients that backward() has computed.
//
//     optim::Adam adam(net->parameters(), 0.01);
//     for (…) {
//       adam.zero_grad();                       // backward() adds to gradients: clear the last step's
//       auto loss = …;
//       loss.backward();
//       adam.step();
//     }
//
// An optimiser has three parts: a struct of options, a struct of state for each parameter, and `update`, the
// formula of one step. This file has what all optimisers share: param groups, closures, checks.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "autograd/grad_mode.h"
#include "optim/fields.h"
#include "tensor/argument.h"
#include "tensor/tensor.h"

namespace gradus::optim {

/// The hyper-parameters of an optimiser. Schedules, groups and files work with the options of any optimiser.
class OptimizerOptions {
 public:
  virtual ~OptimizerOptions() = default;
  virtual std::unique_ptr<OptimizerOptions> clone() const = 0;  // a copy
  virtual double get_lr() const = 0;                            // the learning rate
  virtual void set_lr(double lr) = 0;                           // changes the learning rate
  /// Error unless every value is in its range.
  virtual void validate() const {}
  /// Visits every value, to save or load it.
  virtual void fields(Fields&) { fail("these options have no fields(), so their optimizer cannot be saved"); }
};

/// Base of an options struct with a member lr.
template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
 public:
  std::unique_ptr<OptimizerOptions> clone() const override { return std::make_unique<Derived>(self()); }
  double get_lr() const override { return self().lr(); }
  void set_lr(double lr) override { static_cast<Derived&>(*this).lr(lr); }  // sets lr

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

/// Parameters that share options:
/// {{net->embedding->parameters(), std::make_unique<AdamOptions>(0.1)}, {net->out->parameters()}}.
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
  /// static_cast<AdamOptions&>(group.options()).lr(0.001) changes the learning rate between steps.
  OptimizerOptions& options() const {
    check(has_options(), "param group has no options yet: it gets them when it is added to an optimizer");
    return *options_;
  }
  void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }

 private:
  friend class Optimizer;
  std::vector<Tensor> params_;
  std::unique_ptr<OptimizerOptions> options_;
};

/// See the head of this file.
class Optimizer {
 public:
  using LossClosure = std::function<Tensor()>;  // computes the loss anew, with its gradients

  Optimizer(std::vector<OptimizerParamGroup> groups, std::unique_ptr<OptimizerOptions> defaults);
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer(Optimizer&&) = default;

  /// Updates every parameter that has a gradient. A closure, if given, runs first. It should zero the
  /// gradients, compute the loss, call backward() and return the loss. step() returns that loss.
  ///
  /// If memory runs out within a step, then the groups before this one have made their step. In this group, either all
  /// parameters of one dtype and device have made their step, or none has. (If the closure throws, no parameter has.)
  virtual Tensor step(LossClosure closure = nullptr) = 0;

  /// Makes the gradients undefined, or with set_to_none = false fills them with zeros.
  void zero_grad(bool set_to_none = true);

  /// Adds a group of parameters. If the group has no options, it gets the optimiser's. Error unless the
  /// parameters are floating-point leaves that are in no group yet.
  void add_param_group(OptimizerParamGroup group);

  std::vector<OptimizerParamGroup>& param_groups() noexcept { return param_groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const noexcept { return param_groups_; }
  const std::vector<Tensor>& parameters() const { return param_groups_.at(0).params(); }
  OptimizerOptions& defaults() noexcept { return *defaults_; }
  size_t size() const noexcept;  // the number of parameters in all groups

  /// Visits the state that is kept between steps, to save or load it.
  virtual void state_fields(Fields&) { fail("this optimizer has no state_fields(), so it cannot be saved"); }

 protected:
  /// Calls update_groups(). A program that captures the step does so at each replay: options and counts go on.
  void make_step();
  /// Updates every parameter that has a gradient, once.
  virtual void update_groups() { fail("this optimizer's step cannot be captured"); }

  std::vector<OptimizerParamGroup> param_groups_;  // in the order in which they were added
  std::unique_ptr<OptimizerOptions> defaults_;     // of groups without options
  Lifetime lifetime_;                              // programs that repeat the step must not outlive it
};

/// Error unless `x` (a gradient or a part of the state) has the shape, dtype and device of its parameter.
void check_fits(const char* what, const Tensor& x, const Tensor& parameter);

/// Sets an undefined `state` to zeros of the parameter's shape. Checks a defined `state` with check_fits.
void zeros_at_first(Tensor& state, const Tensor& parameter);

/// Base of an optimiser whose step treats every parameter separately. Each parameter has one State.
template <class Options, class State>
class PerParameterOptimizer : public Optimizer {
 public:
  explicit PerParameterOptimizer(std::vector<OptimizerParamGroup> groups, const Options& defaults = {})
      : Optimizer(std::move(groups), defaults.clone()) {}
  explicit PerParameterOptimizer(std::vector<Tensor> parameters, const Options& defaults = {})
      : PerParameterOptimizer(one_group(std::move(parameters)), defaults) {}

  /// See Optimizer::step.
  Tensor step(LossClosure closure = nullptr) override {
    Tensor loss;
    if (closure) {
      const AutoGradMode recording(true);
      loss = closure();
    }
    make_step();
    return loss;
  }

  /// The state of each parameter, in the order of the groups and of the parameters in them.
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
  /// Calls update() once for each group and kind of parameter.
  void update_groups() final {
    const NoGradGuard no_grad;
    state_.resize(size());
    State* state = state_.data();
    for (const OptimizerParamGroup& group : param_groups_) {
      const auto& options = static_cast<const Options&>(group.options());
      items_.clear();  // an Error may have ended the last step
      for (const Tensor& parameter : group.params()) {
        State& parameter_state = *state++;
        const Tensor& gradient = parameter.grad();
        if (!gradient.defined()) continue;
        check_fits("gradient", gradient, parameter);
        if (!items_.empty() && !same_kind(items_[0].parameter, parameter)) update_items(options);
        items_.push_back({parameter, gradient, parameter_state});
      }
      update_items(options);
    }
  }

  /// A parameter that has a gradient.
  struct Item {
    const Tensor &parameter, &gradient;  // both of one shape
    State& state;                        // of this parameter
  };
  /// One step, in place, without recording. The items belong to one group and share a dtype and a device, so
  /// that one kernel call can update them all.
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
  std::vector<Item> items_;  // empty between steps; a member, so that steps allocate nothing
};

}  // namespace gradus::optim
