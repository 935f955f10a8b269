// More in-place ops, and more random numbers.
//
// A formula's kernel may write its output over its input. Where this does not do, f(x) is computed into a new array and
// then copied over x.
#include <algorithm>
#include <numeric>

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

/// Can a kernel write over its input x? Only real numbers are always computed in their own dtype.
bool can_write_over(const Tensor& x) { return x.is_floating_point(); }

/// x ← f(x), where f is the op of the formula F.
template <class F>
Tensor& formula_in_place(const char* op, const Tensor& x, Tensor (*f)(const Tensor&)) {
  if (must_record(op, x) || !can_write_over(x)) return in_place(op, x, f);
  kernels_of(x).unary(F{}, x.raw(), x.raw());
  bump_version(x);
  return written(x);
}

}  // namespace

// x ← min(max(x, low), high)      the rule of clamp
Tensor& Tensor::clamp_(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
  const Tensor& x = *this;
  if (must_record("clamp_", x) || !can_write_over(x) || (!min && !max))
    return in_place("clamp_", x, [&](const Tensor& x) { return x.clamp(min, max); });
  if (min && max) {
    const Tensor low = scalar_like(x, *min), high = scalar_like(x, *max);
    kernels_of(x).ternary(formulas::Clamp{}, x.raw(), expand_view("clamp_", low.raw(), x.sizes()),
                          expand_view("clamp_", high.raw(), x.sizes()), x.raw());
  } else if (min) {
    kernels_of(x).binary_scalar(formulas::Maximum{}, x.raw(), *min, false, x.raw());
  } else {
    kernels_of(x).binary_scalar(formulas::Minimum{}, x.raw(), *max, false, x.raw());
  }
  bump_version(x);
  return written(x);
}
Tensor& Tensor::clamp_min_(const Scalar& min) const { return clamp_(min); }
Tensor& Tensor::clamp_max_(const Scalar& max) const { return clamp_({}, max); }
Tensor& Tensor::pow_(const Scalar& exponent) const {
  return in_place("pow_", *this, [&](const Tensor& x) { return x.pow(exponent); });
}
Tensor& Tensor::neg_() const { return formula_in_place<formulas::Neg>("neg_", *this, gradus::neg); }
Tensor& Tensor::abs_() const { return formula_in_place<formulas::Abs>("abs_", *this, gradus::abs); }
Tensor& Tensor::exp_() const { return formula_in_place<formulas::Exp>("exp_", *this, gradus::exp); }
Tensor& Tensor::log_() const { return formula_in_place<formulas::Log>("log_", *this, gradus::log); }
Tensor& Tensor::sqrt_() const { return formula_in_place<formulas::Sqrt>("sqrt_", *this, gradus::sqrt); }
Tensor& Tensor::square_() const {
  return formula_in_place<formulas::Square>("square_", *this, gradus::square);
}
Tensor& Tensor::tanh_() const { return formula_in_place<formulas::Tanh>("tanh_", *this, gradus::tanh); }
Tensor& Tensor::sigmoid_() const {
  return formula_in_place<formulas::Sigmoid>("sigmoid_", *this, gradus::sigmoid);
}
Tensor& Tensor::relu_() const { return formula_in_place<formulas::Relu>("relu_", *this, gradus::relu); }

/// Out of place x would be expanded to the mask. Its own memory cannot be.
static void check_mask_fits(const Tensor& x, const Tensor& mask) {
  check(is_expandable_to(mask.sizes(), x.sizes()), "masked_fill_: a mask of shape ", text(mask.sizes()),
        " cannot be expanded to x's ", text(x.sizes()), "; masked_fill() expands x to the mask");
}
// x ← m ? v : x
Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) const {
  return masked_fill_(mask, scalar_tensor(value, options()));
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const {
  const Tensor& x = *this;
  check_mask_fits(x, mask);
  const bool is_direct = !must_record("masked_fill_", x, value.requires_grad()) && can_write_over(x) &&
                         mask.dtype() == kBool && mask.device() == x.device() && value.dim() == 0 &&
                         value.dtype() == x.dtype() && value.device() == x.device() && !x.is_alias_of(value);
  if (!is_direct) return copy_(masked_fill(mask, value));
  kernels_of(x).where(expand_view("masked_fill_", mask.raw(), x.sizes()),
                      expand_view("masked_fill_", value.raw(), x.sizes()), x.raw(), x.raw());
  bump_version(x);
  return written(x);
}

/// A view of x that shows each element once, if x is expanded.
static Tensor once_each(const Tensor& x) {
  Tensor y = x;
  for (int64_t d = 0; d < x.dim(); ++d)
    if (x.stride(d) == 0 && x.size(d) > 1) y = y.narrow(d, 0, 1);
  return y;
}

// x ← v           x̄ = 0
Tensor& Tensor::fill_(const Scalar& value) const {
  check_fits("fill_", value, dtype());
  if (raw().repeats()) return once_each(*this).fill_(value), written(*this);
  if (must_record("fill_", *this)) return copy_(scalar_tensor(value, options()));
  kernels_of(*this).fill(value, raw());
  bump_version(*this);
  return written(*this);
}
// x ← 0           x̄ = 0
Tensor& Tensor::zero_() const { return fill_(0); }

Tensor& Tensor::fill_(const Tensor& value) const {
  check(value.dim() == 0, "fill_ only supports 0-dimension value tensor but got tensor with ", value.dim(),
        " dimensions.");
  if (!is_floating_point() && value.dtype() != dtype()) return fill_(value.item());  // checks its range
  if (raw().repeats()) return once_each(*this).fill_(value), written(*this);
  return copy_(value);
}

Tensor in_memory_order(const Tensor& x) {
  std::vector<int64_t> dims(static_cast<size_t>(x.dim()));
  std::iota(dims.begin(), dims.end(), int64_t{0});
  std::ranges::stable_sort(dims, std::ranges::greater{}, [&](int64_t d) { return x.stride(d); });
  return x.permute(dims);
}

// ---- Random numbers -----------------------------------------------------------------------------

Tensor& Tensor::random_(int64_t from, int64_t to) const {
  return fill_randomly("random_", *this,
                       [=](const View& x) { draw::random_integers(default_generator(), from, to, x); });
}
Tensor& Tensor::random_() const {
  return fill_randomly("random_", *this,
                       [](const View& x) { draw::random_integers(default_generator(), x); });
}
Tensor& Tensor::bernoulli_(double p) const {
  return fill_randomly("bernoulli_", *this,
                       [=](const View& x) { draw::bernoulli(default_generator(), p, x); });
}
Tensor& Tensor::exponential_(double lambd) const {
  return fill_randomly("exponential_", *this,
                       [=](const View& x) { draw::exponential(default_generator(), lambd, x); });
}

}  // namespace gradus
