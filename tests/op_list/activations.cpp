// Activation functions. The inputs stay away from the kinks.
#include <cmath>

#include "op_list.h"

namespace gradus::test {

std::vector<Op> activation_ops() {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  return {
      {.name = "leaky_relu",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return leaky_relu(x[0], 0.2); },
       .reference = [](double x) { return x > 0 ? x : 0.2 * x; }},
      {.name = "elu",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return elu(x[0], 1.5, 0.7, 0.9); },
       .reference = [](double x) { return 0.7 * (x > 0 ? x : 1.5 * std::expm1(0.9 * x)); }},
      {.name = "celu",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return celu(x[0], 2); },
       .reference = [](double x) { return std::max(0.0, x) + std::min(0.0, 2 * std::expm1(x / 2)); }},
      {.name = "selu",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return selu(x[0]); },
       .reference =
           [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }},
      {.name = "softplus",
       .inputs = {between({3, 4}, -3, 3)},
       .call = [](Inputs x) { return softplus(x[0], 2); },
       .reference = [](double x) { return std::log(1 + std::exp(2 * x)) / 2; }},
      {.name = "log_sigmoid",
       .inputs = {between({3, 4}, -3, 3)},
       .call = [](Inputs x) { return log_sigmoid(x[0]); },
       .reference = [=](double x) { return std::log(sigmoid(x)); }},
      {.name = "gelu",
       .inputs = {between({3, 4}, -3, 3)},
       .call = [](Inputs x) { return gelu(x[0]); },
       .reference = [](double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }},
      {.name = "gelu.tanh",
       .inputs = {between({3, 4}, -3, 3)},
       .call = [](Inputs x) { return gelu(x[0], "tanh"); },
       .reference = [=](double x) { return x * sigmoid(std::sqrt(8 / M_PI) * (x + 0.044715 * x * x * x)); }},
      {.name = "silu",
       .inputs = {between({3, 4}, -3, 3)},
       .call = [](Inputs x) { return silu(x[0]); },
       .reference = [=](double x) { return x * sigmoid(x); }},
      {.name = "mish",
       .inputs = {between({3, 4}, -3, 3)},
       .call = [](Inputs x) { return mish(x[0]); },
       .reference = [](double x) { return x * std::tanh(std::log(1 + std::exp(x))); }},
      {.name = "hardtanh",
       .inputs = {between_steps({3, 4})},
       .call = [](Inputs x) { return hardtanh(x[0], -0.5, 1); },
       .reference = [](double x) { return std::max(-0.5, std::min(1.0, x)); }},
      {.name = "relu6",
       .inputs = {one_of({3, 4}, {-1.5, -0.2, 0.3, 2.5, 5.8, 6.3})},
       .call = [](Inputs x) { return relu6(x[0]); },
       .reference = [](double x) { return std::max(0.0, std::min(6.0, x)); }},
      {.name = "threshold",
       .inputs = {between_steps({3, 4})},
       .call = [](Inputs x) { return threshold(x[0], 0.5, -20); },
       .reference = [](double x) { return x > 0.5 ? x : -20.0; }},
      {.name = "hardshrink",
       .inputs = {between_steps({3, 4})},
       .call = [](Inputs x) { return hardshrink(x[0], 1); },
       .reference = [](double x) { return std::fabs(x) > 1 ? x : 0.0; }},
      {.name = "softshrink",
       .inputs = {between_steps({3, 4})},
       .call = [](Inputs x) { return softshrink(x[0], 0.5); },
       .reference = [](double x) { return std::copysign(std::max(std::fabs(x) - 0.5, 0.0), x); }},
  };
}

}  // namespace gradus::test
