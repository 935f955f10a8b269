// What a figure of the course is made with. Each file in figures/ has one function:
//
//     lab::LinePlot figure() { … }
//
// It returns a plot of labs/common/figures.h, or a tensor. A tensor stands for the tape that leads to it.
// `./docs/course/run figures` saves what each returns, under the name of its file.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "check.h"
#include "labs/common/figures.h"
#include "labs/factorisation.h"
#include "scalar.h"

namespace course {

/// NAME.csv holds the numbers, and gnuplot draws NAME.svg and NAME.png from them.
template <class Plot>
void save(const std::filesystem::path& stem, const Plot& plot) {
  lab::save_figure(stem, plot);
}

/// NAME.csv holds the rows of print_tape, and NAME.dot is the drawing for Graphviz.
inline void save(const std::filesystem::path& stem, const Tensor& result) {
  std::stringstream table;
  print_tape(result, table);
  std::ofstream csv(stem.string() + ".csv");
  // Columns of print_tape are two or more blanks apart.
  for (std::string line; std::getline(table, line);) {
    std::string fields;
    for (size_t at = line.find_first_not_of(' '); at < line.size();) {
      const size_t end = std::min(line.find("  ", at), line.size());
      fields += (fields.empty() ? "\"" : ",\"") + line.substr(at, end - at) + "\"";
      at = std::min(line.find_first_not_of(' ', end), line.size());
    }
    csv << fields << "\n";
  }
  std::ofstream(stem.string() + ".dot") << tape_dot(result);
}

}  // namespace course
