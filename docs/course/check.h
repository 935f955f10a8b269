// What the check of an exercise is written with, and how its verdict is found.
//
// A check is a function ask(part, check), where `part` has the functions that the exercise asks for. It asks several
// things, its points, one after another:
//
//     check.point("eˣ at 1", [&] {
//       const double slope = check.note(part.central(exp, 1, 1e-6));
//       check.expect(std::abs(slope - e) < 1e-9, "error ", slope - e, ", …");
//     });
//
// The same check also runs with every known wrong answer. All numbers are noted. If the student's are those of a wrong
// answer, the verdict says what the student has probably done.
#pragma once

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstring>
#include <iomanip>
#include <limits>
#include <sstream>

#include "course.h"

namespace course {

/// A part of a sentence. A NaN has no sign there.
template <class Part>
const Part& as_printed(const Part& part) {
  return part;
}
inline double as_printed(double number) { return std::isnan(number) ? NAN : number; }

/// A sentence from its parts. Numbers have four digits.
template <class... Parts>
std::string sentence(const Parts&... parts) {
  std::ostringstream out;
  out.precision(4);
  (out << ... << as_printed(parts));
  return out.str();
}

/// The elements of a tensor in a row: "1 2 3".
inline std::string in_a_row(const Tensor& x) {
  std::ostringstream out;
  const Tensor flat = x.detach().to(kFloat64).reshape({-1});
  for (int64_t i = 0; i < flat.numel(); ++i) out << (i ? " " : "") << as_printed(flat[i].item<double>());
  return out.str();
}

/// "(2, 3)"
inline std::string shape_of(const Tensor& x) { return sentence(text(x.sizes())); }

/// Are the numbers equal but for the rounding of another processor?
inline bool same_number(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b)) ||
         std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
}

/// One thing that a check asks, and what was wrong: nothing if it passed.
struct Point {
  std::string name, complaint;
  size_t first_number;  // of those that it noted
};

class Check {
 public:
  explicit Check(uint64_t seed = 1) : seed(seed) { manual_seed(seed); }

  /// Random inputs come from this seed, so a grader can ask with other numbers.
  const uint64_t seed;

  /// For the grader: the points that are not asked, counted from 0, and what is called after each that is.
  std::vector<size_t> skipped;
  std::function<void(const Check&)> after_point;

  /// For the page with the tape: is called with the tensors of the answer that are noted.
  std::function<void(const Tensor&)> on_tensor;
  const Tensor& tape(const Tensor& x) {
    if (on_tensor) on_tensor(x);
    return x;
  }

  /// A size of an input: n itself for seed 1, and up to 3 more for another seed. Sizes that differ stay different, since
  /// all grow by the same amount.
  int64_t size(int64_t n) const { return n + static_cast<int64_t>((seed - 1) % 4); }

  /// Asks one thing. An exception is a complaint, too.
  template <class Ask>
  void point(const std::string& name, Ask ask) {
    points_.push_back({name, "", numbers_.size()});
    const size_t index = points_.size() - 1;
    if (std::ranges::find(skipped, index) != skipped.end()) return;
    try {
      ask();
    } catch (const Complaint& complaint) {
      points_.back().complaint = complaint.text;
    } catch (const NotYet&) {
      not_yet_ = true;
      points_.back().complaint = "not yet written";
    } catch (const std::exception& error) {
      points_.back().complaint = error.what();
    } catch (...) {
      points_.back().complaint = "it threw something that is no std::exception";
    }
    if (after_point) after_point(*this);
  }

  /// Ends the point with a complaint unless the condition holds. With "\n" the complaint has several lines.
  template <class... Parts>
  void expect(bool condition, const Parts&... parts) const {
    if (!condition) throw Complaint{sentence(parts...)};
  }

