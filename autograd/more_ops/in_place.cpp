// More in-place ops: f(x) is computed into a new array and then copied over x. Also more random numbers.
#include "autograd/ops/in_place.h"
#include "kernels/random.h"
#include "tensor/random.h"

namespace gradus {
namespace {

template <class F>
Tensor& in_place(const char* op, const Tensor& x, F f) {
  if (must_record(op, x)) return take_over(op, x, f(before_write(x)));
  const NoGradGuard no_grad;
  const Tensor y = f(x);
  check_castable(op, y.dtype(), x.dtype());
  overwrite(x, y.raw().same_sizes(x.raw()) ? y.raw() : expand_view(op, y.raw(), x.sizes()));
  return written(x);
}

template <Tensor (*f)(const Tensor&)>
Tensor& in_place(const char* op, const Tensor& x) {
  return in_place(op, x, f);
}

}  // namespace

// x ← min(max(x, low), high)      the rule of clamp
Tensor& Tensor::clamp_(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
  return in_place("clamp_", *this, [&](const Tensor& x) { return x.clamp(min, max); });
}
Tensor& Tensor::clamp_min_(const Scalar& min) const { return clamp_(min); }
Tensor& Tensor::clamp_max_(const Scalar& max) const { return clamp_({}, max); }
Tensor& Tensor::pow_(const Scalar& exponent) const {
  return in_place("pow_", *this, [&](const Tensor& x) { return x.pow(exponent); });
}
Tensor& Tensor::neg_() const { return in_place<gradus::neg>("neg_", *this); }
Tensor& Tensor::abs_() const { return in_place<gradus::abs>("abs_", *this); }
Tensor& Tensor::exp_() const { return in_place<gradus::exp>("exp_", *this); }
Tensor& Tensor::log_() const { return in_place<gradus::log>("log_", *this); }
Tensor& Tensor::sqrt_() const { return in_place<gradus::sqrt>("sqrt_", *this); }
Tensor& Tensor::square_() const { return in_place<gradus::square>("square_", *this); }
Tensor& Tensor::tanh_() const { return in_place<gradus::tanh>("tanh_", *this); }
Tensor& Tensor::sigmoid_() const { return in_place<gradus::sigmoid>("sigmoid_", *this); }
Tensor& Tensor::relu_() const { return in_place<gradus::relu>("relu_", *this); }

// x ← m ? v : x
Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) const {
  return copy_(masked_fill(mask, value));
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const {
  return copy_(masked_fill(mask, value));
}

Tensor& Tensor::fill_(const Tensor& value) const {
  check(value.dim() == 0, "fill_ only supports 0-dimension value tensor but got tensor with ", value.dim(),
        " dimensions.");
  return copy_(value);
}

// ---- Random numbers -----------------------------------------------------------------------------

Tensor& Tensor::random_(int64_t from, int64_t to) const {
  return fill_randomly("random_", *this,
                       [&](const View& x) { draw::random_integers(default_generator(), from, to, x); });
}
Tensor& Tensor::random_() const {
  return fill_randomly("random_", *this,
                       [](const View& x) { draw::random_integers(default_generator(), x); });
}
Tensor& Tensor::exponential_(double lambd) const {
  return fill_randomly("exponential_", *this,
                       [&](const View& x) { draw::exponential(default_generator(), lambd, x); });
}

}  // namespace gradus
