// The words that CUDA adds to C++, for g++: qualifiers, vector types, and the built-in variables
// of a thread.
#pragma once

#include <cstdint>

// A kernel is an ordinary function here. Shared memory is a static variable. Blocks run one after
// another, so one copy serves all. Kernels with shared variables belong in anonymous namespaces,
// because only there does AddressSanitizer guard the statics of templates. __constant__ is missing
// on purpose: kernels take their constants as arguments.
#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)

// clang-format off
struct int2                   { int x, y; };
struct int3                   { int x, y, z; };
struct alignas(16) int4       { int x, y, z, w; };
struct uint2                  { unsigned x, y; };
struct uint3                  { unsigned x, y, z; };
struct alignas(16) uint4      { unsigned x, y, z, w; };
struct alignas(8)  float2     { float x, y; };
struct float3                 { float x, y, z; };
struct alignas(16) float4     { float x, y, z, w; };
struct alignas(16) double2    { double x, y; };
struct alignas(16) longlong2  { long long x, y; };

inline int2      make_int2(int x, int y) { return {x, y}; }
inline int4      make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2     make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4     make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline float2    make_float2(float x, float y) { return {x, y}; }
inline float4    make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline double2   make_double2(double x, double y) { return {x, y}; }
inline longlong2 make_longlong2(long long x, long long y) { return {x, y}; }
// clang-format on

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}  // NOLINT
};

// Set by the scheduler whenever it lets a thread run.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;
