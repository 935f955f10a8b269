// The figures in docs/course/figures are those that `./docs/course/run figures` makes today. The program of the figures
// is run again, and each drawing is compared with the one in the repository: its texts, its colours, and its points, as
// parts of the area that they cover. So another version of gnuplot or Graphviz, which puts a frame or a letter
// elsewhere, makes no difference, and neither does the rounding of another processor. The kernels are the plain ones, as
// in the runner's build: which of twenty networks end well (09_starts) depends on the last digit.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/words.h"

namespace {

namespace fs = std::filesystem;

struct Drawing {
  std::vector<std::string> texts;
  std::vector<std::array<double, 2>> points;   // of gnuplot's curves and squares, from 0 to 1
  std::vector<std::array<double, 3>> colours;  // of the squares of a heat map
};

/// Calls use(part) for each part of a text between `begin` and `end`.
template <class Use>
void for_each_between(const std::string& text, const std::string& begin, const std::string& end, Use use) {
  for (size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    use(text.substr(at, text.find(end, at) - at));
  }
}

/// The numbers in "M108.00,521.25 L868.49,521.25".
std::vector<double> numbers_in(const std::string& text) {
  std::vector<double> numbers;
  const char* at = text.c_str();
  while (*at) {
    char* end = nullptr;
    const double number = std::strtod(at, &end);
    if (end == at)
      ++at;
    else
      numbers.push_back(number), at = end;
  }
  return numbers;
}

Drawing drawing_of(const std::string& svg) {
  Drawing drawing;
  const auto add_text = [&](const std::string& text) {
    drawing.texts.push_back(std::regex_replace(text.substr(text.find('>') + 1), std::regex("<[^>]*>"), " "));
  };
  for_each_between(svg, "<text", "</text>", add_text);
  for_each_between(svg, "<title", "</title>", add_text);
  // gnuplot's curves; what comes before them are axes. Graphviz places nodes as it likes: its texts are enough.
  const std::string curves = svg.substr(std::min(svg.find("id=\"gnuplot_plot_1\""), svg.size()));
  const auto add_points = [&](const std::string& list) {
    const std::vector<double> numbers = numbers_in(list);
    for (size_t i = 0; i + 1 < numbers.size(); i += 2) drawing.points.push_back({numbers[i], numbers[i + 1]});
  };
  for_each_between(curves, " d='", "'", add_points);
  for_each_between(curves, "points = '", "'", add_points);
  for_each_between(curves, "translate(", ")", add_points);
  for_each_between(curves, "<polygon fill = 'rgb(", ")", [&](const std::string& rgb) {
    const std::vector<double> parts = numbers_in(rgb);
    drawing.colours.push_back({parts.at(0), parts.at(1), parts.at(2)});
  });
  if (drawing.points.empty()) return drawing;
  for (const size_t axis : {0, 1}) {
    const auto along = [&](const std::array<double, 2>& point) { return point[axis]; };
    const auto [least, most] = std::ranges::minmax(drawing.points, {}, along);
    const double from = least[axis], size = std::max(most[axis] - from, 1.0);
    for (auto& point : drawing.points) point[axis] = (point[axis] - from) / size;
  }
  return drawing;
}

/// What differs, or "".
std::string difference(const Drawing& a, const Drawing& b) {
  if (a.texts.size() != b.texts.size() || a.points.size() != b.points.size() ||
      a.colours.size() != b.colours.size())
    return "another number of texts, points or squares";
  for (size_t i = 0; i < a.texts.size(); ++i)
    if (!gradus::same_words(a.texts[i], b.texts[i], 0.02))
      return "the text " + a.texts[i] + " and " + b.texts[i];
  for (size_t i = 0; i < a.points.size(); ++i)
    for (const size_t axis : {0, 1})
      if (std::abs(a.points[i][axis] - b.points[i][axis]) > 0.02) return "point " + std::to_string(i);
  for (size_t i = 0; i < a.colours.size(); ++i)
    for (const size_t part : {0, 1, 2})
      if (std::abs(a.colours[i][part] - b.colours[i][part]) > 8)
        return "the colour of square " + std::to_string(i);
  return "";
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

TEST(Figures, InTheRepositoryAreThoseOfToday) {
  const fs::path committed = GRADUS_FIGURES, fresh = GRADUS_FRESH_FIGURES;
  fs::remove_all(fresh);
  fs::create_directories(fresh);
  // Figures find the labs' data by __FILE__, which may be a path from the folder of the build.
  fs::current_path(GRADUS_BUILD);
  ASSERT_EQ(
      std::system(("GRADUS_KERNELS=plain '" GRADUS_FIGURES_PROGRAM "' '" + fresh.string() + "'").c_str()), 0);
  const bool has_gnuplot = has("gnuplot --version"), has_dot = has("dot -V");
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(committed)) {
    if (entry.path().extension() != ".svg") continue;
    const fs::path name = entry.path().stem();
    const fs::path svg = fresh / (name.string() + ".svg"), dot = fresh / (name.string() + ".dot");
    EXPECT_TRUE(fs::exists(fresh / (name.string() + ".csv"))) << "no program makes " << entry.path();
    if (fs::exists(dot) ? !has_dot : !has_gnuplot) continue;
    if (fs::exists(dot)) {
      ASSERT_TRUE(has("dot -Tsvg '" + dot.string() + "' -o '" + svg.string() + "'"));
    }
    EXPECT_EQ(difference(drawing_of(content_of(entry.path())), drawing_of(content_of(svg))), "")
        << entry.path() << " is old; ./docs/course/run figures docs/course/figures makes it anew";
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "there is neither gnuplot nor Graphviz to draw the figures";
}

// A test that finds nothing would pass.
TEST(Figures, OldOnesAreFound) {
  const std::string svg = content_of(fs::path(GRADUS_FIGURES) / "01_loss.svg");
  const Drawing today = drawing_of(svg);
  EXPECT_GT(today.points.size(), 100u);
  EXPECT_EQ(difference(today, today), "");
  Drawing old = today;
  old.points[50][1] += 0.1;
  EXPECT_EQ(difference(today, old), "point 50");
  old = today;
  old.texts[1] += "s";
  EXPECT_NE(difference(today, old), "");
  old = drawing_of(content_of(fs::path(GRADUS_FIGURES) / "09_digits.svg"));
  EXPECT_GE(old.colours.size(), 100u);
  const Drawing graph = drawing_of(content_of(fs::path(GRADUS_FIGURES) / "05_diamond.svg"));
  EXPECT_TRUE(std::ranges::find(graph.texts, "%1 mul") != graph.texts.end());
}

}  // namespace
