// e^x and ln x, written so that the compiler can compute whole vectors: they have no branch and no
// table, and every number takes the same steps. They err by less than 1 unit in the last place
// (ulp), or less than 1.2 without fused multiply-adds. The C library's vector functions take the
// same time and err by 2.5 to 4. The sigmoid, computed from e^x, errs by 1.8. `accuracy` in
// tests/benchmarks measures all of these.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

#ifdef __CUDACC__
#define GRADUS_BOTH __host__ __device__  // compiled for the CPU and for the GPU
#else
#define GRADUS_BOTH
#endif

namespace gradus::math {

#ifdef __CUDACC__

// nvcc's own functions are as exact, and made for its GPUs.
using std::erf, std::erfc, std::exp, std::log;

#else

/// The layout of a floating-point type's bits (IEEE 754), and the number of terms of each series.
template <class T>
struct Format;
template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float largest_exponent = 89, least_exponent = -104;  // beyond them e^x is ∞ or 0
  static constexpr float ln2_high = 0x1.63p-1f, ln2_low = -0x1.bd0106p-13f;
  using ExpTerms = std::make_index_sequence<8>;
  using LogTerms = std::make_index_sequence<4>;
};
template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double largest_exponent = 710, least_exponent = -746;
  static constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
  using ExpTerms = std::make_index_sequence<14>;
  using LogTerms = std::make_index_sequence<10>;
};

/// 1.5 · 2ᵐ for a mantissa of m bits. Adding it to a number rounds the number to a whole one, which
/// is then in the lowest bits of the sum, whatever its sign.
template <class T>
constexpr T kRounder = T(3 * (int64_t{1} << (Format<T>::mantissa - 1)));

/// 2ᵏ for a whole k, if it is a normal number. k + bias is shifted to the bits of the exponent.
template <class T>
inline T power_of_two(T k) {
  const auto bits = std::bit_cast<typename Format<T>::Bits>(k + (kRounder<T> + T(Format<T>::bias)));
  return std::bit_cast<T>(bits << Format<T>::mantissa);
}

constexpr double factorial(size_t k) { return k < 2 ? 1 : static_cast<double>(k) * factorial(k - 1); }

/// e^r = Σ rᵏ / k!, by Horner's rule.
template <class T, size_t... i>
inline T exp_series(T r, std::index_sequence<i...>) {
  T sum = 0;
  ((sum = sum * r + T(1 / factorial(sizeof...(i) - 1 - i))), ...);
  return sum;
}

/// e^x = 2ᵏ e^r with k = x / ln 2 rounded and r = x - k ln 2, so |r| ≤ ½ ln 2. ln 2 is split into
/// two parts, so that k times the first part is exact. 2ᵏ is split into two factors, because for a
/// subnormal result 2ᵏ itself is not a normal number.
template <std::floating_point T>
inline T exp(T x) {
  using F = Format<T>;
  x = x < F::least_exponent ? F::least_exponent : x;  // NaN stays NaN
  x = x > F::largest_exponent ? F::largest_exponent : x;
  const T k = (x * T(1.44269504088896340736) + kRounder<T>)-kRounder<T>;
  const T r = (x - k * F::ln2_high) - k * F::ln2_low;
  const T half = (k * T(0.5) + kRounder<T>)-kRounder<T>;
  return exp_series(r, typename F::ExpTerms()) * power_of_two(half) * power_of_two(k - half);
}

/// 2 (s²/3 + s⁴/5 + s⁶/7 + …), by Horner's rule.
template <class T, size_t... i>
inline T log_series(T square, std::index_sequence<i...>) {
  T sum = 0;
  ((sum = (sum + T(2.0 / (2.0 * (sizeof...(i) - i) + 1))) * square), ...);
  return sum;
}

/// ln x = k ln 2 + ln m with x = 2ᵏ m and √½ ≤ m < √2. Let f = m - 1 and s = f / (2 + f). Then
///
///   ln m = 2 artanh s = 2s + s R   with R = 2 (s²/3 + s⁴/5 + …)
///        = f - s (f - R)           because 2s = f - s f.
///
/// f is exact and s (f - R) is small, so the sum of the series need not be exact to its last digit.
template <std::floating_point T>
inline T log(T x) {
  using F = Format<T>;
  using Bits = typename F::Bits;
  constexpr T infinity = std::numeric_limits<T>::infinity(), least = std::numeric_limits<T>::min();
  constexpr T two_to_mantissa = T(Bits(1) << F::mantissa);
  constexpr Bits one = Bits(1) << F::mantissa, fraction = one - 1;
  constexpr Bits root_half = std::bit_cast<Bits>(T(0.70710678118654752440));
  // Subtract the bits of √½ from those of x, as whole numbers. The difference has k above the
  // mantissa, and in the mantissa the distance of m from √½.
  const bool subnormal = x < least;
  const Bits distance = std::bit_cast<Bits>(subnormal ? x * two_to_mantissa : x) - root_half;
  const T m = std::bit_cast<T>((distance & fraction) + root_half);
  const Bits exponent = (distance + Bits(F::bias) * one) >> F::mantissa;  // k + bias, which is positive
  const T k = std::bit_cast<T>(exponent | std::bit_cast<Bits>(two_to_mantissa)) -
              (two_to_mantissa + T(F::bias)) - (subnormal ? T(F::mantissa) : T(0));

  const T f = m - 1, s = f / (2 + f);
  const T R = log_series(s * s, typename F::LogTerms());
  const T result = k * F::ln2_high - ((s * (f - R) - k * F::ln2_low) - f);
  const T at_ends = x == 0 ? -infinity : x == infinity ? x : std::numeric_limits<T>::quiet_NaN();
  return ((x > 0) & (x < infinity)) ? result : at_ends;
}

/// erf x. For float it is computed in double: the vector function errs by up to four ulp of double,
/// and rounding to float removes that error.
inline double erf(double x) { return std::erf(x); }
inline float erf(float x) { return static_cast<float>(std::erf(static_cast<double>(x))); }
/// 1 - erf x, which keeps its digits where erf x is near 1.
inline double erfc(double x) { return std::erfc(x); }
inline float erfc(float x) { return static_cast<float>(std::erfc(static_cast<double>(x))); }

#endif

/// 1 / (1 + e⁻ˣ). With e = e^-|x|, which cannot overflow, it is 1 / (1 + e) for x ≥ 0 and e / (1 +
/// e) for x < 0. Rounding d = 1 + e loses an error c. To first order 1 / (d + c) = 1 / d - c / d²,
/// so the result is corrected.
template <std::floating_point T>
GRADUS_BOTH inline T sigmoid(T x) {
  const bool negative = x < 0;
  const T e = exp(negative ? x : -x), d = 1 + e, c = e - (d - 1);
  const T y = (negative ? e : T(1)) / d;
  return y - y * (negative ? 1 - y : y) * c;
}

}  // namespace gradus::math
