// Modules that hold others: Sequential, a chain of layers; ModuleList and ModuleDict, which register what is in them,
// as parameters() would not find modules in a std::vector; ParameterList and ParameterDict, the same for tensors.
#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/module.h"

namespace gradus::nn {

template <class M>
const std::shared_ptr<M>& shared_module(const ModuleHolder<M>& holder) {
  return holder.ptr();
}
template <std::derived_from<Module> M>
const std::shared_ptr<M>& shared_module(const std::shared_ptr<M>& module) {
  return module;
}
template <std::derived_from<Module> M>
std::shared_ptr<M> shared_module(const M& module) {
  return std::make_shared<M>(module);
}
/// What can be put into a container: a holder such as Linear(4, 12), a shared_ptr to a module, or a module itself.
template <class T>
concept ModulePointer = requires(const T& module) {
  shared_module(module);
};

// ---- Lists of modules -------------------------------------------------------------------------------------

/// What Sequential and ModuleList have in common.
class ModuleSequence : public Module {
 public:
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }
  std::shared_ptr<Module> ptr(size_t index) const {
    check(index < size(), "Index out of range: ", index, " in a container of ", size(), " modules");
    return modules_[index];
  }
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }
  /// Module `index`, which must be of type M: net->at<LinearImpl>(0).weight.
  template <class M>
  M& at(size_t index) const {
    return *ptr<M>(index);
  }
  template <class M>
  std::shared_ptr<M> ptr(size_t index) const {
    const auto module = std::dynamic_pointer_cast<M>(ptr(index));
    check(module != nullptr, "module ", index, " is a ", ptr(index)->name(), ", not of the type asked for");
    return module;
  }
  auto begin() const { return modules_.begin(); }
  auto end() const { return modules_.end(); }

 protected:
  void append(std::string name, std::shared_ptr<Module> module) {
    modules_.push_back(register_module(std::move(name), std::move(module)));
  }
  void append_clones(const ModuleSequence& other, const std::optional<Device>& device) {
    train(other.is_training());  // before the clones come, which bring their own mode
    for (const auto& item : other.named_children()) append(item.key(), item.value()->clone(device));
  }

  std::vector<std::shared_ptr<Module>> modules_;  // those of children_
};

/// A layer as Sequential keeps it: {"hidden", Linear(4, 12)}. Any module fits whose forward(x) gives a tensor.
struct NamedLayer {
  template <ModulePointer Layer>
  NamedLayer(std::string name, const Layer& layer)
      : name(std::move(name)),
        module(shared_module(layer)),
        forward(&call<decltype(*shared_module(layer))>) {}

  std::string name;
  std::shared_ptr<Module> module;
  /// forward is not virtual, so what calls it is made here, where the layer's type is known.
  Tensor (*forward)(Module& module, const Tensor& x);

 private:
  template <class Layer>
  static Tensor call(Module& module, const Tensor& x) {
    return static_cast<Layer>(module).forward(x);
  }
};

/// Layers applied one after another: Sequential net(Linear(4, 12), ReLU(), Linear(12, 3)); net->forward(x).
///
/// Every layer takes one tensor and gives one. Layers are registered as "0", "1", …, or by given names:
/// Sequential net({{"hidden", Linear(4, 12)}, {"act", ReLU()}, {"out", Linear(12, 3)}}).
class SequentialImpl : public ModuleSequence {
 public:
  template <ModulePointer... Layers>
  explicit SequentialImpl(const Layers&... layers) {
    (push_back(layers), ...);
  }
  explicit SequentialImpl(std::initializer_list<NamedLayer> layers) {
    for (const NamedLayer& layer : layers) push_back(layer);
  }

  void push_back(const NamedLayer& layer) {
    append(layer.name, layer.module);
    forwards_.push_back(layer.forward);
  }
  void push_back(std::string name, const ModulePointer auto& layer) {
    push_back(NamedLayer(std::move(name), layer));
  }
  void push_back(const ModulePointer auto& layer) { push_back(std::to_string(size()), layer); }

