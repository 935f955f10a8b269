// Eight pairs, which Gradus adds.
#pragma once

#include "check.h"

namespace course {

struct Part {
  std::vector<std::string> (*shapes_of_sums)();
};

inline void ask(const Part& part, Check& check) {
  using Sizes = std::vector<int64_t>;
  const std::pair<Sizes, Sizes> pairs[] = {{{2, 3}, {3}},       {{2, 3}, {2}}, {{2, 3}, {2, 1}},
                                           {{3, 1}, {1, 4}},    {{3, 1}, {3}}, {{5, 1, 3}, {2, 1}},
                                           {{5, 2, 3}, {5, 3}}, {{2, 3}, {}}};
  std::vector<std::string> yours;
  check.point("eight answers", [&] {
    yours = part.shapes_of_sums();
    check.expect(yours.size() == 8, "there are 8 pairs, and you give ", yours.size(), " answers");
  });
  if (yours.size() != 8) return;
  for (size_t i = 0; i < 8; ++i) {
    const auto& [a, b] = pairs[i];
    check.point(sentence("pair ", i + 1), [&] {
      std::string right = "error";
      try {
        right = shape_of(zeros(a) + zeros(b));
      } catch (const Error&) {
      }
      for (const char c : yours[i]) check.note(c);
      check.expect(yours[i] == right, sentence(text(a), " and ", text(b)), ": you say ", yours[i],
                   right == "error" ? ", they do not fit" : ", they make " + right);
    });
  }
}

}  // namespace course
