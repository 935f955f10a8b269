// The activations that are not ops of tensor/functions.h or autograd/more_ops.
#include "nn/activations/activations.h"

#include "autograd/record.h"

namespace gradus::nn {

using autograd::record, autograd::saved, autograd::wrt;

// y = x / (1 + |x|)      x̄ = ȳ / (1 + |x|)². The quotient rule has two terms, which would cancel for a large x.
Tensor softsign_of(const Tensor& x) {
  const Tensor values = x.detach();
  return record("softsign", values / (values.abs() + 1),
                wrt(x, saved(x), [](const Tensor& g, const Tensor& x) {
                  const Tensor d = x.abs() + 1;
                  return g / d / d;
                }));
}

// y = x - tanh x         x̄ = ȳ tanh² x
//
// For a small x, x - tanh x and 1 - (1 - tanh² x) would lose digits. For |x| < 1, y is therefore computed as
// (x cosh x - sinh x) / cosh x, where x cosh x - sinh x = Σ 2k x²ᵏ⁺¹ / (2k + 1)!
Tensor tanhshrink_of(const Tensor& x) {
  const Tensor values = x.detach(), small = clamp(values, -1, 1), square = small * small;
  Tensor numerator = zeros_like(small), cosh = ones_like(small);
  for (double k = 10; k > 0; --k) {  // by Horner's rule
    numerator = (numerator + 2 * k) * square / ((2 * k + 1) * (2 * k));
    cosh = cosh * square / (2 * k * (2 * k - 1)) + 1;
  }
  const Tensor y = where(abs(values) < 1, small * numerator / cosh, values - tanh(values));
  return record("tanhshrink", y,
                wrt(x, saved(x), [](const Tensor& g, const Tensor& x) { return g * x.tanh().square(); }));
}

Tensor glu_of(const Tensor& x, int64_t dim) {
  check(x.dim() > 0 && x.size(dim) % 2 == 0, "glu: dimension ", dim, " of x, which is ", text(x.sizes()),
        ", must have two halves");
  const int64_t half = x.size(dim) / 2;
  return x.narrow(dim, 0, half) * x.narrow(dim, half, half).sigmoid();
}

Tensor functional::prelu(const Tensor& x, const Tensor& weight) {
  const int64_t count = weight.numel();
  check(weight.dim() <= 1 && (count == 1 || (x.dim() >= 2 && count == x.size(1))), "prelu: the weight is ",
        text(weight.sizes()), ", and x ", text(x.sizes()),
        "; there must be one number, or one for each channel, along dimension 1 of x");
  std::vector<int64_t> sizes(static_cast<size_t>(x.dim()), 1);
  if (count != 1) sizes[1] = count;
  return where(x > 0, x, weight.reshape(sizes) * x);
}

PReLUImpl::PReLUImpl(const PReLUOptions& options) : options(options) { PReLUImpl::reset(); }

void PReLUImpl::reset() {
  weight = register_parameter("weight", full({options.num_parameters()}, options.init()));
}

}  // namespace gradus::nn
