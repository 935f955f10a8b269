// Properties that hold for every program of ops, on programs that random bytes choose (fuzz/random_program.h): the chain
// rule, linearity of backward, vjp against jvp, symmetric Hessians, values that depend neither on the layout nor on the
// kernels. GRADUS_PROGRAMS sets how many programs are tried, and GRADUS_FIRST_PROGRAM the seed of the first.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "autograd/tools/gradcheck.h"
#include "beside_tests.h"
#include "kernels/plain/plain.h"
#include "tests/fuzz/random_program.h"

using namespace gradus;
using autograd::variable_list;
using fuzz::RandomProgram;

namespace {

int64_t number_from(const char* variable, int64_t otherwise) {
  const char* number = std::getenv(variable);
  return number ? std::atoll(number) : otherwise;
}
int64_t count_of_programs() { return number_from("GRADUS_PROGRAMS", 300); }

/// Calls check(program, function) for programs whose number is the seed of their bytes.
template <class Check>
void for_each_program(const Check& check) {
  const int64_t first = number_from("GRADUS_FIRST_PROGRAM", 0);
  for (int64_t seed = first; seed < first + count_of_programs() && !testing::Test::HasFailure(); ++seed) {
    std::mt19937 random(static_cast<uint32_t>(seed));
    std::vector<uint8_t> data(200);
    for (uint8_t& byte : data) byte = static_cast<uint8_t>(random());
    fuzz::Bytes bytes(data.data(), data.size());
    const RandomProgram program(bytes);
    SCOPED_TRACE("program " + std::to_string(seed));
    const auto f = [&](const variable_list& x) { return program.run(x); };
    if (isfinite(program.run(program.inputs(kFloat64, true))).item<bool>())
      check(program, f);  // the variance of one is NaN
  }
}

/// Equal up to rounding. NaN equals NaN.
void expect_near(const Tensor& a, const Tensor& b, double tolerance) {
  EXPECT_TRUE(allclose(a, b, tolerance, tolerance, /*equal_nan=*/true)) << a << "\n" << b;
}

variable_list random_like(const variable_list& x) {
  variable_list result;
  for (const Tensor& each : x) result.push_back(rand(each.sizes(), each.options()) - 0.5);
  return result;
}

Tensor dot_of(const variable_list& a, const variable_list& b) {
  Tensor total = zeros({}, kFloat64);
  for (size_t i = 0; i < a.size(); ++i) total = total + sum(a[i].detach() * b[i].detach());
  return total;
}

TEST(Properties, ValuesDependNeitherOnTheLayoutNorOnTheKernels) {
  for_each_program([](const RandomProgram& program, const auto& f) {
    const Tensor y = f(program.inputs(kFloat64, /*contiguous=*/true));
    expect_near(f(program.inputs(kFloat64, false)), y, 1e-12);
    const Kernels* const fast = kernels_in_force[0].exchange(&plain::kernels());
    const Tensor plain = f(program.inputs(kFloat64, false));
    kernels_in_force[0].store(fast);
    expect_near(plain, y, 1e-12);
  });
}

TEST(Properties, TheChainRule) {
  for_each_program([](const RandomProgram& program, const auto& f) {
    const autograd::GradcheckOptions options{.eps = 1e-5, .atol = 1e-6, .rtol = 1e-5};
    EXPECT_TRUE(autograd::gradcheck(f, program.inputs(kFloat64, false), options));
  });
}

TEST(Properties, TheChainRuleOfSecondDerivatives) {
  for_each_program([](const RandomProgram& program, const auto& f) {
    const autograd::GradcheckOptions options{.eps = 1e-5, .atol = 1e-4, .rtol = 1e-4, .fast_mode = true};
    EXPECT_TRUE(autograd::gradgradcheck(f, program.inputs(kFloat64, true), {}, options));
  });
}

// The gradient of a f + b h is a times that of f plus b times that of h.
TEST(Properties, BackwardIsLinear) {
  for_each_program([](const RandomProgram& program, const auto& f) {
    const variable_list x = program.inputs(kFloat64, true);
    const auto h = [&](const variable_list& x) { return f(x).sin(); };
    const variable_list of_f = autograd::grad({f(x)}, x, {}, {}, false, true),
                        of_h = autograd::grad({h(x)}, x, {}, {}, false, true);
    const variable_list of_both = autograd::grad({2.5 * f(x) - 0.75 * h(x)}, x, {}, {}, false, true);
    for (size_t i = 0; i < x.size(); ++i) expect_near(of_both[i], 2.5 * of_f[i] - 0.75 * of_h[i], 1e-10);
  });
}

// uᵀ (J v) = (uᵀ J) v, and u (H v) = v (H u)
TEST(Properties, VjpAgreesWithJvpAndHessiansAreSymmetric) {
  manual_seed(0);
  for_each_program([&](const RandomProgram& program, const auto& f) {
    const variable_list x = program.inputs(kFloat64, true), u = random_like(x), v = random_like(x);
    const Tensor one = ones({}, kFloat64);
    const Tensor forward = autograd::jvp(f, x, v).second;
    expect_near(forward, dot_of(autograd::vjp(f, x, one).second, v), 1e-9);
    expect_near(dot_of(u, autograd::hvp(f, x, v).second), dot_of(v, autograd::hvp(f, x, u).second), 1e-8);
  });
}

/// The value of f and its gradients.
variable_list value_and_gradients(const RandomProgram& program, const variable_list& x) {
  const Tensor y = program.run(x);
  variable_list results = autograd::grad({y}, x, {}, {}, false, true);
  results.push_back(y.detach());
  return results;
}

// A captured program of kernel calls gives the bits of the ops themselves, for other values too.
TEST(Properties, AReplayGivesTheBitsOfTheProgram) {
  int64_t captured = 0;
  for_each_program([&](const RandomProgram& program, const auto&) {
    for (const Dtype dtype : {kFloat32, kFloat64}) {
      const variable_list x = program.inputs(dtype, /*contiguous=*/false);
      variable_list replayed;
      Program calls = capture([&] { replayed = value_and_gradients(program, x); });
      for (const double factor : {1.0, 0.9, 1.05}) {
        {
          const NoGradGuard no_grad;
          for (const Tensor& each : x) each.detach().mul_(factor);
        }
        try {
          calls.replay();
        } catch (const Error& error) {
          // An op went another way. For example, the norm rescales squares that leave the range.
          EXPECT_NE(std::string(error.what()).find("takes another way"), std::string::npos) << error.what();
          break;
        }
        const variable_list wanted = value_and_gradients(program, x);
        for (size_t i = 0; i < wanted.size(); ++i) {
          const Tensor &a = replayed[i], &b = wanted[i];
          ASSERT_TRUE(equal(a, b) || (a != b).eq(isnan(a) & isnan(b)).all().item<bool>()) << a << "\n"
                                                                                          << b << "\n"
                                                                                          << calls;
        }
        ++captured;
      }
    }
  });
  EXPECT_GT(captured, count_of_programs());
  RecordProperty("replays", std::to_string(captured));
}

/// NaN equals NaN.
bool is_same(const Tensor& a, const Tensor& b) {
  return equal(a, b) || (a != b).eq(isnan(a) & isnan(b)).all().item<bool>();
}

void scale(const variable_list& x, double factor) {
  const NoGradGuard no_grad;
  for (const Tensor& each : x) each.detach().mul_(factor);
}

const double kFactors[] = {1.0, 0.9, 1.05};

/// Can the program be replayed with the other values that the test uses?
bool goes_the_same_way(const RandomProgram& program, Dtype dtype) {
  const variable_list x = program.inputs(dtype, /*contiguous=*/false);
  Program calls = capture([&] { value_and_gradients(program, x); });
  try {
    for (const double factor : kFactors) {
      scale(x, factor);
      calls.replay();
    }
  } catch (const Error&) {
    return false;
  }
  return true;
}

/// Compiles random programs as one, since calling the compiler takes a second, and compares with the ops themselves.
void check_compiled(const std::vector<RandomProgram>& programs, Dtype dtype) {
  std::vector<variable_list> inputs, results(programs.size());
  for (const RandomProgram& program : programs) inputs.push_back(program.inputs(dtype, /*contiguous=*/false));
  Program all = capture([&] {
    for (size_t i = 0; i < programs.size(); ++i) results[i] = value_and_gradients(programs[i], inputs[i]);
  });
  const Compilation compilation = all.compile();
  ASSERT_TRUE(compilation.done) << compilation;
  for (const double factor : kFactors) {
    for (const variable_list& x : inputs) scale(x, factor);
    all.replay();
    for (size_t i = 0; i < programs.size(); ++i) {
      const variable_list wanted = value_and_gradients(programs[i], inputs[i]);
      for (size_t r = 0; r < wanted.size(); ++r)
        ASSERT_TRUE(is_same(results[i][r], wanted[r])) << "program " << i << " of these, result " << r << "\n"
                                                       << results[i][r] << "\n"
                                                       << wanted[r];
    }
  }
}

// So does a compiled program. The compiler takes time, so it gets every sixth program.
TEST(Properties, ACompiledProgramGivesTheBitsOfTheProgram) {
  constexpr size_t at_once = 25;
  std::vector<RandomProgram> chosen;
  int64_t number = 0, compiled = 0;
  Dtype dtype = kFloat32;
  const auto compile = [&] {
    dtype = dtype == kFloat32 ? kFloat64 : kFloat32;
    std::erase_if(chosen, [&](const RandomProgram& program) { return !goes_the_same_way(program, dtype); });
    check_compiled(chosen, dtype);
    compiled += static_cast<int64_t>(chosen.size());
    chosen.clear();
  };
  for_each_program([&](const RandomProgram& program, const auto&) {
    if (number++ % 6 == 0) chosen.push_back(program);
    if (chosen.size() == at_once) compile();
  });
  if (!chosen.empty()) compile();
  EXPECT_GT(compiled, count_of_programs() / 12);
  RecordProperty("compiled", std::to_string(compiled));
}

}  // namespace
