// Modules that hold a list of others: Sequential, a chain of layers, and ModuleList.
#pragma once

#include <concepts>
#include <memory>
#include <string>
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
/// What can be put into a container: a holder such as Linear(4, 12), or a shared_ptr to a module.
template <class T>
concept ModulePointer = requires(const T& module) {
  shared_module(module);
};

/// What the containers have in common.
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
    M* module = ptr(index)->as<M>();
    check(module != nullptr, "module ", index, " is a ", ptr(index)->name(), ", not of the type asked for");
    return *module;
  }
  auto begin() const { return modules_.begin(); }
  auto end() const { return modules_.end(); }

 protected:
  void append(std::string name, std::shared_ptr<Module> module) {
    modules_.push_back(register_module(std::move(name), std::move(module)));
  }
  void append_clones(const ModuleSequence& other) {
    train(other.is_training());  // before the clones come, which bring their own mode
    for (const auto& item : other.named_children()) append(item.key(), item.value()->clone());
  }

 private:
  std::vector<std::shared_ptr<Module>> modules_;
};

/// Layers applied one after another: Sequential net(Linear(4, 12), ReLU(), Linear(12, 3)); net->forward(x).
///
/// Every layer takes one tensor and gives one. Layers are registered as "0", "1", …, or by given names.
class SequentialImpl : public ModuleSequence {
 public:
  template <ModulePointer... Layers>
  explicit SequentialImpl(const Layers&... layers) {
    (push_back(layers), ...);
  }

  template <ModulePointer Layer>
  void push_back(std::string name, const Layer& layer) {
    using Impl = typename std::remove_cvref_t<decltype(shared_module(layer))>::element_type;
    append(std::move(name), shared_module(layer));
    // forward is not virtual, so what calls it is made here, where the layer's type is known.
    forwards_.push_back(
        [](Module& module, const Tensor& x) -> Tensor { return static_cast<Impl&>(module).forward(x); });
  }
  void push_back(const ModulePointer auto& layer) { push_back(std::to_string(size()), layer); }

  Tensor forward(const Tensor& input) {
    check(!is_empty(), "Cannot call forward() on an empty Sequential");
    Tensor x = input;
    for (size_t i = 0; i < size(); ++i) x = forwards_[i](*begin()[i], x);
    return x;
  }

  std::shared_ptr<Module> clone() const override {
    auto copy = std::make_shared<SequentialImpl>();
    copy->append_clones(*this);
    copy->forwards_ = forwards_;
    return copy;
  }
  void pretty_print(std::ostream& out) const override { out << "gradus::nn::Sequential"; }

 private:
  std::vector<Tensor (*)(Module&, const Tensor&)> forwards_;
};
using Sequential = ModuleHolder<SequentialImpl>;

/// A list that registers its modules: parameters() would not find them in a std::vector.
class ModuleListImpl : public ModuleSequence {
 public:
  template <ModulePointer... Modules>
  explicit ModuleListImpl(const Modules&... modules) {
    (push_back(modules), ...);
  }
  void push_back(const ModulePointer auto& module) { append(std::to_string(size()), shared_module(module)); }

  std::shared_ptr<Module> clone() const override {
    auto copy = std::make_shared<ModuleListImpl>();
    copy->append_clones(*this);
    return copy;
  }
  void pretty_print(std::ostream& out) const override { out << "gradus::nn::ModuleList"; }
};
using ModuleList = ModuleHolder<ModuleListImpl>;

}  // namespace gradus::nn
