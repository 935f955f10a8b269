#include "labs/common/figures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "labs/common/files.h"

namespace fs = std::filesystem;

namespace lab {
namespace {

// Okabe and Ito's colours, which remain distinct for colour-blind readers, in an order that starts with the
// darkest.
constexpr const char* kColours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                    "#E69F00", "#56B4E9", "#000000"};
constexpr size_t kColourCount = std::size(kColours);
constexpr int kPointShapes[] = {7,  5, 9, 13,
                                11, 6, 4};    // gnuplot's: filled circle, square, triangle, diamond …
constexpr size_t kMostPointsOfACurve = 2000;  // more than pixels: an SVG of all would only be heavy

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

std::ostringstream full_precision() {
  std::ostringstream out;
  out.precision(std::numeric_limits<double>::max_digits10);
  return out;
}

// A table being written as CSV that remembers which rows belong to which series, so that gnuplot can be told.
struct Table {
  std::ostringstream csv = full_precision();
  size_t rows = 0;

  /// Appends the series' rows and returns gnuplot's `every` clause for them.
  std::string append(const Series& series, size_t at_most) {
    const size_t first = rows, count = series.y.size();
    if (!series.x.empty() && series.x.size() != count)
      throw std::runtime_error("figure: series " + series.name + " has " + std::to_string(series.x.size()) +
                               " x for " + std::to_string(count) + " y");
    for (size_t i = 0; i < count; ++i, ++rows) {
      csv << csv_field(series.name) << ',' << (series.x.empty() ? static_cast<double>(i) : series.x[i]) << ','
          << series.y[i];
      if (!series.labels.empty()) csv << ',' << csv_field(series.labels.at(i));
      csv << '\n';
    }
    const size_t step = count / at_most + 1;
    return "every " + std::to_string(step) + "::" + std::to_string(first) + "::" + std::to_string(rows - 1) +
           " ";
  }
};

// The title stands above the legend, so it is the legend's own; a figure without a legend sets one itself.
std::string heading(const std::string& title, const std::string& x_label, const std::string& y_label) {
  return "set key title " + gnuplot_string(title) + " font ',20'\nset xlabel " + gnuplot_string(x_label) +
         "\nset ylabel " + gnuplot_string(y_label) + "\n";
}

// What all figures have in common. Names are printed as they are: a_b has no subscript (noenhanced).
std::string terminal(const std::string& kind, const fs::path& file) {
  const bool svg = kind == "svg";
  return "set terminal " +
         std::string(
             svg ? "svg size 900,600 dynamic background 'white' noenhanced font 'DejaVu "
                   "Sans,Arial,sans-serif,15'"
                 : "pngcairo size 1350,900 noenhanced font 'DejaVu Sans,17' linewidth 1.5 pointscale 1.5") +
         "\nset output " + gnuplot_string(file.string()) + "\n";
}

constexpr const char* kStyle = R"(
set datafile separator ','
set datafile missing 'nan'
set border 3 linecolor '#555555'
set tics nomirror out scale 0.6 textcolor '#333333'
set grid linecolor '#dddddd' linetype 1 linewidth 0.6
set key tmargin center horizontal Left reverse samplen 2 width 1 spacing 1.15
set autoscale xfix
set style fill solid 0.9 noborder
)";

bool run_gnuplot(const std::string& script) {
  // The trap keeps a Ctrl-C, which reaches the whole process group, from cutting a figure in half.
  FILE* pipe = popen("trap '' INT; exec gnuplot 2>/dev/null", "w");
  if (!pipe) return false;
  std::fwrite(script.data(), 1, script.size(), pipe);
  return pclose(pipe) == 0;
}

/// Does the mark stand in the file's last bytes? gnuplot says nothing of a full disk, but its files show it: a whole SVG
/// ends with its closing tag, a whole PNG with the chunk of that name.
bool ends_with(const fs::path& path, std::string_view mark) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg(), tail = std::min<std::streamoff>(size, 16);
  std::string bytes(static_cast<size_t>(std::max<std::streamoff>(tail, 0)), ' ');
  file.seekg(-tail, std::ios::end);
  file.read(bytes.data(), tail);
  return file && bytes.find(mark) != std::string::npos;
}

/// Writes the CSV and has gnuplot draw `commands`, in which CSV stands for the data file, once for each
/// format.
void save(const fs::path& stem, const std::string& csv, std::string commands) {
  const auto with = [&](const std::string& ending) { return fs::path(stem) += ending; };
  gradus::replace_file(with(".csv"), csv);
  if (!gnuplot_is_installed()) return;
  const std::string data = gnuplot_string(with(".csv").string()) + " skip 1";
  for (size_t at = 0; (at = commands.find("$CSV", at)) != std::string::npos; at += data.size())
    commands.replace(at, 4, data);
  std::string script;
  for (const char* kind : {"svg", "png"})
    script +=
        terminal(kind, draft_of(with(std::string(".") + kind))) + kStyle + commands + "\nunset output\n";
  if (!run_gnuplot(script) || !ends_with(draft_of(with(".svg")), "</svg>") ||
      !ends_with(draft_of(with(".png")), "IEND")) {
    std::error_code ignored;
    for (const char* ending : {".svg", ".png"}) fs::remove(draft_of(with(ending)), ignored);
    throw std::runtime_error("gnuplot could not draw " + stem.string() + " from its CSV; is the disk full?");
  }
  publish_draft(with(".svg"));
  publish_draft(with(".png"));
}

std::string joined(const std::vector<std::string>& items, const char* separator) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : separator) + item;
  return text;
}

}  // namespace

bool gnuplot_is_installed() { return std::system("command -v gnuplot >/dev/null 2>&1") == 0; }

