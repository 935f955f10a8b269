#include "nn/containers/modules.h"

#include <ostream>

namespace gradus::nn {

// ---- ModuleList -------------------------------------------------------------------------------------------

void ModuleListImpl::insert_module(size_t index, std::shared_ptr<Module> module) {
  check(index <= size(), "Index out of range: ", index, " in a container of ", size(), " modules");
  modules_.insert(modules_.begin() + static_cast<std::ptrdiff_t>(index), std::move(module));
  children_.clear();
  for (size_t i = 0; i < size(); ++i) register_module(std::to_string(i), modules_[i]);
}

std::shared_ptr<Module> ModuleListImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleListImpl>();
  copy->append_clones(*this, device);
  return copy;
}

void ModuleListImpl::pretty_print(std::ostream& out) const { out << "gradus::nn::ModuleList"; }

// ---- ModuleDict -------------------------------------------------------------------------------------------

void ModuleDictImpl::update(const Pairs& modules) {
  for (const auto& [name, module] : modules)
    contains(name) ? replace_module(name, module) : register_module(name, module);
}

std::shared_ptr<Module> ModuleDictImpl::pop(const std::string& name) {
  const auto module = children_[name];
  unregister_module(name);
  return module;
}

std::shared_ptr<Module> ModuleDictImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleDictImpl>();
  copy->train(is_training());
  for (const auto& item : children_) copy->register_module(item.key(), item.value()->clone(device));
  return copy;
}

void ModuleDictImpl::pretty_print(std::ostream& out) const { out << "gradus::nn::ModuleDict"; }

ModuleDictImpl::Pairs ModuleDictImpl::items() const { return children_.pairs(); }

std::vector<std::shared_ptr<Module>> ModuleDictImpl::values() const { return children_.values(); }

}  // namespace gradus::nn
