#include "nn/module.h"

#include <cxxabi.h>

#include <cstdlib>
#include <typeinfo>

#include "autograd/grad_mode.h"

namespace gradus::nn {
namespace {

std::string joined(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

void check_name(const char* what, const std::string& name) {
  check(!name.empty(), what, " name must not be empty");
  check(name.find('.') == std::string::npos, what, " name must not contain a dot (got '", name, "')");
}

using Tensors = OrderedDict<std::string, Tensor>;

void append_defined(Tensors& all, const std::string& prefix, const Tensors& some) {
  for (const auto& item : some)
    if (item->defined()) all.insert(joined(prefix, item.key()), *item);
}

}  // namespace

// Defined here, so that code which includes module.h does not compile them.
Module::Module() = default;
Module::Module(std::string name) : name_(std::move(name)) {}
Module::~Module() = default;
Module::Module(const Module&) = default;
Module::Module(Module&&) noexcept = default;
Module& Module::operator=(const Module&) = default;
Module& Module::operator=(Module&&) noexcept = default;

std::string Module::name() const {
  if (!name_.empty()) return name_;
  const char* mangled = typeid(*this).name();
  char* text = abi::__cxa_demangle(mangled, nullptr, nullptr, nullptr);
  const std::string name = text ? text : mangled;
  std::free(text);
  return name;
}

Tensor& Module::register_parameter(std::string name, Tensor tensor, bool requires_grad) {
  check_name("Parameter", name);
  if (tensor.defined()) tensor.requires_grad_(requires_grad);
  return parameters_.insert(std::move(name), std::move(tensor));
}

Tensor& Module::register_buffer(std::string name, Tensor tensor) {
  check_name("Buffer", name);
  return buffers_.insert(std::move(name), std::move(tensor));
}

std::shared_ptr<Module>& Module::add_child(std::string name, std::shared_ptr<Module> module) {
  check_name("Submodule", name);
  check(module != nullptr, "Submodule '", name, "' is empty");
  return children_.insert(std::move(name), std::move(module));
}

void Module::replace_child(const std::string& name, std::shared_ptr<Module> module) {
  children_[name] = std::move(module);
}
void Module::unregister_module(const std::string& name) { children_.erase(name); }

void Module::forget_all() {
  parameters_.clear();
  buffers_.clear();
  children_.clear();
}

std::vector<Tensor> Module::parameters(bool recurse) const { return named_parameters(recurse).values(); }
std::vector<Tensor> Module::buffers(bool recurse) const { return named_buffers(recurse).values(); }
std::vector<std::shared_ptr<Module>> Module::children() const { return children_.values(); }
OrderedDict<std::string, std::shared_ptr<Module>> Module::named_children() const { return children_; }

OrderedDict<std::string, Tensor> Module::named_parameters(bool recurse) const {
  Tensors all("Parameter");
  append_defined(all, "", parameters_);
  if (recurse)
    for (const auto& child : children_) append_defined(all, child.key(), child.value()->named_parameters());
  return all;
}

OrderedDict<std::string, Tensor> Module::named_buffers(bool recurse) const {
  Tensors all("Buffer");
  append_defined(all, "", buffers_);
  if (recurse)
    for (const auto& child : children_) append_defined(all, child.key(), child.value()->named_buffers());
  return all;
}

std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
  return named_modules({}, include_self).values();
}

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_modules(const std::string& name_prefix,
                                                                        bool include_self) const {
  OrderedDict<std::string, std::shared_ptr<Module>> all("Submodule");
  if (include_self) {
    const auto self = std::const_pointer_cast<Module>(weak_from_this().lock());
    check(self != nullptr, "modules: this ", name(),
          " is not owned by a shared_ptr, so it cannot be in the list; make ",
          "it with std::make_shared, or ask for modules(/*include_self=*/false)");
    all.insert(name_prefix, self);
  }
  for (const auto& child : children_)
    for (const auto& item : child.value()->named_modules(joined(name_prefix, child.key())))
      all.insert(item.key(), item.value());
  return all;
}

void Module::apply(const ModuleApplyFunction& function) {
  function(*this);
  for (auto& child : children_) child.value()->apply(function);
}

void Module::apply(const NamedModuleApplyFunction& function, const std::string& name_prefix) {
  function(name_prefix, *this);
  for (auto& child : children_) child.value()->apply(function, joined(name_prefix, child.key()));
}

void Module::apply(const ModulePointerApplyFunction& function) const {
  for (const auto& module : modules()) function(module);
}

void Module::train(bool on) {
  is_training_ = on;
  for (auto& child : children_) child.value()->train(on);
}

void Module::for_each(const std::function<void(const Tensor&)>& function) const {
  for (const Tensor& parameter : parameters()) function(parameter);
  for (const Tensor& buffer : buffers()) function(buffer);
}

void Module::to(Device device, Dtype dtype) {
  to(device);
  to(dtype);
}

void Module::to(Dtype dtype) {
  check(is_floating_point(dtype), "Module::to: parameters are floating point, they cannot become ", dtype);
  for_each([dtype](const Tensor& x) {
    if (!x.is_floating_point()) return;
    x.set_data(x.detach().to(dtype));
    if (x.grad().defined()) x.mutable_grad() = x.grad().detach().to(dtype);
  });
}

void Module::to(Device device) {
  for_each([device](const Tensor& x) {
    x.set_data(x.detach().to(device));
    if (x.grad().defined()) x.mutable_grad() = x.grad().detach().to(device);
  });
}

void Module::zero_grad(bool set_to_none) {
  for (const Tensor& parameter : parameters()) {
    Tensor& gradient = parameter.mutable_grad();
    if (set_to_none)
      gradient.reset();
    else if (gradient.defined())
      gradient.detach_().zero_();
  }
}

std::shared_ptr<Module> Module::clone(const std::optional<Device>&) const {
  fail("clone() has not been implemented for ", name(), "; derive it from nn::Cloneable<", name(), ">");
}

void Module::copy_state_from(const Module& other) {
  const auto copy = [&](const Tensors& from, const Tensors& to, const char* what) {
    check(from.keys() == to.keys(), "clone: ", name(), " has ", from.size(), " ", what, " and its copy ",
          to.size(), "; register them in reset(), not in the constructor");
    for (size_t i = 0; i < from.size(); ++i) {
      to[i]->requires_grad_(from[i]->requires_grad());
      to[i]->set_data(from[i]->detach().clone());
    }
  };
  copy(other.named_parameters(), named_parameters(), "parameters");
  copy(other.named_buffers(), named_buffers(), "buffers");
  const auto theirs = other.modules(false), ours = modules(false);
  check(theirs.size() == ours.size(), "clone: ", name(),
        " has other submodules than its copy; register them in reset()");
  for (size_t i = 0; i < ours.size(); ++i) ours[i]->is_training_ = theirs[i]->is_training_;
}

void Module::print_tree(std::ostream& out, const std::string& indentation) const {
  pretty_print(out);
  if (children_.is_empty()) return;
  out << "(\n";
  for (const auto& child : children_) {
    out << indentation << "  (" << child.key() << "): ";
    child.value()->print_tree(out, indentation + "  ");
    out << '\n';
  }
  out << indentation << ')';
}

std::ostream& operator<<(std::ostream& out, const Module& module) {
  module.print_tree(out, "");
  return out;
}

}  // namespace gradus::nn
