// Eigenvalues A = V diag(w) Vᵀ and singular values A = U diag(S) Vᵀ of many small matrices by
// Jacobi's methods, with a block of threads for each matrix. Both methods rotate two columns i and
// j at a time, by the angle that makes a 2 × 2 matrix diagonal:
//
//     ⎛ α  γ ⎞     ζ = (β - α) / 2γ     t = sign ζ / (|ζ| + √(1 + ζ²))     c = 1 / √(1 + t²)     s = c t
//     ⎝ γ  β ⎠     vᵢ, vⱼ := c vᵢ - s vⱼ, s vᵢ + c vⱼ
//
//   eigh   two-sided. W = Vᵀ A V is kept, with V orthogonal; at first W = A. α, β and γ are wᵢᵢ, wⱼⱼ
//          and wᵢⱼ. Rotating columns and rows of W makes wᵢⱼ 0. When all elements off the diagonal are 0,
//          the diagonal is w.
//   svd    one-sided. W = A V is kept. α, β and γ are |wᵢ|², |wⱼ|² and wᵢ·wⱼ, elements of WᵀW, which is
//          never computed. When all pairs of columns are orthogonal, the columns of W are uᵢ sᵢ.
//
//   v1 one pair at a time   A sweep is n (n - 1) / 2 rotations, one after another. It takes 6 to 10
//                           sweeps.
//   v2 a round of pairs     Pairs without a common column are independent. As in a tournament of n
//                           players, each round has n / 2 pairs, and n - 1 rounds are a sweep.
//                           svd: a warp takes a pair. Its lanes sum α, β and γ by shuffles, then rotate.
//                           eigh: a thread finds the angle of a pair. After a barrier a thread takes two
//                           pairs, and rotates the four elements of W where the rows of one pair meet
//                           the columns of the other. So no two threads need the same element. Only the
//                           lower triangle of W is stored.
//
// These kernels are v2. A pair costs svd 6p flops for the three sums and 6 (p + q) for the
// rotation, with p ≥ q the sides of the matrix (a wide one is transposed); and eigh 6n for W and 6n
// for V. W and V stay in shared memory if they fit into 47 KiB, as 76 × 76 does in float32 and 53 ×
// 53 in float64: then nothing but the matrix is loaded, and the results stored, once. Else they are
// in global memory, in cache at best. The kernels are made for many small matrices. One large matrix
// keeps a single multiprocessor busy. It belongs on the CPU, or to a library that first makes it
// tridiagonal or bidiagonal by reflections: half of this work is matrix products.
//
// Sources: Jacobi (1846); Hestenes, "Inversion of matrices by biorthogonalization" (1958); Brent &
// Luk, "The solution of singular-value and symmetric eigenvalue problems on multiprocessor arrays"
// (1985); Demmel & Veselić, "Jacobi's method is more accurate than QR" (1992); Golub & Van Loan,
// "Matrix computations" (2013), chapter 8.5.
//
// sm_80 (ptxas -v): no spills. svd has 126 registers: a multiprocessor holds one block of 512
// threads (q ≥ 32), or four of 128 (q = 8). eigh has 118 in float32 and 110 in float64: two blocks
// of 256 threads (n = 32).
//
// Bytes and flops: a 32 × 32 matrix in float32 is 4 KiB in, 8 KiB out for svd and 4 for eigh, and
// some 8 sweeps of 496 pairs of 576 and 384 flops: 190 flops a byte. By the roofline, arithmetic would
// be the limit. But warps mostly wait: those of svd for their own last shuffle, some 600 clocks a
// round, and those of eigh for two roots and three divisions and then for each other, some 450. This
// predicts (not measured) 1 million svds and 2.7 million eighs a second on an A100 (108
// multiprocessors at 1.4 GHz), 2 and 6 million on an RTX 4090 (128 at 2.5 GHz). That is at most a
// fifth of the roofline.
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/matrices.h"

namespace gradus::cuda {
namespace {

constexpr int kMostSweeps = 40;

// ---- What both share ----------------------------------------------------------------------------

/// The rotation for the matrix (α γ; γ β).
template <class T>
struct Rotation {
  T c = 1, s = 0;

