// For scratch.cpp, which `./docs/course/run scratch` compiles and runs on each save: show(x) prints the line that it
// stands in, the value of x, its gradient, and the tape that leads to it.
#pragma once

#include <fstream>
#include <source_location>

#include "check.h"

/// In scratch.cpp.
void scratch();

namespace course {

/// The last tensor that was shown and is on the tape: the page for the browser is about it.
inline Tensor last_shown;

/// The line of a source, without the blanks in front.
inline std::string line_of(const std::source_location& place) {
  std::ifstream source(place.file_name());
  std::string line;
  for (unsigned i = 0; i < place.line(); ++i) std::getline(source, line);
  return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

}  // namespace course

inline void show(const Tensor& x, std::source_location place = std::source_location::current()) {
  std::cout << "   " << place.line() << "  " << course::line_of(place) << "\n\n" << x << "\n";
  if (!x.grad_fn() && x.grad().defined()) std::cout << "gradient\n" << x.grad() << "\n";
  if (x.grad_fn()) {
    print_tape(x);
    course::last_shown = x;
  }
  std::cout << "\n";
}

/// For everything else that can be printed.
template <class Value>
void show(const Value& value, std::source_location place = std::source_location::current()) {
  std::cout << "   " << place.line() << "  " << course::line_of(place) << "\n\n" << value << "\n\n";
}

/// The argument: the file for the page.
int main(int, char** argv) {
  course::watch_for_crashes(10);
  try {
    const KeepGradientNorms keep;
    scratch();
    if (course::last_shown.defined()) tape_html(course::last_shown.sum(), argv[1]);
    return course::kPassed;
  } catch (const std::exception& error) {
    std::cout << course::indented(error.what());
    return course::kWrong;
  }
}
