// Atomics, and the small functions that nvcc knows without an include.
//
// Only one thread runs at a time, and it is never interrupted between two meetings. So a plain read
// and write is atomic.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/cuda/emulator/race_check.h"
#include "kernels/cuda/emulator/scheduler.h"

namespace gradus::emulator {

/// *address = f(*address). Returns the old value.
template <class T, class F>
GRADUS_NOT_RACE_CHECKED T atomic(T* address, F f) {
  race_check::atomic_access(address, sizeof(T));
  const T old = *address;
  *address = f(old);
  return old;
}

template <class T>
concept AtomicInteger =
    std::same_as<T, int> || std::same_as<T, unsigned> || std::same_as<T, unsigned long long>;
template <class T>
concept AtomicNumber = AtomicInteger<T> || std::same_as<T, float> || std::same_as<T, double>;

}  // namespace gradus::emulator

// clang-format off
template <gradus::emulator::AtomicNumber T>
T atomicAdd(T* address, std::type_identity_t<T> value) { return gradus::emulator::atomic(address, [=](T old) { return old + value; }); }
template <gradus::emulator::AtomicInteger T>
T atomicSub(T* address, std::type_identity_t<T> value) { return gradus::emulator::atomic(address, [=](T old) { return old - value; }); }
template <gradus::emulator::AtomicInteger T>
T atomicMax(T* address, std::type_identity_t<T> value) { return gradus::emulator::atomic(address, [=](T old) { return std::max(old, value); }); }
template <gradus::emulator::AtomicInteger T>
T atomicMin(T* address, std::type_identity_t<T> value) { return gradus::emulator::atomic(address, [=](T old) { return std::min(old, value); }); }
template <gradus::emulator::AtomicInteger T>
T atomicOr(T* address, std::type_identity_t<T> value)  { return gradus::emulator::atomic(address, [=](T old) { return old | value; }); }
template <gradus::emulator::AtomicInteger T>
T atomicAnd(T* address, std::type_identity_t<T> value) { return gradus::emulator::atomic(address, [=](T old) { return old & value; }); }
template <gradus::emulator::AtomicNumber T>
T atomicExch(T* address, std::type_identity_t<T> value) { return gradus::emulator::atomic(address, [=](T) { return value; }); }
template <gradus::emulator::AtomicInteger T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return gradus::emulator::atomic(address, [=](T old) { return old == expected ? value : old; });
}

template <class T> T __ldg(const T* address) { return *address; }
inline void __threadfence() {}
inline void __threadfence_block() {}
[[noreturn]] inline void __trap() { gradus::emulator::fail_in_thread("__trap"); }

template <std::integral T> T min(T a, T b) { return b < a ? b : a; }
template <std::integral T> T max(T a, T b) { return a < b ? b : a; }
template <std::floating_point T> T min(T a, T b) { return std::fmin(a, b); }
template <std::floating_point T> T max(T a, T b) { return std::fmax(a, b); }
inline float  rsqrtf(float x)  { return 1 / std::sqrt(x); }
inline double rsqrt(double x)  { return 1 / std::sqrt(x); }
inline float  __fdividef(float a, float b) { return a / b; }

inline int   __float_as_int(float x)                 { return std::bit_cast<int>(x); }
inline float __int_as_float(int x)                   { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x)      { return std::bit_cast<long long>(x); }
inline double    __longlong_as_double(long long x)   { return std::bit_cast<double>(x); }
inline int __popc(unsigned x)             { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x)                   { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __ffs(int x)                   { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline uint64_t __umul64hi(uint64_t a, uint64_t b) { __extension__ using Wide = unsigned __int128; return static_cast<uint64_t>(static_cast<Wide>(a) * b >> 64); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(static_cast<uint64_t>(a) * b >> 32); }
// clang-format on
