// Compiled programs: the digits of the ops, the text, and the cache of compiled libraries. Without a compiler, without
// headers or on a full disk, replay goes on. op_test compiles every op of the list, properties_test random programs.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "gradus.h"
#include "in_folder.h"
#include "kernels/plain/plain.h"
#include "same_bits.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

std::string printed(const Compilation& compilation) {
  std::ostringstream text;
  text << compilation;
  return text.str();
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

/// Sets an environment variable as long as it lives.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before, had_value_ = true;
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { had_value_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_); }
  Environment(const Environment&) = delete;

 private:
  const char* name_;
  std::string before_;
  bool had_value_ = false;
};

/// Each test has an empty cache. The compiler optimises little, to save time. The digits do not depend on it.
class Compiled : public InFolder {
 protected:
  void SetUp() override {
    InFolder::SetUp();
    cache_.emplace("XDG_CACHE_HOME", fs::current_path().string());
    flags_.emplace("GRADUS_CXXFLAGS", "-O1");
  }

  /// The files of the cache with this ending.
  static std::vector<fs::path> cached(const std::string& ending) {
    std::vector<fs::path> files;
    if (fs::exists("gradus"))
      for (const auto& entry : fs::directory_iterator("gradus"))
        if (entry.path().extension() == ending) files.push_back(entry.path());
    return files;
  }
  static size_t files_in_cache() {
    return fs::exists("gradus") ? std::distance(fs::directory_iterator("gradus"), {}) : 0;
  }

  const Tensor x_ = tensor({1.0, 2.0}, kFloat64);
  Tensor y_;
  Program small_program() {
    return capture([&] { y_ = (x_ * x_ + 1).sqrt(); });
  }
  /// Expects that the program still computes, compiled or not.
  void expect_that_it_computes(Program& program) {
    x_.copy_(tensor({3.0, 4.0}, kFloat64));
    program.replay();
    EXPECT_TRUE(same_bits(y_, sqrt(x_ * x_ + 1))) << y_;
  }
  void expect_not_compiled(const std::string& reason) {
    Program program = small_program();
    const Compilation compilation = program.compile();
    EXPECT_FALSE(compilation.done);
    EXPECT_NE(printed(compilation).find("not compiled, replay goes on with the list: "), std::string::npos);
    EXPECT_NE(compilation.reason.find(reason), std::string::npos) << compilation.reason;
    EXPECT_EQ(count_of(printed(compilation), "\n"), 0u);
    EXPECT_EQ(files_in_cache(), 0u) << "nothing is left half-written";
    expect_that_it_computes(program);
  }

 private:
  std::optional<Environment> cache_, flags_;
};

// ---- Digits ----------------------------------------------------------------------------------------------------------

TEST_F(Compiled, AProgramComputesWithTheValuesThatAreThereNow) {
  Program program = small_program();
  const Compilation compilation = program.compile();
  ASSERT_TRUE(compilation.done) << compilation;
  EXPECT_EQ(compilation.calls, 3u);
  EXPECT_EQ(compilation.loops, 1u);
  EXPECT_EQ(compilation.kernels, 0u);
  EXPECT_GT(compilation.seconds, 0);
  EXPECT_NE(printed(compilation).find(" s: 1 loops, 0 calls of kernels"), std::string::npos) << compilation;
  expect_that_it_computes(program);
}

/// Trains a small classifier with dropout, whose batches and learning rate change. Returns the losses and parameters.
std::vector<Tensor> train(const std::function<void(Program&)>& prepare) {
  manual_seed(7);
  nn::Sequential net(nn::Linear(5, 6), nn::Tanh(), nn::Dropout(0.3), nn::Linear(6, 3));
  const Tensor x = randn({4, 5}), target = randint(3, {4});
  Tensor loss;
  optim::Adam adam(net->parameters(), 0.01);
  optim::StepLR schedule(adam, 3, 0.5);
  Program step = capture([&] {
    adam.zero_grad();
    loss = nn::functional::cross_entropy(net->forward(x), target);
    loss.backward();
    adam.step();
  });
  prepare(step);
  std::vector<Tensor> results;
  for (int i = 0; i < 10; ++i) {
    x.normal_();
    target.copy_(randint(3, {4}));
    step.replay();
    schedule.step();
    results.push_back(loss.clone());
  }
  for (const Tensor& parameter : net->parameters()) results.push_back(parameter);
  return results;
}

