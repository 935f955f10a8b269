// Singular values A = U diag(S) Vᵀ of many small matrices, a block for each: the one-sided Jacobi method.
//
// W = A V is kept, with V orthogonal, at first W = A. If two columns of W are not orthogonal, a rotation of the two
// makes them so, and is done to the same columns of V. When all pairs are orthogonal, W's columns are uᵢ sᵢ. With α =
// |wᵢ|², β = |wⱼ|², γ = wᵢ·wⱼ:
//
//     ζ = (β - α) / 2γ     t = sign ζ / (|ζ| + √(1 + ζ²))     c = 1 / √(1 + t²)     s = c t
//     wᵢ, wⱼ := c wᵢ - s wⱼ, s wᵢ + c wⱼ
//
//   v1 one pair at a time   q (q - 1) / 2 rotations in a sweep, one after another, some 6 to 10 sweeps.
//   v2 a round of pairs     pairs without a common column do not disturb each other: as in a tournament of q players,
//                           each round has q / 2 pairs, and q - 1 rounds are a sweep. A warp takes a pair: its lanes
//                           add up α, β and γ by shuffles, then rotate; a barrier ends the round.
//
// svd() is v2. A pair costs 6p flops for the three sums and 6 (p + q) for the rotation, with p ≥ q the sides of the
// matrix (a wide one is transposed). W and V stay in shared memory if they fit into 48 KiB, as 76 × 76 does in
// float32 and 54 × 54 in float64: then nothing but the matrix is loaded, and the results stored, once. Else they are
// in global memory, in cache at best, columns side by side so that loads coalesce. Right for many small matrices; one
// large one keeps a single multiprocessor busy and belongs on the CPU.
//
// Sources: Hestenes, "Inversion of matrices by biorthogonalization" (1958); Brent & Luk, "The solution of
// singular-value and symmetric eigenvalue problems on multiprocessor arrays" (1985); Demmel & Veselić, "Jacobi's
// method is more accurate than QR" (1992).
//
// sm_80 (ptxas -v): no spills. 128 registers, and up to 47 KiB of shared memory beside some hundred bytes: a
// multiprocessor holds one block of 512 threads (q ≥ 32), or four of 128 (q = 8).
//
// Bytes and flops: a 32 × 32 matrix in float32 is 4 KiB in, 8 KiB out, and 8 sweeps of 496 pairs of 576 flops, 190
// flops a byte: not memory but arithmetic would be its limit, and is not either, since a warp mostly waits for its own
// last shuffle. Some 600 clocks a round predict, not measured, 1 million such matrices a second on an A100 (108
// multiprocessors at 1.4 GHz) and 2 million on an RTX 4090 (128 at 2.5 GHz), a tenth of the roofline and less.
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/lines.h"
#include "kernels/cuda/reduce_lanes.h"
#include "kernels/cuda/workspace.h"

namespace gradus::cuda {
namespace {

constexpr int kMostSweeps = 40;
constexpr size_t kSharedBytes = 48 << 10;  // what every device gives a block without being asked

/// One matrix of the batch, of the view's steps.
template <class T>
struct Element {
  T* data;
  int64_t row_step, column_step;
  __device__ T& operator()(int64_t i, int64_t j) const { return data[i * row_step + j * column_step]; }
};

/// The matrices that a block works on, columns side by side: W (p, q), V (q, q); and for each column its length and
/// its place in descending order, and p numbers in between.
template <class T>
struct JacobiMemory {
  T *w, *v, *length, *scratch;
  int64_t* place;

