// The scalar formulas, written once. Every device compiles these same functors into its kernels.
//
// A functor that does not accept a type (exp of an int64, say) simply has no such overload; the kernel that asks
// for it reports the missing kernel by name. Comparisons and predicates return bool, everything else T.
#pragma once

#include <cmath>
#include <limits>

#include "kernels/kernels.h"
#include "kernels/math.h"

namespace gradus::formulas {

template <class T>
concept Real = std::floating_point<T>;
template <class T>
concept Number = Real<T> || std::same_as<T, int64_t>;
template <class T>
concept Bits = std::same_as<T, int64_t> || std::same_as<T, bool>;

// clang-format off

// ---- one argument ---------------------------------------------------------------------------------------------
struct Neg        { template <Number T> GRADUS_BOTH T operator()(T x) const { return -x; } };
struct Abs        { template <Number T> GRADUS_BOTH T operator()(T x) const { return x < 0 ? -x : x == 0 ? T(0) : x; } };
struct Sign       { template <Number T> GRADUS_BOTH T operator()(T x) const { return x > 0 ? T(1) : x < 0 ? T(-1) : x == 0 ? T(0) : x; } };
struct Square     { template <Number T> GRADUS_BOTH T operator()(T x) const { return x * x; } };
struct Relu       { template <Number T> GRADUS_BOTH T operator()(T x) const { return x <= 0 ? T(0) : x; } };  // NaN stays NaN

struct Exp        { template <Real T> GRADUS_BOTH T operator()(T x) const { return math::exp(x); } };
struct Log        { template <Real T> GRADUS_BOTH T operator()(T x) const { return math::log(x); } };
struct Log1p      { template <Real T> GRADUS_BOTH T operator()(T x) const { return std::log1p(x); } };
struct Expm1      { template <Real T> GRADUS_BOTH T operator()(T x) const { return std::expm1(x); } };
struct Sqrt       { template <Real T> GRADUS_BOTH T operator()(T x) const { return std::sqrt(x); } };
struct Rsqrt      { template <Real T> GRADUS_BOTH T operator()(T x) const { return T(1) / std::sqrt(x); } };
struct Reciprocal { template <Real T> GRADUS_BOTH T operator()(T x) const { return T(1) / x; } };
struct Sin        { template <Real T> GRADUS_BOTH T operator()(T x) const { return std::sin(x); } };
struct Cos        { template <Real T> GRADUS_BOTH T operator()(T x) const { return std::cos(x); } };
struct Tanh       { template <Real T> GRADUS_BOTH T operator()(T x) const { return std::tanh(x); } };
struct Sigmoid    { template <Real T> GRADUS_BOTH T operator()(T x) const { return math::sigmoid(x); } };
struct Erf        { template <Real T> GRADUS_BOTH T operator()(T x) const { return math::erf(x); } };
struct Round      { template <Real T> GRADUS_BOTH T operator()(T x) const { return std::nearbyint(x); } };  // halves to even
struct Floor      { template <Real T> GRADUS_BOTH T operator()(T x) const { return std::floor(x); } };
struct Ceil       { template <Real T> GRADUS_BOTH T operator()(T x) const { return std::ceil(x); } };

struct LogicalNot { GRADUS_BOTH bool operator()(std::same_as<bool> auto x) const { return !x; } };
struct IsNan      { template <class T> GRADUS_BOTH bool operator()(T x) const { return x != x; } };
struct IsInf      { template <class T> GRADUS_BOTH bool operator()(T x) const { if constexpr (Real<T>) return std::isinf(x); else return false; } };
struct IsFinite   { template <class T> GRADUS_BOTH bool operator()(T x) const { if constexpr (Real<T>) return std::isfinite(x); else return true; } };

// ---- two arguments --------------------------------------------------------------------------------------------
struct Add { template <Number T> GRADUS_BOTH T operator()(T a, T b) const { return a + b; } };
struct Sub { template <Number T> GRADUS_BOTH T operator()(T a, T b) const { return a - b; } };
struct Mul { template <Number T> GRADUS_BOTH T operator()(T a, T b) const { return a * b; } };
struct Div { template <Real T>   GRADUS_BOTH T operator()(T a, T b) const { return a / b; } };

/// Python's %: the result has the sign of the divisor.
struct Remainder {
  template <Number T> GRADUS_BOTH T operator()(T a, T b) const {
    T r;
    if constexpr (Real<T>) r = std::fmod(a, b);
    else r = b == -1 ? 0 : a % b;  // INT64_MIN % -1 traps; the caller has refused b = 0
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  }
};

struct Pow {
  template <Real T> GRADUS_BOTH T operator()(T a, T b) const { return std::pow(a, b); }
  GRADUS_BOTH int64_t operator()(std::same_as<int64_t> auto a, std::same_as<int64_t> auto b) const {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    uint64_t result = 1, base = static_cast<uint64_t>(a);  // unsigned: overflow wraps, as everywhere else
    for (; b; b >>= 1, base *= base)
      if (b & 1) result *= base;
    return static_cast<int64_t>(result);
  }
};

// The larger and the smaller; NaN wins, so that it is not lost. Chosen in two steps, of which the first is an instruction
// of its own and the second does not look at b: so b, a maximum so far, is soon ready for the next a.
struct Maximum { template <Number T> GRADUS_BOTH T operator()(T a, T b) const { const T larger = a > b ? a : b; return a != a ? a : larger; } };
struct Minimum { template <Number T> GRADUS_BOTH T operator()(T a, T b) const { const T smaller = a < b ? a : b; return a != a ? a : smaller; } };

struct ReverseSub { template <Number T> GRADUS_BOTH T operator()(T a, T b) const { return b - a; } };
struct ReverseDiv { template <Real T>   GRADUS_BOTH T operator()(T a, T b) const { return b / a; } };
struct ReversePow { template <Number T> GRADUS_BOTH T operator()(T a, T b) const { return Pow{}(b, a); } };

struct BitAnd { template <Bits T> GRADUS_BOTH T operator()(T a, T b) const { return a & b; } };
struct BitOr  { template <Bits T> GRADUS_BOTH T operator()(T a, T b) const { return a | b; } };
struct BitXor { template <Bits T> GRADUS_BOTH T operator()(T a, T b) const { return a ^ b; } };

struct ReluGradient    { template <Real T> GRADUS_BOTH T operator()(T g, T x) const { return x > 0 ? g : T(0); } };
struct SquareGradient  { template <Real T> GRADUS_BOTH T operator()(T g, T x) const { return 2 * g * x; } };
struct TanhGradient    { template <Real T> GRADUS_BOTH T operator()(T g, T y) const { return g * (T(1) - y * y); } };
struct SigmoidGradient { template <Real T> GRADUS_BOTH T operator()(T g, T y) const { return g * y * (T(1) - y); } };

struct Eq { template <class T> GRADUS_BOTH bool operator()(T a, T b) const { return a == b; } };
struct Ne { template <class T> GRADUS_BOTH bool operator()(T a, T b) const { return a != b; } };
struct Lt { template <class T> GRADUS_BOTH bool operator()(T a, T b) const { return a < b; } };
struct Le { template <class T> GRADUS_BOTH bool operator()(T a, T b) const { return a <= b; } };
struct Gt { template <class T> GRADUS_BOTH bool operator()(T a, T b) const { return a > b; } };
struct Ge { template <class T> GRADUS_BOTH bool operator()(T a, T b) const { return a >= b; } };

// ---- reductions: what each makes of an element, how it combines two, and what it gives for nothing at all ------
namespace reductions {
template <class T> struct AsItIs { GRADUS_BOTH static T term(T x) { return x; } };
template <class T> struct Sum  : Add, AsItIs<T>     { static constexpr T nothing = T(0); };
template <class T> struct Prod : Mul, AsItIs<T>     { static constexpr T nothing = T(1); };
template <class T> struct Max  : Maximum, AsItIs<T> { static constexpr T nothing = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest(); };
template <class T> struct Min  : Minimum, AsItIs<T> { static constexpr T nothing = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max(); };
template <class T> struct All  : BitAnd, AsItIs<T>  { static constexpr T nothing = true; };
template <class T> struct Any  : BitOr, AsItIs<T>   { static constexpr T nothing = false; };
template <class T> struct SumOfSquares : Add   { static constexpr T nothing = T(0); GRADUS_BOTH static T term(T x) { return x * x; } };

/// What combines the results of several ranges into that of all.
template <class F> struct OfResults { using type = F; };
template <class T> struct OfResults<SumOfSquares<T>> { using type = Sum<T>; };
}  // namespace reductions

/// Calls visitor(formula) with the functor that `f` names.
template <class Visitor>
constexpr decltype(auto) visit(Unary f, Visitor&& visitor) {
  switch (f) {
    case Unary::neg:         return visitor(Neg{});
    case Unary::abs:         return visitor(Abs{});
    case Unary::sign:        return visitor(Sign{});
    case Unary::square:      return visitor(Square{});
    case Unary::relu:        return visitor(Relu{});
    case Unary::exp:         return visitor(Exp{});
    case Unary::log:         return visitor(Log{});
    case Unary::log1p:       return visitor(Log1p{});
    case Unary::expm1:       return visitor(Expm1{});
    case Unary::sqrt:        return visitor(Sqrt{});
    case Unary::rsqrt:       return visitor(Rsqrt{});
    case Unary::reciprocal:  return visitor(Reciprocal{});
    case Unary::sin:         return visitor(Sin{});
    case Unary::cos:         return visitor(Cos{});
    case Unary::tanh:        return visitor(Tanh{});
    case Unary::sigmoid:     return visitor(Sigmoid{});
    case Unary::erf:         return visitor(Erf{});
    case Unary::round:       return visitor(Round{});
    case Unary::floor:       return visitor(Floor{});
    case Unary::ceil:        return visitor(Ceil{});
    case Unary::logical_not: return visitor(LogicalNot{});
    case Unary::isnan:       return visitor(IsNan{});
    case Unary::isinf:       return visitor(IsInf{});
    case Unary::isfinite:    break;
  }
  return visitor(IsFinite{});
}

template <class Visitor>
constexpr decltype(auto) visit(Binary f, Visitor&& visitor) {
  switch (f) {
    case Binary::add:              return visitor(Add{});
    case Binary::sub:              return visitor(Sub{});
    case Binary::mul:              return visitor(Mul{});
    case Binary::div:              return visitor(Div{});
    case Binary::remainder:        return visitor(Remainder{});
    case Binary::pow:              return visitor(Pow{});
    case Binary::maximum:          return visitor(Maximum{});
    case Binary::minimum:          return visitor(Minimum{});
    case Binary::reverse_sub:      return visitor(ReverseSub{});
    case Binary::reverse_div:      return visitor(ReverseDiv{});
    case Binary::reverse_pow:      return visitor(ReversePow{});
    case Binary::bit_and:          return visitor(BitAnd{});
    case Binary::bit_or:           return visitor(BitOr{});
    case Binary::bit_xor:          return visitor(BitXor{});
    case Binary::relu_gradient:    return visitor(ReluGradient{});
    case Binary::square_gradient:  return visitor(SquareGradient{});
    case Binary::tanh_gradient:    return visitor(TanhGradient{});
    case Binary::sigmoid_gradient: return visitor(SigmoidGradient{});
    case Binary::eq:               return visitor(Eq{});
    case Binary::ne:               return visitor(Ne{});
    case Binary::lt:               return visitor(Lt{});
    case Binary::le:               return visitor(Le{});
    case Binary::gt:               return visitor(Gt{});
    case Binary::ge:               break;
  }
  return visitor(Ge{});
}
// clang-format on

}  // namespace gradus::formulas
