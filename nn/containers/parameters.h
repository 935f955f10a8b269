// ParameterList and ParameterDict: containers that register tensors as parameters.
#pragma once

#include <concepts>

#include "nn/module.h"

namespace gradus::nn {

/// The common base of ParameterList and ParameterDict. A parameter is trained if it requires grad
/// when it is added.
class ParameterContainer : public Module {
 public:
  size_t size() const noexcept { return parameters_.size(); }
  auto begin() { return parameters_.begin(); }
  auto end() { return parameters_.end(); }
  auto begin() const { return parameters_.begin(); }
  auto end() const { return parameters_.end(); }
  void pretty_print(std::ostream& out) const override;

 protected:
  virtual const char* kind() const = 0;  // for messages and printing
  Tensor& add(std::string name, const Tensor& parameter) {
    return register_parameter(std::move(name), parameter, parameter.requires_grad());
  }
  /// Adds copies of all parameters of another container.
  void add_copies(const ParameterContainer& from, const std::optional<Device>& device);
};

/// Parameters by number: ParameterList list(U, V); list[0].
class ParameterListImpl : public ParameterContainer {
 public:
  template <std::convertible_to<Tensor>... Tensors>
  explicit ParameterListImpl(const Tensors&... parameters) {
    (append(parameters), ...);
  }
  /// Adds a parameter under the next number.
  void append(const Tensor& parameter) { add(std::to_string(size()), parameter); }
  /// Adds the value of a named entry.
  void append(const OrderedDict<std::string, Tensor>::Item& item) { append(item.value()); }
  /// Appends all.
  void extend(const auto& parameters) {
    for (const auto& parameter : parameters) append(parameter);
  }
  bool is_empty() const noexcept { return parameters_.is_empty(); }
  const Tensor& at(size_t index) const;  // Error if there is none
  const Tensor& operator[](size_t index) const { return at(index); }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;

 private:
  const char* kind() const override { return "ParameterList"; }
};
using ParameterList = ModuleHolder<ParameterListImpl>;

/// Parameters by name: dict->insert("U", U); dict["U"].
class ParameterDictImpl : public ParameterContainer {
 public:
  ParameterDictImpl() = default;
  explicit ParameterDictImpl(const OrderedDict<std::string, Tensor>& parameters);

  Tensor& insert(std::string name, const Tensor& parameter) { return add(std::move(name), parameter); }
  /// Adds parameters. A parameter whose name is in use replaces the old one.
  void update(const auto& parameters) {
    for (const auto& item : parameters)
      if (Tensor* known = parameters_.find(item.key()))
        *known = item.value();
      else
        insert(item.key(), item.value());
  }
  /// Removes a parameter and returns it.
  Tensor pop(const std::string& name);
  void clear() { parameters_.clear(); }

  Tensor& get(const std::string& name) { return parameters_[name]; }
  const Tensor& get(const std::string& name) const { return parameters_[name]; }
  Tensor& operator[](const std::string& name) { return parameters_[name]; }
  const Tensor& operator[](const std::string& name) const { return parameters_[name]; }
  bool contains(const std::string& name) const noexcept { return parameters_.contains(name); }
  bool empty() const noexcept { return parameters_.is_empty(); }
  std::vector<std::string> keys() const;  // the names, in order
  std::vector<Tensor> values() const;     // the parameters, in order

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;

 private:
  const char* kind() const override { return "ParameterDict"; }
};
using ParameterDict = ModuleHolder<ParameterDictImpl>;

}  // namespace gradus::nn
