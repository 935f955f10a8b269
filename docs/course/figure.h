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
#include "labs/embeddings.h"
#include "labs/factorisation.h"
#include "labs/mlp.h"
#include "scalar.h"
#include "tensor/files/csv.h"

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
  // The first line of print_tape has the names of the columns, and so the places where they begin.
  std::vector<size_t> begins = {0};
  for (std::string line; std::getline(table, line);) {
    if (begins.size() == 1) {
      for (size_t at = 1; at < line.size(); ++at)
        if (line[at] != ' ' && line[at - 1] == ' ') begins.push_back(at);
      line.replace(0, 4, "name");
    }
    for (size_t i = 0; i < begins.size(); ++i) {
      std::string field = line.size() > begins[i] ? line.substr(begins[i]) : "";
      if (i + 1 < begins.size()) field = field.substr(0, begins[i + 1] - begins[i]);
      field.erase(std::min(field.find_last_not_of(' ') + 1, field.size()));
      csv << (i ? ",\"" : "\"") << field.substr(std::min(field.find_first_not_of(' '), field.size())) << '"';
    }
    csv << "\n";
  }
  std::ofstream(stem.string() + ".dot") << tape_dot(result);
}

}  // namespace course
