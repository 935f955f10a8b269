#include "nn/containers/parameters.h"

#include <ostream>

namespace gradus::nn {

void ParameterContainer::pretty_print(std::ostream& out) const {
  out << "gradus::nn::" << kind() << "(\n";
  for (const auto& item : parameters_)
    out << '(' << item.key() << "): Parameter containing: [" << item->dtype() << " of size " << item->sizes()
        << "]\n";
  out << ')';
}

void ParameterContainer::add_copies(const ParameterContainer& from, const std::optional<Device>& device) {
  for (const auto& item : from) {
    const Tensor copy = item->detach().clone().to(device.value_or(item->device()));
    add(item.key(), copy.requires_grad_(item->requires_grad()));
  }
  train(from.is_training());
}

const Tensor& ParameterListImpl::at(size_t index) const {
  check(index < size(), "Index out of range: ", index, " in a list of ", size(), " parameters");
  return parameters_[index].value();
}

std::shared_ptr<Module> ParameterListImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ParameterListImpl>();
  copy->add_copies(*this, device);
  return copy;
}

Tensor ParameterDictImpl::pop(const std::string& name) {
  const Tensor parameter = parameters_[name];
  parameters_.erase(name);
  return parameter;
}

std::shared_ptr<Module> ParameterDictImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ParameterDictImpl>();
  copy->add_copies(*this, device);
  return copy;
}

ParameterDictImpl::ParameterDictImpl(const OrderedDict<std::string, Tensor>& parameters) {
  update(parameters);
}

std::vector<std::string> ParameterDictImpl::keys() const { return parameters_.keys(); }

std::vector<Tensor> ParameterDictImpl::values() const { return parameters_.values(); }

}  // namespace gradus::nn
