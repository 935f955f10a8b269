// Rows whose squares leave the range of their type, for the kernels of layer normalisation on every device.
//
//     yᵢ = (xᵢ - μ) r        r = 1 / √(mean (x - μ)² + ε)
//
// If the mean of the squares overflows, or is so small that squares lose their digits, r shows it: it is 0, NaN or
// very large. With s = max |xᵢ| the row x / s and ε / s² give the same y, and s r in place of r.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>

#include "kernels/math.h"

namespace gradus {

/// From this size on, 1 / √v is the inverse root of a sum of squares that are subnormal and have lost digits.
template <class T>
constexpr T kMostInverse = std::same_as<T, float> ? T(0x1p51) : T(0x1p485);

/// Is r = 1 / √v wrong, because the squares in v left the range of T?
template <std::floating_point T>
GRADUS_BOTH constexpr bool squares_left_range(T r) {
  return !(r > 0 && r < kMostInverse<T>);
}

/// The largest finite number, as a constant: a kernel for GPUs cannot call numeric_limits<T>::max().
template <class T>
constexpr T kLargest = std::numeric_limits<T>::max();

/// The s by which a row is divided: the largest |xᵢ|, or 1 if that is 0 or not finite.
template <class T>
GRADUS_BOTH constexpr T scale_for(T largest) {
  return largest > 0 && largest <= kLargest<T> ? largest : T(1);
}

/// Writes x / s to y, lets normalise(ε / s²) normalise y in place, and returns r. x and y are pointers or lines
/// of n elements, and may be the same.
template <class T, class Row, class Normalise>
T normalise_rescaled(const Row& x, int64_t n, T eps, auto& y, const Normalise& normalise) {
  T largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(x[i]));
  const T scale = scale_for(largest);
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] / scale;
  return normalise(eps / scale / scale) / scale;
}

}  // namespace gradus
