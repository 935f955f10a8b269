// Random numbers: PyTorch's CPU generator and its distributions, bit for bit.
//
// A seed gives the same numbers here as torch.manual_seed gives in PyTorch, so a sheet's digits can
// be reproduced. That fixes the engine, and also the number of bits that each draw takes, their
// order, and every rounding.
#pragma once

#include <optional>
#include <random>
#include <span>
#include <vector>

#include "kernels/view.h"

namespace gradus {

/// A stream of random numbers: the Mersenne Twister mt19937, and the kept second normal of a pair.
/// A copy continues independently from the same point, so copying the generator saves its state.
/// Source: Matsumoto & Nishimura, "Mersenne Twister" (ACM TOMACS 8, 1998).
class Generator {
 public:
  /// The seed of a generator that has not been seeded.
  static constexpr uint64_t kDefaultSeed = 67280421310721;

  explicit Generator(uint64_t seed = kDefaultSeed) { set_current_seed(seed); }

  /// Starts the stream of `seed` from its beginning. The engine takes the seed's low 32 bits.
  void set_current_seed(uint64_t seed);

  /// The seed that the stream started from.
  uint64_t current_seed() const { return seed_; }

  /// The next 32 random bits.
  uint32_t next32() { return engine_(); }

  /// The next 64 random bits: two draws, the high half first.
  uint64_t next64() {
    const uint64_t high = next32();
    return high << 32 | next32();
  }

  /// Uniform on [0, 1). A float is a multiple of 2⁻²⁴ (one draw), a double of 2⁻⁵³ (two draws).
  template <std::floating_point T>
  T next_uniform() {
    if constexpr (std::same_as<T, float>)
      return static_cast<float>(next32() & 0xFFFFFF) * 0x1p-24f;
    else
      return static_cast<double>(next64() & ((uint64_t{1} << 53) - 1)) * 0x1p-53;
  }

  /// Standard normal, by Box–Muller in double. Every second call returns the number that the call
  /// before it kept.
  double next_normal();

  /// The whole state of the generator, as numbers for a file. set_state restores it, and throws an
  /// Error if the numbers are not a state.
  std::vector<int64_t> state() const;
  void set_state(std::span<const int64_t> state);

  /// True if both started from the same seed and will produce the same numbers.
  friend bool operator==(const Generator&, const Generator&) = default;

 private:
  // std::mt19937 in words of 32 bits. The standard's own type uses unsigned long, which has 64
  // bits here. Its loops then process half as many words in a vector, and a draw takes four
  // times as long.
  using Engine = std::mersenne_twister_engine<uint32_t, 32, 624, 397, 31, 0x9908b0df, 11, 0xffffffff, 7,
                                              0x9d2c5680, 15, 0xefc60000, 18, 1812433253>;

  uint64_t seed_;
  Engine engine_;
  std::optional<double> kept_normal_;
};

namespace draw {

// Each function overwrites a contiguous `out`, first element first. Bad parameters throw an Error,
// and nothing is drawn.

/// u·(high - low) + low with u uniform on [0, 1). `out` is floating point; low ≤ high, both finite.
void uniform(Generator& generator, double low, double high, const View& out);

/// Normal numbers with the given mean and standard deviation. `out` is floating point; deviation ≥ 0.
///
/// There are two streams, as in PyTorch. Fewer than 16 elements are drawn one by one in double
/// (next_normal). More are drawn in blocks of 16 in out's own type, which neither reads nor clears
/// the kept normal; without `in_blocks`, as PyTorch fills a tensor that is not contiguous, one by one too.
void normal(Generator& generator, double mean, double deviation, const View& out, bool in_blocks = true);

/// Whole numbers low ≤ n < high, all equally likely (up to the bias of the remainder). out's dtype
/// must hold all.
void random_integers(Generator& generator, int64_t low, int64_t high, const View& out);

/// Whole numbers from 0 to the largest n for which out's dtype holds all of 0 … n: 2²⁴, 2⁵³, 2⁶³ -
/// 1 or 1, for example.
void random_integers(Generator& generator, const View& out);

/// A permutation of 0 … n-1 into `out`: int64 (n). Every order is equally likely.
void permutation(Generator& generator, const View& out);

/// 1 with probability p, else 0, in any dtype. A dropout mask is bernoulli(1 - p). 0 ≤ p ≤ 1.
void bernoulli(Generator& generator, double p, const View& out);

/// The same with a probability for each element. `probabilities` is floating point and contiguous,
/// with out's sizes. The stream differs from the scalar form's: PyTorch compares a float32
/// probability with a float32 uniform.
void bernoulli(Generator& generator, const View& probabilities, const View& out);

/// Exponential numbers with density λ e^(-λx). `out` is floating point; λ > 0.
void exponential(Generator& generator, double lambda, const View& out);

}  // namespace draw
}  // namespace gradus
