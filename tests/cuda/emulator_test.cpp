// The emulator's own tests. They run kernels with every kind of bug, and check that each is reported with
// kernel, block, thread, file and line. The file is compiled three times, since no build finds every kind:
//
//     emulator_test        without a sanitizer, with threads in several orders
//     emulator_asan_test   AddressSanitizer and UndefinedBehaviorSanitizer
//     emulator_race_test   the race check of kernels/cuda/emulator/race_check.h
#include <gtest/gtest.h>

#include <thread>

#include "emulated.h"
#include "kernels/cuda/loops.h"

namespace gradus::cuda {
namespace {

std::string here(int line) { return "emulator_test.cpp:" + std::to_string(line); }

// ---- Kernels without a bug --------------------------------------------------------------------------------------------

template <class T>
__global__ void reverse(T* x) {
  __shared__ T tile[64];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}

/// Sums of 256 numbers: over halves of the block in shared memory, then over one warp by shuffles.
__global__ void sum_blocks(const float* x, float* sums) {
  float* part = dynamic_shared<float>();
  const unsigned t = threadIdx.x;
  part[t] = x[blockIdx.x * blockDim.x + t];
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half >= 32; half /= 2) {
    if (t < half) part[t] += part[t + half];
    __syncthreads();
  }
  if (t >= 32) return;
  float sum = part[t];
  for (int delta = 16; delta > 0; delta /= 2) sum += __shfl_down_sync(0xffffffff, sum, delta);
  if (t == 0) sums[blockIdx.x] = sum;
}

__global__ void histogram(const int* x, int* counts, float* total) {
  atomicAdd(&counts[x[threadIdx.x]], 1);
  atomicAdd(total, 0.5f);
  atomicMax(&counts[3], x[threadIdx.x]);
}

__global__ void warp_functions(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  int* row = out + lane * 8;
  row[0] = __shfl_sync(0xffffffff, lane, 5);
  row[1] = __shfl_up_sync(0xffffffff, lane, 3);
  row[2] = __shfl_down_sync(0xffffffff, lane, 3, 8);
  row[3] = __shfl_xor_sync(0xffffffff, lane, 1);
  row[4] = static_cast<int>(__ballot_sync(0xffffffff, lane % 2));
  row[5] = __any_sync(0xffffffff, lane == 7);
  row[6] = __all_sync(0xffffffff, lane < 31);
  row[7] = lane < 8 ? __shfl_sync(0xff, lane, lane + 1, 4) : __shfl_sync(0xffffff00, -lane, 9);
}

__global__ void neighbours_in_warp(float* x) {
  __shared__ float tile[64];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncwarp();
  x[threadIdx.x] = tile[threadIdx.x ^ 1];
}

void expect_right_kernels_work() {
  const Array<double> x = counting<double>(64);
  launch<reverse<double>>({1, 64}, x);
  std::vector<double> backwards = counting<double>(64);
  std::reverse(backwards.begin(), backwards.end());
  EXPECT_EQ(x.values(), backwards);

  const Array<float> numbers = counting(768), sums(3);
  launch<sum_blocks>({3, 256, 256 * sizeof(float)}, numbers, sums);
  EXPECT_EQ(sums.values(), (std::vector<float>{32640, 98176, 163712}));

  const Array<float> pairs = counting(64);
  launch<neighbours_in_warp>({1, 64}, pairs);
  EXPECT_EQ(pairs.values()[10], 11);
}

class Emulator : public testing::TestWithParam<int> {  // the seed of the threads' order
 protected:
  void SetUp() override { emulator::set_thread_order_seed(static_cast<uint64_t>(GetParam())); }
  void TearDown() override {  // after an error, the next launches must work
    expect_right_kernels_work();
    emulator::set_thread_order_seed(0);
  }
};
INSTANTIATE_TEST_SUITE_P(Order, Emulator, testing::Values(0, 1, 2, 3));

TEST_P(Emulator, RunsRightKernels) {
  expect_right_kernels_work();
  const Array<int> x(std::vector<int>{2, 0, 2, 2, 1, 2, 2}), counts(std::vector<int>(4));
  const Array<float> total(std::vector<float>{1});
  launch<histogram>({1, 7}, x, counts, total);
  EXPECT_EQ(counts.values(), (std::vector<int>{1, 1, 5, 2}));
  EXPECT_EQ(total.values()[0], 4.5f);
}

TEST_P(Emulator, WarpFunctions) {
  const Array<int> out(32 * 8);
  launch<warp_functions>({1, 32}, out);
  const std::vector<int> got = out.values();
  for (int lane = 0; lane < 32; ++lane) {
    const int next = lane / 4 * 4 + (lane + 1) % 4;
    const std::vector<int> wanted = {5,        lane < 3 ? lane : lane - 3,   lane % 8 < 5 ? lane + 3 : lane,
                                     lane ^ 1, static_cast<int>(0xaaaaaaaa), 1,
                                     0,        lane < 8 ? next : -9};
    for (int i = 0; i < 8; ++i) EXPECT_EQ(got[lane * 8 + i], wanted[i]) << "lane " << lane << ", value " << i;
  }
}

// ---- Deadlocks ---------------------------------------------------------------------------------------------------------

constexpr int skipped = __LINE__ + 2;
__global__ void half_skips_barrier(float* x) {
  if (threadIdx.x < 32) __syncthreads();
  x[threadIdx.x] = 1;
}

constexpr int left_early = __LINE__ + 3;
__global__ void returns_early(float* x, unsigned n) {
  if (threadIdx.x >= n) return;
  __syncthreads();
  x[threadIdx.x] = 1;
}

constexpr int either = __LINE__ + 3;
__global__ void two_barriers() {
  if (threadIdx.x % 2)
    __syncthreads();
  else
    __syncthreads();
}

TEST_P(Emulator, DivergentBarriers) {
  const Array<float> x(64);
  expect_contains(error_of([&] {
                    launch<half_skips_barrier>({{2, 3}, 64}, x);
                  }),
                  {"half_skips_barrier (emulator_test.cpp:", "block (", ", 0, 0)",
                   "deadlock: 32 threads wait at __syncthreads (" + here(skipped) + ")", "32 have returned"});
  expect_contains(error_of([&] {
                    launch<returns_early>({1, 64}, x, 63);
                  }),
                  {"63 threads wait at __syncthreads (" + here(left_early) + ")", "1 have returned"});
  expect_contains(error_of([&] {
                    launch<two_barriers>({1, 64});
                  }),
                  {"two_barriers", "__syncthreads (" + here(either), "__syncthreads (" + here(either + 2)});
}

// ---- Warps -------------------------------------------------------------------------------------------------------------

__global__ void shuffles(float* x, unsigned mask, int source) {
  x[threadIdx.x] = __shfl_sync(mask, 1.0f, source);
}

TEST_P(Emulator, BadMasks) {
  const Array<float> x(64);
  const auto shuffled = [&](unsigned threads, unsigned mask, int source) {
    return error_of([&] { launch<shuffles>({1, threads}, x, mask, source); });
  };
  EXPECT_EQ(shuffled(64, 0xffffffff, 31), "no error");
  EXPECT_EQ(shuffled(16, 0xffff, 0), "no error");
  expect_contains(shuffled(32, 0xfffffffe, 1),
                  {"thread (0, 0, 0)", "mask 0xfffffffe leaves out the lane that calls"});
  expect_contains(shuffled(48, 0xffffffff, 0), {"0xffffffff names lanes beyond the end of the block"});
  expect_contains(shuffled(16, 0xffff, 20), {"reads lane 20, which its mask leaves out"});
}

// ---- Launches ----------------------------------------------------------------------------------------------------------

TEST_P(Emulator, BadLaunches) {
  const Array<float> x(64);
  const auto refusal = [&](dim3 blocks, dim3 threads, size_t shared_bytes = 0) {
    return error_of([&] { launch<returns_early>({blocks, threads, shared_bytes}, x, 1u); });
  };
  EXPECT_EQ(refusal(1, 1), "no error");
  expect_contains(refusal(1, 2048),
                  {"returns_early (emulator_test.cpp:", "a block of (2048, 1, 1)", "at most 1024"});
  expect_contains(refusal(1, {1, 1, 65}), {"64 in z"});
  expect_contains(refusal(0, 32), {"a grid of (0, 1, 1) blocks"});
  expect_contains(refusal({1, 70000}, 32), {"a grid of (1, 70000, 1) blocks"});
  expect_contains(refusal(1, 32, 50000), {"50000 bytes of shared memory; at most 49152"});
}

__global__ void one_barrier() { __syncthreads(); }

// ---- Errors inside kernels --------------------------------------------------------------------------------------------

__global__ void launches() { launch<one_barrier>({1, 32}); }

TEST_P(Emulator, KernelsCannotLaunchKernels) {
  expect_contains(error_of([] {
                    launch<launches>({1, 1});
                  }),
                  {"one_barrier", "but a kernel cannot launch another one"});
}

TEST_P(Emulator, SeveralThreadsOfTheHostTakeTurns) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int round = 0; round < 50; ++round) launch<one_barrier>({1, 64});
    });
  for (std::thread& thread : threads) thread.join();
}

