// ModuleList and ModuleDict: containers that register their modules. parameters() would not find modules in a
// std::vector, because they are not registered.
#pragma once

#include <utility>

#include "nn/sequential.h"

namespace gradus::nn {

/// Modules by number: ModuleList list(Linear(2, 3), ReLU()); list[0].
class ModuleListImpl : public ModuleSequence {
 public:
  template <ModulePointer... Modules>
  explicit ModuleListImpl(const Modules&... modules) {
    (push_back(modules), ...);
  }
  /// Appends a module.
  void push_back(const ModulePointer auto& module) { append(std::to_string(size()), shared_module(module)); }
  /// Inserts a module before number `index`. The names of the modules after it increase by one.
  void insert(size_t index, const ModulePointer auto& module) { insert_module(index, shared_module(module)); }
  /// Appends all modules of another list.
  void extend(const auto& modules) {
    for (const auto& module : modules) push_back(module);
  }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void pretty_print(std::ostream& out) const override;

 private:
  void insert_module(size_t index, std::shared_ptr<Module> module);
};
using ModuleList = ModuleHolder<ModuleListImpl>;

/// Modules by name: ModuleDict dict(ModuleDictImpl::Pairs{{"relu", ReLU().ptr()}}); dict["relu"].
class ModuleDictImpl : public Module {
 public:
  using Pairs = std::vector<std::pair<std::string, std::shared_ptr<Module>>>;
  ModuleDictImpl() = default;
  explicit ModuleDictImpl(const Pairs& modules) { update(modules); }
  explicit ModuleDictImpl(const OrderedDict<std::string, std::shared_ptr<Module>>& modules) {
    update(modules.pairs());
  }

  /// Adds modules. A module whose name is in use replaces the old one.
  void update(const Pairs& modules);
  void update(const auto& items) { update(items.pairs()); }
  /// Removes a module and returns it.
  std::shared_ptr<Module> pop(const std::string& name);
  void clear() { children_.clear(); }

  std::shared_ptr<Module> operator[](const std::string& name) const { return children_[name]; }
  /// The module with this name, which must be of type M: dict->at<LinearImpl>("out").weight.
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
  Pairs items() const;  // names with modules, in order
  std::vector<std::string> keys() const { return children_.keys(); }
  std::vector<std::shared_ptr<Module>> values() const;  // the modules, in order
  auto begin() const { return children_.begin(); }
  auto end() const { return children_.end(); }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void pretty_print(std::ostream& out) const override;
};
using ModuleDict = ModuleHolder<ModuleDictImpl>;

}  // namespace gradus::nn
