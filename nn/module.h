// Module: a function with parameters, made of smaller ones. Layers, models and losses are modules.
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
// What is registered can be found: parameters() collects the tensors of the whole tree in the order of
// registration, and train(), to(), zero_grad() and apply() reach every module in it. `forward` is the
// module's own: any arguments, any result.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "nn/ordered_dict.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::nn {

template <class Contained>
class ModuleHolder;

template <class M>
struct ImplOfHolder {
  using type = M;
};
template <class M>
requires requires { typename M::ContainedType; }
struct ImplOfHolder<M> {
  using type = typename M::ContainedType;
};
/// The module class behind a holder (LinearImpl of Linear); a module class itself stays what it is.
template <class M>
using ImplOf = typename ImplOfHolder<M>::type;

class Module : public std::enable_shared_from_this<Module> {
 public:
  using ModuleApplyFunction = std::function<void(Module&)>;
  using NamedModuleApplyFunction = std::function<void(const std::string&, Module&)>;
  using ModulePointerApplyFunction = std::function<void(const std::shared_ptr<Module>&)>;

  Module() = default;
  /// `name` is what printing the module shows; by default the name of its class.
  explicit Module(std::string name) : name_(std::move(name)) {}
  virtual ~Module() = default;
  Module(const Module&) = default;  // shares parameters; clone() copies them
  Module(Module&&) = default;
  Module& operator=(const Module&) = default;
  Module& operator=(Module&&) = default;

  std::string name() const;

  // ---- Registration. Names must not be empty, contain a dot, or be used twice: Error. ----

  /// A tensor to be trained. An undefined one is allowed and skipped by parameters(): a layer without bias.
  Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
  /// A tensor that belongs to the module's state but is not trained, such as a running mean.
  Tensor& register_buffer(std::string name, Tensor tensor);
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> module);
  template <class M>
  std::shared_ptr<M> register_module(std::string name, ModuleHolder<M> module) {
    return register_module(std::move(name), module.ptr());
  }
  /// Puts another module under a name that is in use already.
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, std::shared_ptr<M> module);
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, ModuleHolder<M> module) {
    return replace_module(name, module.ptr());
  }
  void unregister_module(const std::string& name) { children_.erase(name); }

  // ---- What is registered here and, with `recurse`, below; names are paths such as "hidden.weight". ----

  std::vector<Tensor> parameters(bool recurse = true) const { return named_parameters(recurse).values(); }
  OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const { return named_buffers(recurse).values(); }
  OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
  /// This module and all below it. The module itself can be in the list only if a shared_ptr owns it.
  std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_modules(const std::string& name_prefix = {},
                                                                  bool include_self = true) const;
  std::vector<std::shared_ptr<Module>> children() const { return children_.values(); }
  OrderedDict<std::string, std::shared_ptr<Module>> named_children() const { return children_; }

  // ---- What reaches the whole tree ----

  /// Calls the function for this module, then for every module below it, in the order of modules().
  void apply(const ModuleApplyFunction& function);
  void apply(const NamedModuleApplyFunction& function, const std::string& name_prefix = {});
  void apply(const ModulePointerApplyFunction& function) const;
  /// Training mode or evaluation mode: Dropout and BatchNorm differ in them.
  virtual void train(bool on = true);
  void eval() { train(false); }
  virtual bool is_training() const noexcept { return is_training_; }
  /// Moves parameters, buffers and gradients; a dtype is given to those that are floating point. The tensors
  /// stay the same objects, so that an optimiser made before still knows them.
  virtual void to(Device device, Dtype dtype);
  virtual void to(Dtype dtype);
  virtual void to(Device device);
  virtual void zero_grad(bool set_to_none = true);

  /// A deep copy, on `device` if one is given; Error unless the class derives from Cloneable.
  virtual std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const;

  /// This module as a LinearImpl, written as<LinearImpl>() or as<Linear>(); nullptr if it is none.
  template <class M>
  ImplOf<M>* as() noexcept {
    return dynamic_cast<ImplOf<M>*>(this);
  }
  template <class M>
  const ImplOf<M>* as() const noexcept {
    return dynamic_cast<const ImplOf<M>*>(this);
  }

  /// Prints this module without those below it; operator<< prints the tree.
  virtual void pretty_print(std::ostream& out) const { out << name(); }
  friend std::ostream& operator<<(std::ostream& out, const Module& module);

 protected:
  OrderedDict<std::string, Tensor> parameters_{"Parameter"};
  OrderedDict<std::string, std::shared_ptr<Module>> children_{"Submodule"};

 private:
  template <class Derived>
  friend class Cloneable;

  std::shared_ptr<Module>& add_child(std::string name, std::shared_ptr<Module> module);
  void for_each(
      const std::function<void(const Tensor&)>& function) const;  // every parameter and buffer of the tree
  void copy_state_from(const Module& other);
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
  children_[name] = module;
  return module;
}

/// Gives a module clone(): struct Net : nn::Cloneable<Net> { void reset() override {…} … };
///
/// reset() registers everything that the constructor would. A clone is a copy of the object that runs
/// reset(), so that it has tensors of its own, and then takes over the values.
template <class Derived>
class Cloneable : public Module {
 public:
  using Module::Module;

  virtual void reset() = 0;

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    auto copy = std::make_shared<Derived>(static_cast<const Derived&>(*this));
    Module& module = *copy;
    module.parameters_.clear();
    module.buffers_.clear();
    module.children_.clear();
    copy->reset();
    module.copy_state_from(*this);
    if (device) module.to(*device);
    return copy;
  }
};

/// A shared_ptr to a module that reads like the module: Linear(4, 12) makes a LinearImpl, and a copy of a
/// Linear is the same layer. Linear(nullptr) holds none yet.
template <class Contained>
class ModuleHolder {
 public:
  using ContainedType = Contained;

  ModuleHolder() : impl_(std::make_shared<Contained>()) {}
  ModuleHolder(std::nullptr_t) {}                                                // NOLINT
  ModuleHolder(std::shared_ptr<Contained> module) : impl_(std::move(module)) {}  // NOLINT
  template <class Head, class... Tail>
  requires(sizeof...(Tail) > 0 ||
           !std::is_base_of_v<ModuleHolder, std::remove_cvref_t<Head>>) explicit ModuleHolder(Head&& head,
                                                                                              Tail&&... tail)
      : impl_(std::make_shared<Contained>(std::forward<Head>(head), std::forward<Tail>(tail)...)) {}

  const std::shared_ptr<Contained>& ptr() const {
    check(!is_empty(), "Accessing empty ModuleHolder");
    return impl_;
  }
  Contained* get() const { return ptr().get(); }
  Contained* operator->() const { return get(); }
  Contained& operator*() const { return *get(); }
  bool is_empty() const noexcept { return impl_ == nullptr; }
  explicit operator bool() const noexcept { return !is_empty(); }

  template <class... Args>
  auto operator()(Args&&... args) const {
    return get()->forward(std::forward<Args>(args)...);
  }
  template <class Index>
  decltype(auto) operator[](Index&& index) const {
    return (*get())[std::forward<Index>(index)];
  }

  friend std::ostream& operator<<(std::ostream& out, const ModuleHolder& module) { return out << *module; }

 private:
  std::shared_ptr<Contained> impl_;
};

}  // namespace gradus::nn

/// TORCH_MODULE(Net); makes the holder `Net` of a class NetImpl. Gradus itself writes the line out; the macro is
/// here because libtorch's tutorials end every module with it, so that their programs compile.
#define TORCH_MODULE(Name) using Name = ::gradus::nn::ModuleHolder<Name##Impl>
