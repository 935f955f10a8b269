#include "nn/init.h"

#include <cmath>

#include "autograd/grad_mode.h"
#include "autograd/linalg/linalg.h"
#include "tensor/create.h"
#include "tensor/indexing.h"
#include "tensor/random.h"

namespace gradus::nn::init {
namespace {

struct Fans {
  double in, out;
};

Fans fans_of(const Tensor& x) {
  check(x.dim() >= 2,
        "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, this one is ",
        text(x.sizes()));
  const auto weights = static_cast<double>(x.numel());
  check(weights > 0, "Fan in and fan out of an empty tensor ", text(x.sizes()), " are not defined");
  return {weights / static_cast<double>(x.size(0)), weights / static_cast<double>(x.size(1))};
}

double xavier_deviation(const Tensor& x, double gain) {
  const Fans fans = fans_of(x);
  return gain * std::sqrt(2 / (fans.in + fans.out));
}

double kaiming_deviation(const Tensor& x, double a, FanMode mode, Nonlinearity nonlinearity) {
  const Fans fans = fans_of(x);
  return calculate_gain(nonlinearity, a) / std::sqrt(mode == kFanIn ? fans.in : fans.out);
}

/// A uniform distribution on ±√3 s has deviation s.
Tensor uniform_with_deviation(const Tensor& x, double deviation) {
  const double bound = std::sqrt(3.0) * deviation;
  return uniform_(x, -bound, bound);
}

}  // namespace

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

Tensor eye_(Tensor x) {
  check(x.dim() == 2, "eye_: Only tensors with 2 dimensions are supported, this one is ", text(x.sizes()));
  const NoGradGuard no_grad;
  x.fill_(0);
  x.diagonal().fill_(1);
  return x;
}

Tensor xavier_uniform_(Tensor x, double gain) { return uniform_with_deviation(x, xavier_deviation(x, gain)); }
Tensor xavier_normal_(Tensor x, double gain) { return normal_(x, 0, xavier_deviation(x, gain)); }

Tensor kaiming_uniform_(Tensor x, double a, FanMode mode, Nonlinearity nonlinearity) {
  return uniform_with_deviation(x, kaiming_deviation(x, a, mode, nonlinearity));
}
Tensor kaiming_normal_(Tensor x, double a, FanMode mode, Nonlinearity nonlinearity) {
  return normal_(x, 0, kaiming_deviation(x, a, mode, nonlinearity));
}

Tensor orthogonal_(Tensor x, double gain) {
  check(x.dim() >= 2, "orthogonal_: Only tensors with 2 or more dimensions are supported, this one is ",
        text(x.sizes()));
  if (x.numel() == 0) return x;
  const NoGradGuard no_grad;
  const int64_t rows = x.size(0), columns = x.numel() / rows;
  const Tensor drawn = randn({rows, columns}, TensorOptions(x.dtype()).device(x.device()));
  const auto [Q, R] = linalg::qr(rows < columns ? drawn.t() : drawn);
  const Tensor q = Q * R.diagonal().sign();  // of the many Q, the one for which R's diagonal is positive
  return x.copy_((rows < columns ? q.t() : q).reshape(x.sizes())).mul_(gain);
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