// An optimiser's step count, its learning rate and the random numbers of dropout advance as they do in a replay.
TEST_F(Compiled, TrainingIsThatOfReplaysBitForBit) {
  const std::vector<Tensor> replayed = train([](Program&) {});
  const std::vector<Tensor> compiled = train([](Program& program) {
    const Compilation compilation = program.compile();
    EXPECT_TRUE(compilation.done) << compilation;
    EXPECT_GT(compilation.loops, 0u);
    EXPECT_GT(compilation.kernels, 0u);
  });
  ASSERT_EQ(replayed.size(), compiled.size());
  for (size_t i = 0; i < replayed.size(); ++i) EXPECT_TRUE(same_bits(replayed[i], compiled[i])) << i;
}

TEST_F(Compiled, TheTextFollowsThePlainKernelsToo) {
  const Kernels* const fast = kernels_in_force[0].exchange(&plain::kernels());
  const Tensor a = randn({3, 7}), b = randn({7, 2});
  Tensor product, sum;
  Program program = capture([&] {
    product = a.mm(b) * 2;
    sum = product.sum();
  });
  const Compilation compilation = program.compile();
  a.normal_();
  program.replay();
  EXPECT_TRUE(same_bits(product, a.mm(b) * 2));
  EXPECT_TRUE(same_bits(sum, (a.mm(b) * 2).sum()));
  kernels_in_force[0].store(fast);
  EXPECT_TRUE(compilation.done) << compilation;
}

TEST_F(Compiled, NumbersKeepTheirBits) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = tensor({1.0, -0.0, 3.0}, kFloat64), n = tensor({5, -7, 9}), small = x.to(kFloat32);
  std::vector<Tensor> results;
  const auto compute = [&] {
    results.clear();
    for (const double number : {0.1, -0.0, 1e300, 5e-324, -2.5, inf, -inf, nan})
      results.push_back(x * number);
    for (const double number : {0.1, 1e-45, 16777217.0}) results.push_back(small + number);
    for (const int64_t number : {int64_t{3}, std::numeric_limits<int64_t>::min(), int64_t{-1}})
      results.push_back(n * number);
    results.push_back(where(gt(x, 0.5), x, -x));
    results.push_back(n.to(kFloat32).to(kFloat64) / 3);
    results.push_back(x.to(kInt64));
  };
  Program program = capture(compute);
  const Compilation compilation = program.compile();
  ASSERT_TRUE(compilation.done) << compilation;
  const std::vector<Tensor> compiled = results;
  for (const Tensor& each : compiled) each.zero_();
  program.replay();
  compute();
  for (size_t i = 0; i < results.size(); ++i)
    EXPECT_TRUE(same_bits(compiled[i], results[i])) << i << compiled[i];
}

TEST_F(Compiled, LargeTensorsStayCallsOfKernels) {
  const Tensor x = randn({300, 300});
  Tensor y;
  Program program = capture([&] { y = ((x + 1) * 2).mm(x); });
  const Compilation compilation = program.compile();
  ASSERT_TRUE(compilation.done) << compilation;
  EXPECT_EQ(compilation.kernels, 3u);
  y.zero_();
  program.replay();
  EXPECT_TRUE(same_bits(y, ((x + 1) * 2).mm(x)));
}

TEST_F(Compiled, WhatIsOutOfRangeIsReported) {
  const Tensor table = randn({4, 2}), index = tensor({0, 3});
  Tensor rows;
  Program program = capture([&] { rows = embedding(table, index) * 2; });
  ASSERT_TRUE(program.compile().done);
  index.copy_(tensor({2, 4}));
  EXPECT_ERROR(program.replay(), "out of range for a table of 4 rows");
  index.copy_(tensor({2, 1}));
  program.replay();
  EXPECT_TRUE(same_bits(rows, embedding(table, index) * 2));
}

TEST_F(Compiled, AnEmptyProgramHasASource) {
  Program program;
  EXPECT_FALSE(program.compile().done);
  EXPECT_NE(program.source().find("written from the 0 calls"), std::string::npos);
}

TEST_F(Compiled, NotInsideOfACapture) {
  Program program = small_program();
  EXPECT_ERROR(capture([&] { program.compile(); }), "compile: not inside of a capture");
}

