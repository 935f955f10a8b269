// Pointwise functions of one argument that no lab needs. kernels/formulas.h says how formulas are written, and lists
// them all.
#pragma once

#include <cmath>
#include <numbers>

#include "kernels/formula.h"

namespace gradus::formulas {

/// y = 1 / √x      x̄ = -½ ȳ y³. The half comes first: y³ can leave the range where half of it does not.
struct Rsqrt : Formula<Reals, Keeps::output> {
  static constexpr const char* name = "rsqrt";
  GRADUS_BOTH auto value(auto x) const { return 1 / sqrt(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& y) const { return -g * (y / 2 * y * y); }
};

/// y = 1 / x       x̄ = -ȳ y²
struct Reciprocal : Formula<Reals, Keeps::output> {
  static constexpr const char* name = "reciprocal";
  GRADUS_BOTH auto value(auto x) const { return 1 / x; }
  GRADUS_BOTH auto slope(const auto& g, const auto& y) const { return -g * y * y; }
};

/// y = sin x       x̄ = ȳ cos x
struct Sin : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "sin";
  GRADUS_BOTH auto value(auto x) const { return sin(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g * cos(x); }
};

/// y = cos x       x̄ = -ȳ sin x
struct Cos : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "cos";
  GRADUS_BOTH auto value(auto x) const { return cos(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return -g * sin(x); }
};

/// y = tan x       x̄ = ȳ (1 + y²)
struct Tan : Formula<Reals, Keeps::output> {
  static constexpr const char* name = "tan";
  GRADUS_BOTH auto value(auto x) const { return tan(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& y) const { return g * (1 + y * y); }
};

/// 1 - x², written so that it keeps its digits near ±1, and its slope, -2x, near 0.
GRADUS_BOTH auto one_minus_square(const auto& x) {
  const auto square = x * x;
  return where((square < 0.5) | (square == 1), 1 - square, (1 - x) * (1 + x));
}

/// y = arcsin x    x̄ = ȳ / √(1 - x²)
struct Asin : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "asin";
  GRADUS_BOTH auto value(auto x) const { return asin(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g / sqrt(one_minus_square(x)); }
};

/// y = arccos x    x̄ = -ȳ / √(1 - x²)
struct Acos : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "acos";
  GRADUS_BOTH auto value(auto x) const { return acos(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return -g / sqrt(one_minus_square(x)); }
};

/// y = arctan x    x̄ = ȳ / (1 + x²), which is ȳ / x / x where x² may overflow
struct Atan : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "atan";
  GRADUS_BOTH auto value(auto x) const { return atan(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const {
    const auto is_large = x * x > 1e18;
    return g / where(is_large, x, 1) / where(is_large, x, 1 + x * x);
  }
};

/// y = sinh x      x̄ = ȳ cosh x
struct Sinh : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "sinh";
  GRADUS_BOTH auto value(auto x) const { return sinh(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g * cosh(x); }
};

/// y = cosh x      x̄ = ȳ sinh x
struct Cosh : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "cosh";
  GRADUS_BOTH auto value(auto x) const { return cosh(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g * sinh(x); }
};

/// y = log₂ x      x̄ = ȳ / ln 2 / x
struct Log2 : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "log2";
  GRADUS_BOTH auto value(auto x) const { return log2(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const {
    return g / constant(x, std::numbers::ln2) / x;
  }
};

/// y = log₁₀ x     x̄ = ȳ / ln 10 / x
struct Log10 : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "log10";
  GRADUS_BOTH auto value(auto x) const { return log10(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const {
    return g / constant(x, std::numbers::ln10) / x;
  }
};

}  // namespace gradus::formulas
