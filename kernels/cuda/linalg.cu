// Factorisations and triangular systems of many small matrices, a block of threads for each.
//
//   lu                 P A = L U, with row pivoting     2/3 n³ flops
//   cholesky           A = L Lᵀ                         1/3 n³
//   solve_triangular   A X = B, by substitution         n² for each column of B
//   qr                 A = Q R, by reflections          2 m n² - 2/3 n³, and as many for Q
//
// (eigh and svd, which iterate, are in jacobi.cu.)
//
//   v1 thread     One thread factors one matrix by the loops of the textbook. Neighbouring threads read
//                 elements a whole matrix apart, and each of the n³ steps waits for the one before.
//   v2 block      A block factors one matrix in its shared memory. In step k all threads update the
//                 columns after k at once: the warps take turns at the columns, and the lanes go down
//                 them. But the textbook's step has barriers inside: scale column k, wait, subtract it
//                 from the others, wait.
//   v3 late       Column k must not change before the others have read it. So its scaling is postponed
//                 until the results are stored: the division by the pivot or its root, by the diagonal,
//                 or by the length of a reflection's direction. A thread that needs a scaled element
//                 divides for itself. So a step reads column k, writes the columns after it, and has one
//                 barrier. lu has two more, because it swaps rows.
//
// These kernels are v3, for matrices up to some hundreds of rows. Up to 108 rows in float32 and 77
// in float64 (qr: 76 and 53) fit into shared memory. Then a matrix is loaded once and its factors
// are stored once, in the order of elements that coalesces. A larger matrix is factored in global
// memory, at best in cache, by one multiprocessor alone. Libraries (cuSOLVER, MAGMA) factor large
// matrices in another way: they factor a panel of some 32 columns like this, then subtract it from the
// rest by one matrix product, with the whole device.
//
// sm_80 (ptxas -v): no spills. In float32 and float64, cholesky has 63 and 68 registers, lu 55
// and 66, solve_triangular 62 and 68, qr 125 and 128. Of blocks of 8 warps, which a matrix of 32
// columns gets, a multiprocessor holds 4 and 3, of qr's 2; of blocks of 16 warps, the largest,
// one or two.
//
// Bytes and flops: a 32 × 32 matrix in float32 is 4 KiB in and 4 KiB out (lu, cholesky), with 22
// and 11 thousand flops: less than 3 flops a byte, so that memory should be the limit, with 190
// million matrices a second on an A100 (1,555 GB/s) and 123 on an RTX 4090 (1,008 GB/s). But a
// block goes through 32 steps, each of which waits for a division, two accesses to shared memory
// and a barrier, some 250 clocks. With 4 blocks on a multiprocessor this predicts (not measured) 76
// million Cholesky factors a second on an A100 (108 multiprocessors at 1.4 GHz). On an RTX 4090 (128 at
// 2.5 GHz) it would be 160 million, but memory allows only 123.
//
// Sources: Golub & Van Loan, "Matrix computations" (2013), chapters 3 to 5.
#include <cmath>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/matrices.h"