int destroyed = 0;
struct Counted {
  ~Counted() { ++destroyed; }
};
__global__ void one_traps() {
  const Counted counted;
  if (threadIdx.x == 40) __trap();
  __syncthreads();
}

TEST_P(Emulator, DestructorsRunWhenAThreadFails) {
  destroyed = 0;
  expect_contains(error_of([] { launch<one_traps>({1, 41}); }), {"one_traps", "thread (40, 0, 0): __trap"});
  EXPECT_GE(destroyed, 1);
  if (GetParam() == 0) {
    EXPECT_EQ(destroyed, 41);
  }
}

// ---- Copies and allocations ---------------------------------------------------------------------------------------------

TEST_P(Emulator, BadCopies) {
  const Array<float> x(4);
  float host[8] = {};
  expect_contains(error_of([&] { cudaMemcpy(x, host, 16, cudaMemcpyDeviceToHost); }),
                  {"source should be memory of the device, but is memory of the host"});
  expect_contains(error_of([&] { cudaMemcpy(host, x, 32, cudaMemcpyDeviceToHost); }),
                  {"32 bytes run past the end of an allocation of 16"});
  expect_contains(error_of([&] { cudaFree(x + 1); }), {"is not the start of an allocation"});
  EXPECT_EQ(reinterpret_cast<uintptr_t>(static_cast<float*>(x)) % 256, 0u);
}

