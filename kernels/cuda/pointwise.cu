// The pointwise entries of the table: the choice of a formula's kernel by dtype, and fill,
// copy and where.
#include "kernels/cuda/pointwise.h"

namespace gradus::cuda {
namespace {

/// A number as an argument with the shape of `other`.
Argument number_like(const View& other, Scalar number) {
  View view = other;
  view.data = nullptr;
  std::fill_n(view.strides, view.dim, 0);
  return {view, number};
}

template <class R>
struct Convert {
  __device__ R value(auto x) const { return static_cast<R>(x); }
};

struct Choose {
  template <class T>
  __device__ T value(bool condition, T a, T b) const {
    return condition ? a : b;
  }
};

/// out[i] = first + i·each, computed in Number: int64 or float64.
template <class Number, class T>
__global__ void count_up(Number first, Number each, int64_t n, int64_t stride, T* out) {
  for (int64_t i = global_thread(); i < n; i += all_threads())
    out[i * stride] = static_cast<T>(first + each * static_cast<Number>(i));
}

}  // namespace

void fill(Scalar value, const View& out) {
  visit_stored_dtype(out.dtype,
                     [&]<class T>(T) { pointwise<Convert<T>, T, T>(out, number_like(out, value)); });
}

void arange(Scalar start, Scalar step, const View& out) {
  const int64_t n = out.sizes[0];
  if (n == 0) return;
  visit_dtype(out.dtype, [&]<class T>(T) {
    const Grid grid{blocks_for(n), kThreads};
    if (start.isFloatingPoint() || step.isFloatingPoint())
      launch<count_up<double, T>>(grid, start.toDouble(), step.toDouble(), n, out.strides[0], out.as<T>());
    else
      launch<count_up<int64_t, T>>(grid, start.toLong(), step.toLong(), n, out.strides[0], out.as<T>());
  });
}

void copy(const View& x, const View& out) {
  if (transpose(x, out)) return;
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    visit_stored_dtype(out.dtype, [&]<class R>(R) { pointwise<Convert<R>, R, T>(out, Argument{x}); });
  });
}

namespace {

template <class Row>
auto kernel_for(const Row& row, const FormulaId& f, Dtype dtype) {
  const auto kernel = is_small_integer(dtype) ? nullptr : row[static_cast<size_t>(dtype)];
  if (!kernel) no_kernel(f.name, "cuda", dtype);
  return kernel;
}

const BinaryRow& row_of(Binary f) {
  constexpr int comparisons = formulas::Arithmetic::size, slopes = comparisons + formulas::Comparisons::size;
  return f.place < comparisons ? arithmetic_kernels[f.place]
         : f.place < slopes    ? comparison_kernels[f.place - comparisons]
                               : unary_slope_kernels[f.place - slopes];
}

}  // namespace

void unary(Unary f, const View& x, const View& out) {
  kernel_for(unary_kernels[f.place], f, x.dtype)(out, {x});
}

void binary(Binary f, const View& a, const View& b, const View& out) {
  kernel_for(row_of(f), f, a.dtype)(out, {a}, {b});
}

void ternary(Ternary f, const View& a, const View& b, const View& c, const View& out) {
  kernel_for(ternary_kernels[f.place], f, a.dtype)(out, {a}, {b}, {c});
}

void binary_scalar(Binary f, const View& x, Scalar number, bool number_first, const View& out) {
  const auto kernel = kernel_for(row_of(f), f, x.dtype);
  const Argument array{x}, repeated = number_like(x, number);
  number_first ? kernel(out, repeated, array) : kernel(out, array, repeated);
}

void where(const View& condition, const View& a, const View& b, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    pointwise<Choose, T, bool, T, T>(out, Argument{condition}, Argument{a}, Argument{b});
  });
}

}  // namespace gradus::cuda