namespace gradus::cuda {
namespace {

// ---- A = L Lᵀ -----------------------------------------------------------------------------------

// Step k subtracts the contribution of column k from the rest: aᵢⱼ := aᵢⱼ - aᵢₖ aⱼₖ / aₖₖ for i ≥ j
// > k. At the end lᵢⱼ = aᵢⱼ / √aⱼⱼ. A pivot aₖₖ that is not positive stops the steps. The columns
// from k on become NaN.
template <class T>
__global__ void __launch_bounds__(kMostThreads, 1)
    cholesky_factor(BlockMemory memory, Batch<2> batch, int64_t n, const T* a, T* l) {
  const Lane me;
  const Matrix<T> w = BlockArena(memory).matrix<T>(n, n);
  for (int64_t number = blockIdx.x; number < batch.begins.count; number += gridDim.x) {
    const auto at = batch.begins(number);
    const auto from = batch.matrix(0, a, at);
    const auto to = batch.matrix(1, l, at);
    for_elements(from, n, n, [&](int64_t i, int64_t j) {
      if (i >= j) w(i, j) = from(i, j);
    });
    __syncthreads();
    int64_t k = 0;
    for (; k < n && w(k, k) > 0; ++k) {
      for (int64_t i = k + 1 + me.lane; i < n; i += kWarp) {
        const T factor = w(i, k) / w(k, k);
        for (int64_t j = k + 1 + me.warp; j <= i; j += me.warps) w(i, j) -= factor * w(j, k);
      }
      __syncthreads();
    }
    for_elements(to, n, n, [&](int64_t i, int64_t j) {
      to(i, j) = i < j ? T(0) : j < k ? w(i, j) / std::sqrt(w(j, j)) : T(NAN);
    });
    __syncthreads();  // before the next matrix overwrites this one
  }
}

// ---- P A = L U ----------------------------------------------------------------------------------

// Step k brings the largest remaining element of column k to the diagonal. It then subtracts a
// multiple of row k from each row below, so that column k would become 0 there: aᵢⱼ := aᵢⱼ - aᵢₖ /
// aₖₖ · aₖⱼ for i, j > k. At the end lᵢⱼ = aᵢⱼ / aⱼⱼ.
template <class T>
__global__ void __launch_bounds__(kMostThreads, 1)
    lu_factor(BlockMemory memory, Batch<3> batch, int64_t n, const T* a, T* lu, int64_t* permutation) {
  const Lane me;
  BlockArena arena(memory);
  int64_t* order = arena.take<int64_t>(n);
  const Matrix<T> w = arena.matrix<T>(n, n);
  for (int64_t number = blockIdx.x; number < batch.begins.count; number += gridDim.x) {
    const auto at = batch.begins(number);
    const auto from = batch.matrix(0, a, at);
    const auto to = batch.matrix(1, lu, at);
    const auto to_order = batch.matrix(2, permutation, at);
    for_elements(from, n, n, [&](int64_t i, int64_t j) { w(i, j) = from(i, j); });
    for (int64_t i = threadIdx.x; i < n; i += blockDim.x) order[i] = i;
    __syncthreads();
    for (int64_t k = 0; k < n; ++k) {
      Found<T> largest{T(-1), k};  // every warp looks for it, which is faster than telling the others
      for (int64_t i = k + me.lane; i < n; i += kWarp)
        largest = better<Maximum>(largest, {std::abs(w(i, k)), i});
      const int64_t pivot = best_of_warp<Maximum>(largest).index;
      __syncthreads();  // all warps have found it
      if (pivot != k) {
        for (int64_t j = threadIdx.x; j < n; j += blockDim.x) swap_values(w(k, j), w(pivot, j));
        if (threadIdx.x == 0) swap_values(order[k], order[pivot]);
      }
      __syncthreads();
      if (w(k, k) != 0)  // else all below is 0 as well
        for (int64_t i = k + 1 + me.lane; i < n; i += kWarp) {
          const T factor = w(i, k) / w(k, k);
          for (int64_t j = k + 1 + me.warp; j < n; j += me.warps) w(i, j) -= factor * w(k, j);
        }
      __syncthreads();
    }
    for_elements(to, n, n, [&](int64_t i, int64_t j) {
      to(i, j) = i > j && w(j, j) != 0 ? w(i, j) / w(j, j) : w(i, j);
    });
    for (int64_t i = threadIdx.x; i < n; i += blockDim.x) to_order(i, 0) = order[i];
    __syncthreads();
  }
}

// ---- A X = B ------------------------------------------------------------------------------------

// A warp takes a column of B. As soon as xₖ = bₖ / aₖₖ is known, its contribution is subtracted
// from the remaining equations: bᵢ := bᵢ - aᵢₖ xₖ. The columns are independent, so only the warp
// itself has to synchronise.
template <class T>
__global__ void __launch_bounds__(kMostThreads, 1)
    substitute(BlockMemory memory, Batch<3> batch, int64_t n, int64_t columns, Triangle triangle, const T* a,
               const T* b, T* x) {
  const Lane me;
  BlockArena arena(memory);
  const Matrix<T> w = arena.matrix<T>(n, n), y = arena.matrix<T>(n, columns);
  const auto divided = [&](int64_t k, int64_t c) { return triangle.unit ? y(k, c) : y(k, c) / w(k, k); };
  for (int64_t number = blockIdx.x; number < batch.begins.count; number += gridDim.x) {
    const auto at = batch.begins(number);
    const auto from_a = batch.matrix(0, a, at), from_b = batch.matrix(1, b, at);
    const auto to = batch.matrix(2, x, at);
    for_elements(from_a, n, n, [&](int64_t i, int64_t j) {
      if (triangle.upper ? i <= j : i >= j) w(i, j) = from_a(i, j);
    });
    for_elements(from_b, n, columns, [&](int64_t i, int64_t c) { y(i, c) = from_b(i, c); });
    __syncthreads();
    for (int64_t c = me.warp; c < columns; c += me.warps)
      for (int64_t step = 0; step < n; ++step) {
        const int64_t k = triangle.upper ? n - 1 - step : step;
        const int64_t begin = triangle.upper ? 0 : k + 1, end = triangle.upper ? k : n;
        const T known = divided(k, c);
        for (int64_t i = begin + me.lane; i < end; i += kWarp) y(i, c) -= w(i, k) * known;
        __syncwarp();
      }
    __syncthreads();
    for_elements(to, n, columns, [&](int64_t i, int64_t c) { to(i, c) = divided(i, c); });
    __syncthreads();
  }
}

// ---- A = Q R ------------------------------------------------------------------------------------

/// H = 1 - v vᵀ / h turns x, the elements of column k from row k on, into (β, 0, 0, …):
///
///     β = -sign(x₀) |x|     v = x - (β, 0, 0, …)     h = |v|² / 2 = β (β - x₀)
///
/// If x has this form already, H is 1. R may then have a positive diagonal there, as
/// in LAPACK's geqrf.
template <class T>
struct Reflection {
  T beta, first, inverse;  // β, v₀ and 1 / h. The rest of v is that of x, below the diagonal.