// ---- Indices beyond 32 bits ------------------------------------------------------------------------------------------

/// Every kernel finds its elements with these loops. The test runs on the host, since a kernel with so many
/// elements would take minutes on the emulator.
TEST(Loops, CountBeyond32Bits) {
  const int64_t around[] = {0,
                            1,
                            (int64_t{1} << 31) - 1,
                            int64_t{1} << 31,
                            (int64_t{1} << 31) + 1,
                            (int64_t{1} << 32) - 1,
                            (int64_t{1} << 32) + 5,
                            (int64_t{1} << 62) + 12345};
  for (const int64_t size : around)
    for (const int64_t i : around) {
      if (size == 0) continue;
      int64_t quotient = i;
      EXPECT_EQ(Divisor(size).divide(quotient), i % size) << i << " by " << size;
      EXPECT_EQ(quotient, i / size) << i << " by " << size;
    }

  View x, y;  // y is x transposed
  x.dim = y.dim = 2;
  const int64_t rows = (int64_t{1} << 31) + 3, columns = 5;
  x.sizes[0] = y.sizes[0] = rows;
  x.sizes[1] = y.sizes[1] = columns;
  x.set_contiguous_strides();
  y.strides[0] = 1;
  y.strides[1] = rows;
  const Loop<2> loop(MergedLoops<2>(x, y));
  EXPECT_EQ(loop.count, rows * columns);
  for (const int64_t i : {int64_t{0}, rows - 1, rows * columns - 1, (int64_t{1} << 32) + 1}) {
    EXPECT_EQ(loop(i)[0], i);
    EXPECT_EQ(loop(i)[1], i / columns + i % columns * rows);
  }
}

// ---- Out of bounds -----------------------------------------------------------------------------------------------------

constexpr int overran = __LINE__ + 1;
__global__ void overruns_global(float* x) { x[threadIdx.x + 1] = 1; }

TEST_P(Emulator, GlobalMemoryOutOfBounds) {
  const Array<float> x(std::vector<float>(63));
  if (kAddresses) {
    EXPECT_REPORT(launch<overruns_global>({1, 63}, x), "In the kernel overruns_global",
                  "block (0, 0, 0), thread (62, 0, 0)", "WRITE of size 4", here(overran));
  }
  if (kRaces)
    expect_contains(
        error_of([&] {
          launch<overruns_global>({1, 63}, x);
        }),
        {"overruns_global", "block (0, 0, 0), thread (62, 0, 0): writes 4 bytes (" + here(overran) + ")"});
}

TEST_P(Emulator, MemoryThatWasFreed) {
  float* x = nullptr;
  cudaMalloc(reinterpret_cast<void**>(&x), 256);
  cudaFree(x);
  if (kAddresses) {
    EXPECT_REPORT(launch<overruns_global>({1, 1}, x), "thread (0, 0, 0)", "heap-use-after-free");
  }
  if (kRaces)
    expect_contains(error_of([&] {
                      launch<overruns_global>({1, 1}, x);
                    }),
                    {here(overran), "outside of all allocations"});
}

constexpr int overran_shared = __LINE__ + 5;
template <class T>
__global__ void overruns_shared(T* x) {
  __shared__ T tile[64];
  T* shifted = tile + 1;
  shifted[threadIdx.x] = x[threadIdx.x];
  x[threadIdx.x] = tile[threadIdx.x];
}