  Rotation() = default;
  __device__ Rotation(T alpha, T beta, T gamma) {
    const T zeta = (beta - alpha) / (2 * gamma);
    const T t = (zeta < 0 ? T(-1) : T(1)) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
    c = 1 / std::sqrt(1 + t * t);
    s = c * t;
  }
  __device__ void operator()(T& a, T& b) const {
    const T was = a;
    a = c * was - s * b;
    b = s * was + c * b;
  }
};

/// Rotates two columns, by one warp.
template <class T>
__device__ void rotate(const Rotation<T>& rotation, T* a, T* b, int64_t n, int lane) {
  for (int64_t i = lane; i < n; i += kWarp) rotation(a[i], b[i]);
}

/// The two players of pair number `pair` in a round of a tournament. The number of players is even.
/// Player `players - 1` keeps its place, and the others move on around a table from round to round.
struct Pair {
  int64_t i, j;  // i < j
  __device__ Pair(int64_t players, int64_t round, int64_t pair) {
    const int64_t rounds = players - 1;
    const int64_t one = (round + pair) % rounds;
    const int64_t other = pair == 0 ? rounds : (round + rounds - pair) % rounds;
    i = min(one, other);
    j = max(one, other);
  }
};

/// Sweeps until a whole sweep rotates nothing. play(round) returns true if this
/// thread rotated anything.
template <class Play>
__device__ void sweep(int64_t players, const Play& play) {
  __shared__ bool rotated;
  for (int number = 0; number < kMostSweeps; ++number) {
    if (threadIdx.x == 0) rotated = false;
    __syncthreads();
    for (int64_t round = 0; round < players - 1; ++round) {
      if (play(round)) store_any(&rotated, true);
      __syncthreads();
    }
    const bool done = !rotated;
    __syncthreads();  // all have read it
    if (done) return;
  }
}

/// The rank of number j among n in ascending order. Equal numbers keep their order.
template <class Number>
__device__ int64_t place_of(int64_t j, int64_t n, const Number& number) {
  int64_t place = 0;
  for (int64_t k = 0; k < n; ++k) place += number(k) < number(j) || (number(k) == number(j) && k < j);
  return place;
}

// ---- A = V diag(w) Vᵀ ---------------------------------------------------------------------------

/// A symmetric matrix of which only the lower triangle is stored.
template <class T>
struct Symmetric {
  Matrix<T> lower;
  __device__ T& operator()(int64_t i, int64_t j) const { return i < j ? lower(j, i) : lower(i, j); }
};

/// W := Jᵀ W J where the rows of pair p meet the columns of pair q. J is the product of all
/// rotations of a round.
template <class T>
__device__ void rotate_block(const Symmetric<T>& w, const Pair& p, const Rotation<T>& of_p, const Pair& q,
                             const Rotation<T>& of_q) {
  T a = w(p.i, q.i), b = w(p.i, q.j), c = w(p.j, q.i), d = w(p.j, q.j);
  of_q(a, b), of_q(c, d);
  of_p(a, c), of_p(b, d);
  w(p.i, q.i) = a, w(p.i, q.j) = b, w(p.j, q.i) = c, w(p.j, q.j) = d;
}

/// The same for p = q. The new elements are α - tγ, β + tγ and 0.
template <class T>
__device__ void rotate_diagonal(const Symmetric<T>& w, const Pair& p, const Rotation<T>& rotation) {
  if (rotation.s == 0) return;
  const T t_gamma = rotation.s / rotation.c * w(p.i, p.j);
  w(p.i, p.i) -= t_gamma;
  w(p.j, p.j) += t_gamma;
  w(p.i, p.j) = 0;
}

/// If n is odd, W gets a row and a column of zeros, which no rotation mixes with the others.
template <class T>
__global__ void __launch_bounds__(kMostThreads, 1)
    jacobi_eigh(BlockMemory memory, Batch<3> batch, int64_t n, T epsilon, const T* a, T* values, T* vectors) {
  const Lane me;
  const int64_t players = n + n % 2, pairs = players / 2;
  BlockArena arena(memory);
  int64_t* place = arena.take<int64_t>(n);
  auto* rotations = arena.take<Rotation<T>>(pairs);
  const Symmetric<T> w{arena.matrix<T>(players, players)};
  const Matrix<T> v = arena.matrix<T>(n, players);
  for (int64_t number = blockIdx.x; number < batch.begins.count; number += gridDim.x) {
    const auto at = batch.begins(number);
    const auto from = batch.matrix(0, a, at);
    const auto to_values = batch.matrix(1, values, at), to_vectors = batch.matrix(2, vectors, at);
    const T scale = copy_scaled(from, w.lower, n, n, /*only_lower=*/true);
    if (n < players)
      for (int64_t j = threadIdx.x; j < players; j += blockDim.x) w(n, j) = 0;
    for_elements(v, n, players, [&](int64_t i, int64_t j) { v(i, j) = i == j ? T(1) : T(0); });
    __syncthreads();
    sweep(players, [&](int64_t round) {
      bool rotated = false;
      for (int64_t p = threadIdx.x; p < pairs; p += blockDim.x) {
        const Pair pair(players, round, p);
        const T alpha = w(pair.i, pair.i), beta = w(pair.j, pair.j), gamma = w(pair.i, pair.j);
        const T mean = std::sqrt(std::abs(alpha)) * std::sqrt(std::abs(beta));
        const bool matters = std::abs(gamma) > epsilon * max(mean, epsilon);
        rotations[p] = matters ? Rotation<T>(alpha, beta, gamma) : Rotation<T>();
        rotated |= matters;
      }
      __syncthreads();
      for (int64_t q = me.warp; q < pairs; q += me.warps) {
        const Pair second(players, round, q);
        for (int64_t p = me.lane; p < q; p += kWarp)
          rotate_block(w, Pair(players, round, p), rotations[p], second, rotations[q]);
        if (me.lane == 0) rotate_diagonal(w, second, rotations[q]);
        if (rotations[q].s != 0) rotate(rotations[q], v.column(second.i), v.column(second.j), n, me.lane);
      }
      return rotated;
    });
    for (int64_t j = threadIdx.x; j < n; j += blockDim.x) {
      place[j] = place_of(j, n, [&](int64_t k) { return w(k, k); });
      to_values(place[j], 0) = w(j, j) * scale;
    }
    __syncthreads();
    for_elements(to_vectors, n, n, [&](int64_t i, int64_t j) { to_vectors(i, place[j]) = v(i, j); });
    __syncthreads();  // before the next matrix overwrites this one
  }
}

// ---- A = U diag(S) Vᵀ ---------------------------------------------------------------------------

/// Σ a[i] b[i], by the lanes of a warp. Every lane gets it.
template <class T>
__device__ T dot_by_warp(const T* a, const T* b, int64_t n, int lane) {
  T sum = 0;
  for (int64_t i = lane; i < n; i += kWarp) sum += a[i] * b[i];
  return reduce_lanes<Add>(sum, kWarp);
}

/// Makes columns wᵢ and wⱼ orthogonal, by one warp. Returns false if they were orthogonal already.
template <class T>
__device__ bool make_orthogonal(const Matrix<T>& w, int64_t p, const Matrix<T>& v, int64_t q,
                                const Pair& pair, T tolerance, int lane) {
  T *wi = w.column(pair.i), *wj = w.column(pair.j);
  const T alpha = dot_by_warp(wi, wi, p, lane), beta = dot_by_warp(wj, wj, p, lane);
  const T gamma = dot_by_warp(wi, wj, p, lane);
  if (!(std::abs(gamma) > tolerance * std::sqrt(alpha) * std::sqrt(beta)) || gamma == 0) return false;
  const Rotation<T> rotation(alpha, beta, gamma);
  rotate(rotation, wi, wj, p, lane);
  rotate(rotation, v.column(pair.i), v.column(pair.j), q, lane);
  return true;
}

/// Fills the columns `from` … `to` of U, which belong to singular values of 0 or complete a full
/// basis. Each starts as the unit vector that is farthest from the span of the columns before it.
/// Their part is subtracted twice, because once leaves rounding errors.
template <class T>
__device__ void complete_basis(const Matrix<T>& u, int64_t p, int64_t from, int64_t to, T* scratch) {
  __shared__ int64_t chosen;
  const Lane me;
  for (int64_t column = from; column < to; ++column) {
    for (int64_t i = threadIdx.x; i < p; i += blockDim.x) {
      T rest = 1;
      for (int64_t k = 0; k < column; ++k) rest -= u(i, k) * u(i, k);
      scratch[i] = rest;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      chosen = 0;
      for (int64_t i = 1; i < p; ++i)
        if (scratch[i] > scratch[chosen]) chosen = i;
    }
    __syncthreads();
    for (int64_t i = threadIdx.x; i < p; i += blockDim.x) u(i, column) = i == chosen ? T(1) : T(0);
    for (int time = 0; time < 2; ++time) {
      __syncthreads();
      for (int64_t k = me.warp; k < column; k += me.warps) {
        T dot = 0;
        for (int64_t i = me.lane; i < p; i += kWarp) dot += u(i, k) * u(i, column);
        dot = reduce_lanes<Add>(dot, kWarp);
        if (me.lane == 0) scratch[k] = dot;
      }
      __syncthreads();
      T square = 0;
      for (int64_t i = threadIdx.x; i < p; i += blockDim.x) {
        T rest = u(i, column);
        for (int64_t k = 0; k < column; ++k) rest -= scratch[k] * u(i, k);
        u(i, column) = rest;
        square += rest * rest;
      }
      const T length = std::sqrt(reduce_lanes<Add>(square, static_cast<int>(blockDim.x)));
      for (int64_t i = threadIdx.x; i < p; i += blockDim.x) u(i, column) /= length;
    }
    __syncthreads();
  }
}

/// A (p, q) with p ≥ q, U (p, u_columns), V (q, q).
template <class T>
__global__ void __launch_bounds__(kMostThreads, 1)
    jacobi_svd(BlockMemory memory, Batch<4> batch, int64_t p, int64_t q, int64_t u_columns, T epsilon,
               const T* a, T* u, T* s, T* v) {
  const Lane me;
  const T tolerance = epsilon * std::sqrt(static_cast<T>(p));
  BlockArena arena(memory);
  int64_t* place = arena.take<int64_t>(q);
  T *length = arena.take<T>(q), *scratch = arena.take<T>(p);
  const Matrix<T> w = arena.matrix<T>(p, q), rotated = arena.matrix<T>(q, q);
  for (int64_t number = blockIdx.x; number < batch.begins.count; number += gridDim.x) {
    const auto at = batch.begins(number);
    const auto from = batch.matrix(0, a, at);
    const auto to_u = batch.matrix(1, u, at), to_s = batch.matrix(2, s, at), to_v = batch.matrix(3, v, at);
    const T scale = copy_scaled(from, w, p, q);
    for_elements(rotated, q, q, [&](int64_t i, int64_t j) { rotated(i, j) = i == j ? T(1) : T(0); });
    __syncthreads();
    const int64_t players = q + q % 2;  // if q is odd, one column rests in each round
    sweep(players, [&](int64_t round) {
      bool any = false;
      for (int64_t number = me.warp; number < players / 2; number += me.warps)
        if (const Pair pair(players, round, number); pair.j < q)
          any |= make_orthogonal(w, p, rotated, q, pair, tolerance, me.lane);
      return any;
    });

    for (int64_t j = me.warp; j < q; j += me.warps) {
      const T square = dot_by_warp(w.column(j), w.column(j), p, me.lane);
      if (me.lane == 0) length[j] = std::sqrt(square);
    }
    __syncthreads();
    int64_t here = 0;  // of this thread's columns, those with a direction
    for (int64_t j = threadIdx.x; j < q; j += blockDim.x) {
      place[j] = place_of(j, q, [&](int64_t k) { return -length[k]; });
      to_s(place[j], 0) = length[j] * scale;
      here += !(length[j] < epsilon * epsilon);
    }
    const int64_t directions = reduce_lanes<Add>(here, static_cast<int>(blockDim.x));
    __syncthreads();
    for_elements(to_u, p, q, [&](int64_t i, int64_t j) {
      if (place[j] < directions) to_u(i, place[j]) = w(i, j) / length[j];
    });
    for_elements(to_v, q, q, [&](int64_t i, int64_t j) { to_v(i, place[j]) = rotated(i, j); });
    __syncthreads();
    complete_basis(to_u, p, directions, u_columns, scratch);
  }
}

View transposed(View view) {
  view.exchange(view.dim - 2, view.dim - 1);
  return view;
}

}  // namespace

void eigh(const View& a, const View& values, const View& vectors) {
  visit_floating_point("eigh", "cuda", a.dtype, [&]<class T>(T) {
    const Batch<3> batch(a.dim - 2, a, values, vectors);
    const int64_t n = a.sizes[a.dim - 1], players = n + n % 2;
    const int64_t bytes = n * sizeof(int64_t) + players / 2 * sizeof(Rotation<T>) +
                          (padded(players, players) + padded(n, players)) * sizeof(T);
    launch_blocks<jacobi_eigh<T>>({batch.begins.count, divide_up(n, 4), bytes}, batch, n,
                                  std::numeric_limits<T>::epsilon(), a.as<const T>(), values.as<T>(),
                                  vectors.as<T>());
  });
}

void svd(const View& a, const View& u, const View& s, const View& v) {
  if (a.sizes[a.dim - 2] < a.sizes[a.dim - 1]) return svd(transposed(a), v, s, u);  // Aᵀ = V diag(S) Uᵀ
  visit_floating_point("svd", "cuda", a.dtype, [&]<class T>(T) {
    const Batch<4> batch(a.dim - 2, a, u, s, v);
    const int64_t p = a.sizes[a.dim - 2], q = a.sizes[a.dim - 1];
    const int64_t bytes = q * sizeof(int64_t) + (q + p + padded(p, q) + padded(q, q)) * sizeof(T);
    launch_blocks<jacobi_svd<T>>({batch.begins.count, divide_up(q, 2), bytes}, batch, p, q,
                                 u.sizes[u.dim - 1], std::numeric_limits<T>::epsilon(), a.as<const T>(),
                                 u.as<T>(), s.as<T>(), v.as<T>());
  });
}

}  // namespace gradus::cuda