TEST_F(Compiled, AProgramOfACudaDeviceIsRefused) {
  if (!cuda::is_available()) GTEST_SKIP() << "there is no cuda device";
  const Tensor x = ones({3}, kCUDA);
  Tensor y = x * 2;
  Program program = capture([&] { y = x * 3; });
  const Compilation compilation = program.compile();
  EXPECT_FALSE(compilation.done);
  EXPECT_NE(compilation.reason.find("for programs of the CPU only"), std::string::npos) << compilation.reason;
  EXPECT_ERROR(program.source(), "for programs of the CPU only");
  x.fill_(5);
  program.replay();
  EXPECT_EQ(y.sum().item<double>(), 45);
}

TEST_F(Compiled, BorrowedMemoryThatOverlapsIsRefused) {
  float numbers[4] = {1, 2, 3, 4};
  const Tensor all = from_blob(numbers, {4}), last = from_blob(numbers + 1, {3}),
               same = from_blob(numbers, {4});
  Program overlapping = capture([&] {
    all.mul_(2);
    last.add_(1);
  });
  EXPECT_NE(overlapping.compile().reason.find("two tensors overlap"), std::string::npos);
  Program twice = capture([&] {
    all.mul_(2);
    same.add_(1);
  });
  EXPECT_TRUE(twice.compile().done);
  overlapping.replay();
  twice.replay();
  EXPECT_TRUE(same_bits(all, tensor({21., 47., 63., 79.}, kFloat32))) << all;
}

// ---- The text --------------------------------------------------------------------------------------------------------

TEST_F(Compiled, TheTextNamesTheLinesOfTheListing) {
#if !GRADUS_HAVE_FAST
  GTEST_SKIP() << "a sum has a text only in the order of the fast kernels";
#endif
  const Tensor x = ones({2, 3}), b = ones({3});
  Tensor y;
  const Program program = capture([&] { y = ((x + b).t() * 2).relu().sum(); });
  const std::string text = program.source();
  const size_t body = text.find("extern");
  ASSERT_NE(body, std::string::npos);
  EXPECT_EQ(text.substr(body),
            R"(extern "C" void run_program(const gradus::programs::Recorded& program) {
  float* __restrict const x1 = program.elements<float>(0);  // (2, 3)
  float* __restrict const x2 = program.elements<float>(1);  // (2, 3)
  float* __restrict const p4 = program.elements<float>(2);  // (1, 1)

  float t1[6];
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) t1[3 * i + j] = x1[3 * i + j] + x2[j];  // 1 add

  float t3[6];
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 2; ++j) {
      const float t2 = t1[i + 3 * j] * 2.0f;  // 2 mul 2
      t3[2 * i + j] = Relu{}.value(t2);       // 3 relu
    }

  p4[0] = reduce<Sum, 6>(t3, 1);  // 4 sum
}
)");
}

TEST_F(Compiled, ATensorThatACallUsesStaysInMemory) {
  const Tensor x = randn({4, 5});
  Tensor y;
  const Program program = capture([&] { y = (x * 2).softmax(1) * 3; });
  const std::string text = program.source();
  EXPECT_NE(text.find("p1[i] = x1[i] * 2.0f;"), std::string::npos) << text;
  EXPECT_NE(text.find("program.call(2);  // 2 softmax: p2 <- p1"), std::string::npos) << text;
}

// A block of memory serves one tensor after the other. The text gives each a name of its own, so that they may overlap.
TEST_F(Compiled, TensorsThatSharedABlockAreKeptApart) {
  const Tensor x = randn({3, 3});
  Tensor y;
  Program program = capture([&] {
    y = x * 1;
    for (int i = 0; i < 20; ++i) y = (y.mm(x) + y.t()) * 0.3;
  });
  const Compilation compilation = program.compile();
  ASSERT_TRUE(compilation.done) << compilation;
  x.normal_();
  program.replay();
  Tensor wanted = x * 1;
  for (int i = 0; i < 20; ++i) wanted = (wanted.mm(x) + wanted.t()) * 0.3;
  EXPECT_TRUE(same_bits(y, wanted)) << y << wanted;
}

// ---- The cache -------------------------------------------------------------------------------------------------------

TEST_F(Compiled, TheSameStepIsNotCompiledAgain) {
  Program first = small_program(), second = small_program();
  const Compilation compiled = first.compile(), loaded = second.compile();
  EXPECT_TRUE(compiled.done && !compiled.from_cache) << compiled;
  EXPECT_TRUE(loaded.done && loaded.from_cache) << loaded;
  EXPECT_NE(printed(loaded).find("(from the cache)"), std::string::npos);
  EXPECT_EQ(files_in_cache(), 2u) << "the text and the library";
  std::ifstream file(loaded.file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), second.source());
  expect_that_it_computes(second);
}

