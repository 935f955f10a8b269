// Figures: each is saved as NAME.csv, the series themselves, and as NAME.svg and NAME.png, which gnuplot
// draws from that very CSV. Without gnuplot the CSV is still written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lab {

/// Points with a name for the legend. Without x they are counted 0, 1, 2…; NaN leaves a gap.
struct Series {
  std::string name;
  std::vector<double> x = {}, y = {};
  std::vector<std::string> labels = {};  // in a scatter plot: the text beside each point
  bool dashed = false;  // in a line plot: a bound, through whose gaps the curve on it is seen
};

/// One curve a series.
struct LinePlot {
  std::string title, x_label, y_label;
  std::vector<Series> series = {};
  bool log_x = false, log_y = false;
};

/// One colour and shape a group.
struct ScatterPlot {
  std::string title, x_label, y_label;
  std::vector<Series> groups = {};
};

/// How often the values of each sample fall into bins of equal width, the samples side by side.
struct Histogram {
  struct Sample {
    std::string name;
    std::vector<double> values = {};
  };
  std::string title, x_label, y_label = "count";
  std::vector<Sample> samples = {};
  int bins = 20;
};

/// A table of numbers as coloured squares, row 0 on top: a confusion matrix, say.
struct HeatMap {
  std::string title, x_label, y_label;
  std::vector<std::string> columns = {}, rows = {};  // what the axes say
  std::vector<std::vector<double>> values = {};      // values[row][column]
};

/// Writes the three files; `stem` is their path without the ending. Throws std::runtime_error if one cannot
/// be written or drawn. Each file is replaced whole or not at all.
void save_figure(const std::filesystem::path& stem, const LinePlot& plot);
void save_figure(const std::filesystem::path& stem, const ScatterPlot& plot);
void save_figure(const std::filesystem::path& stem, const Histogram& plot);
void save_figure(const std::filesystem::path& stem, const HeatMap& plot);

bool gnuplot_is_installed();

}  // namespace lab