void save_figure(const fs::path& stem, const LinePlot& plot) {
  Table table;
  table.csv << "series," << csv_field(plot.x_label) << ',' << csv_field(plot.y_label) << '\n';
  std::vector<std::string> curves;
  for (const Series& series : plot.series)
    curves.push_back("$CSV " + table.append(series, kMostPointsOfACurve) +
                     "using 2:3 with lines linewidth 2 linecolor '" + kColours[curves.size() % kColourCount] +
                     "' dashtype " + std::to_string(series.dashed ? 2 : 1 + curves.size() / kColourCount) +
                     " title " + gnuplot_string(series.name));
  std::string commands = heading(plot.title, plot.x_label, plot.y_label);
  if (plot.log_x) commands += "set logscale x\nset format x '%g'\n";
  if (plot.log_y) commands += "set logscale y\nset format y '%.0e'\n";
  save(stem, table.csv.str(), commands + "plot " + joined(curves, ", "));
}

void save_figure(const fs::path& stem, const ScatterPlot& plot) {
  Table table;
  const bool labelled =
      std::any_of(plot.groups.begin(), plot.groups.end(), [](auto& g) { return !g.labels.empty(); });
  table.csv << "group," << csv_field(plot.x_label) << ',' << csv_field(plot.y_label)
            << (labelled ? ",label\n" : "\n");
  std::vector<std::string> clouds;
  for (const Series& group : plot.groups) {
    const size_t i = clouds.size();
    const std::string colour = kColours[i % kColourCount];
    const std::string rows = "$CSV " + table.append(group, group.y.size() + 1) + "using 2:3";
    std::string cloud = rows + " with points pointsize 0.9 pointtype " +
                        std::to_string(kPointShapes[i % std::size(kPointShapes)]) + " linecolor '" + colour +
                        "' title " + gnuplot_string(group.name);
    if (!group.labels.empty())
      cloud += ", " + rows + ":4 with labels left offset 0.8,0.3 textcolor '" + colour + "' notitle";
    clouds.push_back(cloud);
  }
  save(stem, table.csv.str(),
       heading(plot.title, plot.x_label, plot.y_label) + "set offsets graph 0.04, graph " +
           (labelled ? "0.15" : "0.04") + ", graph 0.04, graph 0.04\n" + "plot " + joined(clouds, ", "));
}

void save_figure(const fs::path& stem, const Histogram& plot) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& sample : plot.samples)
    for (double value : sample.values)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  if (!(low < high)) high = low + 1;  // one value only: a single bin of width 1 would do, any width does
  const double width = (high - low) / plot.bins;
  const double bar = width / static_cast<double>(plot.samples.size());
  Table table;
  table.csv << "sample," << csv_field(plot.x_label) << ',' << csv_field(plot.y_label) << '\n';
  std::vector<std::string> bars;
  for (const auto& sample : plot.samples) {
    Series counts{.name = sample.name, .x = {}, .y = std::vector<double>(static_cast<size_t>(plot.bins), 0)};
    for (int bin = 0; bin < plot.bins; ++bin) counts.x.push_back(low + (bin + 0.5) * width);
    for (double value : sample.values)
      if (std::isfinite(value))
        counts.y[static_cast<size_t>(std::min(plot.bins - 1, static_cast<int>((value - low) / width)))] += 1;
    std::ostringstream offset;
    offset << (static_cast<double>(bars.size()) + 0.5) * bar - width / 2;
    bars.push_back("$CSV " + table.append(counts, counts.y.size() + 1) + "using ($2+(" + offset.str() +
                   ")):3 with boxes linecolor '" + kColours[bars.size() % kColourCount] + "' title " +
                   gnuplot_string(sample.name));
  }
  std::ostringstream commands;
  commands << heading(plot.title, plot.x_label, plot.y_label) << "set yrange [0:*]\nset boxwidth "
           << 0.92 * bar << "\n";
  save(stem, table.csv.str(), commands.str() + "plot " + joined(bars, ", "));
}

void save_figure(const fs::path& stem, const HeatMap& plot) {
  std::ostringstream csv = full_precision();
  csv << "row,column,value\n";
  for (size_t row = 0; row < plot.rows.size(); ++row)
    for (size_t column = 0; column < plot.columns.size(); ++column)
      csv << csv_field(plot.rows[row]) << ',' << csv_field(plot.columns[column]) << ','
          << plot.values.at(row).at(column) << '\n';
  const auto tics = [](const std::vector<std::string>& names) {
    std::vector<std::string> items;
    for (const std::string& name : names)
      items.push_back(gnuplot_string(name) + " " + std::to_string(items.size()));
    return "(" + joined(items, ", ") + ")";
  };
  const std::string columns = std::to_string(plot.columns.size());
  // The CSV has names, the picture needs positions: row and column follow from the line number $0.
  const std::string at = "using (int($0)%" + columns + "):(int($0)/" + columns + ")";
  save(stem, csv.str(),
       heading(plot.title, plot.x_label, plot.y_label) + "set xtics " + tics(plot.columns) + "\nset ytics " +
           tics(plot.rows) +
           "\nset yrange [*:*] reverse\nset autoscale fix\nunset grid\nunset key\nset title " +
           gnuplot_string(plot.title) +
           " font ',20'\nset size ratio -1\nset "
           "border 0\n"
           "set tics scale 0\nset palette defined (0 '#ffffff', 0.02 '#deebf7', 0.5 '#6baed6', 1 '#08519c')\n"
           "stats $CSV using 3 nooutput\n"
           "plot $CSV " +
           at + ":3 with image, $CSV " + at +
           ":(sprintf('%g', $3)):($3 > 0.5 * STATS_max ? 0xffffff : 0x222222) with labels textcolor rgb "
           "variable");
}

}  // namespace lab
