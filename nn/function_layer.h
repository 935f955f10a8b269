// Layers without parameters, made from a function with options: activations and losses. The function is the
// operator() of the options: options(inputs…) returns the output.
//
//     /// x where x > 0, α (eˣ - 1) elsewhere.
//     struct ELUOptions {
//       Tensor operator()(const Tensor& x) const { return gradus::elu(x, alpha_); }
//       void fields(auto& field) const { field("alpha", alpha_).if_true("inplace", inplace_); }
//       GRADUS_ARG(double, alpha) = 1;
//       GRADUS_ARG(bool, inplace) = false;
//     };
//     GRADUS_LAYER(ELU, elu, ELUOptions);
//
// The last line declares nn::ELU and nn::functional::elu(x, options). fields() lists the options that are
// printed with the layer. GRADUS_ARG ends with a private section, so it comes last in the struct.
#pragma once

#include <concepts>
#include <optional>

#include "nn/enum.h"
#include "nn/module.h"
#include "tensor/argument.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::nn {

// ---- Printing ---------------------------------------------------------------------------------------------

/// Prints a layer as "gradus::nn::ELU(alpha=1, inplace=true)". An option named "" is printed as its value
/// alone. An optional without a value is not printed.
class OptionsPrinter {
 public:
  OptionsPrinter(std::ostream& out, const char* layer);
  template <class T>
  OptionsPrinter& operator()(const char* name, const T& value) {
    start(name) << value;
    return *this;
  }
  template <class T>
  OptionsPrinter& operator()(const char* name, const std::optional<T>& value) {
    return value ? (*this)(name, *value) : *this;
  }
  OptionsPrinter& if_true(const char* name, bool value) { return value ? (*this)(name, value) : *this; }
  void close();

 private:
  std::ostream& start(const char* name);

  std::ostream& out_;
  bool is_first_ = true;
};

/// Prints "gradus::nn::ELU(alpha=1)". Options without fields() print nothing between the parentheses.
template <class Options>
void print_layer(std::ostream& out, const char* name, const Options& options) {
  OptionsPrinter printer(out, name);
  if constexpr (requires { options.fields(printer); }) options.fields(printer);
  printer.close();
}

// ---- Options that are functions ---------------------------------------------------------------------------

/// The options struct of an activation without options.
template <Tensor (*function)(const Tensor&)>
struct NoOptions {
  Tensor operator()(const Tensor& x) const { return function(x); }
};

/// Options of an activation whose only option is to write the result over the input: ReLU(true).
template <Tensor (*function)(const Tensor&)>
struct InplaceOptions {
  InplaceOptions(bool inplace = false) : inplace_(inplace) {}  // NOLINT
  Tensor operator()(const Tensor& x) const { return function(x); }
  void fields(auto& field) const { field.if_true("inplace", inplace_); }
  GRADUS_ARG(bool, inplace);
};

/// Returns options(inputs…). With inplace(true) the result is written over x, and the function gets a copy of
/// x, because its derivative may need the old elements.
template <class Options>
Tensor evaluate(const Options& options, const Tensor& x, const auto&... more) {
  if constexpr (requires { options.inplace(); })
    if (options.inplace()) return x.copy_(options(x.clone(), more...));
  return options(x, more...);
}

/// The function f(inputs…, options = {}) made from `call`, the operator() of an options struct.
template <auto call>
struct FunctionWithOptions;
template <class Options, class... Inputs, Tensor (Options::*call)(Inputs...) const>
struct FunctionWithOptions<call> {
  Tensor operator()(Inputs... inputs, const Options& options = {}) const {
    return evaluate(options, inputs...);
  }
};

/// A string as a template argument.
template <size_t N>
struct LayerName {
  constexpr LayerName(const char (&name)[N]) {  // NOLINT
    for (size_t i = 0; i < N; ++i) text[i] = name[i];
  }
  char text[N];
};

/// The layer y = options(inputs…).
template <LayerName name, class Options>
class FunctionLayer : public Cloneable<FunctionLayer<name, Options>> {
 public:
  template <class... Arguments>
  requires std::constructible_from<Options, Arguments...>
  explicit FunctionLayer(Arguments&&... arguments) : options(std::forward<Arguments>(arguments)...) {}
  void reset() override {}
  template <class... Inputs>
  Tensor forward(const Inputs&... inputs) {
    return evaluate(options, inputs...);
  }
  void pretty_print(std::ostream& out) const override { print_layer(out, name.text, options); }

  Options options;
};

}  // namespace gradus::nn

/// GRADUS_LAYER(ELU, elu, ELUOptions), in namespace gradus::nn, declares
///     nn::ELU, nn::ELUImpl             the layer, as a holder and as a class
///     nn::functional::elu              the function (x, options)
///     nn::functional::ELUFuncOptions   its options under a second name
/// A macro, because no template can declare names.
#define GRADUS_LAYER(Name, function, Options)                            \
  namespace functional {                                                 \
  using Name##FuncOptions = Options;                                     \
  inline constexpr FunctionWithOptions<&Options::operator()> function{}; \
  }                                                                      \
  using Name##Impl = FunctionLayer<#Name, Options>;                      \
  using Name = ModuleHolder<Name##Impl>
