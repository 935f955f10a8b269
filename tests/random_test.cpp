// Compares random streams bit for bit with PyTorch's (golden vectors), and tests properties that these
// vectors do not show.
#include "kernels/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

using namespace gradus;

namespace {

View view_of(void* data, Dtype dtype, std::initializer_list<int64_t> sizes) {
  View view{
      .data = data, .dtype = dtype, .dim = static_cast<uint8_t>(sizes.size()), .sizes = {}, .strides = {}};
  std::copy(sizes.begin(), sizes.end(), view.sizes);
  view.set_contiguous_strides();
  return view;
}

template <class T>
View view_of(std::vector<T>& values) {
  return view_of(values.data(), dtype_of<T>(), {static_cast<int64_t>(values.size())});
}

// ---- PyTorch's golden vectors ----------------------------------------------------------------------

using Draw = std::function<void(Generator&, const View&)>;

Draw uniform(double low, double high) {
  return [=](Generator& generator, const View& out) { draw::uniform(generator, low, high, out); };
}
Draw normal(double mean, double deviation) {
  return [=](Generator& generator, const View& out) { draw::normal(generator, mean, deviation, out); };
}
Draw integers(int64_t low, int64_t high) {
  return [=](Generator& generator, const View& out) { draw::random_integers(generator, low, high, out); };
}

void bernoulli_of_0_3(Generator& generator, const View& out) {
  std::vector<float> p(out.numel(), 0.3f);
  draw::bernoulli(generator, view_of(p), out);
}
void exponential_of_1(Generator& generator, const View& out) { draw::exponential(generator, 1.0, out); }
// Dropout of ones: the elements that are kept are divided by the probability of keeping them.
void dropout_of_0_25(Generator& generator, const View& out) {
  draw::bernoulli(generator, 1 - 0.25, out);
  for (float* d = out.as<float>(); d != out.as<float>() + out.numel(); ++d) *d /= 0.75f;
}

// nn::Linear: weight and bias uniform on ±1/√in.
Draw linear(double in) { return uniform(-1 / std::sqrt(in), 1 / std::sqrt(in)); }
// The case lists only the layer's weight, but the layer also draws its bias.
void linear_7_3_weight(Generator& generator, const View& out) {
  std::vector<float> bias(3);
  linear(7)(generator, out);
  linear(7)(generator, view_of(bias));
}
// A (5, 6) matrix has 6 inputs and 5 outputs. Xavier's variance is 2/(in + out), Kaiming's for ReLU is 2/in.
// A uniform distribution on ±a has the variance a²/3.
const double xavier = std::sqrt(2.0 / 11), kaiming = std::sqrt(2.0 / 6), root3 = std::sqrt(3.0);

const std::map<std::string, Draw> draws = {
    {"torch.randn(5,3)", normal(0, 1)},
    {"torch.randn(3,3)", normal(0, 1)},
    {"torch.rand(5,4)", uniform(0, 1)},
    {"torch.rand(3,4,dtype=torch.float64)", uniform(0, 1)},
    {"torch.rand(5)", uniform(0, 1)},
    {"torch.randn(3)", normal(0, 1)},
    {"torch.randn(20,3)", normal(0, 1)},
    {"torch.randn(2)", normal(0, 1)},
    {"torch.randn(4,dtype=torch.float64)", normal(0, 1)},
    {"torch.randn(16)", normal(0, 1)},
    {"torch.randn(17)", normal(0, 1)},
    {"torch.randn(33,dtype=torch.float64)", normal(0, 1)},
    {"torch.randint(1,6,(20,10))", integers(1, 6)},
    {"torch.randperm(10)", draw::permutation},
    {"torch.randint(0,1000000,(7,))", integers(0, 1000000)},
    {"torch.empty(13).uniform_(-2,3.5)", uniform(-2, 3.5)},
    {"torch.empty(40).normal_(1.5,0.02)", normal(1.5, 0.02)},
    {"torch.empty(6,dtype=torch.float64).normal_(-1,3)", normal(-1, 3)},
    {"torch.bernoulli(torch.full((20,),0.3))", bernoulli_of_0_3},
    {"torch.empty(6).exponential_()", exponential_of_1},
    {"torch.nn.functional.dropout(torch.ones(32),0.25)", dropout_of_0_25},
    {"torch.nn.Linear(4,12).weight", linear(4)},
    {"same layer .bias", linear(4)},
    {"torch.nn.Linear(7,3).weight", linear_7_3_weight},
    {"torch.nn.Embedding(5,3).weight", normal(0, 1)},
    {"torch.nn.init.xavier_uniform_(torch.empty(5,6))", uniform(-root3* xavier, root3* xavier)},
    {"torch.nn.init.xavier_normal_(torch.empty(5,6))", normal(0, xavier)},
    {"torch.nn.init.kaiming_uniform_(torch.empty(5,6),nonlinearity=\"relu\")",
     uniform(-root3* kaiming, root3* kaiming)},
    {"torch.nn.init.kaiming_normal_(torch.empty(5,6),nonlinearity=\"relu\")", normal(0, kaiming)},
};

const nlohmann::json& golden_cases() {
  static const nlohmann::json cases = [] {
    std::ifstream file(std::string(GRADUS_TEST_DATA) + "/torch_random.json");
    return nlohmann::json::parse(file).at("cases");
  }();
  return cases;
}

const std::map<std::string, Dtype> dtypes = {
    {"torch.float32", kFloat32}, {"torch.float64", kFloat64}, {"torch.int64", kInt64}};

/// The bits of one value in the file, where floats are hexadecimal and integers decimal.
uint64_t expected_bits(const nlohmann::json& value) {
  if (value.is_string()) return std::stoull(value.get<std::string>(), nullptr, 16);
  return static_cast<uint64_t>(value.get<int64_t>());
}

uint64_t bits_at(const View& view, int64_t i) {
  if (view.dtype == kFloat32) return std::bit_cast<uint32_t>(view.as<float>()[i]);
  return view.as<uint64_t>()[i];
}

class TorchStream : public testing::TestWithParam<size_t> {};

TEST_P(TorchStream, EqualsBitForBit) {
  const auto& golden = golden_cases()[GetParam()];
  SCOPED_TRACE(golden.at("name").get<std::string>());
  Generator generator(golden.at("seed").get<uint64_t>());
  for (const auto& draw : golden.at("draws")) {
    const std::string call = draw.at("call");
    SCOPED_TRACE(call);
    ASSERT_TRUE(draws.contains(call)) << "the table `draws` above has no such call";

    const auto& values = draw.at("values");
    const int64_t count = static_cast<int64_t>(values.size());
    std::vector<uint64_t> memory(values.size());
    const View out = view_of(memory.data(), dtypes.at(draw.at("dtype")), {count});
    draws.at(call)(generator, out);
    for (int64_t i = 0; i < count; ++i) ASSERT_EQ(bits_at(out, i), expected_bits(values[i])) << "at " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, TorchStream, testing::Range(size_t{0}, golden_cases().size()));

// Sheet 003 draws U and M, rounds M, and prints it.
TEST(TorchStream, Sheet003) {
  std::vector<float> U(15), M(9);
  Generator generator(0);
  draw::normal(generator, 0, 1, view_of(U));
  draw::normal(generator, 0, 1, view_of(M));
  for (float& x : M) x = std::nearbyint(x);
  EXPECT_EQ(M, (std::vector<float>{0, -1, 0, -1, -2, 0, 1, 1, 1}));
}

// ---- the generator ---------------------------------------------------------------------------------

// The C++ standard requires this number of mt19937.
TEST(Generator, IsTheStandardMersenneTwister) {
  Generator generator(5489);
  for (int i = 1; i < 10000; ++i) generator.next32();
  EXPECT_EQ(generator.next32(), 4123659995u);
}

TEST(Generator, TakesTheLow32BitsOfTheSeed) {
  Generator small(7), large((uint64_t{5} << 32) + 7);
  EXPECT_EQ(small.next64(), large.next64());
  EXPECT_EQ(large.current_seed(), (uint64_t{5} << 32) + 7);
}

TEST(Generator, ACopyContinuesFromTheSamePoint) {
  Generator generator(11);
  generator.next_normal();  // draws two normals and keeps the second one, which is part of the state
  Generator copy = generator;
  EXPECT_EQ(copy, generator);
  EXPECT_EQ(copy.next_normal(), generator.next_normal());
  EXPECT_EQ(copy.next64(), generator.next64());
}

TEST(Generator, SeedingDropsTheKeptNormal) {
  Generator generator(11);
  const double first = generator.next_normal();
  generator.set_current_seed(11);
  EXPECT_EQ(generator.next_normal(), first);
}

// ---- distributions ---------------------------------------------------------------------------------

// Compares the single-precision polynomials with Box–Muller in double precision, on the same uniform numbers.
// These cover all quadrants.
TEST(Normal, Float32BlocksAreAccurate) {
  std::vector<float> uniforms(160000), normals(uniforms.size());
  Generator generator(42), same(42);
  draw::uniform(same, 0, 1, view_of(uniforms));
  draw::normal(generator, 0, 1, view_of(normals));
  for (size_t block = 0; block < uniforms.size(); block += 16)
    for (size_t i = block; i < block + 8; ++i) {
      const double radius = std::sqrt(-2 * std::log(1 - double{uniforms[i]}));
      const double theta = 2 * std::numbers::pi * uniforms[i + 8];
      ASSERT_NEAR(normals[i], radius * std::cos(theta), 6e-7 * radius);
      ASSERT_NEAR(normals[i + 8], radius * std::sin(theta), 6e-7 * radius);
    }
}

TEST(Normal, ABlockDoesNotUseTheKeptNormal) {
  std::vector<double> one(1), block(16);
  Generator generator(1), single(1);
  draw::normal(generator, 0, 1, view_of(one));
  draw::normal(generator, 0, 1, view_of(block));
  draw::normal(generator, 0, 1, view_of(one));
  single.next_normal();
  EXPECT_EQ(one[0], single.next_normal());
}

TEST(Normal, ATailRedrawsTheLast16Elements) {
  std::vector<float> with_tail(20), whole(16), tail(16);
  Generator generator(9), same(9);
  draw::normal(generator, 0, 1, view_of(with_tail));
  draw::normal(same, 0, 1, view_of(whole));
  for (int i = 0; i < 4; ++i) same.next32();
  draw::normal(same, 0, 1, view_of(tail));
  EXPECT_TRUE(std::equal(whole.begin(), whole.begin() + 4, with_tail.begin()));
  EXPECT_TRUE(std::equal(tail.begin(), tail.end(), with_tail.begin() + 4));
  EXPECT_EQ(generator, same);
}

TEST(RandomIntegers, ARangeBeyond32BitsUses64BitNumbers) {
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min(),
                    highest = std::numeric_limits<int64_t>::max();
  std::vector<int64_t> wide(3), extreme(3);
  Generator generator(3), same(3);
  draw::random_integers(generator, -5, (int64_t{1} << 32) - 5, view_of(wide));
  draw::random_integers(generator, lowest, highest, view_of(extreme));
  for (int64_t n : wide) EXPECT_EQ(n, static_cast<int64_t>(same.next64() % (uint64_t{1} << 32)) - 5);
  for (int64_t n : extreme)
    EXPECT_EQ(n, static_cast<int64_t>(same.next64() % ~uint64_t{0} + (uint64_t{1} << 63)));
}

TEST(RandomIntegers, EveryDtypeHasTheSameStream) {
  std::vector<float> single(50);
  std::vector<double> twice(50);
  std::vector<int64_t> whole(50);
  bool bits[50];
  for (const View& out : {view_of(single), view_of(twice), view_of(whole), view_of(bits, kBool, {5, 10})}) {
    Generator generator(12);
    draw::random_integers(generator, 0, 2, out);
  }
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(whole[i], single[i]);
    EXPECT_EQ(whole[i], twice[i]);
    EXPECT_EQ(whole[i], bits[i]);
  }
}

TEST(RandomIntegers, WithoutBoundsCoverTheDtype) {
  std::vector<float> single(1);
  std::vector<double> twice(1);
  std::vector<int64_t> whole(1);
  bool bit[1];
  Generator generator(13), same(13);
  for (const View& out : {view_of(single), view_of(twice), view_of(whole), view_of(bit, kBool, {1})})
    draw::random_integers(generator, out);
  EXPECT_EQ(single[0], same.next32() % 16777217u);
  EXPECT_EQ(twice[0], static_cast<double>(same.next64() % 9007199254740993u));
  EXPECT_EQ(whole[0], static_cast<int64_t>(same.next64() & 0x7FFFFFFFFFFFFFFF));
  EXPECT_EQ(bit[0], same.next32() & 1);
}

TEST(Bernoulli, ComparesWithAUniformOfTheProbabilitysType) {
  std::vector<double> p(40, 0.4), wide(40);
  std::vector<float> p32(40, 0.4f), narrow(40);
  Generator generator(14), same(14);
  draw::bernoulli(generator, view_of(p), view_of(narrow));
  draw::bernoulli(generator, view_of(p32), view_of(wide));
  for (float x : narrow) EXPECT_EQ(x, same.next_uniform<double>() < 0.4);
  for (double x : wide) EXPECT_EQ(x, same.next_uniform<float>() < 0.4f);
}

TEST(Exponential, HasTheMeanOfItsRate) {
  std::vector<double> x(100000);
  Generator generator(15);
  draw::exponential(generator, 4, view_of(x));
  double sum = 0;
  for (double value : x) sum += value;
  EXPECT_NEAR(sum / 1e5, 0.25, 4 * 0.25 / std::sqrt(1e5));
}

TEST(Distributions, AcceptEmptyTensorsAndScalars) {
  Generator generator(1), untouched(1);
  View empty = view_of(nullptr, kFloat32, {0, 3});
  draw::uniform(generator, 0, 1, empty);
  draw::normal(generator, 0, 1, empty);
  draw::bernoulli(generator, 0.5, empty);
  draw::permutation(generator, view_of(nullptr, kInt64, {0}));
  EXPECT_EQ(generator, untouched);

  float scalar = -1;
  draw::uniform(generator, 0, 1, view_of(&scalar, kFloat32, {}));
  EXPECT_EQ(scalar, untouched.next_uniform<float>());
}

// ---- errors ----------------------------------------------------------------------------------------

struct Misuse {
  const char* message;
  std::function<void(Generator&)> call;
};

class BadParameters : public testing::TestWithParam<Misuse> {};

TEST_P(BadParameters, ThrowAndDrawNothing) {
  Generator generator(1), untouched(1);
  try {
    GetParam().call(generator);
    FAIL() << "expected: " << GetParam().message;
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), GetParam().message);
  }
  EXPECT_EQ(generator, untouched);
}