  /// Notes a number of the answer, for the comparison with wrong answers.
  double note(double number) {
    numbers_.push_back(number);
    return number;
  }
  Tensor note(const Tensor& x) {
    tape(x);
    numbers_.push_back(static_cast<double>(x.dim()));
    for (const int64_t size : x.sizes()) numbers_.push_back(static_cast<double>(size));
    const Tensor flat = x.detach().to(kFloat64).reshape({-1});
    for (int64_t i = 0; i < flat.numel(); ++i) numbers_.push_back(flat[i].item<double>());
    return x;
  }

  bool not_yet() const { return not_yet_; }
  const std::vector<Point>& points() const { return points_; }
  const std::vector<double>& numbers() const { return numbers_; }
  /// The first complaint; nothing if all points passed.
  std::string complaint() const {
    for (const Point& point : points_)
      if (!point.complaint.empty()) return point.complaint;
    return "";
  }
  bool passed() const { return complaint().empty(); }

  /// Did the two answers give the same numbers, and fail at the same points?
  bool same_as(const Check& other) const {
    const auto same_result = [](const Point& a, const Point& b) {
      return a.complaint.empty() == b.complaint.empty();
    };
    return std::ranges::equal(numbers_, other.numbers_, same_number) &&
           std::ranges::equal(points_, other.points_, same_result);
  }

 private:
  struct Complaint {
    std::string text;
  };

  std::vector<Point> points_;
  std::vector<double> numbers_;
  bool not_yet_ = false;
};

/// A known wrong answer. Its file begins with the message that it gets, and with what it does wrong.
template <class Part>
struct WrongAnswer {
  const char *name, *says, *looks_like;
  Part part;
};

/// What one answer gets when it is asked with a seed.
template <class Part>
Check result_of(const Part& part, uint64_t seed) {
  Check check(seed);
  ask(part, check);
  return check;
}

/// The wrong answer that gives the same numbers, or nullptr.
template <class Part>
const WrongAnswer<Part>* recognise(const Check& result, const std::vector<WrongAnswer<Part>>& wrong) {
  for (const WrongAnswer<Part>& known : wrong)
    if (result.same_as(result_of(known.part, result.seed))) return &known;
  return nullptr;
}

/// How many wrong answers are recognised as themselves.
template <class Part>
ptrdiff_t count_recognised(const std::vector<WrongAnswer<Part>>& wrong) {
  return std::ranges::count_if(wrong, [&](const WrongAnswer<Part>& known) {
    return recognise(result_of(known.part, 1), wrong) == &known;
  });
}

/// What is kept of a wrong answer in a copy without its source: its numbers with seed 1, and its points as "0" and "1",
/// where "1" has passed. `./docs/course/pack students` writes them into known/.
struct KnownMistake {
  const char *name, *looks_like;
  std::string points;
  std::vector<double> numbers;
};

inline std::string points_text(const Check& result) {
  std::string text;
  for (const Point& point : result.points()) text += point.complaint.empty() ? '1' : '0';
  return text;
}

inline const KnownMistake* recognise(const Check& result, const std::vector<KnownMistake>& mistakes) {
  for (const KnownMistake& known : mistakes)
    if (result.seed == 1 && known.points == points_text(result) &&
        std::ranges::equal(known.numbers, result.numbers(), same_number))
      return &known;
  return nullptr;
}

/// Prints the wrong answers as mistakes that need no source.
template <class Part>
void print_mistakes(const std::vector<WrongAnswer<Part>>& wrong) {
  std::cout << "static const std::vector<course::KnownMistake> wrong_answers = {\n" << std::setprecision(17);
  for (const WrongAnswer<Part>& known : wrong) {
    const Check result = result_of(known.part, 1);
    std::cout << "  {\"" << known.name << "\", R\"~(" << known.looks_like << ")~\", \"" << points_text(result)
              << "\", {";
    for (const double number : result.numbers()) {
      if (std::isfinite(number))
        std::cout << number << ", ";
      else
        std::cout << (std::isnan(number) ? "NAN, " : number > 0 ? "INFINITY, " : "-INFINITY, ");
    }
    std::cout << "}},\n";
  }
  std::cout << "};\n";
}

