#include "nn/module.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <typeinfo>

#include "kernels/text_stream.h"

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

}  // namespace

// Defined here so that files that include module.h need not compile them.
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

std::vector<Tensor> Module::parameters(bool recurse) const { return named_parameters(recurse).values(); }

/// Appends the parameters or the buffers. If `once`, leaves out tensors that came before under another name.
void Module::append_named(Tensors& all, Tensors Module::*own, const std::string& prefix, bool recurse,
                          bool once) const {
  for (const auto& item : this->*own) {
    const auto is_same = [&](const auto& known) { return known->is_same(*item); };
    if (item->defined() && !(once && std::ranges::any_of(all, is_same)))
      all.insert(joined(prefix, item.key()), *item);
  }
  if (!recurse) return;
  for (const auto& child : children_)
    child.value()->append_named(all, own, joined(prefix, child.key()), true, once);
}

Tensors Module::named_parameters(bool recurse, bool remove_duplicate) const {
  Tensors all("Parameter");
  append_named(all, &Module::parameters_, "", recurse, remove_duplicate);
  return all;
}

void Module::train(bool on) {
  is_training_ = on;
  for (auto& child : children_) child.value()->train(on);
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
  TextStream text;  // digits as in every locale
  module.print_tree(text, "");
  return out << text.view();
}

}  // namespace gradus::nn
