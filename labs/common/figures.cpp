#include "labs/common/figures.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "kernels/text_stream.h"
#include "labs/common/files.h"

namespace fs = std::filesystem;

namespace lab {
namespace {

// Okabe and Ito's colours, which colour-blind readers can tell apart.
const std::vector<std::string> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                           "#E69F00", "#56B4E9", "#000000"};
// gnuplot's numbers for the filled circle, square, triangle, diamond …
const std::vector<std::string> kPointShapes = {"7", "5", "9", "13", "11", "6", "4"};
constexpr size_t kMaxPointsPerCurve = 2000;  // more than the width of a figure in pixels
constexpr size_t kAllPoints = SIZE_MAX;

// Common to all figures. With noenhanced, gnuplot prints the name a_b as it is, not with a subscript.
constexpr const char* kSvg = R"(
set terminal svg size 900,600 dynamic background 'white' noenhanced font 'DejaVu Sans,Arial,sans-serif,15'
)";
constexpr const char* kPng = R"(
set terminal pngcairo size 1350,900 noenhanced font 'DejaVu Sans,17' linewidth 1.5 pointscale 1.5
)";
constexpr const char* kStyle = R"(
set datafile separator ','
set border 3 linecolor '#555555'
set tics nomirror out scale 0.6 textcolor '#333333'
set grid linecolor '#dddddd' linetype 1 linewidth 0.6
set key tmargin center horizontal Left reverse samplen 2 width 1 spacing 1.15
set autoscale xfix
set style fill solid 0.9 noborder
)";

std::string quoted(const std::string& text, char quote) {
  std::string result(1, quote);
  for (char c : text) {
    if (c == quote) result += quote;
    result += c == '\n' ? ' ' : c;
  }
  return result + quote;
}

std::string csv_field(const std::string& text) {
  return text.find_first_of(",\"\n") == std::string::npos ? text : quoted(text, '"');
}
std::string gnuplot_string(const std::string& text) { return quoted(text, '\''); }

bool run_gnuplot(const std::string& script) {
  // Ctrl-C reaches the whole process group; the trap keeps it from ending gnuplot in the middle of a figure.
  FILE* pipe = popen("trap '' INT; exec gnuplot 2>/dev/null", "w");
  if (!pipe) return false;
  std::fwrite(script.data(), 1, script.size(), pipe);
  return pclose(pipe) == 0;
}

/// Whether the file's last 16 bytes contain the mark. gnuplot does not report a full disk, but a complete SVG ends with
/// its closing tag, and a complete PNG with the chunk IEND.
bool ends_with(const fs::path& path, std::string_view mark) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg(), tail = std::min<std::streamoff>(size, 16);
  std::string bytes(static_cast<size_t>(std::max<std::streamoff>(tail, 0)), ' ');
  file.seekg(-tail, std::ios::end);
  file.read(bytes.data(), tail);
  return file && bytes.find(mark) != std::string::npos;
}

/// Collects the rows of a figure's CSV file and gnuplot's commands. In the commands, $CSV stands for the CSV file.
class Drawing {
 public:
  gradus::TextStream csv, commands;

  template <class Plot>
  explicit Drawing(const Plot& plot) {
    csv.precision(std::numeric_limits<double>::max_digits10);
    // The title of the figure is the legend's title, so that it appears above the legend.
    commands << "set key title " << gnuplot_string(plot.title) << " font ',20'\nset xlabel "
             << gnuplot_string(plot.x_label) << "\nset ylabel " << gnuplot_string(plot.y_label) << "\n";
  }

