// Pointwise kernels: outᵢ = f(aᵢ, bᵢ, …) for every element i.
// The formulas f are in kernels/formulas.h.
#include "kernels/formulas.h"
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {
namespace {

void fill(Scalar value, const View& out) {
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    for_each_element(
        out, [v = value.to<T>()](T& y) { y = v; }, Part<T>(out));
  });
}

// outᵢ = start + i · step, in whole numbers if both are whole.
void arange(Scalar start, Scalar step, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    const Line<T> y = {out.as<T>(), out.sizes[0], out.strides[0]};
    const auto count_from = [&]<class Number>(Number first, Number each) {
      for (int64_t i = 0; i < y.size; ++i) y[i] = static_cast<T>(first + each * static_cast<Number>(i));
    };
    if (start.isFloatingPoint() || step.isFloatingPoint())
      count_from(start.toDouble(), step.toDouble());
    else
      count_from(start.toLong(), step.toLong());
  });
}

void copy(const View& x, const View& out) {
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    visit_stored_dtype(out.dtype, [&]<class R>(R) {
      for_each_element(
          out, [](R& y, const T& x) { y = static_cast<R>(x); }, Part<R>(out), Part<const T>(x));
    });
  });
}

template <class T, class>
using Same = T;

/// outᵢ = f(firstᵢ, …), all inputs of one dtype. The loops call f through a pointer, so they are compiled for each
/// dtype and not for each formula.
template <class Formulas, class... Inputs>
void apply(Formulas list, const FormulaId& f, const View& out, const View& first, const Inputs&... others) {
  visit_dtype(first.dtype, [&]<class T>(T) {
    const auto loops = [&]<class R>(void (*set)(R&, T, Same<T, Inputs>...)) {
      for_each_element(out, set, Part<R>(out), Part<const T>(first), Part<const T>(others)...);
    };
    formulas::visit(list, f.place, [&]<class F>(F) {
      using R = std::conditional_t<F::is_predicate, bool, T>;
      if constexpr (F::template takes<T>)
        loops(+[](R& y, T x, Same<T, Inputs>... rest) { y = static_cast<R>(F{}.value(x, rest...)); });
      else
        no_kernel(f.name, "cpu", first.dtype);
    });
  });
}

void unary(Unary f, const View& x, const View& out) { apply(formulas::Unaries{}, f, out, x); }

void binary(Binary f, const View& a, const View& b, const View& out) {
  apply(formulas::Binaries{}, f, out, a, b);
}

void ternary(Ternary f, const View& a, const View& b, const View& c, const View& out) {
  apply(formulas::Ternaries{}, f, out, a, b, c);
}

// The number is a view of one element, repeated by strides of 0.
void binary_scalar(Binary f, const View& x, Scalar number, bool number_first, const View& out) {
  visit_dtype(x.dtype, [&]<class T>(T) {
    T value = number.to<T>();
    View repeated = x;
    repeated.data = &value;
    std::fill_n(repeated.strides, x.dim, 0);
    number_first ? binary(f, repeated, x, out) : binary(f, x, repeated, out);
  });
}

void where(const View& condition, const View& a, const View& b, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    for_each_element(
        out, [](T& y, bool c, const T& a, const T& b) { y = c ? a : b; }, Part<T>(out),
        Part<const bool>(condition), Part<const T>(a), Part<const T>(b));
  });
}

}  // namespace

void pointwise(Kernels& table) {
  table.fill = fill;
  table.arange = arange;
  table.copy = copy;
  table.unary = unary;
  table.binary = binary;
  table.ternary = ternary;
  table.binary_scalar = binary_scalar;
  table.where = where;
}

}  // namespace gradus::plain