__global__ void overruns_dynamic_shared() { dynamic_shared<float>()[threadIdx.x + 1] = 1; }

__global__ void misaligned(float* x) { *reinterpret_cast<float4*>(x + 1) = float4{1, 2, 3, 4}; }

TEST_P(Emulator, SharedMemoryOutOfBoundsAndMisaligned) {
  if (!kAddresses) return;
  const Array<float> x(std::vector<float>(64));
  EXPECT_REPORT(launch<overruns_shared<float>>({1, 64}, x), "In the kernel overruns_shared<float>",
                "thread (63, 0, 0)", here(overran_shared));
  EXPECT_REPORT(launch<overruns_dynamic_shared>({1, 64, 256}), "overruns_dynamic_shared",
                "thread (63, 0, 0)");
  EXPECT_REPORT(launch<misaligned>({1, 1}, x), "misaligned");
}

// ---- Uninitialised memory -----------------------------------------------------------------------------------------------

constexpr int read_global = __LINE__ + 1;
__global__ void copies(const float* x, float* y) { y[threadIdx.x] = x[threadIdx.x]; }

constexpr int read_shared = __LINE__ + 5;
__global__ void leaves_one_out(float* x) {
  __shared__ float tile[64];
  if (threadIdx.x != 5) tile[threadIdx.x] = 1;
  __syncthreads();
  x[threadIdx.x] = tile[threadIdx.x];
}

TEST_P(Emulator, UninitialisedMemory) {
  const Array<float> x(64), y(64);
  for (const float value : x.values()) EXPECT_TRUE(std::isnan(value));
  if (!kRaces) return;
  expect_contains(error_of([&] {
                    launch<copies>({1, 64}, x, y);
                  }),
                  {"reads global memory (" + here(read_global) + ") that nobody has written"});
  expect_contains(error_of([&] {
                    launch<leaves_one_out>({1, 64}, x);
                  }),
                  {"leaves_one_out", "thread (5, 0, 0): reads shared memory (" + here(read_shared)});
}

// ---- Races -------------------------------------------------------------------------------------------------------------

constexpr int wrote = __LINE__ + 3, read = wrote + 2;
__global__ void second_barrier_missing(float* x) {
  __shared__ float tile[64];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  const float value = tile[63 - threadIdx.x];
  tile[threadIdx.x] = value;
  x[threadIdx.x] = value;
}

__global__ void same_element(float* x) { x[threadIdx.x / 2] = 1; }
__global__ void same_in_all_blocks(float* x) { x[threadIdx.x] = 1; }
__global__ void adds_without_atomics(float* x) { *x += 1; }
__global__ void atomic_beside_plain(float* x) {
  if (threadIdx.x == 7)
    *x = 1;
  else
    atomicAdd(x, 1);
}
__global__ void across_warps(float* x) {
  __shared__ float tile[64];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncwarp();
  x[threadIdx.x] = tile[threadIdx.x ^ 32];
}

TEST_P(Emulator, Races) {
  const Array<float> x = counting(64);
  if (!kRaces) return;
  expect_contains(error_of([&] {
                    launch<second_barrier_missing>({1, 64}, x);
                  }),
                  {"second_barrier_missing", "block (0, 0, 0), thread (", "race in shared memory", here(read),
                   here(read + 1)});
  expect_contains(error_of([&] {
                    launch<same_element>({1, 64}, x);
                  }),
                  {"same_element", "race in global memory: writes"});
  expect_contains(error_of([&] {
                    launch<same_in_all_blocks>({2, 64}, x);
                  }),
                  {"race in global memory", "of block ("});
  expect_contains(error_of([&] { launch<adds_without_atomics>({1, 2}, x); }), {"race in global memory"});
  expect_contains(error_of([&] { launch<atomic_beside_plain>({1, 64}, x); }), {"race in global memory"});
  expect_contains(error_of([&] { launch<across_warps>({1, 64}, x); }), {"across_warps", "shared memory"});
}

/// Random orders of threads show a missing barrier even without the race check: the results differ.
TEST(EmulatorOrder, ShowsAMissingBarrier) {
  if (kRaces) return;
  int wrong = 0;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    emulator::set_thread_order_seed(seed);
    const Array<float> x = counting(64);
    launch<second_barrier_missing>({1, 64}, x);
    std::vector<float> wanted = counting(64);
    std::reverse(wanted.begin(), wanted.end());
    wrong += x.values() != wanted;
  }
  emulator::set_thread_order_seed(0);
  EXPECT_GE(wrong, 4);
}

}  // namespace
}  // namespace gradus::cuda
