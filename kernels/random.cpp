// Random numbers: PyTorch's CPU generator and its distributions, bit for bit.
//
// Every rounding is part of the stream. Where PyTorch's kernels fuse a product and a sum, the code
// calls std::fma, and no other inexact product is an operand of a sum. So the bits do not depend on
// -march or -ffp-contract. (-ffast-math would break them.)
#include "kernels/random.h"

#include <bit>
#include <cmath>
#include <concepts>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "kernels/kernels.h"
#include "kernels/text_stream.h"

namespace gradus {

void Generator::set_current_seed(uint64_t seed) {
  seed_ = seed;
  engine_.seed(static_cast<uint32_t>(seed));
  kept_normal_.reset();
}

// Box–Muller. u₁ and u₂ are independent and uniform on [0, 1). u₁ gives an angle, u₂ a radius:
//
//   θ = 2π u₁      r = √(-2 ln(1 - u₂))
//
// r cos θ and r sin θ are two independent standard normals. Source: Box & Muller, "A Note on the
// Generation of Random Normal Deviates" (Ann. Math. Stat. 29, 1958).
double Generator::next_normal() {
  if (kept_normal_) return *std::exchange(kept_normal_, std::nullopt);
  const double u1 = next_uniform<double>();
  const double u2 = next_uniform<double>();
  const double radius = std::sqrt(-2.0 * std::log1p(-u2));
  const double theta = 2.0 * std::numbers::pi * u1;
  kept_normal_ = radius * std::sin(theta);
  return radius * std::cos(theta);
}

// The numbers are: the seed; 1 if a normal is kept, else 0; the bits of the kept normal; the engine
// as its operator<< prints it, 624 words and the number of words used.
std::vector<int64_t> Generator::state() const {
  std::vector<int64_t> numbers = {static_cast<int64_t>(seed_), kept_normal_.has_value(),
                                  std::bit_cast<int64_t>(kept_normal_.value_or(0))};
  TextStream engine;
  engine << engine_;
  for (int64_t word; engine >> word;) numbers.push_back(word);
  return numbers;
}

void Generator::set_state(std::span<const int64_t> state) {
  constexpr size_t words = Engine::state_size;
  bool valid = state.size() == 3 + words + 1 && (state[1] == 0 || state[1] == 1);
  TextStream text;
  for (size_t i = 3; valid && i < state.size(); ++i) {
    valid = state[i] >= 0 && state[i] < (i < 3 + words ? int64_t{1} << 32 : int64_t{words} + 1);
    text << state[i] << ' ';
  }
  check(valid, "set_state: these ", state.size(), " numbers are not the state of a generator");
  text >> engine_;
  seed_ = static_cast<uint64_t>(state[0]);
  kept_normal_.reset();
  if (state[1] == 1) kept_normal_ = std::bit_cast<double>(state[2]);
}

namespace draw {
namespace {

// ---- Elementary functions for blocks of normals -------------------------------------------------
//
// PyTorch computes a float32 block with the single-precision polynomials of the Cephes library
// (Moshier, "Methods and Programs for Mathematical Functions", 1989), as Pommier's and
// Garberoglio's SIMD versions arrange them. Their results differ from the C library's in about one
// value in six, by up to 3 units in the last place. So they are written out here. They must be
// inlined, because to_normals_fma below compiles them for another instruction set.

/// c₀ xⁿ + c₁ xⁿ⁻¹ + … + cₙ by Horner's rule, one rounding per step.
template <std::same_as<float>... Rest>
[[gnu::always_inline]] inline float polynomial(float x, float c, Rest... rest) {
  ((c = std::fma(c, x, rest)), ...);
  return c;
}

/// ln x of a normal x > 0. With x = 2ᵉ m, √½ ≤ m < √2, and f = m - 1:
///
///   ln x = e ln 2 + ln(1 + f),   ln(1 + f) ≈ f - f²/2 + f³ P(f).
///
/// ln 2 is split into 0.693359375 - 2.1219444·10⁻⁴, so that e times the first part is exact.
[[gnu::always_inline]] inline float natural_log(float x) {
  constexpr float sqrt_half = 0.707106781186547524f;
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  float m = std::bit_cast<float>((bits & 0x007FFFFF) | 0x3F000000);  // x's fraction, moved into [½, 1)
  float e = static_cast<float>(static_cast<int32_t>(bits >> 23) - 126);
  const bool below = m < sqrt_half;
  e = below ? e - 1 : e;
  m = below ? m + m : m;

  const float f = m - 1;
  const float square = f * f;
  const float low_part = e * -2.12194440e-4f;
  const float P =
      polynomial(f, 7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f,
                 1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f);
  float y = P * f;
  y = std::fma(y, square, low_part);
  y = std::fma(-square, 0.5f, y);
  return std::fma(e, 0.693359375f, f + y);
}
inline double natural_log(double x) { return std::log(x); }

template <class T>
struct SineCosine {
  T sine, cosine;
};

/// sin x and cos x of 0 ≤ x < 8192. Let j be the even number nearest to x·4/π, and z = x - j π/4,
/// so |z| ≤ π/4:
///
///   sin z ≈ z + z³ S(z²),   cos z ≈ 1 - z²/2 + z⁴ C(z²).
///
/// The number of quarter turns, j/2, decides which of the two is sin x and which is cos x, and
/// their signs. π/4 is subtracted in three parts (Cody & Waite). Each part is short enough that j
/// times it is nearly exact.
[[gnu::always_inline]] inline SineCosine<float> sine_cosine(float x) {
  const int32_t j = (static_cast<int32_t>(x * 1.27323954473516f) + 1) & ~1;
  const float eighths = static_cast<float>(j);
  float z = std::fma(eighths, -0.78515625f, x);
  z = std::fma(eighths, -2.4187564849853515625e-4f, z);
  z = std::fma(eighths, -3.77489497744594108e-8f, z);

  const float square = z * z;
  const float S = polynomial(square, -1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f);
  const float C = polynomial(square, 2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f);
  const float cosine = std::fma(C * square, square, -(square * 0.5f)) + 1;
  const float sine = std::fma(S * square, z, z);

  const bool swapped = j & 2, sine_negative = j & 4, cosine_negative = (j + 2) & 4;
  const float sine_size = swapped ? cosine : sine, cosine_size = swapped ? sine : cosine;
  return {sine_negative ? -sine_size : sine_size, cosine_negative ? -cosine_size : cosine_size};
}
inline SineCosine<double> sine_cosine(double x) { return {std::sin(x), std::cos(x)}; }

// ---- Blocks of normals --------------------------------------------------------------------------

constexpr int64_t kBlock = 16;

/// Box–Muller in each block of 16 uniforms. For j = 0 … 7, d[j] gives the radius (as 1 - d[j], in
/// (0, 1]) and d[j + 8] the angle. r cos θ and r sin θ, scaled and shifted, overwrite them.
template <class T>
[[gnu::always_inline]] inline void box_muller_blocks(T* d, int64_t blocks, T mean, T deviation) {
  for (; blocks > 0; --blocks, d += kBlock) {
    for (int j = 0; j < 8; ++j) {
      const T radius = std::sqrt(T(-2) * natural_log(T(1) - d[j]));
      const auto [sine, cosine] = sine_cosine(T(2 * std::numbers::pi) * d[j + 8]);
      d[j] = std::fma(radius * cosine, deviation, mean);
      d[j + 8] = std::fma(radius * sine, deviation, mean);
    }
  }
}

template <class T>
void to_normals(T* d, int64_t blocks, T mean, T deviation) {
  box_muller_blocks(d, blocks, mean, deviation);
}

#if defined(__x86_64__) && defined(__GNUC__)
// The same code for CPUs with a fused multiply-add instruction: eight lanes at a time. Without the
// instruction each std::fma is a call, several times slower and equal in every bit.
[[gnu::target("avx2,fma")]] void to_normals_fma(float* d, int64_t blocks, float mean, float deviation) {
  box_muller_blocks(d, blocks, mean, deviation);
}

void to_normals(float* d, int64_t blocks, float mean, float deviation) {
  static const bool has_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  (has_fma ? to_normals_fma : to_normals<float>)(d, blocks, mean, deviation);
}
#endif

template <class T>
void fill_uniform(Generator& generator, T* d, int64_t count) {
  for (int64_t i = 0; i < count; ++i) d[i] = generator.next_uniform<T>();
}

/// If the count is not a multiple of 16, the last 16 elements are drawn again. They overwrite the
/// end of the last whole block.
template <class T>
void normal_blocks(Generator& generator, T mean, T deviation, T* d, int64_t count) {
  fill_uniform(generator, d, count);
  to_normals(d, count / kBlock, mean, deviation);
  if (count % kBlock == 0) return;
  T* tail = d + count - kBlock;
  fill_uniform(generator, tail, kBlock);
  to_normals(tail, 1, mean, deviation);
}

// ---- Filling a view -----------------------------------------------------------------------------

/// Writes draw() to every element of a contiguous view, converted to T.
template <class T, class Draw>
void fill_with(const View& out, Draw draw) {
  T* d = out.as<T>();
  for (int64_t i = 0, count = out.numel(); i < count; ++i) d[i] = static_cast<T>(draw());
}

void check_contiguous(const char* op, const View& view) {
  check(view.is_contiguous(), op, ": the kernel needs contiguous memory, got sizes ", ShapeText{view.shape()},
        " with other strides; fill a contiguous tensor and copy it");
}

void check_floating_point(const char* op, const View& out) {
  check_contiguous(op, out);
  check(is_floating_point(out.dtype), op, ": needs a float32 or float64 tensor, got ", out.dtype);
}

/// The largest n such that T holds every whole number from 0 to n.
template <class T>
constexpr int64_t largest_whole() {
  if constexpr (std::floating_point<T>)
    return int64_t{1} << std::numeric_limits<T>::digits;
  else
    return std::numeric_limits<T>::max();
}

void check_probability(double p) {
  check(p >= 0 && p <= 1, "bernoulli_ expects p to be in [0, 1], but got p=", p);
}

}  // namespace

// u (high - low) + low, with one rounding.
void uniform(Generator& generator, double low, double high, const View& out) {
  check_floating_point("uniform_", out);
  check(low <= high, "uniform_ expects to return a [from, to) range, but found from=", low, " > to=", high);
  visit_floating_point("uniform_", "cpu", out.dtype, [&]<class T>(T) {
    constexpr double most = std::numeric_limits<T>::max();
    check(low >= -most && high <= most && high - low <= most,
          "uniform_ expects from, to and to-from to be finite in ", out.dtype, ", but found from=", low,
          " and to=", high);
    const T start = static_cast<T>(low), width = static_cast<T>(high) - start;
    fill_with<T>(out, [&] { return std::fma(generator.next_uniform<T>(), width, start); });
  });
}

void normal(Generator& generator, double mean, double deviation, const View& out, bool in_blocks) {
  check_floating_point("normal_", out);
  check(deviation >= 0, "normal_ expects std >= 0.0, but found std=", deviation);
  const int64_t count = out.numel();
  visit_floating_point("normal_", "cpu", out.dtype, [&]<class T>(T) {
    if (count < kBlock || !in_blocks)
      fill_with<T>(out, [&] { return std::fma(generator.next_normal(), deviation, mean); });
    else
      normal_blocks(generator, static_cast<T>(mean), static_cast<T>(deviation), out.as<T>(), count);
  });
}

// low + r mod (high - low). r has 32 bits if the range fits in them, else 64. Unsigned arithmetic
// does not overflow for a range of more than half of int64.
void random_integers(Generator& generator, int64_t low, int64_t high, const View& out) {
  check_contiguous("random_", out);
  check(low < high, "random_ expects 'from' to be less than 'to', but got from=", low, " >= to=", high);
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    constexpr int64_t most = largest_whole<T>();
    constexpr int64_t least =
        std::floating_point<T> ? -most : static_cast<int64_t>(std::numeric_limits<T>::min());
    check(low >= least && high - 1 <= most, "random_: from=", low, " to=", high, " is out of bounds for ",
          out.dtype, ", which holds every whole number only from ", least, " to ", most);
    const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
    const bool wide = range >= uint64_t{1} << 32;
    fill_with<T>(out, [&] {
      const uint64_t random = wide ? generator.next64() : generator.next32();
      return static_cast<int64_t>(random % range + static_cast<uint64_t>(low));
    });
  });
}

