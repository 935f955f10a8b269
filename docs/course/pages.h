// What the programs share that print the numbers of a chapter.
#pragma once

#include <iomanip>
#include <map>

#include "check.h"

namespace course {

/// A block of a page: what stands below "<!-- printed by: PROGRAM NAME -->".
using Blocks = std::map<std::string, void (*)()>;

/// The main function of such a program:
///
///     PROGRAM NAME                 prints one block
///     PROGRAM                      prints all blocks
inline int show(const Blocks& blocks, int argc, char** argv) {
  if (argc == 2 && blocks.contains(argv[1])) return blocks.at(argv[1])(), 0;
  if (argc > 1) return std::cerr << "no block is called " << argv[1] << "\n", 2;
  for (const auto& [name, print] : blocks) {
    std::cout << "== " << name << "\n";
    print();
  }
  return 0;
}

/// The elements of x in a row, with `digits` digits behind the point.
inline std::string rounded(const Tensor& x, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits);
  const Tensor flat = x.detach().to(kFloat64).reshape({-1});
  for (int64_t i = 0; i < flat.numel(); ++i) out << (i ? "  " : "") << flat[i].item<double>();
  return out.str();
}

/// The text with spaces behind it, `width` bytes wide.
inline std::string padded(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

/// The message of the error that `ask` ends with.
template <class Ask>
std::string error_of(Ask ask) {
  try {
    ask();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace course
