// Figures. A figure is saved as NAME.csv, which holds its series, and as NAME.svg and NAME.png, which gnuplot draws
// from the CSV. Without gnuplot only the CSV is written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lab {

/// Points with a name for the legend. Without x they are at x = 0, 1, 2…; NaN leaves a gap.
struct Series {
  std::string name;
  std::vector<double> x = {}, y = {};
  std::vector<std::string> labels = {};  // in a scatter plot: the text next to each point
  bool dashed = false;  // in a line plot: for a bound, so that a curve behind it stays visible
};

/// One curve for each series.
struct LinePlot {
  std::string title, x_label, y_label;
  std::vector<Series> series = {};
  bool log_x = false, log_y = false;
};

/// One colour and shape for each group.
struct ScatterPlot {
  std::string title, x_label, y_label;
  std::vector<Series> groups = {};
};

/// The number of values in each of `bins` bins of equal width. Each bin has one bar per sample.
struct Histogram {
  struct Sample {
    std::string name;
    std::vector<double> values = {};
  };
  std::string title, x_label, y_label = "count";
  std::vector<Sample> samples = {};
  int bins = 20;
};

/// A table of numbers as coloured squares with row 0 on top, for example a confusion matrix.
struct HeatMap {
  std::string title, x_label, y_label;
  std::vector<std::string> columns = {}, rows = {};  // labels of the axes
  std::vector<std::vector<double>> values = {};      // values[row][column]
};

/// Writes stem.csv, stem.svg and stem.png. Throws std::runtime_error if one of them cannot be written or drawn. Each
/// file is replaced as a whole or not at all.
void save_figure(const std::filesystem::path& stem, const LinePlot& plot);
void save_figure(const std::filesystem::path& stem, const ScatterPlot& plot);
void save_figure(const std::filesystem::path& stem, const Histogram& plot);
void save_figure(const std::filesystem::path& stem, const HeatMap& plot);

bool gnuplot_is_installed();

}  // namespace lab
