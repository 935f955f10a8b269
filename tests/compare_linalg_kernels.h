// The comparisons of the kernels for linear algebra, which plain_kernels_test.cpp runs.
#pragma once

#include "compare_kernels.h"
#include "kernels/formulas.h"

namespace gradus::compare {

/// Calls compare(batch, m, n, dtype, layout, description) for all sizes.
template <class Compare>
void for_all_matrices(const char* name, bool square, const Compare& compare) {
  for (const Dtype dtype : kReal)
    for (const Layout layout : kWritable)
      for (const auto& [m, n] : std::vector<std::pair<int64_t, int64_t>>{
               {1, 1}, {2, 2}, {5, 5}, {12, 12}, {0, 0}, {5, 3}, {3, 5}, {20, 6}, {1, 4}, {4, 0}, {0, 3}})
        for (const int64_t batch : {0, 1, 3})
          if (m == n || !square)
            compare(batch, m, n, dtype, layout,
                    std::string(name) + " of " + name_of(dtype) + " " + text({batch, m, n}));
}

/// The product of each pair of matrices in two batches. Another test compares the kernel that it uses.
inline Array product(const Array& a, const Array& b, bool transpose_a, bool transpose_b) {
  View x = a, y = b;
  const auto transpose = [](View& view) {
    std::swap(view.sizes[1], view.sizes[2]);
    std::swap(view.strides[1], view.strides[2]);
  };
  if (transpose_a) transpose(x);
  if (transpose_b) transpose(y);
  Array out({x.sizes[0], x.sizes[1], y.sizes[2]}, x.dtype);
  plain_kernels().matmul(x, y, out);
  return out;
}
inline Array symmetric(int64_t batch, int64_t n, Dtype dtype) {
  const Array x = random({batch, n, n}, dtype);
  Array y = product(x, x, false, true), unit({batch, n, n}, dtype);
  int64_t number = 0;
  unit.fill([&] { return number++ % (n * n) % (n + 1) == 0; });
  plain_kernels().binary(formulas::Add{}, y, unit, y);
  return y;
}
inline void copy_to(const Array& from, const Array& to) { plain_kernels().copy(from, to); }

/// Tolerance in ulps. The factors of random matrices have condition numbers of some hundred.
inline constexpr double kOfFactors = 4000;

inline void lu() {
  for_all_matrices(
      "lu", true, [](int64_t batch, int64_t n, int64_t, Dtype dtype, Layout layout, const auto& what) {
        const Array a = random({batch, n, n}, dtype, layout);
        expect_same(what, {Array({batch, n, n}, dtype, other(layout)), Array({batch, n}, kInt64, layout)},
                    kOfFactors, 1, [&](const Kernels& k, const auto& y) { k.lu(a, y[0], y[1]); });
      });
}
inline void cholesky() {
  for_all_matrices("cholesky", true,
                   [](int64_t batch, int64_t n, int64_t, Dtype dtype, Layout layout, const auto& what) {
                     const Array a = symmetric(batch, n, dtype);
                     expect_same(what, {Array({batch, n, n}, dtype, layout)}, kOfFactors, 1,
                                 [&](const Kernels& k, const auto& y) { k.cholesky(a, y[0]); });
                   });
}
inline void solve_triangular() {
  for_all_matrices("solve_triangular", true,
                   [](int64_t batch, int64_t n, int64_t, Dtype dtype, Layout layout, const auto& what) {
                     const Array a = symmetric(batch, n, dtype), b = random({batch, n, 3}, dtype, layout);
                     for (const bool upper : {false, true})
                       expect_same(what, {Array({batch, n, 3}, dtype, other(layout))}, kOfFactors, 1,
                                   [&](const Kernels& k, const auto& y) {
                                     k.solve_triangular(a, {upper, false}, b, y[0]);
                                   });
                     const Array small = random({batch, n, n}, dtype, layout);
                     expect_same(what, {Array({batch, n, 3}, dtype, layout)}, 1e4, 1e3,
                                 [&](const Kernels& k, const auto& y) {
                                   k.solve_triangular(small, {true, true}, b, y[0]);
                                 });
                   });
}

// The signs of the columns of these factors are arbitrary, and so are some whole columns. So the products of
// the factors are compared.
inline void qr() {
  for_all_matrices("qr", false,
                   [](int64_t batch, int64_t m, int64_t n, Dtype dtype, Layout layout, const auto& what) {
                     const Array a = random({batch, m, n}, dtype, layout);
                     for (const int64_t c : {std::min(m, n), m})
                       expect_same(what,
                                   {Array({batch, m, n}, dtype), Array({batch, c, c}, dtype),
                                    Array({batch, c, n}, dtype, other(layout))},
                                   kOfFactors, 1, [&](const Kernels& k, const auto& y) {
                                     const Array q({batch, m, c}, dtype, layout);
                                     k.qr(a, q, y[2]);
                                     copy_to(product(q, y[2], false, false), y[0]);
                                     copy_to(product(q, q, true, false), y[1]);
                                     k.unary(formulas::Abs{}, y[2], y[2]);
                                   });
                   });
}

/// x with its columns multiplied by `factors` (batch, columns). Columns without a factor become 0.
inline Array scaled_columns(const Array& x, const Array& factors) {
  const View view = x;
  Array y(shape_of(x), view.dtype);
  View row = factors;
  row.dim = 3;
  row.sizes[2] = row.sizes[1], row.strides[2] = row.strides[1];
  row.sizes[1] = view.sizes[1], row.strides[1] = 0;
  View first = x;
  first.sizes[2] = row.sizes[2];
  View out = y;
  out.sizes[2] = row.sizes[2];
  plain_kernels().binary(formulas::Mul{}, first, row, out);
  return y;
}

inline void eigh() {
  for_all_matrices(
      "eigh", true, [](int64_t batch, int64_t n, int64_t, Dtype dtype, Layout layout, const auto& what) {
        const Array a = symmetric(batch, n, dtype);
        expect_same(
            what,
            {Array({batch, n}, dtype, layout), Array({batch, n, n}, dtype), Array({batch, n, n}, dtype)},
            kOfFactors, 1, [&](const Kernels& k, const auto& y) {
              const Array v({batch, n, n}, dtype, layout);
              k.eigh(a, y[0], v);
              copy_to(product(scaled_columns(v, y[0]), v, false, true), y[1]);
              copy_to(product(v, v, true, false), y[2]);
            });
      });
}

inline void svd() {
  for_all_matrices(
      "svd", false, [](int64_t batch, int64_t m, int64_t n, Dtype dtype, Layout layout, const auto& what) {
        const Array a = random({batch, m, n}, dtype, layout);
        const int64_t c = std::min(m, n);
        for (const auto& [left, right] : {std::pair{c, c}, {m, n}})
          expect_same(
              what,
              {Array({batch, c}, dtype, layout), Array({batch, left, left}, dtype),
               Array({batch, right, right}, dtype), Array({batch, m, n}, dtype)},
              kOfFactors, 1, [&, left = left, right = right](const Kernels& k, const auto& y) {
                const Array u({batch, m, left}, dtype, layout), v({batch, n, right}, dtype, other(layout));
                k.svd(a, u, y[0], v);
                copy_to(product(u, u, true, false), y[1]);
                copy_to(product(v, v, true, false), y[2]);
                if (c == 0) return;
                Array first({batch, m, c}, dtype), second({batch, n, c}, dtype);
                View of_u = u, of_v = v;
                of_u.sizes[2] = of_v.sizes[2] = c;
                plain_kernels().copy(of_u, first), plain_kernels().copy(of_v, second);
                copy_to(product(scaled_columns(first, y[0]), second, false, true), y[3]);
              });
      });
}

}  // namespace gradus::compare