// The 64-bit types take 64 random bits, even float64, for which fewer than 64 are needed.
void random_integers(Generator& generator, const View& out) {
  check_contiguous("random_", out);
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    constexpr uint64_t range = static_cast<uint64_t>(largest_whole<T>()) + 1;
    fill_with<T>(out, [&] { return (sizeof(T) == 8 ? generator.next64() : generator.next32()) % range; });
  });
}

// Fisher–Yates: position i receives one of the n - i elements not yet placed.
// Source: Durstenfeld, "Algorithm 235: Random Permutation" (CACM 7, 1964).
void permutation(Generator& generator, const View& out) {
  check_contiguous("randperm", out);
  check(out.dtype == kInt64, "randperm: needs an int64 tensor, got ", out.dtype);
  int64_t* d = out.as<int64_t>();
  const int64_t n = out.numel();
  std::iota(d, d + n, int64_t{0});
  for (int64_t i = 0; i < n - 1; ++i) std::swap(d[i], d[i + generator.next32() % (n - i)]);
}

void bernoulli(Generator& generator, double p, const View& out) {
  check_contiguous("bernoulli_", out);
  check_probability(p);
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    fill_with<T>(out, [&] { return generator.next_uniform<double>() < p; });
  });
}

void bernoulli(Generator& generator, const View& probabilities, const View& out) {
  check_floating_point("bernoulli", probabilities);
  check_contiguous("bernoulli", out);
  check(probabilities.same_sizes(out), "bernoulli: the probabilities are ", ShapeText{probabilities.shape()},
        " and the output is ", ShapeText{out.shape()}, "; they must be equal");
  visit_floating_point("bernoulli", "cpu", probabilities.dtype, [&]<class P>(P) {
    const P* p = probabilities.as<P>();
    for (int64_t i = 0, count = out.numel(); i < count; ++i) check_probability(p[i]);
    visit_stored_dtype(out.dtype, [&]<class T>(T) {
      fill_with<T>(out, [&] { return generator.next_uniform<P>() < *p++; });
    });
  });
}

// The inverse of the distribution function 1 - e^(-λx), at a uniform u: x = -ln(1 - u) / λ.
void exponential(Generator& generator, double lambda, const View& out) {
  check_floating_point("exponential_", out);
  check(lambda > 0, "exponential_ expects lambda > 0.0, but found lambda=", lambda);
  visit_floating_point("exponential_", "cpu", out.dtype, [&]<class T>(T) {
    fill_with<T>(out, [&] { return -1.0 / lambda * std::log1p(-generator.next_uniform<double>()); });
  });
}

}  // namespace draw
}  // namespace gradus
