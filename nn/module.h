// Module: a function with parameters, composed of smaller modules. Layers, models and losses are modules.
//
//     struct Net : nn::Module {
//       Net() {
//         hidden = register_module("hidden", nn::Linear(4, 12));
//         out = register_module("out", nn::Linear(12, 3));
//       }
//       Tensor forward(const Tensor& x) { return out(relu(hidden(x))); }
//       nn::Linear hidden{nullptr}, out{nullptr};
//     };
//     auto net = std::make_shared<Net>();
//     optim::SGD sgd(net->parameters(), 0.1);
//
// Registered parameters and submodules form a tree. parameters() collects the parameters of the whole tree in
// the order of registration. train(), to(), zero_grad() and apply() visit every module in the tree. `forward`
// is not virtual; each module has its own arguments and result.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "nn/ordered_dict.h"
#include "tensor/tensor.h"

namespace gradus::nn {

template <class Contained>
class ModuleHolder;

/// The module class that a holder holds; for a module class, the class itself.
template <class M>
struct ImplOfHolder {
  using type = M;
};
/// The same for a holder.
template <class M>
requires requires { typename M::ContainedType; }
struct ImplOfHolder<M> {
  using type = typename M::ContainedType;
};
/// The module class of a holder: LinearImpl for Linear. For a module class, the class itself.
template <class M>
using ImplOf = typename ImplOfHolder<M>::type;

/// See the head of this file.
class Module : public std::enable_shared_from_this<Module> {
 public:
  using ModuleApplyFunction = std::function<void(Module&)>;
  using NamedModuleApplyFunction = std::function<void(const std::string&, Module&)>;
  using ModulePointerApplyFunction = std::function<void(const std::shared_ptr<Module>&)>;

  Module();
  /// Printing the module shows `name`, by default the name of its class.
  explicit Module(std::string name);
  virtual ~Module();
  /// A copy shares the parameters; clone() copies them.
  Module(const Module&);
  Module(Module&&) noexcept;
  Module& operator=(const Module&);
  Module& operator=(Module&&) noexcept;

  std::string name() const;  // by default the name of the class

  // ---- Registration. Names must not be empty, contain a dot, or be used twice: Error. ----

  /// A tensor to be trained. It may be undefined, for example in a layer without bias;
  /// parameters() then skips it.
  Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
  /// A tensor of the module's state that is not trained, for example a running mean.
  Tensor& register_buffer(std::string name, Tensor tensor);
  /// A module within this one, whose parameters belong to this one too. Returns it.
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> module);
  template <class M>
  std::shared_ptr<M> register_module(std::string name, ModuleHolder<M> module) {
    return register_module(std::move(name), module.ptr());
  }
  /// Replaces the module with this name. Error if there is none.
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, std::shared_ptr<M> module);
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, ModuleHolder<M> module) {
    return replace_module(name, module.ptr());
  }
  void unregister_module(const std::string& name);  // Error if there is none

  // ---- Registered tensors and modules. Names are paths: "hidden.weight" ----

  /// `recurse` includes the tensors of submodules. A tensor that is registered twice, for example the weight of a layer
  /// that is used in two places, appears once, under its first name. With remove_duplicate = false it appears under each
  /// of its names.
  std::vector<Tensor> parameters(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_parameters(bool recurse = true, bool remove_duplicate = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_buffers(bool recurse = true, bool remove_duplicate = true) const;
  /// This module and all below it. Error if include_self and no shared_ptr owns this module.
  std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_modules(const std::string& name_prefix = {},
                                                                  bool include_self = true) const;
  std::vector<std::shared_ptr<Module>> children() const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_children() const;

  // ---- Functions that visit the whole tree ----

  /// Calls the function with this module, then with every module below it, in the order of modules().
  void apply(const ModuleApplyFunction& function);
  void apply(const NamedModuleApplyFunction& function, const std::string& name_prefix = {});
  void apply(const ModulePointerApplyFunction& function) const;
  /// Sets training or evaluation mode, in which Dropout and BatchNorm behave differently.
  virtual void train(bool on = true);
  void eval() { train(false); }
  virtual bool is_training() const noexcept { return is_training_; }
  /// Converts parameters, buffers and gradients. A dtype changes only floating-point tensors. The tensors
  /// stay the same objects, so that an existing optimiser still refers to them.
  virtual void to(Device device, Dtype dtype);
  virtual void to(Dtype dtype);
  virtual void to(Device device);
  virtual void zero_grad(bool set_to_none = true);

  /// A deep copy, on `device` if one is given; Error unless the class derives from Cloneable.
  virtual std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const;

  /// This module as an M, for example as<LinearImpl>() or as<Linear>(); nullptr if it is of another class.
  template <class M>
  ImplOf<M>* as() noexcept {
    return dynamic_cast<ImplOf<M>*>(this);
  }
  template <class M>
  const ImplOf<M>* as() const noexcept {
    return dynamic_cast<const ImplOf<M>*>(this);
  }

  /// Prints this module without its submodules. operator<< prints the tree.
  virtual void pretty_print(std::ostream& out) const { out << name(); }
  friend std::ostream& operator<<(std::ostream& out, const Module& module);  // the module with its submodules

 protected:
  // For containers, which change the order or the names.
  OrderedDict<std::string, Tensor> parameters_{"Parameter"};
  OrderedDict<std::string, std::shared_ptr<Module>> children_{"Submodule"};

 private:
  template <class Derived>
  friend class Cloneable;

  std::shared_ptr<Module>& add_child(std::string name, std::shared_ptr<Module> module);
  void replace_child(const std::string& name, std::shared_ptr<Module> module);
  void forget_all();
  /// Calls the function with every parameter and buffer of the tree.
  void for_each(const std::function<void(const Tensor&)>& function) const;
  void copy_state_from(const Module& other);
  void append_named(OrderedDict<std::string, Tensor>& all, OrderedDict<std::string, Tensor> Module::*own,
                    const std::string& prefix, bool recurse, bool once) const;
  void print_tree(std::ostream& out, const std::string& indentation) const;

  OrderedDict<std::string, Tensor> buffers_{"Buffer"};
  std::string name_;
  bool is_training_ = true;
};

template <class M>
std::shared_ptr<M> Module::register_module(std::string name, std::shared_ptr<M> module) {
  add_child(std::move(name), module);
  return module;
}

template <class M>
std::shared_ptr<M> Module::replace_module(const std::string& name, std::shared_ptr<M> module) {
  replace_child(name, module);
  return module;
}

/// Gives a module clone(): struct Net : nn::Cloneable<Net> { void reset() override {…} … };
///
/// reset() registers all parameters, buffers and submodules. clone() copies the object, runs reset() on the
/// copy, which gives it tensors of its own, and then copies the values.
template <class Derived>
class Cloneable : public Module {
 public:
  using Module::Module;

  virtual void reset() = 0;  // registers everything

  /// See Module::clone.
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    auto copy = std::make_shared<Derived>(static_cast<const Derived&>(*this));
    Module& module = *copy;
    module.forget_all();
    copy->reset();
    module.copy_state_from(*this);
    if (device) module.to(*device);
    return copy;
  }
};

