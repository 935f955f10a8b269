// Runs commands that measure the loops of the sheets, in turn, several times, and prints one Markdown table of medians.
//
//   programs_table 5 build/benchmarks/tests/benchmarks/programs 'python3 tests/benchmarks/rivals.py'
//
// A command prints lines "sheet <tab> way <tab> nanoseconds". A command with the exit status 77 has nothing to measure.
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Times {
  std::vector<std::string> sheets, ways;  // in the order of their first lines
  std::map<std::pair<std::string, std::string>, std::vector<double>> nanoseconds;

  void add(const std::string& line) {
    std::istringstream words(line);
    std::string sheet, way;
    double time = 0;
    if (!std::getline(words, sheet, '\t') || !std::getline(words, way, '\t') || !(words >> time))
      throw std::runtime_error("programs_table: not a measurement: " + line);
    for (auto [list, name] : {std::pair{&sheets, &sheet}, {&ways, &way}})
      if (std::ranges::find(*list, *name) == list->end()) list->push_back(*name);
    nanoseconds[{sheet, way}].push_back(time);
  }

  /// The median time of a sheet in a way; NaN if it was not measured.
  double median(const std::string& sheet, const std::string& way) const {
    const auto found = nanoseconds.find({sheet, way});
    if (found == nanoseconds.end()) return NAN;
    std::vector<double> sorted = found->second;
    std::ranges::sort(sorted);
    return sorted[sorted.size() / 2];
  }

  /// The first way whose name begins with this text: "libtorch 1.13.1" for "libtorch".
  std::string way_of(const std::string& begin) const {
    const auto found =
        std::ranges::find_if(ways, [&](const std::string& way) { return way.starts_with(begin); });
    return found == ways.end() ? "" : *found;
  }
};

void run(const std::string& command, Times& times) {
  FILE* output = popen(command.c_str(), "r");
  if (!output) throw std::runtime_error("programs_table: cannot run " + command);
  std::string line;
  for (int c; (c = std::fgetc(output)) != EOF;)
    if (c == '\n')
      times.add(line), line.clear();
    else
      line += static_cast<char>(c);
  const int status = pclose(output);
  if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 77))
    throw std::runtime_error("programs_table: " + command + " failed");
}

std::string microseconds(double nanoseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%#.3g", nanoseconds / 1000);
  return std::isnan(nanoseconds) ? "–" : text;
}

std::string ratio(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", x < 10 ? (x < 1 ? 2 : 1) : 0, x);
  return std::isnan(x) ? "–" : text;
}

void print_row(const std::string& head, const std::vector<std::string>& cells) {
  std::cout << "| " << head << " |";
  for (const std::string& cell : cells) std::cout << ' ' << cell << " |";
  std::cout << '\n';
}

void print_times(const Times& times) {
  print_row("µs an iteration", times.ways);
  std::cout << "|---|";
  for (size_t i = 0; i < times.ways.size(); ++i) std::cout << "--:|";
  std::cout << '\n';
  for (const std::string& sheet : times.sheets) {
    std::vector<std::string> cells;
    for (const std::string& way : times.ways) cells.push_back(microseconds(times.median(sheet, way)));
    print_row(sheet, cells);
  }
}

/// Prints ratios of times: a line for each sheet, and one for their geometric mean. If `is_limit`, the times of Gradus's
/// ways are divided by the time of `other`. Otherwise the time of `other` is divided by theirs, and a way that is slower
/// than `other` is bold.
void print_ratios(const Times& times, const std::string& other, bool is_limit) {
  if (other.empty()) return;
  const std::vector<std::string> ours = {"eager", "replay", "compiled"};
  std::cout << "\n| " << (is_limit ? "times the loop " : "times as fast as ") << other
            << " | eager | replay | compiled |\n|---|--:|--:|--:|\n";
  std::vector<double> logarithms(ours.size());
  for (const std::string& sheet : times.sheets) {
    std::vector<std::string> cells;
    for (size_t i = 0; i < ours.size(); ++i) {
      const double faster = times.median(sheet, other) / times.median(sheet, ours[i]);
      const double shown = is_limit ? 1 / faster : faster;
      logarithms[i] += std::log(shown);
      cells.push_back(!is_limit && faster < 1 ? "**" + ratio(shown) + "**" : ratio(shown));
    }
    print_row(sheet, cells);
  }
  std::vector<std::string> means;
  for (const double sum : logarithms)
    means.push_back(ratio(std::exp(sum / static_cast<double>(times.sheets.size()))));
  print_row("geometric mean", means);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) throw std::runtime_error("programs_table ROUNDS COMMAND…");
  Times times;
  for (int round = 0; round < std::stoi(argv[1]); ++round)
    for (int i = 2; i < argc; ++i) run(argv[i], times);
  print_times(times);
  for (const char* other : {"by hand", "libtorch", "JAX"})
    print_ratios(times, times.way_of(other), other == std::string("by hand"));
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
