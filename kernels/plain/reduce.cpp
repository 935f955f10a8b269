// Reductions over any set of dimensions, and along one dimension: the place of the largest or
// smallest element and running sums.
#include "kernels/formulas.h"
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {
namespace {

/// Combines n elements along dimension d, and everything in the dimensions after it, by halves:
/// first half ∘ second half. For sums this is pairwise summation, see strided.h.
template <class F, class T>
T combine(const T* x, const View& shape, int d, int64_t n) {
  if (d == shape.dim) return typename F::Term{}.value(*x);
  if (n == 1) return combine<F>(x, shape, d + 1, d + 1 < shape.dim ? shape.sizes[d + 1] : 1);
  const T first = combine<F>(x, shape, d, n / 2);
  return typename F::Combine{}.value(first, combine<F>(x + n / 2 * shape.strides[d], shape, d, n - n / 2));
}

/// x is cut into blocks, one for each element of `out`. A dimension that is reduced, of size 1 in `out`, is inside the
/// blocks. A dimension that is kept counts them.
template <class F, class T>
void reduce_all(const View& x, const View& out) {
  View first_elements = x;  // of every block
  View block = x;           // the sizes and strides of one block
  for (int d = 0; d < x.dim; ++d)
    if (out.sizes[d] == 1)
      first_elements.sizes[d] = 1;
    else
      block.sizes[d] = 1;
  const auto set_identity = [](T& y) { y = F::Combine::template identity<T>; };
  const auto set_result = [&](T& y, const T& first) {
    y = combine<F>(&first, block, 0, x.dim == 0 ? 1 : block.sizes[0]);
  };
  if (x.numel() == 0)
    for_each_element(out, set_identity, Part<T>(out));
  else
    for_each_element(out, set_result, Part<T>(out), Part<const T>(first_elements));
}

void reduce(Reduction f, const View& x, const View& out) {
  formulas::visit(formulas::Reductions{}, f.place, [&]<class F>(F) {
    visit_dtype(x.dtype, [&]<class T>(T) {
      if constexpr (F::template takes<T>)
        reduce_all<F, T>(x, out);
      else
        no_kernel(f.name, "cpu", x.dtype);
    });
  });
}

/// Writes the place of the best element, the first of equal ones. NaN is better than every number.
template <class Better>
void arg_best(const char* op, const View& x, int dim, const View& out, const Better& better) {
  if (x.numel() == 0 && out.numel() > 0)
    fail(op, ": dimension ", dim, " of the shape ", ShapeText{x.shape()},
         " is empty, so there is no element to choose");
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
