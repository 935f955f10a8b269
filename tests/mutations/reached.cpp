// Linked into every test program of a build with changes: after each case it appends a line to the file that the
// environment variable GRADUS_REACHED names, with the case's name, its milliseconds, and the numbers of the changes
// that the case came by. So a change is tried only on the cases that run its code.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/mutations/switch.h"

namespace {

class Reached : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { std::ranges::fill(mutations::reached, false); }

  void OnTestEnd(const testing::TestInfo& test) override {
    std::ofstream out(std::getenv("GRADUS_REACHED"), std::ios::app);
    out << test.test_suite_name() << '.' << test.name() << '\t' << test.result()->elapsed_time() << '\t'
        << test.result()->Passed() << '\t';
    for (int number = 1; number < int(std::size(mutations::reached)); ++number)
      if (mutations::reached[number]) out << number << ' ';
    out << '\n';
  }
};

const bool added = [] {
  if (std::getenv("GRADUS_REACHED")) testing::UnitTest::GetInstance()->listeners().Append(new Reached);
  return true;
}();

}  // namespace
