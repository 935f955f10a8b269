// The formulas of the pointwise functions: the value of each, and its slope.
//
// Let ȳ be the gradient that arrives at y = f(x). The gradient of x is x̄ = ȳ f'(x). This
// is a pointwise formula too, the slope. It is written once, for anything that has + - * /,
// and compiled twice:
//
//   for numbers   it is the kernel that computes x̄ in one pass over memory, on every device.
//   for tensors   it is the same expression in ops. These ops have slopes of their own, so second
//                 and further derivatives exist.
//
// The lists at the end name all formulas, also those of kernels/more_formulas.h, which no lab needs.
// kernels/formula.h has the bases of the formulas and the functions that they may call.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/formula.h"
#include "kernels/more_formulas.h"

namespace gradus::formulas {

// ---- One argument: y = f(x) ---------------------------------------------------------------------

/// y = -x          x̄ = -ȳ
struct Neg : Formula<Numbers> {
  static constexpr const char* name = "neg";
  GRADUS_BOTH auto value(auto x) const { return -x; }
  auto slope(const auto& g) const { return -g; }
};

/// y = |x|         x̄ = ȳ sign x, which is 0 at 0
struct Abs : Formula<Numbers, Keeps::input> {
  static constexpr const char* name = "abs";
  static constexpr bool is_piecewise_linear = true;
  template <class T>
  GRADUS_BOTH T value(T x) const {
    return x < 0 ? -x : x == 0 ? T(0) : x;
  }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g * sign(x); }
};

/// y = sign x      x̄ = 0
struct Sign : Step<Numbers> {
  static constexpr const char* name = "sign";
  GRADUS_BOTH auto value(auto x) const { return sign(x); }
};

/// y = x²          x̄ = 2 ȳ x
struct Square : Formula<Numbers, Keeps::input> {
  static constexpr const char* name = "pow";
  GRADUS_BOTH auto value(auto x) const { return x * x; }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return 2 * g * x; }
};

/// y = max(x, 0)   x̄ = 0 where y ≤ 0, else ȳ, also where x is NaN. The next op keeps y anyway.
struct Relu : Formula<Numbers, Keeps::output> {
  static constexpr const char* name = "relu";
  static constexpr bool is_piecewise_linear = true;
  template <class T>
  GRADUS_BOTH T value(T x) const {
    return x <= 0 ? T(0) : x;  // NaN stays NaN
  }
  GRADUS_BOTH auto slope(const auto& g, const auto& y) const { return where(y <= 0, 0, g); }
};

