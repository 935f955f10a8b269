#include "nn/tools/initialisers.h"

#include <cmath>

#include "autograd/grad_mode.h"
#include "autograd/linalg/linalg.h"
#include "tensor/create.h"
#include "tensor/indexing.h"
#include "tensor/random.h"

namespace gradus::nn::init {
namespace {

double xavier_deviation(const Tensor& x, double gain) {
  const Fans fans = fans_of(x);
  return gain * std::sqrt(2 / (fans.in + fans.out));
}

}  // namespace

Tensor eye_(Tensor x) {
  check(x.dim() == 2, "eye_: Only tensors with 2 dimensions are supported, this one is ", text(x.sizes()));
  const NoGradGuard no_grad;
  x.fill_(0);
  x.diagonal().fill_(1);
  return x;
}

Tensor xavier_uniform_(Tensor x, double gain) { return uniform_with_deviation(x, xavier_deviation(x, gain)); }
Tensor xavier_normal_(Tensor x, double gain) { return normal_(x, 0, xavier_deviation(x, gain)); }

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
  const Tensor q = Q * R.diagonal().sign();  // the one Q for which R's diagonal is positive
  return x.copy_((rows < columns ? q.t() : q).reshape(x.sizes())).mul_(gain);
}

}  // namespace gradus::nn::init
