#include "nn/tools/utils.h"

#include <cmath>

#include "autograd/grad_mode.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::nn::utils {

double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  const NoGradGuard no_grad;
  std::vector<double> norms;
  for (const Tensor& parameter : parameters)
    if (parameter.grad().defined()) norms.push_back(parameter.grad().norm(norm_type).item<double>());
  const double total = norms.empty() ? 0 : tensor(norms, kFloat64).norm(norm_type).item<double>();
  check(!error_if_nonfinite || std::isfinite(total), "The total norm of order ", norm_type,
        " for gradients from `parameters` is non-finite, so it cannot be clipped. "
        "To disable this error and scale the gradients with the non-finite norm anyway, "
        "set `error_if_nonfinite=false`");
  const double factor = max_norm / (total + 1e-6);
  if (factor >= 1) return total;
  for (const Tensor& parameter : parameters)
    if (parameter.grad().defined()) parameter.grad().mul_(factor);
  return total;
}

void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value) {
  const NoGradGuard no_grad;
  for (const Tensor& parameter : parameters)
    if (parameter.grad().defined()) parameter.grad().clamp_(-clip_value, clip_value);
}

Tensor parameters_to_vector(const std::vector<Tensor>& parameters) {
  std::vector<Tensor> flat;
  for (const Tensor& parameter : parameters) flat.push_back(parameter.reshape({-1}));
  return cat(flat);
}

void vector_to_parameters(const Tensor& vector, const std::vector<Tensor>& parameters) {
  int64_t needed = 0, position = 0;
  for (const Tensor& parameter : parameters) needed += parameter.numel();
  check(vector.dim() == 1 && vector.numel() == needed, "vector_to_parameters: the vector is ",
        text(vector.sizes()), " and the parameters have ", needed, " elements");
  for (const Tensor& parameter : parameters) {
    parameter.set_data(vector.detach().narrow(0, position, parameter.numel()).view(parameter.sizes()));
    position += parameter.numel();
  }
}

}  // namespace gradus::nn::utils
