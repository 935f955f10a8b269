// Helpers for all tests that use the list of ops.
#include <gtest/gtest.h>

#include <cmath>

#include "op_list.h"

namespace gradus::test {

std::vector<double> elements_of(const Tensor& x) {
  const Tensor dense = x.detach().cpu().to(kFloat64).contiguous();
  return {dense.data_ptr<double>(), dense.data_ptr<double>() + dense.numel()};
}

void expect_close(const std::vector<double>& got, const std::vector<double>& wanted, double tolerance,
                  const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (size_t i = 0; i < got.size(); ++i)
    ASSERT_LE(std::fabs(got[i] - wanted[i]), tolerance * (1 + std::fabs(wanted[i])))
        << what << ", element " << i << ": " << got[i] << " instead of " << wanted[i];
}

variable_list weighted_gradients(const variable_list& outputs, Inputs inputs) {
  variable_list floating, weights, leaves;
  double phase = 0;
  for (const Tensor& y : outputs) {
    if (!y.is_floating_point()) continue;
    floating.push_back(y);
    std::vector<double> weight;
    for (int64_t i = 0; i < y.numel(); ++i) weight.push_back(std::sin(++phase));
    weights.push_back(tensor(weight, y.dtype()).view(y.sizes()).to(y.device()));
  }
  for (const Tensor& x : inputs)
    if (x.requires_grad()) leaves.push_back(x);
  variable_list gradients = autograd::grad(floating, leaves, weights, {}, false, /*allow_unused=*/true);
  for (size_t i = 0; i < leaves.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = zeros_like(leaves[i]);
  return gradients;
}

}  // namespace gradus::test
