#include "nn/init.h"

#include <cmath>

#include "autograd/grad_mode.h"

namespace gradus::nn::init {

Tensor uniform_(Tensor x, double low, double high) {
  const NoGradGuard no_grad;
  return x.uniform_(low, high);
}
Tensor normal_(Tensor x, double mean, double std) {
  const NoGradGuard no_grad;
  return x.normal_(mean, std);
}
Tensor constant_(Tensor x, const Scalar& value) {
  const NoGradGuard no_grad;
  return x.fill_(value);
}
Tensor ones_(Tensor x) { return constant_(x, 1); }
Tensor zeros_(Tensor x) { return constant_(x, 0); }

Fans fans_of(const Tensor& x) {
  check(x.dim() >= 2,
        "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, this one is ",
        text(x.sizes()));
  const auto weights = static_cast<double>(x.numel());
  check(weights > 0, "Fan in and fan out of an empty tensor ", text(x.sizes()), " are not defined");
  return {weights / static_cast<double>(x.size(0)), weights / static_cast<double>(x.size(1))};
}

Tensor uniform_with_deviation(const Tensor& x, double deviation) {
  const double bound = std::sqrt(3.0) * deviation;
  return uniform_(x, -bound, bound);
}

double kaiming_deviation(const Tensor& x, double a, FanMode mode, Nonlinearity nonlinearity) {
  const Fans fans = fans_of(x);
  return calculate_gain(nonlinearity, a) / std::sqrt(mode == kFanIn ? fans.in : fans.out);
}

Tensor kaiming_uniform_(Tensor x, double a, FanMode mode, Nonlinearity nonlinearity) {
  return uniform_with_deviation(x, kaiming_deviation(x, a, mode, nonlinearity));
}

double calculate_gain(Nonlinearity nonlinearity, double param) {
  switch (nonlinearity) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid:
      return 1;
    case Nonlinearity::tanh:
      return 5.0 / 3;
    case Nonlinearity::relu:
      return std::sqrt(2.0);
    case Nonlinearity::leaky_relu:
      break;
  }
  return std::sqrt(2 / (1 + param * param));
}

}  // namespace gradus::nn::init
