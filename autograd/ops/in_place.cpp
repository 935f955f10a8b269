// In-place ops. Without recording, a kernel writes over its own input. With recording, the ordinary op runs,
// its result is written into the old memory, and the tensor takes over the result's place on the tape:
//
//     x.mul_(b)   is   y = x * b;  x's elements ← y's;  x.grad_fn ← y.grad_fn;  version + 1
//
// autograd/view.h explains what happens to the views of x, and to the base if x is itself a view. A rule that
// saved the old elements sees in backward that the version has changed, and throws.
#include "autograd/ops/in_place.h"
#include "autograd/view.h"
#include "kernels/random.h"
#include "tensor/random.h"

namespace gradus {

bool must_record(const char* op, const Tensor& x, bool values_require_grad) {
  check(!x.raw().repeats(), op,
        ": more than one element of the written-to tensor refers to a single memory location. The shape ",
        text(x.sizes()), " is expanded. Please clone() the tensor before performing the operation");
  const bool recorded =
      GradMode::is_enabled() && (x.requires_grad() | values_require_grad | x.impl().hidden_graph);
  if (recorded) [[unlikely]]
    autograd::check_recordable_write(op, x);
  return recorded;
}

void overwrite(const Tensor& x, const View& values) {
  kernels_of(x).copy(values, x.raw());
  bump_version(x);
}

void check_castable(const char* op, Dtype from, Dtype to) {
  check(kind_of(from) <= kind_of(to), op, ": result type ", from,
        " can't be cast to the desired output type ", to);
}

/// A tensor with x's elements and x's place on the tape. The op that overwrites x is recorded with this tensor as its
/// input. With x itself as input, x and its node would own each other and never be freed.
static Tensor same_place(const Tensor& x, const Tensor& elements) {
  elements.impl().place = x.impl().place;
  return elements;
}

Tensor before_write(const Tensor& x) { return same_place(x, x.detach().clone()); }

Tensor& take_over(const char* op, const Tensor& x, const Tensor& y) {
  check(y.sizes() == x.sizes(), op, ": the result has shape ", text(y.sizes()), ", which does not fit into ",
        text(x.sizes()));
  check_castable(op, y.dtype(), x.dtype());
  overwrite(x, y.raw());
  autograd::adopt_place(x, y);
  return written(x);
}

namespace {

/// `values` in a form that can be read while x is written: a copy if they share memory with x, unless they are
/// the very elements of x.
Tensor readable_during_write(const Tensor& x, const Tensor& values) {
  const View &a = x.raw(), &b = values.raw();
  if (!x.is_alias_of(values)) return values;
  const bool same =
      a.data == b.data && a.same_sizes(b) && std::equal(a.strides, a.strides + a.dim, b.strides);
  return same ? values : values.detach().clone();
}

/// Do x and b have the same shape, dtype and device?
bool is_alike(const Tensor& x, const Tensor& b) {
  return x.raw().same_sizes(b.raw()) && x.raw().dtype == b.raw().dtype &&
         x.impl().storage->device == b.impl().storage->device;
}

/// Small integers are computed as int64, and + and * of bools are "or" and "and": the op itself knows.
bool computes_in_place(Dtype dtype) { return dtype != kBool && !is_small_integer(dtype); }

template <class Recorded>
Tensor& binary_in_place(const char* op, Binary f, const Tensor& x, const Tensor& b, Recorded recorded) {
  if (must_record(op, x, b.requires_grad())) {
    const Tensor old = before_write(x);
    return take_over(op, x, recorded(old, b.is_same(x) ? old : b));
  }
  const View& target = x.raw();
  if (is_alike(x, b) && !x.is_alias_of(b) && computes_in_place(target.dtype)) [[likely]] {
    kernels_of(x).binary(f, target, b.raw(), target);
    bump_version(x);
    return written(x);
  }
  check_castable(op, result_type(x, b), x.dtype());
  const NoGradGuard no_grad;
  if (!computes_in_place(x.dtype())) return x.copy_(recorded(x, b));
  const Tensor values = on_device_of(op, x, readable_during_write(x, b)).to(x.dtype());
  kernels_of(x).binary(f, target, expand_view(op, values.raw(), x.sizes()), target);
  bump_version(x);
  return written(x);
}

template <class Recorded>
Tensor& scalar_in_place(const char* op, Binary f, const Tensor& x, const Scalar& b, Recorded recorded) {
  if (must_record(op, x)) return take_over(op, x, recorded(before_write(x)));
  check_castable(op, result_type(x, b), x.dtype());
  if (!computes_in_place(x.dtype())) return x.copy_(recorded(x));
  kernels_of(x).binary_scalar(f, x.raw(), b, false, x.raw());
  bump_version(x);
  return written(x);
}

}  // namespace

// x ← x + α b         the rules of add
Tensor& Tensor::add_(const Tensor& b, const Scalar& alpha) const {
  if (alpha.toDouble() != 1) return add_(b * alpha);
  return binary_in_place("add_", formulas::Add{}, *this, b,
                         [](const Tensor& x, const Tensor& b) { return x + b; });
}
// x ← x - α b         the rules of sub
Tensor& Tensor::sub_(const Tensor& b, const Scalar& alpha) const {
  if (alpha.toDouble() != 1) return sub_(b * alpha);
  return binary_in_place("sub_", formulas::Sub{}, *this, b,
                         [](const Tensor& x, const Tensor& b) { return x - b; });
}
// x ← x b             the rules of mul
Tensor& Tensor::mul_(const Tensor& b) const {
  return binary_in_place("mul_", formulas::Mul{}, *this, b,
                         [](const Tensor& x, const Tensor& b) { return x * b; });
}
// x ← x / b           the rules of div
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

// x ← v           x̄ = 0        v̄ = the gradient of the new x
Tensor& Tensor::copy_(const Tensor& values) const {
  if (must_record("copy_", *this, values.requires_grad())) {
    // The old elements are not copied, because no rule needs them; the values only if they share memory with x.
    const Tensor v = values.to(device()).to(dtype()), old = same_place(*this, detach());
    const Tensor y = readable_during_write(*this, v.expand(sizes()).detach());
    return take_over(
        "copy_", *this,
        record("copy", y, wrt(old, [](const Tensor& g) { return zeros_like(g); }), wrt(v, unchanged)));
  }
  const Tensor source = readable_during_write(*this, values).to(device());
  overwrite(*this,
            source.raw().same_sizes(raw()) ? source.raw() : expand_view("copy_", source.raw(), sizes()));
  return written(*this);
}

Tensor& Tensor::operator=(const Tensor& values) && { return copy_(values); }
Tensor& Tensor::operator=(Tensor&& values) && { return copy_(values); }
Tensor& Tensor::operator=(const Scalar& value) && { return fill_(value); }

// ---- Random numbers -----------------------------------------------------------------------------

Tensor& Tensor::uniform_(double from, double to) const {
  return fill_randomly("uniform_", *this,
                       [=](const View& x) { draw::uniform(default_generator(), from, to, x); });
}
Tensor& Tensor::normal_(double mean, double std) const {
  return fill_randomly("normal_", *this, [=, in_blocks = is_contiguous()](const View& x) {
    draw::normal(default_generator(), mean, std, x, in_blocks);
  });
}
}  // namespace gradus
