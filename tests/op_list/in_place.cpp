// In-place ops on a tensor inside a graph. Each entry writes into a copy (`target`), since the inputs are leaves.
#include <cmath>

#include "op_list.h"

namespace gradus::test {
namespace {

using indexing::Slice;

std::vector<Op> arithmetic_in_place() {
  return {
      {.name = "add_",
       .inputs = {any({3, 4}), any({4})},
       .call = [](Inputs x) { return target(x[0]).add_(x[1]); },
       .reference = [](double a, double b) { return a + b; }},
      {.name = "add_.alpha",
       .inputs = {any({3, 4}), any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).add_(x[1], -0.5); },
       .reference = [](double a, double b) { return a - 0.5 * b; }},
      {.name = "add_.number",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).add_(2, 1.5); },
       .reference = [](double a) { return a + 3; }},
      {.name = "add_.operator",
       .inputs = {any({3, 4}), any({3, 4})},
       .call =
           [](Inputs x) {
             Tensor y = x[0] * 2;
             y += x[1];
             y += 1;
             return y;
           },
       .reference = [](double a, double b) { return 2 * a + b + 1; }},
      {.name = "sub_",
       .inputs = {any({3, 4}), any({3, 1})},
       .call = [](Inputs x) { return target(x[0]).sub_(x[1]); },
       .reference = [](double a, double b) { return a - b; }},
      {.name = "sub_.number",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).sub_(2, 0.5); },
       .reference = [](double a) { return a - 1; }},
      {.name = "mul_",
       .inputs = {any({3, 4}), any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).mul_(x[1]); },
       .reference = [](double a, double b) { return a * b; }},
      {.name = "mul_.by_itself",
       .inputs = {any({3, 4})},
       .call =
           [](Inputs x) {
             const Tensor y = x[0] * 3;
             return y.mul_(y);
           },
       .reference = [](double a) { return 9 * a * a; }},
      {.name = "mul_.number",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).mul_(-3); },
       .reference = [](double a) { return -3 * a; }},
      // Writes into a tensor that was outside the graph.
      {.name = "mul_.into_constant",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return gradus::full_like(x[0].detach(), 2.5).mul_(x[0]); },
       .reference = [](double a) { return 2.5 * a; }},
      {.name = "div_",
       .inputs = {any({3, 4}), any({4})},
       .call = [](Inputs x) { return target(x[0]).div_(x[1]); },
       .reference = [](double a, double b) { return a / b; }},
      {.name = "div_.number",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).div_(-4); },
       .reference = [](double a) { return a / -4; }},
      {.name = "clamp_",
       .inputs = {between_steps({3, 4})},
       .call = [](Inputs x) { return target(x[0]).clamp_(-1, 1); },
       .reference = [](double a) { return a < -1  ? -1.0
                                          : a > 1 ? 1.0
                                                  : a; }},
  };
}

std::vector<Op> writes() {
  return {
      {.name = "fill_",
       .inputs = {any({3, 4}), any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).fill_(2) * x[1] + x[0]; },
       .reference = [](double a, double b) { return 2 * b + a; }},
      {.name = "zero_",
       .inputs = {any({3, 4}), any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).zero_() + x[1]; },
       .reference = [](double, double b) { return b; }},
      {.name = "copy_",
       .inputs = {any({3, 4}), any({4})},
       .call = [](Inputs x) { return target(x[0]).copy_(x[1]) * 2; },
       .reference =
           [](const Arrays& x) {
             return build({3, 4}, [&](const Index& i) { return 2 * x[1]({i[1]}); });
           }},
      {.name = "index_put_",
       .inputs = {any({4, 3}), exactly({2}, {2, 0}, kInt64), any({2, 3})},
       .call = [](Inputs x) { return target(x[0]).index_put_({x[1]}, x[2]); },
       .reference =
           [](const Arrays& x) {
             Array y = x[0];
             for_each_index({2, 3}, [&](const Index& i) { y({i[0] == 0 ? 2 : 0, i[1]}) = x[2](i); });
             return y;
           }},
      {.name = "index_put_.mask_number",
       .inputs = {any({3, 4}), mask({3, 4})},
       .call = [](Inputs x) { return target(x[0]).index_put_({x[1]}, 5); },
       .reference = [](double a, double c) { return c != 0 ? 5.0 : a; }},
      {.name = "index_put_.mask",
       .inputs = {any({3, 4}), mask({3, 4}).not_expanding(), any({})},
       .call = [](Inputs x) { return target(x[0]).index_put_({x[1]}, x[2]); },
       .reference = [](double a, double c, double b) { return c != 0 ? b : a; }},
  };
}

