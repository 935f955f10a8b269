// What a formula of kernels/formulas.h is made of, and how devices find it.
//
// A formula declares the dtypes that it takes and the value that its slope needs. Its value and its slope may call
// the functions of numbers below, which exist for tensors too. Lists of formulas number them: the place of a
// formula in its list is its index in every device's table of kernels.
#pragma once

#include <array>
#include <cmath>
#include <limits>

#include "kernels/kernels.h"
#include "kernels/math.h"

namespace gradus::formulas {

// ---- What a formula declares --------------------------------------------------------------------

// The element types that a formula takes.
struct Reals {
  template <class T>
  static constexpr bool has = std::floating_point<T>;
};
struct Numbers {
  template <class T>
  static constexpr bool has = std::floating_point<T> || std::same_as<T, int64_t>;
};
struct Bits {
  template <class T>
  static constexpr bool has = std::same_as<T, bool> || std::same_as<T, int64_t>;
};
struct Bools {
  template <class T>
  static constexpr bool has = std::same_as<T, bool>;
};
struct AllTypes {
  template <class T>
  static constexpr bool has = true;
};

/// The value that the slope of y = f(x) needs besides ȳ.
enum class Keeps : uint8_t { nothing, input, output };

/// The base of every formula. Each also has a `name`: that of its op, for messages and for the tape.
template <class Domain, Keeps kept = Keeps::nothing>
struct Formula {
  static constexpr Keeps keeps = kept;
  static constexpr bool is_predicate = false;
  static constexpr bool is_piecewise_linear = false;  // then the slope only compares, and its slope is 0
  template <class T>
  static constexpr bool takes = Domain::template has<T>;
};

/// A formula that gives true or false. It has no slope.
template <class Domain>
struct Predicate : Formula<Domain> {
  static constexpr bool is_predicate = true;
};

/// A formula that is constant around almost every x. Its slope is 0.
template <class Domain>
struct Step : Formula<Domain> {
  auto slope(const auto& g) const { return zeros_like(g); }
};

// ---- Functions of numbers, with the names that they have for tensors ----------------------------

using math::erf, math::erfc, math::exp, math::log, math::sigmoid;
using std::acos, std::asin, std::atan, std::ceil, std::cos, std::cosh, std::expm1, std::floor, std::isfinite,
    std::isinf, std::log10, std::log1p, std::log2, std::pow, std::sin, std::sinh, std::sqrt, std::tan,
    std::tanh;

template <class T>
GRADUS_BOTH constexpr T sign(T x) {
  return x > 0 ? T(1) : x < 0 ? T(-1) : x == 0 ? T(0) : x;  // NaN stays NaN
}

template <std::floating_point T>
GRADUS_BOTH T round(T x) {
  return std::nearbyint(x);
}

template <class T>
requires std::is_arithmetic_v<T> GRADUS_BOTH T remainder(T a, T b) {
  T r;
  if constexpr (std::floating_point<T>)
    r = std::fmod(a, b);
  else
    r = b == -1 ? 0 : a % b;  // INT64_MIN % -1 traps. The caller has refused b = 0.
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

template <class A, class B>
requires std::is_arithmetic_v<A> && std::is_arithmetic_v<B> GRADUS_BOTH constexpr std::common_type_t<A, B>
where(bool condition, A a, B b) {
  return condition ? std::common_type_t<A, B>(a) : std::common_type_t<A, B>(b);
}

/// σ'(x) = σ(x) σ(-x). With e = e^-|x| it is e / (1 + e)², for numbers: for tensors |x| has a kink.
template <std::floating_point T>
GRADUS_BOTH T sigmoid_slope(T x) {
  const T e = exp(x < 0 ? x : -x), d = 1 + e;
  return e / (d * d);
}
template <class X>
requires(!std::floating_point<X>) auto sigmoid_slope(const X& x) { return sigmoid(x) * sigmoid(-x); }

/// A constant in the precision of x. A tensor takes it in double precision.
template <class X>
GRADUS_BOTH constexpr auto constant(const X&, double value) {
  if constexpr (std::floating_point<X>)
    return static_cast<X>(value);
  else
    return value;
}

// ---- Formulas made of formulas ------------------------------------------------------------------

/// A reduction: the binary formula `Combine` combines the results of the unary formula `Term`.
template <class Term_, class Combine_, class Domain>
struct Reduce : Formula<Domain> {
  using Term = Term_;
  using Combine = Combine_;
};

/// x̄ of y = f(x), from ȳ and what f keeps.
template <class F>
struct Slope : Formula<Reals> {
  static constexpr const char* name = F::name;
  GRADUS_BOTH auto value(auto g, auto kept) const { return F{}.slope(g, kept); }
};

/// ā and b̄ of y = f(a, b), from ȳ and two of a, b and y.
template <class F>
struct SlopeA : Formula<Reals> {
  static constexpr const char* name = F::name;
  GRADUS_BOTH auto value(auto g, auto p, auto q) const { return F{}.slope_a(g, p, q); }
};
template <class F>
struct SlopeB : Formula<Reals> {
  static constexpr const char* name = F::name;
  GRADUS_BOTH auto value(auto g, auto p, auto q) const { return F{}.slope_b(g, p, q); }
};

// ---- Lists of formulas --------------------------------------------------------------------------

template <class... F>
struct List {
  static constexpr int size = sizeof...(F);
};

template <class... Lists>
struct Joined;
template <class... A, class... B, class... Rest>
struct Joined<List<A...>, List<B...>, Rest...> : Joined<List<A..., B...>, Rest...> {};
template <class... A>
struct Joined<List<A...>> {
  using type = List<A...>;
};

/// Slope<F> of every unary formula that keeps something. The slopes of the others are ops themselves.
template <class>
struct SlopesOf;
template <class... F>
struct SlopesOf<List<F...>>
    : Joined<List<>, std::conditional_t<F::keeps != Keeps::nothing, List<Slope<F>>, List<>>...> {};

/// The place of F in a list.
template <class F, class... Others>
consteval uint8_t place_in(List<Others...>) {
  static_assert((std::same_as<F, Others> || ...),
                "this formula is in no list, so no device has a kernel for it");
  uint8_t place = 0;
  static_cast<void>(((std::same_as<F, Others> || (++place, false)) || ...));
  return place;
}

/// Calls visitor(f) with the formula at a place of a list.
template <class Visitor, class... F>
void visit(List<F...>, int place, const Visitor& visitor) {
  int i = 0;
  static_cast<void>(((i++ == place && (visitor(F{}), true)) || ...));
}

/// The formulas of a list, as kernels take them: for (Unary f : all<Unary>(Unaries{})) …
template <class Id, class... F>
constexpr std::array<Id, sizeof...(F)> all(List<F...>) {
  return {Id(F{})...};
}

}  // namespace gradus::formulas