  /// Appends the series' rows to the CSV. Returns the part of a plot command that selects these rows: all of them, or
  /// evenly spaced ones if there are more than `at_most`.
  std::string rows_of(const Series& series, size_t at_most) {
    const size_t first = rows_, count = series.y.size();
    if (!series.x.empty() && series.x.size() != count)
      throw std::runtime_error("figure: series " + series.name + " has " + std::to_string(series.x.size()) +
                               " x values and " + std::to_string(count) + " y values");
    for (size_t i = 0; i < count; ++i, ++rows_) {
      csv << csv_field(series.name) << ',' << (series.x.empty() ? static_cast<double>(i) : series.x[i]) << ','
          << series.y[i];
      if (!series.labels.empty()) csv << ',' << csv_field(series.labels.at(i));
      csv << '\n';
    }
    return "$CSV every " + std::to_string(count / at_most + 1) + "::" + std::to_string(first) +
           "::" + std::to_string(rows_ - 1) + " ";
  }

  /// Adds a part to the plot command. The first part comes after "plot", the others after a comma.
  void plot(const std::string& with) {
    commands << (plots_ ? ", " : "plot ") << with;
    plots_ = true;
  }

  /// Writes the CSV and, if gnuplot is installed, draws the SVG and the PNG from it.
  void save(const fs::path& stem) const {
    const auto with = [&](const char* ending) { return fs::path(stem) += ending; };
    gradus::replace_file(with(".csv"), csv.str());
    if (!gnuplot_is_installed()) return;
    const fs::path svg = with(".svg"), png = with(".png");
    std::string draw = commands.str();
    const std::string data = gnuplot_string(with(".csv").string()) + " skip 1";
    for (size_t at = 0; (at = draw.find("$CSV", at)) != std::string::npos; at += data.size())
      draw.replace(at, 4, data);
    const auto script = [&](const char* terminal, const fs::path& file) {
      return terminal + ("set output " + gnuplot_string(draft_of(file).string())) + kStyle + draw +
             "\nunset output\n";
    };
    if (!run_gnuplot(script(kSvg, svg) + script(kPng, png)) || !ends_with(draft_of(svg), "</svg>") ||
        !ends_with(draft_of(png), "IEND")) {
      std::error_code ignored;
      for (const fs::path& file : {svg, png}) fs::remove(draft_of(file), ignored);
      throw std::runtime_error("gnuplot could not draw " + stem.string() +
                               " from its CSV; is the disk full?");
    }
    for (const fs::path& file : {svg, png}) publish_draft(file);
  }

 private:
  size_t rows_ = 0;
  bool plots_ = false;
};

const std::string& nth(const std::vector<std::string>& list, size_t i) { return list[i % list.size()]; }

/// The number of finite values in each bin. Bin i goes from low + i · width to low + (i + 1) · width.
Series counts_of(const Histogram::Sample& sample, double low, double width, int bins) {
  Series counts{.name = sample.name, .x = {}, .y = std::vector<double>(static_cast<size_t>(bins), 0)};
  for (int bin = 0; bin < bins; ++bin) counts.x.push_back(low + (bin + 0.5) * width);
  for (double value : sample.values)
    if (std::isfinite(value))
      counts.y[static_cast<size_t>(std::min(bins - 1, static_cast<int>((value - low) / width)))] += 1;
  return counts;
}

}  // namespace

bool gnuplot_is_installed() { return std::system("command -v gnuplot >/dev/null 2>&1") == 0; }

void save_figure(const fs::path& stem, const LinePlot& plot) {
  Drawing drawing(plot);
  drawing.csv << "series," << csv_field(plot.x_label) << ',' << csv_field(plot.y_label) << '\n';
  if (plot.log_x) drawing.commands << "set logscale x\nset format x '%g'\n";
  if (plot.log_y) drawing.commands << "set logscale y\nset format y '%.0e'\n";
  for (size_t i = 0; i < plot.series.size(); ++i) {
    const Series& series = plot.series[i];
    const size_t dashes = series.dashed ? 2 : 1 + i / kColours.size();
    drawing.plot(drawing.rows_of(series, kMaxPointsPerCurve) +
                 "using 2:3 with lines linewidth 2 linecolor '" + nth(kColours, i) + "' dashtype " +
                 std::to_string(dashes) + " title " + gnuplot_string(series.name));
  }
  drawing.save(stem);
}

