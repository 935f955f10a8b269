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

/// One thing that a check asks, and what was wrong: nothing if it passed.
struct Point {
  std::string name, complaint;
};

class Check {
 public:
  explicit Check(uint64_t seed = 1) : seed(seed) { manual_seed(seed); }

  /// Random inputs come from this seed, so a grader can ask with other numbers.
  const uint64_t seed;

  /// Asks one thing. An exception is a complaint, too.
  template <class Ask>
  void point(const std::string& name, Ask ask) {
    points_.push_back({name, ""});
    try {
      ask();
    } catch (const Complaint& complaint) {
      points_.back().complaint = complaint.text;
    } catch (const NotYet&) {
      not_yet_ = true;
      points_.back().complaint = "not yet written";
    } catch (const std::exception& error) {
      points_.back().complaint = error.what();
    }
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
    numbers_.push_back(static_cast<double>(x.dim()));
    for (const int64_t size : x.sizes()) numbers_.push_back(static_cast<double>(size));
    const Tensor flat = x.detach().to(kFloat64).reshape({-1});
    for (int64_t i = 0; i < flat.numel(); ++i) numbers_.push_back(flat[i].item<double>());
    return x;
  }

  bool not_yet() const { return not_yet_; }
  const std::vector<Point>& points() const { return points_; }
  /// The first complaint; nothing if all points passed.
  std::string complaint() const {
    for (const Point& point : points_)
      if (!point.complaint.empty()) return point.complaint;
    return "";
  }
  bool passed() const { return complaint().empty(); }

  /// Did the two answers give the same numbers, and fail at the same points?
  bool same_as(const Check& other) const {
    const auto same_number = [](double a, double b) {
      return a == b || (std::isnan(a) && std::isnan(b)) ||
             std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
    };
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

/// The main program of a student's check: prints the verdict, and returns the exit code. Its one argument, if it is
/// given, is the seed.
template <class Part>
int verdict(const Part& yours, const std::vector<WrongAnswer<Part>>& wrong, int argc, char** argv) {
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
  if (const WrongAnswer<Part>* known = recognise(result, wrong))
    std::cout << indented(std::string("looks like: ") + known->looks_like);
  std::cout << indented(sentence(passed, " of ", result.points().size(), " checks pass"));
  return kWrong;
}

}  // namespace course