float reals[4];
bool bits[4];
int64_t integers_memory[4];
const View real = view_of(reals, kFloat32, {4}), whole = view_of(integers_memory, kInt64, {4});
const double nan = std::numeric_limits<double>::quiet_NaN();

void bernoulli_of(Generator& generator, std::vector<float> p) {
  draw::bernoulli(generator, view_of(p), real);
}

const Misuse misuses[] = {
    {"uniform_ expects to return a [from, to) range, but found from=2 > to=1",
     [](Generator& g) { draw::uniform(g, 2, 1, real); }},
    {"uniform_ expects to return a [from, to) range, but found from=nan > to=1",
     [](Generator& g) { draw::uniform(g, nan, 1, real); }},
    {"uniform_ expects from, to and to-from to be finite in float32, but found from=0 and to=1e+39",
     [](Generator& g) { draw::uniform(g, 0, 1e39, real); }},
    {"uniform_: needs a float32 or float64 tensor, got int64",
     [](Generator& g) { draw::uniform(g, 0, 1, whole); }},
    {"normal_ expects std >= 0.0, but found std=-1", [](Generator& g) { draw::normal(g, 0, -1, real); }},
    {"normal_ expects std >= 0.0, but found std=nan", [](Generator& g) { draw::normal(g, 0, nan, real); }},
    {"random_ expects 'from' to be less than 'to', but got from=5 >= to=5",
     [](Generator& g) { draw::random_integers(g, 5, 5, whole); }},
    {"random_: from=0 to=16777218 is out of bounds for float32, "
     "which holds every whole number only from -16777216 to 16777216",
     [](Generator& g) { draw::random_integers(g, 0, 16777218, real); }},
    {"random_: from=0 to=3 is out of bounds for bool, which holds every whole number only from 0 to 1",
     [](Generator& g) { draw::random_integers(g, 0, 3, view_of(bits, kBool, {4})); }},
    {"randperm: needs an int64 tensor, got float32", [](Generator& g) { draw::permutation(g, real); }},
    {"bernoulli_ expects p to be in [0, 1], but got p=1.5",
     [](Generator& g) { draw::bernoulli(g, 1.5, real); }},
    {"bernoulli_ expects p to be in [0, 1], but got p=-0.5",
     [](Generator& g) {
       bernoulli_of(g, {0.5f, 1, 0, -0.5f});
     }},
    {"bernoulli: the probabilities are (3,) and the output is (4,); they must be equal",
     [](Generator& g) {
       bernoulli_of(g, {0.5f, 1, 0});
     }},
    {"exponential_ expects lambda > 0.0, but found lambda=0",
     [](Generator& g) { draw::exponential(g, 0, real); }},
    {"normal_: the kernel needs contiguous memory, got sizes (2, 2) with other strides; "
     "fill a contiguous tensor and copy it",
     [](Generator& g) {
       View transposed = view_of(reals, kFloat32, {2, 2});
       std::swap(transposed.strides[0], transposed.strides[1]);
       draw::normal(g, 0, 1, transposed);
     }},
};

INSTANTIATE_TEST_SUITE_P(Random, BadParameters, testing::ValuesIn(misuses));

}  // namespace