  Tensor forward(const Tensor& input) {
    check(!is_empty(), "Cannot call forward() on an empty Sequential");
    Tensor x = input;
    for (size_t i = 0; i < size(); ++i) x = forwards_[i](*modules_[i], x);
    return x;
  }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    auto copy = std::make_shared<SequentialImpl>();
    copy->append_clones(*this, device);
    copy->forwards_ = forwards_;
    return copy;
  }
  void pretty_print(std::ostream& out) const override { out << "gradus::nn::Sequential"; }

 private:
  std::vector<Tensor (*)(Module&, const Tensor&)> forwards_;
};
struct Sequential : ModuleHolder<SequentialImpl> {
  using ModuleHolder::ModuleHolder;
  Sequential() = default;
  Sequential(std::initializer_list<NamedLayer> layers)
      : ModuleHolder(std::make_shared<SequentialImpl>(layers)) {}
};

class ModuleListImpl : public ModuleSequence {
 public:
  template <ModulePointer... Modules>
  explicit ModuleListImpl(const Modules&... modules) {
    (push_back(modules), ...);
  }
  void push_back(const ModulePointer auto& module) { append(std::to_string(size()), shared_module(module)); }
  /// Puts a module before number `index`; those from there on get the next names.
  void insert(size_t index, const ModulePointer auto& module) {
    check(index <= size(), "Index out of range: ", index, " in a container of ", size(), " modules");
    modules_.insert(modules_.begin() + static_cast<std::ptrdiff_t>(index), shared_module(module));
    children_.clear();
    for (size_t i = 0; i < size(); ++i) register_module(std::to_string(i), modules_[i]);
  }
  /// Appends all modules of another list.
  void extend(const auto& modules) {
    for (const auto& module : modules) push_back(module);
  }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    auto copy = std::make_shared<ModuleListImpl>();
    copy->append_clones(*this, device);
    return copy;
  }
  void pretty_print(std::ostream& out) const override { out << "gradus::nn::ModuleList"; }
};
using ModuleList = ModuleHolder<ModuleListImpl>;

// ---- Modules and parameters by name -----------------------------------------------------------------------

/// Modules by name: ModuleDict dict(std::vector<std::pair<std::string, std::shared_ptr<Module>>>{…}); dict["relu"].
class ModuleDictImpl : public Module {
 public:
  using Pairs = std::vector<std::pair<std::string, std::shared_ptr<Module>>>;
  ModuleDictImpl() = default;
  explicit ModuleDictImpl(const Pairs& modules) { update(modules); }
  explicit ModuleDictImpl(const OrderedDict<std::string, std::shared_ptr<Module>>& modules) {
    update(modules.pairs());
  }

  /// Adds modules; one whose name is there already takes the place of that.
  void update(const Pairs& modules) {
    for (const auto& [name, module] : modules)
      contains(name) ? replace_module(name, module) : register_module(name, module);
  }
  void update(const auto& items) { update(items.pairs()); }
  /// Removes a module, and returns it.
  std::shared_ptr<Module> pop(const std::string& name) {
    const auto module = children_[name];
    unregister_module(name);
    return module;
  }
  void clear() { children_.clear(); }

  std::shared_ptr<Module> operator[](const std::string& name) const { return children_[name]; }
  template <class M>
  M& at(const std::string& name) const {
    auto* module = dynamic_cast<M*>(children_[name].get());
    check(module != nullptr, "module '", name, "' is a ", children_[name]->name(),
          ", not of the type asked for");
    return *module;
  }
  bool contains(const std::string& name) const noexcept { return children_.contains(name); }
  size_t size() const noexcept { return children_.size(); }
  bool empty() const noexcept { return children_.is_empty(); }
  Pairs items() const { return children_.pairs(); }
  std::vector<std::string> keys() const { return children_.keys(); }
  std::vector<std::shared_ptr<Module>> values() const { return children_.values(); }
  auto begin() const { return children_.begin(); }
  auto end() const { return children_.end(); }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    auto copy = std::make_shared<ModuleDictImpl>();
    copy->train(is_training());
    for (const auto& item : children_) copy->register_module(item.key(), item.value()->clone(device));
    return copy;
  }
  void pretty_print(std::ostream& out) const override { out << "gradus::nn::ModuleDict"; }
};
using ModuleDict = ModuleHolder<ModuleDictImpl>;

