// Loops for the widest vectors of the CPU, and mathematical functions of whole vectors.
//
// The project is compiled for any 64-bit x86, whose vectors have 16 bytes. widest(loop) compiles a
// loop for 32 and 64 bytes as well and picks one at run time. On other processors it runs the loop.
#pragma once

#include <cmath>
#include <concepts>
#include <type_traits>

#if defined(__x86_64__) && defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 35) && \
    defined(__GNUC__) && !defined(__clang__)
// glibc has these functions for vectors, in libmvec, with errors of at most 4 units in the last
// place. Its own header declares them only under -ffast-math, which would give up NaN and infinity;
// the functions themselves keep both. (exp and log are our own, kernels/math.h, which are as fast
// and err by less.)
extern "C" {
#define GRADUS_VECTOR_MATH(name)                             \
  [[gnu::simd("notinbranch")]] double name(double) noexcept; \
  [[gnu::simd("notinbranch")]] float name##f(float) noexcept;
GRADUS_VECTOR_MATH(expm1)
GRADUS_VECTOR_MATH(log1p)
GRADUS_VECTOR_MATH(sin)
GRADUS_VECTOR_MATH(cos)
GRADUS_VECTOR_MATH(tanh)
GRADUS_VECTOR_MATH(erf)
GRADUS_VECTOR_MATH(erfc)
#undef GRADUS_VECTOR_MATH
[[gnu::simd("notinbranch")]] double pow(double, double) noexcept;
[[gnu::simd("notinbranch")]] float powf(float, float) noexcept;
}
#endif

namespace gradus::cpu {

namespace vectors {

/// Runs loop(), or loop(bytes) if it wants to know the width as a constant.
template <int bytes, class Loop>
inline void run(const Loop& loop) {
  if constexpr (std::invocable<const Loop&, std::integral_constant<int, bytes>>)
    loop(std::integral_constant<int, bytes>{});
  else
    loop();
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

// flatten: every function that the loop calls is inlined, because only inlined code is compiled
// for these processors.
template <class Loop>
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw,fma"), gnu::flatten, gnu::noinline]] void run64(
    const Loop& loop) {
  run<64>(loop);
}
template <class Loop>
[[gnu::target("avx2,fma"), gnu::flatten, gnu::noinline]] void run32(const Loop& loop) {
  run<32>(loop);
}
// Processors without 32-byte vectors are older than 2013. Code marked as cold compiles fastest.
template <class Loop>
[[gnu::cold, gnu::noinline]] void run16(const Loop& loop) {
  run<16>(loop);
}

/// Bytes of the widest vectors that this processor has.
inline const int bytes = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
                             ? 64
                         : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 32
                                                                                           : 16;
#else
template <class Loop>
void run64(const Loop&) {}
template <class Loop>
void run32(const Loop&) {}
template <class Loop>
inline void run16(const Loop& loop) {
  run<16>(loop);
}
inline constexpr int bytes = 16;
#endif

}  // namespace vectors

/// Runs the loop compiled for the widest vectors.
template <class Loop>
inline void widest(const Loop& loop) {
  if (vectors::bytes == 64) return vectors::run64(loop);
  if (vectors::bytes == 32) return vectors::run32(loop);
  vectors::run16(loop);
}

/// Runs a loop that is bound by memory. Vectors of 32 bytes are as fast for it, and compile in a
/// third less time.
template <class Loop>
inline void wide(const Loop& loop) {
  if (vectors::bytes >= 32) return vectors::run32(loop);
  vectors::run16(loop);
}

}  // namespace gradus::cpu