  /// By one warp.
  __device__ Reflection(const T* x, int64_t k, int64_t m, int lane) {
    T below = 0;
    for (int64_t i = k + 1 + lane; i < m; i += kWarp) below += x[i] * x[i];
    below = reduce_lanes<Add>(below, kWarp);
    beta = below == 0 ? x[k] : -std::copysign(std::sqrt(x[k] * x[k] + below), x[k]);
    first = x[k] - beta;
    inverse = below == 0 ? T(0) : 1 / (beta * -first);
  }

  /// u := H u, by one warp; x is the column that H was made of.
  __device__ void apply(const T* x, int64_t k, int64_t m, T* u, int lane) const {
    T dot = lane == 0 ? first * u[k] : T(0);
    for (int64_t i = k + 1 + lane; i < m; i += kWarp) dot += x[i] * u[i];
    const T factor = reduce_lanes<Add>(dot, kWarp) * inverse;
    if (lane == 0) u[k] -= factor * first;
    for (int64_t i = k + 1 + lane; i < m; i += kWarp) u[i] -= factor * x[i];
    __syncwarp();
  }
};

// R = … H₁ H₀ A, column by column: step k reflects the columns after k. Then Q = H₀ H₁ … 1: each
// warp takes columns of the unit matrix and reflects them by each H, from the last to the first.
// Reflections that would only change zeros are left out.
template <class T>
__global__ void __launch_bounds__(kMostThreads, 1)
    householder(BlockMemory memory, Batch<3> batch, int64_t m, int64_t n, int64_t basis, const T* a, T* q,
                T* r) {
  const Lane me;
  BlockArena arena(memory);
  const int64_t reflections = min(m, n);
  auto* h = arena.take<Reflection<T>>(reflections);
  const Matrix<T> w = arena.matrix<T>(m, n), u = arena.matrix<T>(m, basis);
  for (int64_t number = blockIdx.x; number < batch.begins.count; number += gridDim.x) {
    const auto at = batch.begins(number);
    const auto from = batch.matrix(0, a, at);
    const auto to_q = batch.matrix(1, q, at), to_r = batch.matrix(2, r, at);
    const T scale = copy_scaled(from, w, m, n);
    for (int64_t k = 0; k < reflections; ++k) {
      const Reflection<T> mine(w.column(k), k, m, me.lane);  // each warp computes it for itself
      if (threadIdx.x == 0) h[k] = mine;
      for (int64_t j = k + 1 + me.warp; j < n; j += me.warps)
        mine.apply(w.column(k), k, m, w.column(j), me.lane);
      __syncthreads();
    }
    for (int64_t j = me.warp; j < basis; j += me.warps) {
      for (int64_t i = me.lane; i < m; i += kWarp) u(i, j) = i == j ? T(1) : T(0);
      __syncwarp();
      for (int64_t k = min(j, reflections - 1); k >= 0; --k)
        h[k].apply(w.column(k), k, m, u.column(j), me.lane);
    }
    __syncthreads();
    for_elements(to_q, m, basis, [&](int64_t i, int64_t j) { to_q(i, j) = u(i, j); });
    for_elements(to_r, basis, n, [&](int64_t i, int64_t j) {
      to_r(i, j) = i > j ? T(0) : scale * (i == j ? h[j].beta : w(i, j));
    });
    __syncthreads();
  }
}

/// A warp for every four columns, so that all have work most of the time.
int64_t warps_for(int64_t columns) { return divide_up(columns, 4); }

}  // namespace

void cholesky(const View& a, const View& l) {
  visit_floating_point("cholesky", "cuda", a.dtype, [&]<class T>(T) {
    const Batch<2> batch(a.dim - 2, a, l);
    const int64_t n = a.sizes[a.dim - 1], bytes = padded(n, n) * sizeof(T);
    launch_blocks<cholesky_factor<T>>({batch.begins.count, warps_for(n), bytes}, batch, n, a.as<const T>(),
                                      l.as<T>());
  });
}

void lu(const View& a, const View& lu, const View& permutation) {
  visit_floating_point("lu", "cuda", a.dtype, [&]<class T>(T) {
    const Batch<3> batch(a.dim - 2, a, lu, permutation);
    const int64_t n = a.sizes[a.dim - 1], bytes = n * sizeof(int64_t) + padded(n, n) * sizeof(T);
    launch_blocks<lu_factor<T>>({batch.begins.count, warps_for(n), bytes}, batch, n, a.as<const T>(),
                                lu.as<T>(), permutation.as<int64_t>());
  });
}

void solve_triangular(const View& a, Triangle triangle, const View& b, const View& x) {
  visit_floating_point("solve_triangular", "cuda", a.dtype, [&]<class T>(T) {
    const Batch<3> batch(a.dim - 2, a, b, x);
    const int64_t n = a.sizes[a.dim - 1], columns = b.sizes[b.dim - 1];
    const int64_t bytes = (padded(n, n) + padded(n, columns)) * sizeof(T);
    launch_blocks<substitute<T>>({batch.begins.count, columns, bytes}, batch, n, columns, triangle,
                                 a.as<const T>(), b.as<const T>(), x.as<T>());
  });
}

void qr(const View& a, const View& q, const View& r) {
  visit_floating_point("qr", "cuda", a.dtype, [&]<class T>(T) {
    const Batch<3> batch(a.dim - 2, a, q, r);
    const int64_t m = a.sizes[a.dim - 2], n = a.sizes[a.dim - 1], basis = q.sizes[q.dim - 1];
    const int64_t bytes =
        std::min(m, n) * sizeof(Reflection<T>) + (padded(m, n) + padded(m, basis)) * sizeof(T);
    launch_blocks<householder<T>>({batch.begins.count, warps_for(std::max(n, basis)), bytes}, batch, m, n,
                                  basis, a.as<const T>(), q.as<T>(), r.as<T>());
  });
}

}  // namespace gradus::cuda
