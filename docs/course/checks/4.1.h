// The tapes line by line, and the values.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*program)(const Tensor& x, const Tensor& w);
};

/// The lines of the tape without the heading, each with single spaces.
inline std::vector<std::string> tape_lines(const Tensor& result) {
  std::stringstream tape;
  print_tape(result, tape);
  std::vector<std::string> lines;
  for (std::string line; std::getline(tape, line);) {
    std::istringstream words(line);
    std::string joined;
    for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
    lines.push_back(joined);
  }
  lines.erase(lines.begin());
  return lines;
}

inline void ask(const Part& part, Check& check) {
  const Tensor x = rand({2, 3}).requires_grad_(), w = rand({3}).requires_grad_();
  const std::vector<std::string> right = {
      "x1 leaf (2, 3)",       "x2 leaf (3,)",   "%1 mul x1, x2 (2, 3)", "%2 exp %1 (2, 3)",
      "%3 sub %2, x1 (2, 3)", "%4 sum %3 (2,)", "%5 mul %4, %4 (2,)",   "%6 mean %5 ()"};
  check.point("the tape", [&] {
    const Tensor y = check.note(part.program(x, w));
    check.expect(y.grad_fn(), "the result is not on the tape");
    const std::vector<std::string> yours = tape_lines(y);
    for (const std::string& line : yours)
      for (const char c : line) check.note(c);
    const auto name = [](const std::string& line) { return line.substr(0, line.find(' ')); };
    const auto rest = [](const std::string& line) { return line.substr(line.find(' ') + 1); };
    for (size_t i = 0; i < std::min(right.size(), yours.size()); ++i)
      check.expect(yours[i] == right[i], "line ", name(right[i]), " of the tape is \"", rest(right[i]),
                   "\", and yours is \"", name(yours[i]) == name(right[i]) ? rest(yours[i]) : yours[i], "\"");
    check.expect(yours.size() == right.size(), "the tape has ", right.size(), " lines, and yours has ",
                 yours.size());
  });
  check.point("another shape", [&] {
    const Tensor a = rand({check.size(4), check.size(5)}), b = rand({check.size(5)});
    const Tensor sums = ((a * b).exp() - a).sum(1);
    const Tensor yours = check.note(part.program(a, b));
    check.expect(allclose(yours, (sums * sums).mean()), "for other inputs the value is ",
                 in_a_row((sums * sums).mean()), ", and yours is ", in_a_row(yours));
  });
}

}  // namespace course