TEST_F(Compiled, AFileThatIsNotWholeIsCompiledAgain) {
  ASSERT_TRUE(small_program().compile().done);
  const fs::path library = cached(".so").at(0);
  const uintmax_t size = fs::file_size(library);
  for (const uintmax_t left : {size - 1, size / 2, uintmax_t{10}, uintmax_t{0}}) {
    fs::resize_file(library, left);
    Program program = small_program();
    const Compilation compilation = program.compile();
    EXPECT_TRUE(compilation.done && !compilation.from_cache) << left << compilation;
    expect_that_it_computes(program);
  }
}

TEST_F(Compiled, AFileOfAnotherTextOrMachineIsCompiledAgain) {
  const Tensor x = ones({3});
  Tensor z;
  ASSERT_TRUE(capture([&] { z = x * 5; }).compile().done);
  const fs::path other = cached(".so").at(0);
  ASSERT_TRUE(small_program().compile().done);
  fs::path library = cached(".so").at(0);
  if (library == other) library = cached(".so").at(1);
  fs::copy_file(other, library, fs::copy_options::overwrite_existing);
  Program program = small_program();
  const Compilation compilation = program.compile();
  EXPECT_TRUE(compilation.done && !compilation.from_cache) << compilation;
  expect_that_it_computes(program);
}

/// Runs the function in a process of its own and returns whether it was true.
template <class Function>
pid_t in_child(const Function& function) {
  const pid_t child = fork();
  if (child == 0) _exit(function() ? 0 : 1);
  return child;
}
bool succeeded(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return status == 0;
}

TEST_F(Compiled, TwoProcessesCompileTheSameTextAtOnce) {
  Program program = small_program();
  const auto compile = [&] {
    const bool done = program.compile().done;
    x_.copy_(tensor({3.0, 4.0}, kFloat64));
    program.replay();
    return done && same_bits(y_, sqrt(x_ * x_ + 1));
  };
  const pid_t first = in_child(compile), second = in_child(compile);
  EXPECT_TRUE(succeeded(first));
  EXPECT_TRUE(succeeded(second));
  EXPECT_EQ(files_in_cache(), 2u) << "the text and the library";
}

// ---- What is missing -------------------------------------------------------------------------------------------------

TEST_F(Compiled, WithoutACompilerReplayGoesOn) {
  const Environment compiler("CXX", "no-such-compiler");
  expect_not_compiled("there is no compiler no-such-compiler; set CXX to one");
}

TEST_F(Compiled, ACompilerThatFailsIsNamedWithItsMessage) {
  {
    const Environment compiler("CXX", "false");
    expect_not_compiled("the compiler false failed: it says nothing");
  }
  const Environment flags("GRADUS_CXXFLAGS", "-fno-such-flag");
  expect_not_compiled("-fno-such-flag");
}

TEST_F(Compiled, ACompilerThatWritesNoLibraryIsNoticed) {
  {
    const Environment compiler("CXX", "true");
    expect_not_compiled("cannot read");
  }
  std::ofstream("compiler") << "#!/bin/sh\nfor last; do :; done\necho nonsense > \"$last\"\n";
  fs::permissions("compiler", fs::perms::owner_all);
  const Environment compiler("CXX", fs::absolute("compiler").string());
  expect_not_compiled("cannot load the result");
}

TEST_F(Compiled, WithoutHeadersReplayGoesOn) {
  const Environment headers("GRADUS_HEADERS", "/nowhere");
  expect_not_compiled("the headers of Gradus are not in GRADUS_HEADERS, /nowhere");
}

TEST_F(Compiled, WithoutACacheFolderReplayGoesOn) {
  std::ofstream("file").put('x');
  const Environment cache("XDG_CACHE_HOME", fs::absolute("file").string());
  expect_not_compiled("cannot make the folder");
}

TEST_F(Compiled, OnAFullDiskReplayGoesOnAndNothingIsLeft) {
  EXPECT_TRUE(succeeded(in_child([&] {
    const rlimit limit = {6000, 6000};  // bytes of a file: enough for the text, not for the library
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    Program program = small_program();
    const bool done = program.compile().done;
    x_.copy_(tensor({3.0, 4.0}, kFloat64));
    program.replay();
    return !done && files_in_cache() == 0 && same_bits(y_, sqrt(x_ * x_ + 1));
  })));
}

}  // namespace
}  // namespace gradus
