// Proves three things of an exercise: the hole says that it is not yet written, the answer passes, and every wrong
// answer fails with the message that its file begins with, and is recognised. For other seeds the numbers in the
// messages differ, but the answer passes and the wrong answers fail there, too.
#pragma once

#include "check.h"
#include "tests/words.h"

namespace course {

template <class Part>
int prove(const Part& hole, const Part& answer, const std::vector<WrongAnswer<Part>>& wrong) {
  watch_for_crashes(50);
  int failures = 0;
  const auto expect = [&](bool condition, const auto&... parts) {
    if (!condition) std::cout << "FAILED: " << sentence(parts...) << "\n", ++failures;
  };
  const Check of_hole = result_of(hole, 1);
  expect(of_hole.not_yet(), "the hole does not say that it is not yet written, but: ", of_hole.complaint());
  expect(wrong.size() >= 2, "an exercise needs two wrong answers or more, not ", wrong.size());
  int recognised = 0;
  for (const uint64_t seed : {1, 2, 3, 4711}) {
    const Check right = result_of(answer, seed);
    expect(right.passed(), "seed ", seed, ": the answer gets \"", right.complaint(), "\"");
    std::vector<Check> results;
    for (const WrongAnswer<Part>& known : wrong) results.push_back(result_of(known.part, seed));
    for (size_t i = 0; i < wrong.size(); ++i) {
      const WrongAnswer<Part>& known = wrong[i];
      const Check& result = results[i];
      expect(!result.passed(), "seed ", seed, ": ", known.name, " passes");
      if (seed == 1)
        expect(gradus::same_words(result.complaint(), known.says, 0.02), known.name, " should say\n  ",
               known.says, "\nbut says\n  ", result.complaint());
      // recognise() returns the first that gives the same numbers.
      size_t found = 0;
      while (!result.same_as(results[found])) ++found;
      expect(found == i, "seed ", seed, ": ", known.name, " is taken for ", wrong[found].name);
      recognised += seed == 1 && found == i;
      expect(*known.looks_like, known.name, " lacks the line \"// looks like: …\"");
    }
  }
  std::cout << recognised << " of " << wrong.size() << " wrong answers recognised\n";
  return failures == 0 ? 0 : 1;
}

}  // namespace course
