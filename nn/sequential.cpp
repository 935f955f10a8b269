#include "nn/sequential.h"

#include <ostream>

namespace gradus::nn {

std::shared_ptr<Module> ModuleSequence::ptr(size_t index) const {
  check(index < size(), "Index out of range: ", index, " in a container of ", size(), " modules");
  return modules_[index];
}

void ModuleSequence::append(std::string name, std::shared_ptr<Module> module) {
  modules_.push_back(register_module(std::move(name), std::move(module)));
}

void ModuleSequence::append_clones(const ModuleSequence& other, const std::optional<Device>& device) {
  train(other.is_training());  // comes first, because the clones keep their own modes
  for (const auto& item : other.named_children()) append(item.key(), item.value()->clone(device));
}

void SequentialImpl::push_back(const NamedLayer& layer) {
  append(layer.name, layer.module);
  forwards_.push_back(layer.forward);
}

Tensor SequentialImpl::forward(const Tensor& input) {
  check(!is_empty(), "Cannot call forward() on an empty Sequential");
  Tensor x = input;
  for (size_t i = 0; i < size(); ++i) x = forwards_[i](*modules_[i], x);
  return x;
}

std::shared_ptr<Module> SequentialImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<SequentialImpl>();
  copy->append_clones(*this, device);
  copy->forwards_ = forwards_;
  return copy;
}

void SequentialImpl::pretty_print(std::ostream& out) const { out << "gradus::nn::Sequential"; }

Sequential::Sequential(std::initializer_list<NamedLayer> layers)
    : ModuleHolder(std::make_shared<SequentialImpl>(layers)) {}

}  // namespace gradus::nn
