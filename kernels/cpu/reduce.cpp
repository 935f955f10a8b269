// Reductions by threads and vectors: sum, sum of squares, prod, max, min, all and any over any set of
// dimensions; argmax, argmin and cumsum along one dimension.
//
// Every reduction is a tree: the range is halved down to blocks of 16 KiB, and a block is reduced in
// vector lanes. For sums this is pairwise summation. Its rounding error grows with log n instead of n
// (Higham, "The accuracy of floating point summation", 1993). Two arrangements read memory in order:
//
//   rows      the innermost dimension is reduced. Each output is a tree over contiguous runs.
//   columns   the innermost dimension is kept. Whole rows are added to a row of accumulators.
//
// The tree depends on shapes and strides only, so the digits do not depend on the number of threads.
#include "kernels/cpu/reduce.h"

namespace gradus::cpu {
namespace {

/// By dtype.
constexpr const ReduceKernels* reduce_kernels[kComputedDtypes] = {&reduce_float32, &reduce_float64,
                                                                  &reduce_int64, &reduce_bool};

void reduce(Reduction f, const View& x, const View& out) {
  const ReduceKernel kernel =
      is_small_integer(x.dtype) ? nullptr : (*reduce_kernels[static_cast<size_t>(x.dtype)])[f.place];
  if (!kernel) no_kernel(f.name, "cpu", x.dtype);
  kernel(x, out);
}

// ---- One result per line: argmax, argmin, cumsum ------------------------------------------------

/// The position of the first element that is_wanted, which must exist. Searching
/// whole blocks vectorises.
template <class T, class Wanted>
int64_t first_of(const T* x, int64_t n, int64_t stride, const Wanted& is_wanted) {
  constexpr int64_t block = 64;
  int64_t i = 0;
  if (stride == 1 && n >= block)
    wide([&] {
      for (; i + block <= n; i += block) {
        int found = 0;
        for (int64_t l = 0; l < block; ++l) found |= is_wanted(x[i + l]);
        if (found) return;
      }
    });
  while (!is_wanted(x[i * stride])) ++i;
  return i;
}

/// The first position along `dim` of the maximum or minimum (Best). NaN wins.
template <class Best>
void arg_best(const char* name, const View& x, int dim, const View& out) {
  const auto [n, step] = line_along(x, dim);
  if (n == 0 && out.numel() > 0)
    fail(name, ": dimension ", dim, " of the shape ", ShapeText{x.shape()},
         " is empty, so there is no element to choose");
  visit_dtype(x.dtype, [&, n = n, step = step]<class T>(T) {
    if constexpr (std::same_as<T, bool>)
      no_kernel(name, "cpu", x.dtype);
    else
      for_each_line(
          dim,
          [&](const int64_t* offsets) {
            const T* line = x.as<const T>() + offsets[1];
            const T best = reduce_run<Best>(line, n, step);
            out.as<int64_t>()[offsets[0]] = best == best
                                                ? first_of(line, n, step, [=](T x) { return x == best; })
                                                : first_of(line, n, step, [](T x) { return x != x; });
          },
          out, x);
  });
}

void argmax(const View& x, int dim, const View& out) { arg_best<formulas::Maximum>("argmax", x, dim, out); }
void argmin(const View& x, int dim, const View& out) { arg_best<formulas::Minimum>("argmin", x, dim, out); }

void cumsum(const View& x, int dim, const View& out) {
  if (x.dtype == kBool) no_kernel("cumsum", "cpu", x.dtype);
  const int64_t n = line_along(x, dim).size, x_step = line_along(x, dim).stride;
  const int64_t out_step = line_along(out, dim).stride;
  visit_dtype(x.dtype, [&]<class T>(T) {
    using Total = std::conditional_t<std::same_as<T, float>, double, T>;  // a running sum cannot be pairwise
    for_each_line(
        dim,
        [&](const int64_t* offsets) {
          T* to = out.as<T>() + offsets[0];
          const T* from = x.as<const T>() + offsets[1];
          Total total = 0;
          for (int64_t i = 0; i < n; ++i) to[i * out_step] = static_cast<T>(total += from[i * x_step]);
        },
        out, x);
  });
}

}  // namespace

void reductions(Kernels& table) {
  table.reduce = reduce;
  table.argmax = argmax;
  table.argmin = argmin;
  table.cumsum = cumsum;
}

}  // namespace gradus::cpu
