// Layers without parameters: Flatten, Identity, and Functional, which calls a given function.
#pragma once

#include <functional>

#include "nn/function_layer.h"

namespace gradus::nn {

struct FlattenOptions {
  Tensor operator()(const Tensor& x) const { return x.flatten(start_dim_, end_dim_); }
  void fields(auto& field) const { field("start_dim", start_dim_)("end_dim", end_dim_); }
  GRADUS_ARG(int64_t, start_dim) = 1;
  GRADUS_ARG(int64_t, end_dim) = -1;
};
/// Joins dimensions start_dim to end_dim into one. By default (N, a, b, …) becomes (N, a · b · …).
using FlattenImpl = FunctionLayer<"Flatten", FlattenOptions>;
using Flatten = ModuleHolder<FlattenImpl>;

inline Tensor identity_of(const Tensor& x) { return x; }
using IdentityImpl = FunctionLayer<"Identity", NoOptions<identity_of>>;
using Identity = ModuleHolder<IdentityImpl>;

/// Any function as a layer: Functional(relu), or a lambda.
class FunctionalImpl : public Cloneable<FunctionalImpl> {
 public:
  explicit FunctionalImpl(std::function<Tensor(Tensor)> function) : function_(std::move(function)) {}
  void reset() override {}
  Tensor forward(const Tensor& x) { return function_(x); }
  void pretty_print(std::ostream& out) const override { print_layer(out, "Functional", 0); }

 private:
  std::function<Tensor(Tensor)> function_;
};
using Functional = ModuleHolder<FunctionalImpl>;

}  // namespace gradus::nn
