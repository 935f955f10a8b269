// docs/architecture.md follows README's line (U.mm(V.t()) - A).pow(2).sum() and its backward pass down to the
// plain kernel of the matrix product. Its tables list the functions that are called, with their files. This
// test replaces the kernel by one that notes the call stack and then calls the plain kernel. The tables must
// have the functions of the stack, and every function must be in the file that the page names.
#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "gradus.h"
#include "kernels/plain/plain.h"
#include "source_text.h"

using namespace gradus;

namespace {

/// A row of the tables: a function and the file in which it is defined.
struct Station {
  std::string function, file;
};

/// The rows "| `mm` | `autograd/ops/products.cpp` | … |" below a heading of the page.
std::vector<Station> stations_of_page(const std::string& heading) {
  const std::string page = text_of("docs/architecture.md");
  const size_t begin = page.find("\n" + heading + "\n"), end = page.find("\n#", begin + 1);
  EXPECT_NE(begin, std::string::npos) << "docs/architecture.md has no heading " << heading;
  if (begin == std::string::npos) return {};
  const std::string section = page.substr(begin, end - begin);
  static const std::regex row(R"(\n\| `([^`]+)` \| \[?`([^`]+)`)");
  std::vector<Station> stations;
  for (std::sregex_iterator match(section.begin(), section.end(), row), last; match != last; ++match)
    stations.push_back({(*match)[1], (*match)[2]});
  return stations;
}

std::vector<std::string> stack;  // the calls that led to the last product, outermost first

[[gnu::noinline]] void note_stack(const View& a, const View& b, const View& out) {
  void* calls[64];
  stack.clear();
  for (int i = backtrace(calls, 64) - 1; i >= 0; --i) {
    Dl_info info;
    if (!dladdr(calls[i], &info) || !info.dli_sname) continue;
    char* name = abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, nullptr);
    if (name) stack.push_back(name);
    std::free(name);
  }
  plain::kernels().matmul(a, b, out);
}

/// Does the text have a line "Result function(…) {"? Calls and declarations do not count.
bool defines(const std::string& text, const std::string& function) {
  return std::regex_search(text, std::regex(R"(\n *(?!return\b|else\b)[A-Za-z_][\w:<>,*& ]*[ *&:])" +
                                            function + R"(\([^;{]*\)[^;{]*\{)"));
}

bool is_call_of(const Station& station, const std::string& call) {
  return std::regex_match(call, std::regex("(^|.*[ :])" + station.function + "[(<].*"));
}

/// Expects the page's functions on the stack, in the page's order, and no other functions of Gradus. The
/// stack has no names of functions in unnamed namespaces; such a function is in the file of its caller.
void expect_on_stack(const std::vector<Station>& stations) {
  size_t at = 0;
  for (const Station& station : stations) {
    const size_t before = at;
    while (at < stack.size() && !is_call_of(station, stack[at])) ++at;
    if (at++ < stack.size()) continue;
    std::string all;
    for (const std::string& call : stack) all += call + "\n";
    ADD_FAILURE() << station.function << " is not called after call " << before << " of the stack\n" << all;
    return;
  }
  for (const std::string& call : stack) {
    if (!call.starts_with("gradus::")) continue;
    const auto is_called = [&](const Station& station) { return is_call_of(station, call); };
    EXPECT_TRUE(std::ranges::any_of(stations, is_called)) << "docs/architecture.md leaves out " << call;
  }
}

TEST(Reading, ThePageHasTheFunctionsOfTheCallStack) {
#if defined(NDEBUG) || defined(__OPTIMIZE__)
  GTEST_SKIP() << "an optimised build inlines some of these functions";
#endif
  const std::vector<Station> forward = stations_of_page("### Forward"),
                             backward = stations_of_page("### Backward");
  ASSERT_FALSE(forward.empty());
  ASSERT_FALSE(backward.empty());

  // Replaces the table of kernels by one whose product notes the stack.
  const Kernels& before = kernels_for(DeviceType::CPU);
  Kernels noting = before;
  noting.matmul = note_stack;
  kernels_in_force[0] = &noting;
  manual_seed(0);
  const Tensor A = rand({3, 3}), U = rand({3, 2}, requires_grad()), V = rand({3, 2}, requires_grad());
  const Tensor loss = (U.mm(V.t()) - A).pow(2).sum();
  expect_on_stack(forward);
  loss.backward();
  kernels_in_force[0] = &before;
  expect_on_stack(backward);
}

TEST(Reading, AWrongFunctionOfThePageIsFound) {
  stack = {"gradus::Tensor::mm(gradus::Tensor const&) const", "gradus::mm(gradus::Tensor const&)"};
  static const std::vector<Station> right = {{"mm", ""}, {"mm", ""}}, wrong = {{"mm", ""}, {"bmm", ""}};
  expect_on_stack(right);
  EXPECT_NONFATAL_FAILURE(expect_on_stack(wrong), "bmm is not called");
  stack.push_back("gradus::check_product(gradus::Tensor const&)");
  EXPECT_NONFATAL_FAILURE(expect_on_stack(right), "leaves out gradus::check_product");
}

TEST(Reading, CallsAndDeclarationsAreNoDefinitions) {
  EXPECT_TRUE(defines("\nTensor mm(const Tensor& a) {", "mm"));
  EXPECT_TRUE(defines("\n  void apply(\n      Pass& pass) override {", "apply"));
  EXPECT_FALSE(defines("\nTensor mm(const Tensor& a);", "mm"));
  EXPECT_FALSE(defines("\n  return mm(a, b);", "mm"));
  EXPECT_FALSE(defines("\n  mm(a, [] { return b; });", "mm"));
}

TEST(Reading, ThePageHasTheRightFilesAndTheirNumber) {
  std::set<std::string> files;
  for (const char* heading : {"### Forward", "### Backward", "### The rule", "### The kernel"})
    for (const auto& [function, file] : stations_of_page(heading)) {
      files.insert(file);
      EXPECT_TRUE(defines(text_of(file), function)) << file << " does not define " << function;
    }
  const std::string page = text_of("docs/architecture.md");
  const char* words[] = {"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};
  ASSERT_LT(files.size(), std::size(words));
  EXPECT_NE(
      page.find("## From `loss.backward()` to the kernel, in " + std::string(words[files.size()]) + " files"),
      std::string::npos)
      << "the tables name " << files.size() << " files, but the heading says another number";
}

}  // namespace
