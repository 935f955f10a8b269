// In-place ops. Without recording, a kernel writes over its own input. With recording, the ordinary op runs,
// its result is written into the old memory, and the tensor takes over the result's place on the tape:
//
//     x.mul_(b)   is   y = x * b;  x's elements ← y's;  x.grad_fn ← y.grad_fn;  version + 1
//
// autograd/view.h tells what happens to the views of x, and to the tensor that x may be a view of. A rule that saved the
// old elements finds a newer version at backward and throws.
#include "autograd/ops/pointwise.h"
#include "autograd/view.h"
#include "kernels/random.h"
#include "tensor/random.h"

namespace gradus {
namespace {

/// Must a write into x be recorded? Error if the write is not allowed.
bool must_record(const char* op, const Tensor& x, bool values_require_grad = false) {
  check(!x.raw().repeats(), op,
        ": more than one element of the written-to tensor refers to a single memory location, for its shape ",
        text(x.sizes()), " is an expanded one. Please clone() the tensor before performing the operation");
  const bool recorded =
      GradMode::is_enabled() && (x.requires_grad() | values_require_grad | x.impl().hidden_graph);
  if (recorded) [[unlikely]]
    autograd::check_recordable_write(op, x);
  return recorded;
}

/// What an in-place op returns: the handle it was called on.
Tensor& written(const Tensor& x) { return const_cast<Tensor&>(x); }

void write(const Tensor& x, const View& values) {
  kernels_of(x).copy(values, x.raw());
  bump_version(x);
}

void check_castable(const char* op, Dtype from, Dtype to) {
  check(kind_of(from) <= kind_of(to), op, ": result type ", from,
        " can't be cast to the desired output type ", to);
}

/// A tensor with the same elements as x, at x's place on the tape. The op that overwrites x is recorded with this as its
/// input: with x itself, x and its node would own each other and never be freed.
Tensor same_place(const Tensor& x, const Tensor& elements) {
  elements.impl().place = x.impl().place;
  return elements;
}

/// x as it is before a write. Its elements are copied, since the rules of the recorded op may need them.
Tensor before_write(const Tensor& x) { return same_place(x, x.detach().clone()); }

/// x becomes y, in x's memory and on the tape.
Tensor& take_over(const char* op, const Tensor& x, const Tensor& y) {
  check(y.sizes() == x.sizes(), op, ": the result has shape ", text(y.sizes()), ", which does not fit into ",
        text(x.sizes()));
  check_castable(op, y.dtype(), x.dtype());
  write(x, y.raw());
  autograd::adopt_place(x, y);
  return written(x);
}

/// A view of `values` that may be read while x is written: a copy if the two overlap but are not the same
/// elements.
Tensor readable_beside(const Tensor& x, const Tensor& values) {
  const View &a = x.raw(), &b = values.raw();
  if (!x.is_alias_of(values)) return values;
  const bool same =
      a.data == b.data && a.same_sizes(b) && std::equal(a.strides, a.strides + a.dim, b.strides);
  return same ? values : values.detach().clone();
}

/// Have both one shape, dtype and device?
bool is_alike(const Tensor& x, const Tensor& b) {
  return x.raw().same_sizes(b.raw()) && x.raw().dtype == b.raw().dtype &&
         x.impl().storage->device == b.impl().storage->device;
}

template <class Recorded>
Tensor& binary_in_place(const char* op, Binary f, const Tensor& x, const Tensor& b, Recorded recorded) {
  if (must_record(op, x, b.requires_grad())) {
    const Tensor old = before_write(x);
    return take_over(op, x, recorded(old, b.is_same(x) ? old : b));
  }
  const View& target = x.raw();
  if (is_alike(x, b) && !x.is_alias_of(b) && !is_small_integer(target.dtype)) [[likely]] {
    kernels_of(x).binary(f, target, b.raw(), target);
    bump_version(x);
    return written(x);
  }
  check_castable(op, result_type(x, b), x.dtype());
  const NoGradGuard no_grad;
  if (is_small_integer(x.dtype())) return x.copy_(recorded(x, b));
  const Tensor values = on_device_of(op, x, readable_beside(x, b)).to(x.dtype());
  kernels_of(x).binary(f, target, expand_view(op, values.raw(), x.sizes()), target);
  bump_version(x);
  return written(x);
}

template <class Recorded>
Tensor& scalar_in_place(const char* op, Binary f, const Tensor& x, const Scalar& b, Recorded recorded) {
  if (must_record(op, x)) return take_over(op, x, recorded(before_write(x)));
  check_castable(op, result_type(x, b), x.dtype());
  if (is_small_integer(x.dtype())) return x.copy_(recorded(x));
  kernels_of(x).binary_scalar(f, x.raw(), b, false, x.raw());
  bump_version(x);
  return written(x);
}

}  // namespace

// x ← x + α b         as the rules of add
Tensor& Tensor::add_(const Tensor& b, const Scalar& alpha) const {
  if (alpha.toDouble() != 1) return add_(b * alpha);
  return binary_in_place("add_", formulas::Add{}, *this, b,
                         [](const Tensor& x, const Tensor& b) { return x + b; });
}
// x ← x - α b         as the rules of sub
Tensor& Tensor::sub_(const Tensor& b, const Scalar& alpha) const {
  if (alpha.toDouble() != 1) return sub_(b * alpha);
  return binary_in_place("sub_", formulas::Sub{}, *this, b,
                         [](const Tensor& x, const Tensor& b) { return x - b; });
}
// x ← x b             as the rules of mul
Tensor& Tensor::mul_(const Tensor& b) const {
  return binary_in_place("mul_", formulas::Mul{}, *this, b,
                         [](const Tensor& x, const Tensor& b) { return x * b; });
}
// x ← x / b           as the rules of div
Tensor& Tensor::div_(const Tensor& b) const {
  check(is_floating_point(), "div_: result type float32 can't be cast to the desired output type ", dtype());
  return binary_in_place("div_", formulas::Div{}, *this, b,
                         [](const Tensor& x, const Tensor& b) { return x / b; });
}
Tensor& Tensor::pow_(const Tensor& exponent) const {
  return binary_in_place("pow_", formulas::Pow{}, *this, exponent,
                         [](const Tensor& x, const Tensor& b) { return x.pow(b); });
}
Tensor& Tensor::add_(const Scalar& b, const Scalar& alpha) const {
  const Scalar scaled = product(b, alpha);
  return scalar_in_place("add_", formulas::Add{}, *this, scaled, [&](const Tensor& x) { return x + scaled; });
}
Tensor& Tensor::sub_(const Scalar& b, const Scalar& alpha) const {
  const Scalar scaled = product(b, alpha);
  return scalar_in_place("sub_", formulas::Sub{}, *this, scaled, [&](const Tensor& x) { return x - scaled; });
}
Tensor& Tensor::mul_(const Scalar& b) const {
  return scalar_in_place("mul_", formulas::Mul{}, *this, b, [&](const Tensor& x) { return x * b; });
}
Tensor& Tensor::div_(const Scalar& b) const {
  check(is_floating_point(), "div_: result type float32 can't be cast to the desired output type ", dtype());
  return scalar_in_place("div_", formulas::Div{}, *this, b, [&](const Tensor& x) { return x / b; });
}

// The rest: f(x) in a fresh array, then written over x.
namespace {

template <class F>
Tensor& in_place(const char* op, const Tensor& x, F f) {
  if (must_record(op, x)) return take_over(op, x, f(before_write(x)));
  const NoGradGuard no_grad;
  const Tensor y = f(x);
  check_castable(op, y.dtype(), x.dtype());
  write(x, y.raw().same_sizes(x.raw()) ? y.raw() : expand_view(op, y.raw(), x.sizes()));
  return written(x);
}

template <Tensor (*f)(const Tensor&)>
Tensor& in_place(const char* op, const Tensor& x) {
  return in_place(op, x, f);
}

}  // namespace

// x ← min(max(x, low), high)      as the rule of clamp
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

// x ← v           x̄ = 0
Tensor& Tensor::fill_(const Scalar& value) const {
  if (must_record("fill_", *this)) return copy_(scalar_tensor(value, options()));
  kernels_of(*this).fill(value, raw());
  bump_version(*this);
  return written(*this);
}
Tensor& Tensor::fill_(const Tensor& value) const {
  check(value.dim() == 0, "fill_ only supports 0-dimension value tensor but got tensor with ", value.dim(),
        " dimensions.");
  return copy_(value);
}
// x ← 0           x̄ = 0
Tensor& Tensor::zero_() const { return fill_(0); }

// x ← m ? v : x
Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) const {
  return copy_(masked_fill(mask, value));
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const {
  return copy_(masked_fill(mask, value));
}

// x ← v           x̄ = 0        v̄ = x̄'
Tensor& Tensor::copy_(const Tensor& values) const {
  if (must_record("copy_", *this, values.requires_grad())) {
    // Neither what is overwritten nor the values are copied, unless they share memory.
    const Tensor v = values.to(device()).to(dtype()), old = same_place(*this, detach());
    const Tensor y = readable_beside(*this, v.expand(sizes()).detach());
    return take_over(
        "copy_", *this,
        record("copy", y, wrt(old, [](const Tensor& g) { return zeros_like(g); }), wrt(v, unchanged)));
  }
  const Tensor source = readable_beside(*this, values).to(device());
  write(*this, source.raw().same_sizes(raw()) ? source.raw() : expand_view("copy_", source.raw(), sizes()));
  return written(*this);
}

Tensor& Tensor::operator=(const Tensor& values) && { return copy_(values); }
Tensor& Tensor::operator=(Tensor&& values) && { return copy_(values); }
Tensor& Tensor::operator=(const Scalar& value) && { return fill_(value); }

// ---- Random numbers -----------------------------------------------------------------------------

namespace {

/// Draws into x: on the cpu, in row-major order, so that a seed gives the same numbers on every device.
template <class Draw>
Tensor& fill_randomly(const char* op, const Tensor& x, Draw draw) {
  if (must_record(op, x)) {  // drawn numbers are constants: what was there before no longer counts
    const Tensor drawn = allocate(x.sizes(), x.dtype());
    draw(drawn.raw());
    return x.copy_(drawn);
  }
  if (x.is_contiguous() && x.device().is_cpu()) {
    draw(x.raw());
    bump_version(x);
  } else {
    const Tensor drawn = allocate(x.sizes(), x.dtype());
    draw(drawn.raw());
    write(x, drawn.to(x.device()).raw());
  }
  return written(x);
}

}  // namespace

Tensor& Tensor::uniform_(double from, double to) const {
  return fill_randomly("uniform_", *this,
                       [&](const View& x) { draw::uniform(default_generator(), from, to, x); });
}
Tensor& Tensor::normal_(double mean, double std) const {
  return fill_randomly("normal_", *this,
                       [&](const View& x) { draw::normal(default_generator(), mean, std, x); });
}
Tensor& Tensor::random_(int64_t from, int64_t to) const {
  return fill_randomly("random_", *this,
                       [&](const View& x) { draw::random_integers(default_generator(), from, to, x); });
}
Tensor& Tensor::random_() const {
  return fill_randomly("random_", *this, [](const View& x) { draw::random_integers(default_generator(), x); });
}
Tensor& Tensor::bernoulli_(double p) const {
  return fill_randomly("bernoulli_", *this,
                       [&](const View& x) { draw::bernoulli(default_generator(), p, x); });
}
Tensor& Tensor::exponential_(double lambd) const {
  return fill_randomly("exponential_", *this,
                       [&](const View& x) { draw::exponential(default_generator(), lambd, x); });
}

}  // namespace gradus
