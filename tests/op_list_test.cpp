// Is the list of ops complete? Every function and method that returns a tensor has an entry, or a reason for having none.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "op_list.h"
#include "op_list/prepare.h"
#include "source_text.h"

namespace gradus::test {
namespace {

const std::vector<Op>& ops() {
  static const std::vector<Op> list = op_list();
  return list;
}

// Functions that need no entry, and the reason.
const std::map<std::string, const char*> kWithoutEntry = {
    {"isnan", "bool result"},
    {"isinf", "bool result"},
    {"isfinite", "bool result"},
    {"logical_not", "bool result"},
    {"operator~", "bool result"},
    {"eq", "bool result"},
    {"ne", "bool result"},
    {"lt", "bool result"},
    {"le", "bool result"},
    {"gt", "bool result"},
    {"ge", "bool result"},
    {"equal", "bool result"},
    {"allclose", "bool result"},
    {"all", "bool result"},
    {"any", "bool result"},
    {"operator&", "bools and integers only"},
    {"operator|", "bools and integers only"},
    {"operator^", "bools and integers only"},
    {"argmax", "indices have no derivative"},
    {"argmin", "indices have no derivative"},
    {"argsort", "indices have no derivative"},
    {"nonzero", "indices have no derivative"},
    {"cuda", "moves to a device that may not exist; cuda_device_test.cpp tests it"},
    {"uniform_", "draws random numbers, outside the graph"},
    {"normal_", "draws random numbers, outside the graph"},
    {"random_", "draws random numbers, outside the graph"},
    {"bernoulli_", "draws random numbers, outside the graph"},
    {"exponential_", "draws random numbers, outside the graph"},
};

/// How often each function or method that returns tensors is declared. Inline functions do not count:
/// they call others.
std::map<std::string, int> declared_in(const std::string& text) {
  static const std::regex declaration(
      R"(\n *(?:Tensor&?|std::tuple<Tensor[^>]*>|std::vector<Tensor>) (operator\S+?|\w+)\((?:[^{;]|\{[^};]*\})*?\)(?: const)?;)");
  std::map<std::string, int> declared;
  for (std::sregex_iterator match(text.begin(), text.end(), declaration), end; match != end; ++match)
    ++declared[(*match)[1]];
  return declared;
}

std::map<std::string, int> entries_by_function() {
  std::map<std::string, int> entries;
  for (const Op& op : ops()) {
    const std::string function = op.covers.empty() ? op.name.substr(0, op.name.find('.')) : op.covers;
    ++entries[function.substr(0, function.find('('))];
  }
  return entries;
}

/// Expects an entry for every overload of every function that a header declares. In an entry, the function's
/// name has the prefix.
void expect_entries(const char* header, const std::string& prefix, size_t at_least) {
  const std::map<std::string, int> declared = declared_in(text_of(header));
  const std::map<std::string, int> entries = entries_by_function();
  EXPECT_GT(declared.size(), at_least) << "the test found too few declarations in " << header;
  for (const auto& [function, overloads] : declared) {
    const std::string name = prefix + function;
    if (kWithoutEntry.contains(name)) continue;
    const int found = entries.contains(name) ? entries.at(name) : 0;
    EXPECT_GE(found, overloads) << header << " declares " << overloads << " overloads of " << function
                                << ": add an entry for each to tests/op_list, or a reason to kWithoutEntry";
  }
}

TEST(OpList, HasEveryFunction) {
  expect_entries("tensor/functions.h", "", 90);
  expect_entries("autograd/linalg/linalg.h", "linalg_", 14);
}

TEST(OpList, HasEveryRecordedMethod) {
  const std::string text = text_of("tensor/tensor.h");
  const size_t begin = text.find("// ---- Recorded methods without a function"),
               end = text.find("// ---- The tape");
  ASSERT_TRUE(begin < end && end != std::string::npos);
  const std::map<std::string, int> declared = declared_in(text.substr(begin, end - begin));
  const std::map<std::string, int> entries = entries_by_function();
  EXPECT_GT(declared.size(), 30u) << "the test found too few declarations in tensor/tensor.h";
  for (const auto& [name, overloads] : declared)
    EXPECT_TRUE(entries.contains(name) || kWithoutEntry.contains(name) || name.starts_with("operator"))
        << "Tensor::" << name << " has no entry in tests/op_list";
}

// If a view did not know its base, a write through the view would not be recorded for the base.
TEST(OpList, ViewsKnowTheirBase) {
  int views = 0;
  for (const Op& op : ops()) {
    if (!op.available(kernels_for(kCPU))) continue;
    const Prepared prepared = prepare(op, {kCPU, kFloat64, Layout::contiguous});
    variable_list inputs;
    for (const Tensor& x : prepared.leaves) inputs.push_back(x.requires_grad() ? x * 1 : x);
    for (const Tensor& y : prepared.function(inputs))
      for (const Tensor& x : inputs) {
        if (!y.is_alias_of(x) || y.is_same(x)) continue;
        ++views;
        EXPECT_EQ(y.impl().base.get(), &x.impl()) << op.name << " returns a view that view_of() has not made";
      }
  }
  EXPECT_GT(views, 10);
}

TEST(OpList, NamesAreUniqueAndLowerOrdersHaveReasons) {
  std::set<std::string> names;
  for (const Op& op : ops()) {
    EXPECT_TRUE(names.insert(op.name).second) << "two entries are called " << op.name;
    EXPECT_EQ(op.order < 2, !op.reason.empty()) << op.name;
  }
}

}  // namespace
}  // namespace gradus::test
