// Loops for the widest vectors that the processor at hand has, and mathematical functions on whole vectors.
//
// The project is compiled for any 64-bit x86, whose vectors have 16 bytes. widest(loop) compiles a loop for 32 and
// 64 bytes as well and picks one at run time. Elsewhere it just runs the loop.
#pragma once

#include <cmath>
#include <utility>

#if defined(__x86_64__) && defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 35) && defined(__GNUC__) && \
    !defined(__clang__)
// glibc has these functions for vectors, in libmvec, with errors of at most 4 units in the last place. Its own header
// declares them only under -ffast-math, which would give up NaN and infinity; the functions themselves keep both.
extern "C" {
#define GRADUS_VECTOR_MATH(name)                                                       \
  [[gnu::simd("notinbranch")]] double name(double) noexcept; \
  [[gnu::simd("notinbranch")]] float name##f(float) noexcept;
GRADUS_VECTOR_MATH(exp)
GRADUS_VECTOR_MATH(expm1)
GRADUS_VECTOR_MATH(log)
GRADUS_VECTOR_MATH(log1p)
GRADUS_VECTOR_MATH(sin)
GRADUS_VECTOR_MATH(cos)
GRADUS_VECTOR_MATH(tanh)
GRADUS_VECTOR_MATH(erf)
#undef GRADUS_VECTOR_MATH
[[gnu::simd("notinbranch")]] double pow(double, double) noexcept;
[[gnu::simd("notinbranch")]] float powf(float, float) noexcept;
}
#endif

namespace gradus::cpu {

#if defined(__x86_64__) && defined(__GNUC__)

namespace vectors {
inline const int bytes = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
                             ? 64
                         : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 32
                                                                                           : 16;

template <class Loop>
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw,fma,prefer-vector-width=512"), gnu::noinline]] void run64(const Loop& loop) {
  loop();
}
template <class Loop>
[[gnu::target("avx2,fma"), gnu::noinline]] void run32(const Loop& loop) {
  loop();
}
}  // namespace vectors

template <class Loop>
inline void widest(const Loop& loop) {
  if (vectors::bytes == 64) return vectors::run64(loop);
  if (vectors::bytes == 32) return vectors::run32(loop);
  loop();
}

#else

template <class Loop>
inline void widest(const Loop& loop) {
  loop();
}

#endif

}  // namespace gradus::cpu
