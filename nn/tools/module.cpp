// More functions of nn::Module: the lists of its parts, and apply, to, zero_grad and clone, which visit the whole tree.
#include "nn/module.h"

namespace gradus::nn {

std::vector<Tensor> Module::buffers(bool recurse) const { return named_buffers(recurse).values(); }
std::vector<std::shared_ptr<Module>> Module::children() const { return children_.values(); }
OrderedDict<std::string, std::shared_ptr<Module>> Module::named_children() const { return children_; }

OrderedDict<std::string, Tensor> Module::named_buffers(bool recurse, bool remove_duplicate) const {
  OrderedDict<std::string, Tensor> all("Buffer");
  append_named(all, &Module::buffers_, "", recurse, remove_duplicate);
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
          " is not owned by a shared_ptr, so it cannot be in the list; ",
          "make it with std::make_shared, or ask for modules(/*include_self=*/false)");
    all.insert(name_prefix, self);
  }
  for (const auto& child : children_)
    for (const auto& item :
         child.value()->named_modules(name_prefix.empty() ? child.key() : name_prefix + "." + child.key()))
      all.insert(item.key(), item.value());
  return all;
}

void Module::apply(const ModuleApplyFunction& function) {
  function(*this);
  for (auto& child : children_) child.value()->apply(function);
}

void Module::apply(const NamedModuleApplyFunction& function, const std::string& name_prefix) {
  function(name_prefix, *this);
  for (const auto& item : named_modules(name_prefix, /*include_self=*/false))
    function(item.key(), *item.value());
}

void Module::apply(const ModulePointerApplyFunction& function) const {
  for (const auto& module : modules()) function(module);
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

// ---- Replacing and copying --------------------------------------------------------------------------------

void Module::replace_child(const std::string& name, std::shared_ptr<Module> module) {
  children_[name] = std::move(module);
}
void Module::unregister_module(const std::string& name) { children_.erase(name); }

void Module::forget_all() {
  parameters_.clear();
  buffers_.clear();
  children_.clear();
}

std::shared_ptr<Module> Module::clone(const std::optional<Device>&) const {
  fail("clone() has not been implemented for ", name(), "; derive it from nn::Cloneable<", name(), ">");
}

void Module::copy_state_from(const Module& other) {
  const auto copy = [&](const auto& from, const auto& to, const char* what) {
    check(from.keys() == to.keys(), "clone: ", name(), " has ", from.size(), " ", what, " and its copy ",
          to.size(), "; register them in reset(), not in the constructor");
    for (size_t i = 0; i < from.size(); ++i) {
      to[i]->requires_grad_(from[i]->requires_grad());
      to[i]->set_data(from[i]->detach().clone());
    }
  };
  copy(other.named_parameters(true, false), named_parameters(true, false), "parameters");
  copy(other.named_buffers(true, false), named_buffers(true, false), "buffers");
  const auto theirs = other.modules(false), ours = modules(false);
  check(theirs.size() == ours.size(), "clone: ", name(), " has ", theirs.size(), " submodules and its copy ",
        ours.size(), "; register them in reset(), not in the constructor");
  for (size_t i = 0; i < ours.size(); ++i) ours[i]->is_training_ = theirs[i]->is_training_;
}

}  // namespace gradus::nn