void save_figure(const fs::path& stem, const ScatterPlot& plot) {
  const bool labelled = std::ranges::any_of(plot.groups, [](auto& group) { return !group.labels.empty(); });
  Drawing drawing(plot);
  drawing.csv << "group," << csv_field(plot.x_label) << ',' << csv_field(plot.y_label)
              << (labelled ? ",label\n" : "\n");
  drawing.commands << "set offsets graph 0.04, graph " << (labelled ? "0.15" : "0.04")
                   << ", graph 0.04, graph 0.04\n";
  for (size_t i = 0; i < plot.groups.size(); ++i) {
    const Series& group = plot.groups[i];
    const std::string rows = drawing.rows_of(group, kAllPoints) + "using 2:3", &colour = nth(kColours, i);
    drawing.plot(rows + " with points pointsize 0.9 pointtype " + nth(kPointShapes, i) + " linecolor '" +
                 colour + "' title " + gnuplot_string(group.name));
    if (!group.labels.empty())
      drawing.plot(rows + ":4 with labels left offset 0.8,0.3 textcolor '" + colour + "' notitle");
  }
  drawing.save(stem);
}

void save_figure(const fs::path& stem, const Histogram& plot) {
  double low = INFINITY, high = -INFINITY;
  for (const auto& sample : plot.samples)
    for (double value : sample.values)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  if (!(low < high)) high = low + 1;  // all values are equal: any width shows them
  const double width = (high - low) / plot.bins, bar = width / static_cast<double>(plot.samples.size());
  Drawing drawing(plot);
  drawing.csv << "sample," << csv_field(plot.x_label) << ',' << csv_field(plot.y_label) << '\n';
  drawing.commands << "set yrange [0:*]\nset boxwidth " << 0.92 * bar << "\n";
  for (size_t i = 0; i < plot.samples.size(); ++i) {
    const Series counts = counts_of(plot.samples[i], low, width, plot.bins);
    gradus::TextStream offset;
    offset << (static_cast<double>(i) + 0.5) * bar - width / 2;
    drawing.plot(drawing.rows_of(counts, kAllPoints) + "using ($2+(" + offset.str() +
                 ")):3 with boxes linecolor '" + nth(kColours, i) + "' title " + gnuplot_string(counts.name));
  }
  drawing.save(stem);
}

void save_figure(const fs::path& stem, const HeatMap& plot) {
  Drawing drawing(plot);
  drawing.csv << "row,column,value\n";
  for (size_t row = 0; row < plot.rows.size(); ++row)
    for (size_t column = 0; column < plot.columns.size(); ++column)
      drawing.csv << csv_field(plot.rows[row]) << ',' << csv_field(plot.columns[column]) << ','
                  << plot.values.at(row).at(column) << '\n';
  const auto tics = [](const std::vector<std::string>& names) {
    std::string list;
    for (size_t i = 0; i < names.size(); ++i)
      list += (i == 0 ? "" : ", ") + gnuplot_string(names[i]) + " " + std::to_string(i);
    return "(" + list + ")";
  };
  drawing.commands << "set xtics " << tics(plot.columns) << "\nset ytics " << tics(plot.rows)
                   << "\nset title " << gnuplot_string(plot.title) << R"( font ',20'
set yrange [*:*] reverse
set autoscale fix
unset grid
unset key
set size ratio -1
set border 0
set tics scale 0
set palette defined (0 '#ffffff', 0.02 '#deebf7', 0.5 '#6baed6', 1 '#08519c')
stats $CSV using 3 nooutput
)";
  // The CSV has names, but the image needs positions. They are computed from the line number $0.
  const std::string columns = std::to_string(plot.columns.size());
  const std::string at = "using (int($0)%" + columns + "):(int($0)/" + columns + ")";
  drawing.plot("$CSV " + at + ":3 with image pixels notitle");
  drawing.plot("$CSV " + at + ":(sprintf('%g', $3)):($3 > 0.5 * STATS_max ? 0xffffff : 0x222222)" +
               " with labels textcolor rgb variable notitle");
  drawing.save(stem);
}

}  // namespace lab