/// What ParameterList and ParameterDict have in common. A parameter is trained if it requires grad when it comes.
class ParameterContainer : public Module {
 public:
  size_t size() const noexcept { return parameters_.size(); }
  auto begin() { return parameters_.begin(); }
  auto end() { return parameters_.end(); }
  auto begin() const { return parameters_.begin(); }
  auto end() const { return parameters_.end(); }
  void pretty_print(std::ostream& out) const override {
    out << "gradus::nn::" << kind() << "(\n";
    for (const auto& item : parameters_)
      out << '(' << item.key() << "): Parameter containing: [" << item->dtype() << " of size "
          << item->sizes() << "]\n";
    out << ')';
  }

 protected:
  virtual const char* kind() const = 0;
  Tensor& add(std::string name, const Tensor& parameter) {
    return register_parameter(std::move(name), parameter, parameter.requires_grad());
  }
  template <class Container>
  static std::shared_ptr<Container> copy_of(const Container& from, const std::optional<Device>& device) {
    auto copy = std::make_shared<Container>();
    for (const auto& item : from)
      copy->add(
          item.key(),
          item->detach().clone().to(device.value_or(item->device())).requires_grad_(item->requires_grad()));
    copy->train(from.is_training());
    return copy;
  }
};

/// Parameters by number: ParameterList list(U, V); list[0].
class ParameterListImpl : public ParameterContainer {
 public:
  template <std::convertible_to<Tensor>... Tensors>
  explicit ParameterListImpl(const Tensors&... parameters) {
    (append(parameters), ...);
  }
  void append(const Tensor& parameter) { add(std::to_string(size()), parameter); }
  void append(const OrderedDict<std::string, Tensor>::Item& item) { append(item.value()); }
  void extend(const auto& parameters) {
    for (const auto& parameter : parameters) append(parameter);
  }
  bool is_empty() const noexcept { return parameters_.is_empty(); }
  const Tensor& at(size_t index) const {
    check(index < size(), "Index out of range: ", index, " in a list of ", size(), " parameters");
    return parameters_[index].value();
  }
  const Tensor& operator[](size_t index) const { return at(index); }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    return copy_of(*this, device);
  }

 private:
  friend ParameterContainer;
  const char* kind() const override { return "ParameterList"; }
};
using ParameterList = ModuleHolder<ParameterListImpl>;

/// Parameters by name: dict->insert("U", U); dict["U"].
class ParameterDictImpl : public ParameterContainer {
 public:
  ParameterDictImpl() = default;
  explicit ParameterDictImpl(const OrderedDict<std::string, Tensor>& parameters) { update(parameters); }

  Tensor& insert(std::string name, const Tensor& parameter) { return add(std::move(name), parameter); }
  /// Adds parameters; one whose name is there already takes the place of that.
  void update(const auto& parameters) {
    for (const auto& item : parameters)
      if (Tensor* known = parameters_.find(item.key()))
        *known = item.value();
      else
        insert(item.key(), item.value());
  }
  /// Removes a parameter, and returns it.
  Tensor pop(const std::string& name) {
    const Tensor parameter = parameters_[name];
    parameters_.erase(name);
    return parameter;
  }
  void clear() { parameters_.clear(); }

  Tensor& get(const std::string& name) { return parameters_[name]; }
  const Tensor& get(const std::string& name) const { return parameters_[name]; }
  Tensor& operator[](const std::string& name) { return parameters_[name]; }
  const Tensor& operator[](const std::string& name) const { return parameters_[name]; }
  bool contains(const std::string& name) const noexcept { return parameters_.contains(name); }
  bool empty() const noexcept { return parameters_.is_empty(); }
  std::vector<std::string> keys() const { return parameters_.keys(); }
  std::vector<Tensor> values() const { return parameters_.values(); }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    return copy_of(*this, device);
  }

 private:
  friend ParameterContainer;
  const char* kind() const override { return "ParameterDict"; }
};
using ParameterDict = ModuleHolder<ParameterDictImpl>;

}  // namespace gradus::nn