  static __host__ __device__ int64_t bytes(int64_t p, int64_t q) {
    return q * int64_t{sizeof(int64_t)} + (p * q + q * q + q + p) * int64_t{sizeof(T)};
  }
  __device__ JacobiMemory(void* memory, int64_t p, int64_t q) {
    place = static_cast<int64_t*>(memory);
    w = reinterpret_cast<T*>(place + q);
    v = w + p * q;
    length = v + q * q;
    scratch = length + q;
  }
};

/// Who this thread is in the block.
struct Lane {
  int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  int warps = static_cast<int>(blockDim.x) / kWarp;
};

/// Σ a[i] b[i], by the lanes of a warp; all of them get it.
template <class T>
__device__ T dot_by_warp(const T* a, const T* b, int64_t n, int lane) {
  T sum = 0;
  for (int64_t i = lane; i < n; i += kWarp) sum += a[i] * b[i];
  return reduce_lanes<Sum<T>>(sum, kWarp);
}

template <class T>
__device__ void rotate(T* a, T* b, int64_t n, T c, T s, int lane) {
  for (int64_t i = lane; i < n; i += kWarp) {
    const T ai = a[i], bi = b[i];
    a[i] = c * ai - s * bi;
    b[i] = s * ai + c * bi;
  }
}

/// Makes columns i and j orthogonal, by one warp; false if they were.
template <class T>
__device__ bool make_orthogonal(const JacobiMemory<T>& m, int64_t p, int64_t q, int64_t i, int64_t j,
                                T tolerance, int lane) {
  T *wi = m.w + i * p, *wj = m.w + j * p;
  const T alpha = dot_by_warp(wi, wi, p, lane), beta = dot_by_warp(wj, wj, p, lane);
  const T gamma = dot_by_warp(wi, wj, p, lane);
  if (!(std::abs(gamma) > tolerance * std::sqrt(alpha) * std::sqrt(beta)) || gamma == 0) return false;
  const T zeta = (beta - alpha) / (2 * gamma);
  const T t = (zeta < 0 ? T(-1) : T(1)) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
  const T c = 1 / std::sqrt(1 + t * t), s = c * t;
  rotate(wi, wj, p, c, s, lane);
  rotate(m.v + i * q, m.v + j * q, q, c, s, lane);
  return true;
}

/// Sweeps until a whole one finds all pairs orthogonal.
template <class T>
__device__ void sweep(const JacobiMemory<T>& m, int64_t p, int64_t q, T epsilon) {
  __shared__ int rotations;
  const Lane me;
  const T tolerance = epsilon * std::sqrt(static_cast<T>(p));
  const int64_t players = q + q % 2, rounds = players - 1;  // if q is odd, one column rests in each round
  for (int number = 0; number < kMostSweeps; ++number) {
    if (threadIdx.x == 0) rotations = 0;
    __syncthreads();
    for (int64_t round = 0; round < rounds; ++round) {
      for (int64_t pair = me.warp; pair < players / 2; pair += me.warps) {
        const int64_t i = (round + pair) % rounds;
        const int64_t j = pair == 0 ? rounds : (round + rounds - pair) % rounds;
        if (max(i, j) < q && make_orthogonal(m, p, q, min(i, j), max(i, j), tolerance, me.lane) &&
            me.lane == 0)
          atomicAdd(&rotations, 1);
      }
      __syncthreads();
    }
    const bool done = rotations == 0;
    __syncthreads();  // all have read it
    if (done) return;
  }
}

/// Gives columns `from` … `to` of U, whose singular values are 0 or that a full basis has besides, a direction of
/// their own: what the columns before them leave of the unit vector of which they leave most. Twice, since once
/// leaves rounding errors.
template <class T>
__device__ void complete_basis(const Element<T>& u, int64_t p, int64_t from, int64_t to, T* scratch) {
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
        dot = reduce_lanes<Sum<T>>(dot, kWarp);
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
      const T length = std::sqrt(reduce_lanes<Sum<T>>(square, static_cast<int>(blockDim.x)));
      for (int64_t i = threadIdx.x; i < p; i += blockDim.x) u(i, column) /= length;
    }
    __syncthreads();
  }
}

/// Shapes: A (p, q) with p ≥ q, U (p, u_columns), V (q, q). Steps are those of rows and columns.
struct SvdPlan {
  Loop<4> batch;  // where A, U, S and V begin
  int64_t p, q, u_columns;
  int64_t steps[4][2];
  int64_t bytes;  // of a block's JacobiMemory
};