// pointwise.cpp and arithmetic.cpp check y = f(y). Here y.f_() writes f(y) over a tensor inside a graph.
std::vector<Op> functions_in_place() {
  const auto unary = [](std::string name, Input input, Tensor& (Tensor::*f)() const,
                        double (*reference)(double)) {
    return Op{.name = std::move(name),
              .inputs = {std::move(input)},
              .call = [f](Inputs x) { return (target(x[0]).*f)(); },
              .reference = reference};
  };
  return {
      unary("neg_", any({3, 4}), &Tensor::neg_, [](double a) { return -a; }),
      unary("abs_", any({3, 4}), &Tensor::abs_, [](double a) { return std::fabs(a); }),
      unary("exp_", any({3, 4}), &Tensor::exp_, [](double a) { return std::exp(a); }),
      unary("log_", positive({3, 4}), &Tensor::log_, [](double a) { return std::log(a); }),
      unary("sqrt_", positive({3, 4}), &Tensor::sqrt_, [](double a) { return std::sqrt(a); }),
      unary("square_", any({3, 4}), &Tensor::square_, [](double a) { return a * a; }),
      unary("tanh_", any({3, 4}), &Tensor::tanh_, [](double a) { return std::tanh(a); }),
      unary("sigmoid_", any({3, 4}), &Tensor::sigmoid_, [](double a) { return 1 / (1 + std::exp(-a)); }),
      unary("relu_", any({3, 4}), &Tensor::relu_, [](double a) { return std::max(a, 0.0); }),
      {.name = "clamp_min_",
       .inputs = {between_steps({3, 4})},
       .call = [](Inputs x) { return target(x[0]).clamp_min_(0.5); },
       .reference = [](double a) { return std::max(a, 0.5); }},
      {.name = "clamp_max_",
       .inputs = {between_steps({3, 4})},
       .call = [](Inputs x) { return target(x[0]).clamp_max_(0.5); },
       .reference = [](double a) { return std::min(a, 0.5); }},
      {.name = "pow_",
       .inputs = {positive({3, 4}), any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).pow_(x[1]); },
       .reference = [](double a, double b) { return std::pow(a, b); }},
      {.name = "pow_.number",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return target(x[0]).pow_(3); },
       .reference = [](double a) { return a * a * a; }},
  };
}

// Writes through views. The result is the base, or another view of the base.
std::vector<Op> writes_through_views() {
  return {
      {.name = "mul_.through_row",
       .inputs = {any({3, 4}), any({4})},
       .call =
           [](Inputs x) {
             const Tensor y = x[0] * 2;
             y[1].mul_(x[1]);
             return y;
           },
       .reference =
           [](const Arrays& x) {
             return build({3, 4},
                          [&](const Index& i) { return 2 * x[0](i) * (i[0] == 1 ? x[1]({i[1]}) : 1); });
           }},
      {.name = "mul_.seen_by_others",
       .inputs = {any({3, 4})},
       .call =
           [](Inputs x) {
             const Tensor y = x[0] * 1, seen_before = y.t().slice(0, 1);
             y.slice(1, 0, 4, 2).mul_(y.slice(1, 1, 4, 2).clone());
             return seen_before * seen_before;
           },
       .reference =
           [](const Arrays& x) {
             return build({3, 3}, [&](const Index& i) {
               const int64_t row = i[1], column = i[0] + 1;
               const double y = x[0]({row, column}) * (column == 2 ? x[0]({row, 3}) : 1);
               return y * y;
             });
           }},
      {.name = "copy_.through_views_of_views",
       .inputs = {any({3, 4}), any({2})},
       .call =
           [](Inputs x) {
             const Tensor y = target(x[0]);
             y.t().slice(0, 1, 4, 2).select(1, 2).copy_(x[1] * x[1]);
             return y * x[0];
           },
       .reference =
           [](const Arrays& x) {
             return build({3, 4}, [&](const Index& i) {
               const bool written = i[0] == 2 && i[1] % 2 == 1;
               const double v = written ? x[1]({i[1] / 2}) : 0;
               return (written ? v * v : x[0](i)) * x[0](i);
             });
           }},
      {.name = "index_put_.slice_and_tensor",
       .inputs = {any({4, 3}), exactly({2}, {2, 0}, kInt64), any({2})},
       .call =
           [](Inputs x) {
             return target(x[0]).index_put_({x[1], Slice(1, 2)}, x[2].unsqueeze(1)).square();
           },
       .reference =
           [](const Arrays& x) {
             Array y = x[0];
             y({2, 1}) = x[2]({0});
             y({0, 1}) = x[2]({1});
             return build({4, 3}, [&](const Index& i) { return y(i) * y(i); });
           }},
  };
}

}  // namespace

std::vector<Op> in_place_ops() {
  std::vector<Op> ops = arithmetic_in_place();
  for (const Op& op : functions_in_place()) ops.push_back(op);
  for (const Op& op : writes()) ops.push_back(op);
  for (const Op& op : writes_through_views()) ops.push_back(op);
  return ops;
}

}  // namespace gradus::test
