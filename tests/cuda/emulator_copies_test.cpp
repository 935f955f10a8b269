// Asynchronous copies on the emulator: what arrives, and what the race check says of a kernel that does not wait. This
// file is a part of emulator_test and of its two instrumented builds.
#include "emulated.h"
#include "kernels/cuda/async_copy.h"

namespace gradus::cuda {
namespace {

std::string here(int line) { return "emulator_copies_test.cpp:" + std::to_string(line); }

/// Three threads each make a copy of four numbers. The second copy has one valid number, and the rest becomes 0.
__global__ void three_groups(const float* x, float* out) {
  alignas(16) __shared__ float tile[12];
  const unsigned t = threadIdx.x;
  if (t < 3) {
    copy_async<16>(&tile[4 * t], x + 4 * t, t == 1 ? 4 : 16);
    commit_copies();
  }
  wait_for_copies<0>();
  __syncthreads();
  out[t] = tile[t];
}

TEST(EmulatedCopies, ArriveWithZerosBehindTheValidBytes) {
  const Array<float> x = counting(12), out(12);
  launch<three_groups>({1, 12}, x, out);
  EXPECT_EQ(out.values(), (std::vector<float>{0, 1, 2, 3, 4, 0, 0, 0, 8, 9, 10, 11}));
}

/// Waits until at most one group is under way: the first has arrived, the second perhaps not.
__global__ void first_of_two(const float* x, float* out) {
  alignas(16) __shared__ float tile[8];
  for (int i = 0; i < 8; ++i) tile[i] = -1;
  for (int group = 0; group < 2; ++group) {
    copy_async<16>(&tile[4 * group], x + 4 * group, 16);
    commit_copies();
  }
  wait_for_copies<1>();
  for (int i = 0; i < 4; ++i) out[i] = tile[i];
}

TEST(EmulatedCopies, AThreadMayReadWhatItHasWaitedFor) {
  const Array<float> x = counting(8), out(4);
  launch<first_of_two>({1, 1}, x, out);
  EXPECT_EQ(out.values(), counting(4));
}

// ---- Bugs --------------------------------------------------------------------------------------------------------------

constexpr int begins = __LINE__ + 4, reads = begins + 2;
/// Waits for group 0 only, and then reads from `group`. Reading from group 1 is the bug.
__global__ void reads_early(const float* x, float* out, int group) {
  alignas(16) __shared__ float tile[8];
  copy_async<16>(&tile[0], x, 16), commit_copies(), copy_async<16>(&tile[4], x + 4, 16), commit_copies();
  wait_for_copies<1>();
  out[0] = tile[4 * group];
}

__global__ void forgets_the_commit(const float* x, float* out) {
  alignas(16) __shared__ float tile[4];
  copy_async<16>(tile, x, 16);
  wait_for_copies<0>();
  out[0] = tile[0];
}

__global__ void forgets_the_barrier(const float* x, float* out) {
  alignas(16) __shared__ float tile[8];
  tile[threadIdx.x] = 0;
  __syncthreads();
  copy_async<4>(&tile[threadIdx.x], x + threadIdx.x, 4);
  commit_copies();
  wait_for_copies<0>();
  out[threadIdx.x] = tile[7 - threadIdx.x];
}

__global__ void waits_after_the_barrier(const float* x, float* out) {
  alignas(16) __shared__ float tile[8];
  tile[threadIdx.x] = 0;
  __syncthreads();
  copy_async<4>(&tile[threadIdx.x], x + threadIdx.x, 4);
  commit_copies();
  __syncthreads();
  wait_for_copies<0>();
  out[threadIdx.x] = tile[7 - threadIdx.x];
}

/// The next copy may arrive while others still read the last one.
__global__ void overwrites_early(const float* x, float* out) {
  alignas(16) __shared__ float tile[8];
  for (int round = 0; round < 2; ++round) {
    copy_async<4>(&tile[threadIdx.x], x + threadIdx.x, 4);
    commit_copies();
    wait_for_copies<0>();
    __syncthreads();
    out[threadIdx.x] = tile[7 - threadIdx.x];
  }
}

__global__ void misaligned(const float* x) {
  alignas(16) __shared__ float tile[8];
  copy_async<16>(&tile[1], x, 16);
}

TEST(EmulatedCopies, EarlyReadsAreNamed) {
  const Array<float> x = counting(8), out(8);
  launch<reads_early>({1, 1}, x, out, 0);  // right
  EXPECT_EQ(out.values()[0], 0);
  if (!kRaces) return;
  const auto early = [&] { launch<reads_early>({1, 1}, x, out, 1); };
  expect_contains(error_of(early),
                  {"reads_early", "race in shared memory: reads (" + here(reads),
                   "an asynchronous copy of thread (0, 0, 0) of block (0, 0, 0) (" + here(begins),
                   "is still writing: wait_for_copies must come first, then a barrier"});
  expect_contains(error_of([&] { launch<forgets_the_commit>({1, 1}, x, out); }), {"is still writing"});
}

TEST(EmulatedCopies, RacesBetweenThreadsAreFound) {
  const Array<float> x = counting(8), out(8);
  if (!kRaces) return;
  expect_contains(error_of([&] { launch<forgets_the_barrier>({1, 8}, x, out); }), {"race in shared memory"});
  expect_contains(error_of([&] {
                    launch<waits_after_the_barrier>({1, 8}, x, out);
                  }),
                  {"race in shared memory"});
  expect_contains(error_of([&] { launch<overwrites_early>({1, 8}, x, out); }), {"race in shared memory"});
}

/// Also without the race check, a copy does not arrive before the kernel waits for it.
TEST(EmulatedCopies, ArriveNoEarlierThanTheWait) {
  if (kRaces) return;
  const Array<float> x = counting(8), out = std::vector<float>(8, 5);
  launch<first_of_two>({1, 1}, x, out);
  launch<reads_early>({1, 1}, x, out, 1);
  EXPECT_NE(out.values()[0], 4);
}

TEST(EmulatedCopies, AddressesMustBeAligned) {
  const Array<float> x = counting(8);
  expect_contains(error_of([&] {
                    launch<misaligned>({1, 1}, x);
                  }),
                  {"misaligned", "copy_async: both addresses must be multiples of 16"});
}

}  // namespace
}  // namespace gradus::cuda