template <class T>
__global__ void __launch_bounds__(512, 1)
    jacobi_svd(SvdPlan plan, T epsilon, const T* a, T* u, T* s, T* v, unsigned char* global_memory) {
  const int64_t p = plan.p, q = plan.q;
  const Lane me;
  const JacobiMemory<T> m(
      global_memory ? global_memory + blockIdx.x * plan.bytes : dynamic_shared<unsigned char>(), p, q);
  for (int64_t matrix = blockIdx.x; matrix < plan.batch.count; matrix += gridDim.x) {
    const auto at = plan.batch(matrix);
    const Element<const T> from{a + at[0], plan.steps[0][0], plan.steps[0][1]};
    const Element<T> to_u{u + at[1], plan.steps[1][0], plan.steps[1][1]};
    const Element<T> to_v{v + at[3], plan.steps[3][0], plan.steps[3][1]};
    T largest = 0;
    for (int64_t k = threadIdx.x; k < p * q; k += blockDim.x)
      largest = max(largest, std::abs(from(k % p, k / p)));
    largest = reduce_lanes<Max<T>>(largest, static_cast<int>(blockDim.x));
    const T scale = largest > 0 ? largest : T(1);  // squares must not overflow, nor vanish
    for (int64_t k = threadIdx.x; k < p * q; k += blockDim.x) m.w[k] = from(k % p, k / p) / scale;
    for (int64_t k = threadIdx.x; k < q * q; k += blockDim.x) m.v[k] = k % q == k / q ? T(1) : T(0);
    __syncthreads();
    if (q > 1) sweep(m, p, q, epsilon);

    for (int64_t j = me.warp; j < q; j += me.warps) {
      const T length = std::sqrt(dot_by_warp(m.w + j * p, m.w + j * p, p, me.lane));
      if (me.lane == 0) m.length[j] = length;
    }
    __syncthreads();
    int64_t here = 0;  // of this thread's columns, those with a direction
    for (int64_t j = threadIdx.x; j < q; j += blockDim.x) {
      const T length = m.length[j];
      int64_t place = 0;
      for (int64_t k = 0; k < q; ++k) place += m.length[k] > length || (m.length[k] == length && k < j);
      m.place[j] = place;
      s[at[2] + place * plan.steps[2][0]] = length * scale;
      here += !(length < epsilon * epsilon);
    }
    const int64_t directions = reduce_lanes<Sum<int64_t>>(here, static_cast<int>(blockDim.x));
    __syncthreads();
    for (int64_t k = threadIdx.x; k < p * q; k += blockDim.x)
      if (m.place[k / p] < directions) to_u(k % p, m.place[k / p]) = m.w[k] / m.length[k / p];
    for (int64_t k = threadIdx.x; k < q * q; k += blockDim.x) to_v(k % q, m.place[k / q]) = m.v[k];
    __syncthreads();
    complete_basis(to_u, p, directions, plan.u_columns, m.scratch);
  }
}

template <class T>
void svd_of(const View& a, const View& u, const View& s, const View& v) {
  const int d = a.dim - 2;
  const bool wide = a.sizes[d] < a.sizes[d + 1];  // then Aᵀ = V diag(S) Uᵀ
  const View &left = wide ? v : u, &right = wide ? u : v;
  View batch[] = {a, left, s, right};
  for (View& view : batch) view.dim = static_cast<uint8_t>(d);
  SvdPlan plan{.batch = Loop<4>(MergedLoops<4>(batch[0], batch[1], batch[2], batch[3])),
               .p = a.sizes[d + wide],
               .q = a.sizes[d + !wide],
               .u_columns = left.sizes[d + 1],
               .steps = {{a.strides[d + wide], a.strides[d + !wide]},
                         {left.strides[d], left.strides[d + 1]},
                         {s.strides[d], 0},
                         {right.strides[d], right.strides[d + 1]}},
               .bytes = 0};
  if (plan.batch.count == 0 || plan.p == 0) return;
  plan.bytes = divide_up(JacobiMemory<T>::bytes(plan.p, plan.q), 16) * 16;
  const bool shared =
      static_cast<size_t>(plan.bytes) <= kSharedBytes - 1024;  // less the kernel's own variables
  const int threads = kWarp * power_of_two(divide_up(plan.q, 2), 1, 16);
  const int64_t blocks = std::min<int64_t>(plan.batch.count, shared ? 1 << 16 : 256);
  const auto run = [&](unsigned char* memory, size_t shared_bytes) {
    launch<jacobi_svd<T>>({static_cast<unsigned>(blocks), static_cast<unsigned>(threads), shared_bytes}, plan,
                          std::numeric_limits<T>::epsilon(), a.as<const T>(), left.as<T>(), s.as<T>(),
                          right.as<T>(), memory);
  };
  if (shared) return run(nullptr, static_cast<size_t>(plan.bytes));
  const Workspace memory(blocks * plan.bytes);
  run(static_cast<unsigned char*>(memory.data()), 0);
}

}  // namespace

void svd(const View& a, const View& u, const View& s, const View& v) {
  switch (a.dtype) {
    case kFloat32:
      return svd_of<float>(a, u, s, v);
    case kFloat64:
      return svd_of<double>(a, u, s, v);
    default:
      no_kernel("svd", "cuda", a.dtype);
  }
}

}  // namespace gradus::cuda