/// A shared_ptr to a module, with the module's constructors: Linear(4, 12) makes a LinearImpl. A copy of a
/// Linear refers to the same layer. Linear(nullptr) is empty.
template <class Contained>
class ModuleHolder {
 public:
  using ContainedType = Contained;

  ModuleHolder() : impl_(std::make_shared<Contained>()) {}
  ModuleHolder(std::nullptr_t) {}                                                // NOLINT
  ModuleHolder(std::shared_ptr<Contained> module) : impl_(std::move(module)) {}  // NOLINT
  /// Makes a module from these arguments: Linear(4, 12).
  template <class Head, class... Tail>
  requires(sizeof...(Tail) > 0 ||
           !std::is_base_of_v<ModuleHolder, std::remove_cvref_t<Head>>) explicit ModuleHolder(Head&& head,
                                                                                              Tail&&... tail)
      : impl_(std::make_shared<Contained>(std::forward<Head>(head), std::forward<Tail>(tail)...)) {}

  /// The module. Error if the holder is empty.
  const std::shared_ptr<Contained>& ptr() const {
    check(!is_empty(), "Accessing empty ModuleHolder");
    return impl_;
  }
  Contained* get() const { return ptr().get(); }
  Contained* operator->() const { return get(); }
  Contained& operator*() const { return *get(); }
  bool is_empty() const noexcept { return impl_ == nullptr; }
  explicit operator bool() const noexcept { return !is_empty(); }

  /// The module's forward.
  template <class... Args>
  auto operator()(Args&&... args) const {
    return get()->forward(std::forward<Args>(args)...);
  }
  /// The module's operator[].
  template <class Index>
  decltype(auto) operator[](Index&& index) const {
    return (*get())[std::forward<Index>(index)];
  }

  /// The module with its submodules.
  friend std::ostream& operator<<(std::ostream& out, const ModuleHolder& module) { return out << *module; }

 private:
  std::shared_ptr<Contained> impl_;
};

}  // namespace gradus::nn

/// TORCH_MODULE(Net); declares the holder `Net` of a class NetImpl. Gradus itself does not use this
/// macro; it is here so that programs from libtorch's tutorials compile.
#define TORCH_MODULE(Name) using Name = ::gradus::nn::ModuleHolder<Name##Impl>
