// For every optimiser, its formula for one number of type double. Several test programs use this list.
#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "optim/optim.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace rules {

using namespace gradus;

inline Tensor parameter(const std::vector<double>& values) {
  return tensor(values, kFloat64).requires_grad_();
}

inline std::vector<double> values_of(const Tensor& x) {
  const Tensor flat = x.detach().contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

using Parameters = std::vector<Tensor>;
using MakeOptimizer = std::function<std::unique_ptr<optim::Optimizer>(Parameters)>;

template <class Optimizer, class Options>
MakeOptimizer make(const Options& options) {
  return [options](Parameters parameters) { return std::make_unique<Optimizer>(parameters, options); };
}

// ---- Formulas ---------------------------------------------------------------------------------------------

/// One parameter p, with the state that the formulas keep for it.
struct Number {
  double p, m = 0, v = 0, largest = 0, b = 0;
  int t = 0;
};
using Formula = std::function<void(Number& x, double g)>;

struct Rule {
  const char* name;
  MakeOptimizer optimizer;
  Formula step;
};

inline void adam(Number& x, double g, double lr, double beta1, double beta2, double eps) {
  ++x.t;
  x.m = beta1 * x.m + (1 - beta1) * g;
  x.v = beta2 * x.v + (1 - beta2) * g * g;
  const double m = x.m / (1 - std::pow(beta1, x.t)), v = x.v / (1 - std::pow(beta2, x.t));
  x.p -= lr * m / (std::sqrt(v) + eps);
}

inline const Rule all[] = {
    {"SGD", make<optim::SGD>(0.1), [](Number& x, double g) { x.p -= 0.1 * g; }},
    {"SGD_with_weight_decay", make<optim::SGD>(optim::SGDOptions(0.1).weight_decay(0.3)),
     [](Number& x, double g) { x.p -= 0.1 * (g + 0.3 * x.p); }},
    {"SGD_with_momentum", make<optim::SGD>(optim::SGDOptions(0.1).momentum(0.8).dampening(0.25)),
     [](Number& x, double g) {
       x.b = x.t++ == 0 ? g : 0.8 * x.b + 0.75 * g;
       x.p -= 0.1 * x.b;
     }},
    {"Nesterov", make<optim::SGD>(optim::SGDOptions(0.1).momentum(0.8).nesterov(true)),
     [](Number& x, double g) {
       x.b = 0.8 * x.b + g;
       x.p -= 0.1 * (g + 0.8 * x.b);
     }},
    {"Adam", make<optim::Adam>(0.05), [](Number& x, double g) { adam(x, g, 0.05, 0.9, 0.999, 1e-8); }},
    {"Adam_with_weight_decay",
     make<optim::Adam>(optim::AdamOptions(0.05).betas({0.7, 0.9}).eps(0.01).weight_decay(0.2)),
     [](Number& x, double g) { adam(x, g + 0.2 * x.p, 0.05, 0.7, 0.9, 0.01); }},
    {"AdamW", make<optim::AdamW>(optim::AdamWOptions(0.05).weight_decay(0.2)),
     [](Number& x, double g) {
       x.p *= 1 - 0.05 * 0.2;
       adam(x, g, 0.05, 0.9, 0.999, 1e-8);
     }},
    {"amsgrad", make<optim::Adam>(optim::AdamOptions(0.05).betas({0.5, 0.5}).amsgrad(true)),
     [](Number& x, double g) {
       ++x.t;
       x.m = 0.5 * x.m + 0.5 * g;
       x.v = 0.5 * x.v + 0.5 * g * g;
       x.largest = std::max(x.largest, x.v);
       const double correction = 1 - std::pow(0.5, x.t);
       x.p -= 0.05 * (x.m / correction) / (std::sqrt(x.largest / correction) + 1e-8);
     }},
    {"Adagrad",
     make<optim::Adagrad>(optim::AdagradOptions(0.3).lr_decay(0.01).initial_accumulator_value(0.5)),
     [](Number& x, double g) {
       x.v += g * g;
       x.p -= 0.3 / (1 + x.t++ * 0.01) * g / (std::sqrt(0.5 + x.v) + 1e-10);
     }},
    {"RMSprop", make<optim::RMSprop>(optim::RMSpropOptions(0.02).alpha(0.9)),
     [](Number& x, double g) {
       x.v = 0.9 * x.v + 0.1 * g * g;
       x.p -= 0.02 * g / (std::sqrt(x.v) + 1e-8);
     }},
    {"RMSprop_centered", make<optim::RMSprop>(optim::RMSpropOptions(0.02).centered(true).momentum(0.5)),
     [](Number& x, double g) {
       x.v = 0.99 * x.v + 0.01 * g * g;
       x.m = 0.99 * x.m + 0.01 * g;
       x.b = 0.5 * x.b + g / (std::sqrt(x.v - x.m * x.m) + 1e-8);
       x.p -= 0.02 * x.b;
     }},
};

}  // namespace rules
