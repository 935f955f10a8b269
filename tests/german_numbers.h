// GermanNumbers: a global locale that writes 1.234,5 for 1234.5. The German locale itself is not installed everywhere.
#pragma once

#include <locale>
#include <string>

namespace gradus::test {

/// As long as it lives, streams write and read numbers in the German way.
class GermanNumbers {
 public:
  GermanNumbers() : before_(std::locale::global(std::locale(std::locale::classic(), new Marks))) {}
  ~GermanNumbers() { std::locale::global(before_); }
  GermanNumbers(const GermanNumbers&) = delete;
  GermanNumbers& operator=(const GermanNumbers&) = delete;

 private:
  struct Marks : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::locale before_;
};

}  // namespace gradus::test
