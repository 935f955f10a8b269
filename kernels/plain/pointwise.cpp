// Pointwise kernels: outᵢ = f(aᵢ, bᵢ, …) for every element i. The formulas f are in kernels/formulas.h.
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

void unary(Unary op, const View& x, const View& out) {
  formulas::visit(op, [&]<class F>(F f) {
    visit_dtype(x.dtype, [&]<class T>(T) {
      if constexpr (std::invocable<F, T>) {
        using R = std::invoke_result_t<F, T>;
        for_each_element(
            out, [f](R& y, const T& x) { y = f(x); }, Part<R>(out), Part<const T>(x));
      } else {
        no_kernel(name_of(op), "cpu", x.dtype);
      }
    });
  });
}

void binary(Binary op, const View& a, const View& b, const View& out) {
  formulas::visit(op, [&]<class F>(F f) {
    visit_dtype(a.dtype, [&]<class T>(T) {
      if constexpr (std::invocable<F, T, T>) {
        using R = std::invoke_result_t<F, T, T>;
        for_each_element(
            out, [f](R& y, const T& a, const T& b) { y = f(a, b); }, Part<R>(out), Part<const T>(a),
            Part<const T>(b));
      } else {
        no_kernel(name_of(op), "cpu", a.dtype);
      }
    });
  });
}

void binary_scalar(Binary op, const View& a, Scalar scalar, const View& out) {
  formulas::visit(op, [&]<class F>(F f) {
    visit_dtype(a.dtype, [&]<class T>(T) {
      if constexpr (std::invocable<F, T, T>) {
        using R = std::invoke_result_t<F, T, T>;
        for_each_element(
            out, [f, b = scalar.to<T>()](R& y, const T& a) { y = f(a, b); }, Part<R>(out), Part<const T>(a));
      } else {
        no_kernel(name_of(op), "cpu", a.dtype);
      }
    });
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
  table.binary_scalar = binary_scalar;
  table.where = where;
}

}  // namespace gradus::plain