enum ExitCode { kPassed = 0, kWrong = 1, kNotYet = 2, kCrashed = 3 };

/// Reports a signal that ends the program. It may only call functions that are allowed in a handler.
extern "C" inline void report_signal(int number) {
  const char* text =
      number == SIGALRM
          ? "   it is still running, and it should be done by now: is there a loop without an end?\n"
      : number == SIGFPE ? "   it crashed: an integer was divided by zero\n"
                         : "   it crashed: it used memory that is not its own, or called itself "
                           "without an end\n";
  [[maybe_unused]] const auto written = write(STDOUT_FILENO, text, std::strlen(text));
  _exit(kCrashed);
}

/// Turns signals into sentences. The handler has a stack of its own, since the stack may be what ran out.
/// A program that runs longer than `seconds` is ended, too.
inline void watch_for_crashes(unsigned seconds) {
  static char stack[1 << 16];
  const stack_t place = {stack, 0, sizeof stack};
  sigaltstack(&place, nullptr);
  struct sigaction action = {};
  action.sa_handler = report_signal;
  action.sa_flags = SA_ONSTACK;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM}) sigaction(number, &action, nullptr);
  alarm(seconds);
}

inline std::string indented(const std::string& text) {
  std::string result = "   ";
  for (const char c : text) result += c == '\n' ? "\n   " : std::string(1, c);
  return result + "\n";
}

/// Writes the page on which one steps through the tape of an answer: of the first tensor that is on a tape.
template <class Part>
int write_tape(const Part& yours, const std::string& file) {
  watch_for_crashes(10);
  Check check;
  Tensor first;
  check.on_tensor = [&](const Tensor& x) {
    if (!first.defined() && x.grad_fn()) first = x;
  };
  ask(yours, check);
  if (!first.defined()) {
    std::cout << indented(check.not_yet()
                              ? "not yet written, so there is no tape to look at"
                              : "this exercise puts nothing on the tape; `./docs/course/run scratch` "
                                "shows the tape of whatever you write");
    return kWrong;
  }
  try {
    return tape_html(first.sum(), file), kPassed;
  } catch (const std::exception& error) {
    std::cout << indented(error.what());
    return kWrong;
  }
}

/// The main program of a student's check: prints the verdict, and returns the exit code. Its one argument, if it
/// is given, is a seed, "mistakes" or "recognised". `Known` is WrongAnswer<Part> or KnownMistake.
template <class Part, class Known>
int verdict(const Part& yours, const std::vector<Known>& wrong, int argc, char** argv) {
  if constexpr (!std::is_same_v<Known, KnownMistake>) {
    if (argc > 1 && std::string(argv[1]) == "mistakes") return print_mistakes(wrong), kPassed;
    if (argc > 1 && std::string(argv[1]) == "recognised") {
      std::cout << count_recognised(wrong) << " of " << wrong.size() << "\n";
      return kPassed;
    }
  }
  watch_for_crashes(10);
  const Check result = result_of(yours, argc > 1 ? std::stoull(argv[1]) : 1);
  if (result.not_yet()) {
    std::cout << indented("not yet written: replace the line with not_yet by your own");
    return kNotYet;
  }
  const auto passed =
      std::ranges::count_if(result.points(), [](const Point& p) { return p.complaint.empty(); });
  if (result.passed()) {
    std::cout << indented(sentence("right: ", passed, " of ", result.points().size(), " checks pass"));
    return kPassed;
  }
  std::cout << indented(result.complaint());
  if (const Known* known = recognise(result, wrong))
    std::cout << indented(std::string("looks like: ") + known->looks_like);
  std::cout << indented(sentence(passed, " of ", result.points().size(), " checks pass"));
  return kWrong;
}

}  // namespace course
