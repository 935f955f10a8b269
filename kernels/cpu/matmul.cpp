// Matrix product C = A B, A (m, k), B (k, n), batched over leading dimensions. The steps
// of the ladder:
//
//   v1 three loops   kernels/plain/matmul.cpp: one output after the other. Each takes 2k flops and 2k
//                    loads, and B is read down its columns.
//   v2 tiles         matmul_tiles.cpp: blocks of B stay in cache, and the inner loop vectorises.
//   v3 BLAS          matmul_blas.cpp: tiles for each level of cache, and for each processor a kernel
//                    that computes in registers.
//
// matmul() takes v3 for floating point. Where calling BLAS would take longer than the
// product, it takes matmul_small.h.
#include "kernels/cpu/matmul.h"

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"

namespace gradus::cpu {
namespace {

/// Calls product(a, b, out) for each matrix of the batch, in parallel if there is enough work.
template <class T, class Product>
void multiply_batch(const View& a, const View& b, const View& out, const Product& product) {
  const Matrix<const T> a0(a), b0(b);
  const Matrix<T> out0(out);
  if (out.dim == 2) return product(a0, b0, out0);
  View batch_a = a, batch_b = b, batch_out = out;
  batch_a.dim = batch_b.dim = batch_out.dim = static_cast<uint8_t>(out.dim - 2);
  const LoopNest<3> batch(batch_out, batch_a, batch_b);
  const int64_t* steps = batch.column_strides();
  const int64_t multiplications = batch.count * out0.rows * out0.columns * a0.columns;
  if (batch.count == 0) return;
  parallel_ranges(batch.count, multiplications / 8, [&](int64_t begin, int64_t end) {
    batch.rows(begin, end, [&](const int64_t* offsets, int64_t count) {
      Matrix<T> c = out0;
      Matrix<const T> x = a0, y = b0;
      for (int64_t i = 0; i < count; ++i) {
        c.data = out0.data + offsets[0] + i * steps[0];
        x.data = a0.data + offsets[1] + i * steps[1];
        y.data = b0.data + offsets[2] + i * steps[2];
        product(x, y, c);
      }
    });
  });
}

/// The fastest way for this shape and type, as measured (tests/benchmarks/matmul).
template <class T>
void multiply_best(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  if (c.rows * c.columns <= 4 && a.columns <= 64) return plain::multiply(a, b, c);
  if constexpr (std::floating_point<T>)
    if (multiply_if_small(a, b, c)) return;
#if GRADUS_HAVE_BLAS
  if constexpr (std::floating_point<T>)
    multiply_by_blas(a, b, c);
  else
#endif
    multiply_in_tiles(a, b, c);
}

void matmul(const View& a, const View& b, const View& out) {
  plain::visit_number("matmul", out.dtype,
                      [&]<class T>(T) { multiply_batch<T>(a, b, out, multiply_best<T>); });
}

}  // namespace

void matmul_v2(const View& a, const View& b, const View& out) {
  plain::visit_number("matmul", out.dtype,
                      [&]<class T>(T) { multiply_batch<T>(a, b, out, multiply_in_tiles<T>); });
}

#if GRADUS_HAVE_BLAS
void matmul_v3(const View& a, const View& b, const View& out) {
  visit_floating_point("matmul_v3", "cpu", out.dtype,
                       [&]<class T>(T) { multiply_batch<T>(a, b, out, multiply_by_blas<T>); });
}
#endif

void products(Kernels& table) { table.matmul = matmul; }

}  // namespace gradus::cpu
