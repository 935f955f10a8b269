// Reductions over any set of dimensions, and along one dimension: the place of the largest or smallest
// element and running sums.
#include "kernels/formulas.h"
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {
namespace {

using namespace formulas::reductions;

/// Combines n elements along dimension d, and everything in the dimensions after it, by halves: f(first
/// half, second half). For sums this is pairwise summation, see strided.h.
template <class F, class T>
T combine(const T* x, const View& shape, int d, int64_t n) {
  if (d == shape.dim) return F::term(*x);
  if (n == 1) return combine<F>(x, shape, d + 1, d + 1 < shape.dim ? shape.sizes[d + 1] : 1);
  const T first = combine<F>(x, shape, d, n / 2);
  return typename OfResults<F>::type{}(first, combine<F>(x + n / 2 * shape.strides[d], shape, d, n - n / 2));
}

/// A size of `out` is x's where a dimension is kept, and 1 where it is reduced.
template <class F, class T>
void reduce_all(const View& x, const View& out) {
  if (x.numel() == 0)
    return for_each_element(
        out, [](T& y) { y = F::nothing; }, Part<T>(out));
  View start = x, reduced = x;  // the first element for each output, and the elements from there
  for (int d = 0; d < x.dim; ++d) (out.sizes[d] == 1 ? start : reduced).sizes[d] = 1;
  for_each_element(
      out,
      [&](T& y, const T& first) { y = combine<F>(&first, reduced, 0, x.dim == 0 ? 1 : reduced.sizes[0]); },
      Part<T>(out), Part<const T>(start));
}

template <template <class> class F>
void of_numbers(Reduction op, const View& x, const View& out) {
  visit_number(name_of(op), x.dtype, [&]<class T>(T) {
    if ((op == Reduction::max || op == Reduction::min) && x.numel() == 0 && out.numel() > 0)
      fail(name_of(op), ": there is no largest or smallest of nothing: the shape ", ShapeText{x.shape()},
           " has an empty dimension that would be reduced");
    reduce_all<F<T>, T>(x, out);
  });
}
template <template <class> class F>
void of_bools(Reduction op, const View& x, const View& out) {
  if (x.dtype != kBool) no_kernel(name_of(op), "cpu", x.dtype);
  reduce_all<F<bool>, bool>(x, out);
}

void reduce(Reduction op, const View& x, const View& out) {
  switch (op) {
    case Reduction::sum:
      return of_numbers<Sum>(op, x, out);
    case Reduction::prod:
      return of_numbers<Prod>(op, x, out);
    case Reduction::max:
      return of_numbers<Max>(op, x, out);
    case Reduction::min:
      return of_numbers<Min>(op, x, out);
    case Reduction::all:
      return of_bools<All>(op, x, out);
    case Reduction::any:
      return of_bools<Any>(op, x, out);
    case Reduction::sum_of_squares:
      visit_floating_point(name_of(op), x.dtype, [&]<class T>(T) { reduce_all<SumOfSquares<T>, T>(x, out); });
  }
}

/// Writes the place of the best element, the first of equal ones. NaN is better than every number.
template <class Better>
void arg_best(const char* op, const View& x, int dim, const View& out, const Better& better) {
  if (x.numel() == 0 && out.numel() > 0)
    fail(op, ": dimension ", dim, " of the shape ", ShapeText{x.shape()},
         " is empty, so nothing is in it to choose");
  visit_number(op, x.dtype, [&]<class T>(T) {
    for_each_line(
        [&](Line<int64_t> best, Line<const T> x) {
          best[0] = 0;
          for (int64_t i = 1; i < x.size; ++i) {
            const T champion = x[best[0]];
            if (champion == champion && (x[i] != x[i] || better(x[i], champion))) best[0] = i;
          }
        },
        Along<int64_t>(out, dim), Along<const T>(x, dim));
  });
}

void argmax(const View& x, int dim, const View& out) { arg_best("argmax", x, dim, out, std::greater{}); }
void argmin(const View& x, int dim, const View& out) { arg_best("argmin", x, dim, out, std::less{}); }

// outᵢ = x₀ + … + xᵢ. A running sum cannot be pairwise, so float32 is added up in double.
void cumsum(const View& x, int dim, const View& out) {
  visit_number("cumsum", x.dtype, [&]<class T>(T) {
    using Total = std::conditional_t<std::same_as<T, float>, double, T>;
    for_each_line(
        [](Line<T> y, Line<const T> x) {
          Total total = 0;
          for (int64_t i = 0; i < x.size; ++i) y[i] = static_cast<T>(total += x[i]);
        },
        Along<T>(out, dim), Along<const T>(x, dim));
  });
}

}  // namespace

void reductions(Kernels& table) {
  table.reduce = reduce;
  table.argmax = argmax;
  table.argmin = argmin;
  table.cumsum = cumsum;
}

}  // namespace gradus::plain