/// y = eˣ          x̄ = ȳ y
struct Exp : Formula<Reals, Keeps::output> {
  static constexpr const char* name = "exp";
  GRADUS_BOTH auto value(auto x) const { return exp(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& y) const { return g * y; }
};

/// y = ln x        x̄ = ȳ / x
struct Log : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "log";
  GRADUS_BOTH auto value(auto x) const { return log(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g / x; }
};

/// y = ln(1 + x)   x̄ = ȳ / (1 + x)
struct Log1p : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "log1p";
  GRADUS_BOTH auto value(auto x) const { return log1p(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g / (1 + x); }
};

/// y = eˣ - 1      x̄ = ȳ eˣ. It is not ȳ (y + 1): far below 0, y is -1 and no digit of eˣ is left.
struct Expm1 : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "expm1";
  GRADUS_BOTH auto value(auto x) const { return expm1(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g * exp(x); }
};

/// y = √x          x̄ = ȳ / (2 y)
struct Sqrt : Formula<Reals, Keeps::output> {
  static constexpr const char* name = "sqrt";
  GRADUS_BOTH auto value(auto x) const { return sqrt(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& y) const { return g / (2 * y); }
};

/// y = tanh x      x̄ = 4 ȳ σ'(2x). It is not ȳ (1 - y²): where y is near ±1, no digit of the slope is left.
struct Tanh : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "tanh";
  GRADUS_BOTH auto value(auto x) const { return tanh(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g * (4 * sigmoid_slope(2 * x)); }
};

/// y = σ(x) = 1 / (1 + e⁻ˣ)    x̄ = ȳ σ(x) σ(-x). It is not ȳ y (1 - y): where y is near 1, no digit of 1 - y is left.
struct Sigmoid : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "sigmoid";
  GRADUS_BOTH auto value(auto x) const { return sigmoid(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return g * sigmoid_slope(x); }
};

/// y = erf x       x̄ = ȳ · 2/√π · exp(-x²)
struct Erf : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "erf";
  GRADUS_BOTH auto value(auto x) const { return erf(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const {
    return g * (exp(-(x * x)) * constant(x, 2 * std::numbers::inv_sqrtpi));
  }
};

/// y = 1 - erf x   x̄ = -ȳ · 2/√π · exp(-x²)
struct Erfc : Formula<Reals, Keeps::input> {
  static constexpr const char* name = "erfc";
  GRADUS_BOTH auto value(auto x) const { return erfc(x); }
  GRADUS_BOTH auto slope(const auto& g, const auto& x) const { return -Erf{}.slope(g, x); }
};

/// y = the nearest whole number; halfway, the even one.      x̄ = 0
struct Round : Step<Reals> {
  static constexpr const char* name = "round";
  GRADUS_BOTH auto value(auto x) const { return round(x); }
};

/// y = ⌊x⌋         x̄ = 0
struct Floor : Step<Reals> {
  static constexpr const char* name = "floor";
  GRADUS_BOTH auto value(auto x) const { return floor(x); }
};

/// y = ⌈x⌉         x̄ = 0
struct Ceil : Step<Reals> {
  static constexpr const char* name = "ceil";
  GRADUS_BOTH auto value(auto x) const { return ceil(x); }
};

struct LogicalNot : Predicate<Bools> {
  static constexpr const char* name = "logical_not";
  GRADUS_BOTH bool value(bool x) const { return !x; }
};
struct IsNan : Predicate<AllTypes> {
  static constexpr const char* name = "isnan";
  GRADUS_BOTH bool value(auto x) const { return x != x; }
};
struct IsInf : Predicate<AllTypes> {
  static constexpr const char* name = "isinf";
  template <class T>
  GRADUS_BOTH bool value(T x) const {
    if constexpr (std::floating_point<T>)
      return std::isinf(x);
    else
      return false;
  }
};
struct IsFinite : Predicate<AllTypes> {
  static constexpr const char* name = "isfinite";
  template <class T>
  GRADUS_BOTH bool value(T x) const {
    if constexpr (std::floating_point<T>)
      return std::isfinite(x);
    else
      return true;
  }
};

// ---- Two arguments: y = f(a, b) -----------------------------------------------------------------
// slope_a and slope_b take ȳ and the values named in their formula. If a slope is one op on
// tensors, it is written in the op's rule instead. `identity` is the start value of a reduction by
// f: f(identity, x) = x.

/// y = a + b       ā = ȳ           b̄ = ȳ
struct Add : Formula<Numbers> {
  static constexpr const char* name = "add";
  GRADUS_BOTH auto value(auto a, auto b) const { return a + b; }
  template <class T>
  static constexpr T identity = T(0);
};

/// y = a - b       ā = ȳ           b̄ = -ȳ
struct Sub : Formula<Numbers> {
  static constexpr const char* name = "sub";
  GRADUS_BOTH auto value(auto a, auto b) const { return a - b; }
};

/// y = a b         ā = ȳ b         b̄ = ȳ a
struct Mul : Formula<Numbers> {
  static constexpr const char* name = "mul";
  GRADUS_BOTH auto value(auto a, auto b) const { return a * b; }
  template <class T>
  static constexpr T identity = T(1);
};

/// y = a / b       ā = ȳ / b       b̄ = -ȳ y / b
struct Div : Formula<Reals> {
  static constexpr const char* name = "div";
  GRADUS_BOTH auto value(auto a, auto b) const { return a / b; }
  GRADUS_BOTH auto slope_b(const auto& g, const auto& b, const auto& y) const { return -g * y / b; }
};

/// y = a - q b, Python's %, with the whole number q for which 0 ≤ y / b < 1.      ā = ȳ      b̄ = -ȳ q
///
/// q is (a - y) / b. It is not ⌊a / b⌋: the rounded a / b can be a whole number that a / b is below.
/// If b is infinite, y is a (q = 0) or, where the signs differ, b (q = -1).
struct Remainder : Formula<Numbers> {
  static constexpr const char* name = "remainder";
  static constexpr bool is_piecewise_linear = true;  // q is a constant around almost every a and b
  template <class T>
  GRADUS_BOTH T value(T a, T b) const {
    return remainder(a, b);
  }
  GRADUS_BOTH auto slope_b(const auto& g, const auto& a, const auto& b) const {
    const auto y = remainder(a, b);
    return -g * where(isinf(y), -1, round((a - y) / b));
  }
};

/// y = aᵇ          ā = ȳ b aᵇ⁻¹          b̄ = ȳ y ln a, 0 where a = 0 and y is finite
struct Pow : Formula<Numbers> {
  static constexpr const char* name = "pow";
  template <class T>
  GRADUS_BOTH T value(T a, T b) const {
    if constexpr (std::floating_point<T>) {
      return pow(a, b);
    } else {
      if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
      uint64_t result = 1, base = static_cast<uint64_t>(a);  // unsigned: overflow wraps, as everywhere else
      for (; b; b >>= 1, base *= base)
        if (b & 1) result *= base;
      return static_cast<T>(result);
    }
  }
  // At b = 0, ā is 0 · ȳ / a, which is 0 even if ȳ or 1 / a is not finite. The power is then replaced by
  // a, for the derivatives of ā: they would multiply the 0 that where() sends back by an infinite slope.
  GRADUS_BOTH auto slope_a(const auto& g, const auto& a, const auto& b) const {
    const auto is_zero = (b == 0) & ((isfinite(g) & isfinite(1 / a)) == false);
    return where(is_zero, 0, g * (b * pow(a, where(is_zero, 1, b - 1))));
  }
  GRADUS_BOTH auto slope_b(const auto& g, const auto& a, const auto& y) const {
    const auto is_zero = (a == 0) & isfinite(y);
    return where(is_zero, 0, g * (y * log(where(is_zero, 1, a))));
  }
};

/// The gradient of max(a, b) for a: ȳ if a > b, half of it if a = b, 0 if a < b. It is ȳ if a or b
/// is NaN, so that a NaN does not turn into a gradient of 0.
GRADUS_BOTH auto share_of_larger(const auto& g, const auto& a, const auto& b) {
  return where(a < b, 0, where(a == b, g / 2, g));
}

/// y = max(a, b). NaN wins. `a > b ? a : b` is one instruction. The NaN test looks at `a` only, so
/// the chain of a running maximum b is one instruction long.
struct Maximum : Formula<Numbers> {
  static constexpr const char* name = "maximum";
  static constexpr bool is_piecewise_linear = true;
  template <class T>
  GRADUS_BOTH T value(T a, T b) const {
    const T larger = a > b ? a : b;
    return a != a ? a : larger;
  }
  GRADUS_BOTH auto slope_a(const auto& g, const auto& a, const auto& b) const {
    return share_of_larger(g, a, b);
  }
  GRADUS_BOTH auto slope_b(const auto& g, const auto& a, const auto& b) const {
    return share_of_larger(g, b, a);
  }
  template <class T>
  static constexpr T identity = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                                     : std::numeric_limits<T>::lowest();
};

/// y = min(a, b). NaN wins.
struct Minimum : Formula<Numbers> {
  static constexpr const char* name = "minimum";
  static constexpr bool is_piecewise_linear = true;
  template <class T>
  GRADUS_BOTH T value(T a, T b) const {
    const T smaller = a < b ? a : b;
    return a != a ? a : smaller;
  }
  GRADUS_BOTH auto slope_a(const auto& g, const auto& a, const auto& b) const {
    return share_of_larger(g, b, a);
  }
  GRADUS_BOTH auto slope_b(const auto& g, const auto& a, const auto& b) const {
    return share_of_larger(g, a, b);
  }
  template <class T>
  static constexpr T identity = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                                     : std::numeric_limits<T>::max();
};

/// y = min(max(x, low), high), in one pass over memory. A NaN wins, in the bounds too. With the values of Maximum and
/// Minimum, whose tests of NaN mix, the loop would have three times as many instructions.
struct Clamp : Formula<Reals> {
  static constexpr const char* name = "clamp";
  template <class T>
  GRADUS_BOTH T value(T x, T low, T high) const {
    const T above = x > low ? x : low, inside = above < high ? above : high;
    const T bounded = low != low ? low : inside;
    return x != x ? x : bounded;
  }
};

/// The slope of y = √Σ xᵢ². x / y is at most 1, so x̄ = x / y · ȳ leaves the range only if it must.
/// If y is 0, the norm has a kink, and the slope is taken as 0, to every order.
struct Norm : Formula<Reals> {
  static constexpr const char* name = "norm";
  GRADUS_BOTH auto slope_a(const auto& x, const auto& y, const auto& g) const {
    return where(y == 0, 0, x / where(y == 0, 1, y)) * g;
  }
};

struct BitAnd : Formula<Bits> {
  static constexpr const char* name = "bit_and";
  template <class T>
  GRADUS_BOTH T value(T a, T b) const {
    return a & b;
  }
  template <class T>
  static constexpr T identity = static_cast<T>(-1);
};
struct BitOr : Formula<Bits> {
  static constexpr const char* name = "bit_or";
  template <class T>
  GRADUS_BOTH T value(T a, T b) const {
    return a | b;
  }
  template <class T>
  static constexpr T identity = T(0);
};
struct BitXor : Formula<Bits> {
  static constexpr const char* name = "bit_xor";
  template <class T>
  GRADUS_BOTH T value(T a, T b) const {
    return a ^ b;
  }
};

struct Eq : Predicate<AllTypes> {
  static constexpr const char* name = "eq";
  GRADUS_BOTH bool value(auto a, auto b) const { return a == b; }
};
struct Ne : Predicate<AllTypes> {
  static constexpr const char* name = "ne";
  GRADUS_BOTH bool value(auto a, auto b) const { return a != b; }
};
struct Lt : Predicate<AllTypes> {
  static constexpr const char* name = "lt";
  GRADUS_BOTH bool value(auto a, auto b) const { return a < b; }
};
struct Le : Predicate<AllTypes> {
  static constexpr const char* name = "le";
  GRADUS_BOTH bool value(auto a, auto b) const { return a <= b; }
};
struct Gt : Predicate<AllTypes> {
  static constexpr const char* name = "gt";
  GRADUS_BOTH bool value(auto a, auto b) const { return a > b; }
};
struct Ge : Predicate<AllTypes> {
  static constexpr const char* name = "ge";
  GRADUS_BOTH bool value(auto a, auto b) const { return a >= b; }
};

// ---- Reductions: y = t(x₁) ∘ t(x₂) ∘ … ----------------------------------------------------------

/// y = x
struct Identity : Formula<AllTypes> {
  static constexpr const char* name = "identity";
  GRADUS_BOTH auto value(auto x) const { return x; }
};

struct Sum : Reduce<Identity, Add, Numbers> {
  static constexpr const char* name = "sum";
};
struct Prod : Reduce<Identity, Mul, Numbers> {
  static constexpr const char* name = "prod";
};
struct Max : Reduce<Identity, Maximum, Numbers> {
  static constexpr const char* name = "max";
};
struct Min : Reduce<Identity, Minimum, Numbers> {
  static constexpr const char* name = "min";
};
struct All : Reduce<Identity, BitAnd, Bools> {
  static constexpr const char* name = "all";
  static constexpr bool is_predicate = true;
};
struct Any : Reduce<Identity, BitOr, Bools> {
  static constexpr const char* name = "any";
  static constexpr bool is_predicate = true;
};
struct SumOfSquares : Reduce<Square, Add, Reals> {
  static constexpr const char* name = "sum_of_squares";
};

// ---- The lists ----------------------------------------------------------------------------------

using Unaries = List<Neg, Abs, Sign, Square, Relu, Exp, Log, Log1p, Expm1, Sqrt, Rsqrt, Reciprocal, Sin, Cos,
                     Tan, Asin, Acos, Atan, Sinh, Cosh, Log2, Log10, Tanh, Sigmoid, Erf, Erfc, Round, Floor,
                     Ceil, LogicalNot, IsNan, IsInf, IsFinite>;
using Arithmetic = List<Add, Sub, Mul, Div, Remainder, Pow, Maximum, Minimum, BitAnd, BitOr, BitXor>;
using Comparisons = List<Eq, Ne, Lt, Le, Gt, Ge>;
using UnarySlopes = SlopesOf<Unaries>::type;
using Binaries = Joined<Arithmetic, Comparisons, UnarySlopes>::type;
using Ternaries = List<SlopeB<Div>, SlopeB<Remainder>, SlopeA<Pow>, SlopeB<Pow>, SlopeA<Maximum>,
                       SlopeB<Maximum>, SlopeA<Minimum>, SlopeB<Minimum>, SlopeA<Norm>, Clamp>;
using Reductions = List<Sum, Prod, Max, Min, All, Any, SumOfSquares>;

}  // namespace gradus::formulas

namespace gradus {

template <class F>
constexpr Unary::Unary(F) : FormulaId{formulas::place_in<F>(formulas::Unaries{}), F::is_predicate, F::name} {}
template <class F>
constexpr Binary::Binary(F)
    : FormulaId{formulas::place_in<F>(formulas::Binaries{}), F::is_predicate, F::name} {}
template <class F>
constexpr Ternary::Ternary(F)
    : FormulaId{formulas::place_in<F>(formulas::Ternaries{}), F::is_predicate, F::name} {}
template <class F>
constexpr Reduction::Reduction(F)
    : FormulaId{formulas::place_in<F>(formulas::Reductions{}), F::is_predicate, F::name} {}

}  // namespace gradus
