// Runs benchmark programs on Gradus and the same programs on libtorch in turn, and prints one Markdown table.
//
//   compare --threads 1,2 --pairs 5 build/benchmarks/tests/benchmarks/micro …
//
// Other programs, the processor's clock and its temperature change all times by more than the differences that we
// measure. But these changes are slow. So the two programs run right after each other, several times, in changing
// order, and the table has the median of the pairs' ratios. Each benchmark runs in a process of its own, so that it
// is not affected by threads that another one started, or memory that another one kept.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using nlohmann::json;

struct Settings {
  std::vector<std::string> programs;
  std::vector<int> threads = {1, 2};
  int pairs = 5;
  double seconds = 0.05;  // per benchmark and run, at least
  std::string filter = ".";
};

/// The times of one benchmark, in nanoseconds a step, one for each run.
struct Times {
  std::vector<double> gradus, libtorch, limit;
};

/// A line of the table.
struct Row {
  std::string name;
  double times_libtorch, of_limit, nanoseconds;  // the targets, see benchmark.h
  std::map<int, Times> by_threads;
};

struct Results {
  std::vector<Row> rows;  // in the order of the programs' lists
  std::map<std::string, std::string> context;

  Row& row(const std::string& name) {
    for (Row& row : rows)
      if (row.name == name) return row;
    return rows.emplace_back(Row{name, 0, 0, 0, {}});
  }
};

std::string quoted(const std::string& word) {  // for the shell
  std::string text = "'";
  for (char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// Runs a shell command and returns what it prints.
std::string output_of(const std::string& command) {
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::string output;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, n);
  if (pclose(pipe) != 0)
    throw std::runtime_error("this command failed; run it by hand to see why: " + command);
  return output;
}

/// The names of a program's benchmarks that match the filter.
std::vector<std::string> list(const std::string& program, const Settings& settings) {
  std::istringstream lines(
      output_of(quoted(program) + " --benchmark_list_tests --benchmark_filter=" + quoted(settings.filter)));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  return names;
}

/// Runs one benchmark of a program and returns its report.
json run(const std::string& program, const std::string& name, int threads, const Settings& settings) {
  std::string pattern = "^";
  for (const char c : name) {
    if (std::string(".[(){*+?|^$\\").find(c) != std::string::npos) pattern += '\\';
    pattern += c;
  }
  return json::parse(
      output_of("OMP_NUM_THREADS=" + std::to_string(threads) + " " + quoted(program) +
                " --benchmark_format=json --benchmark_min_time=" + std::to_string(settings.seconds) +
                " --benchmark_filter=" + quoted(pattern + "$")));
}

void keep(const json& report, int threads, bool on_libtorch, Results& results) {
  for (const auto& [key, value] : report.at("context").items())
    if (value.is_string()) results.context[(on_libtorch ? "libtorch " : "") + key] = value;
  for (const json& benchmark : report.at("benchmarks")) {
    std::string name = benchmark.at("run_name");
    name = name.substr(0, name.rfind("/real_time"));
    // With one thread, its CPU time, which other programs hardly affect. With several, the wall time.
    const char* clock = threads == 1 ? "cpu_time" : "real_time";
    const double time = benchmark.at(clock).get<double>() / benchmark.at("steps").get<double>();
    const size_t limit = name.rfind(" (limit)");
    Row& row = results.row(name.substr(0, limit));
    Times& times = row.by_threads[threads];
    if (limit != std::string::npos) {
      times.limit.push_back(time);
    } else if (on_libtorch) {
      times.libtorch.push_back(time);
    } else {
      times.gradus.push_back(time);
      row.times_libtorch = benchmark.at("times_libtorch");
      row.of_limit = benchmark.at("of_limit");
      row.nanoseconds = benchmark.at("nanoseconds");
    }
  }
}

Results measure(const Settings& settings) {
  Results results;
  for (const std::string& program : settings.programs) {
    const std::string twin = program + "_on_libtorch";
    const std::vector<std::string> on_twin =
        std::filesystem::exists(twin) ? list(twin, settings) : std::vector<std::string>();
    for (const std::string& name : list(program, settings)) {
      const bool has_twin = std::find(on_twin.begin(), on_twin.end(), name) != on_twin.end();
      for (int threads : settings.threads)
        for (int pair = 0; pair < settings.pairs; ++pair)
          for (int turn = 0; turn < 2; ++turn) {
            const bool on_libtorch = (turn + pair) % 2 == 1;
            if (on_libtorch && !has_twin) continue;
            keep(run(on_libtorch ? twin : program, name, threads, settings), threads, on_libtorch, results);
          }
      std::cerr << "." << std::flush;
    }
    std::cerr << " " << std::filesystem::path(program).filename().string() << std::endl;
  }
  return results;
}

// ---- The table ------------------------------------------------------------------------------------------------------

double median(std::vector<double> values) {
  if (values.empty()) return NAN;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// The median of the pairs' ratios a / b; NaN if they were not measured.
double median_ratio(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) ratios.push_back(a[i] / b[i]);
  return median(ratios);
}

std::string three_digits(double value) {
  if (std::isnan(value)) return "–";
  char text[32];
  std::snprintf(text, sizeof text, value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
  return text;
}

std::string time_text(double nanoseconds) {
  const std::pair<double, const char*> units[] = {{1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}};
  for (const auto& [size, name] : units)
    if (nanoseconds >= size) return three_digits(nanoseconds / size) + name;
  return std::isnan(nanoseconds) ? "–" : three_digits(nanoseconds) + " ns";
}

std::string family_of(const std::string& name) { return name.substr(0, name.find('/')); }

/// Compares measurements with their targets. A missed target is bold in the table, and gets a line in the
/// list of misses.
class Verdicts {
 public:
  std::string at_least(double value, double wanted, const std::string& what, const std::string& name) {
    const std::string text = three_digits(value);
    if (wanted == 0 || std::isnan(value) || value >= wanted) return text;
    misses_.push_back(name + ": " + text + " " + what + ", wanted " + three_digits(wanted));
    return "**" + text + "**";
  }
  std::string at_most(double nanoseconds, double wanted, const std::string& name) {
    if (wanted == 0 || std::isnan(nanoseconds) || nanoseconds <= wanted) return time_text(nanoseconds);
    misses_.push_back(name + ": " + time_text(nanoseconds) + ", wanted " + time_text(wanted));
    return "**" + time_text(nanoseconds) + "**";
  }
  const std::vector<std::string>& misses() const { return misses_; }

 private:
  std::vector<std::string> misses_;
};

void print_head(const Settings& settings, const Results& results) {
  std::string processor = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);)
    if (line.starts_with("model name")) processor = line.substr(line.find(": ") + 2);
  const auto context = [&](const std::string& key) {
    const auto found = results.context.find(key);
    return found == results.context.end() ? std::string("none") : found->second;
  };
  const std::time_t now = std::time(nullptr);
  char day[16];
  std::strftime(day, sizeof day, "%Y-%m-%d", std::gmtime(&now));
  std::cout << "Measured on " << day << ": " << processor << ", " << context("compiler") << "; against "
            << context("libtorch framework") << "; BLAS of both: " << context("blas") << ". Medians of "
            << settings.pairs << " pairs of runs. Bold figures miss their targets.\n\n";
}

void print_rows(const Settings& settings, const Results& results, Verdicts& verdicts) {
  std::string family, rule = "|---|";
  std::cout << "| |";
  for (int threads : settings.threads) {
    const std::string on = threads == 1 ? " 1 thread" : " " + std::to_string(threads) + " threads";
    std::cout << " Gradus," << on << " | libtorch | times faster | of the limit |";
    rule += "--:|--:|--:|--:|";
  }
  std::cout << "\n" << rule << "\n";
  for (const Row& row : results.rows) {
    if (family != family_of(row.name)) {
      family = family_of(row.name);
      std::cout << "| **" << family << "** |" << std::string(4 * settings.threads.size(), '|') << "\n";
    }
    std::cout << "| " << row.name.substr(family.size() + 1) << " |";
    for (int threads : settings.threads) {
      const auto found = row.by_threads.find(threads);
      const Times times = found == row.by_threads.end() ? Times{} : found->second;
      const std::string name =
          row.name + (threads == 1 ? ", 1 thread" : ", " + std::to_string(threads) + " threads");
      std::cout << " " << verdicts.at_most(median(times.gradus), row.nanoseconds, name) << " | "
                << time_text(median(times.libtorch)) << " | "
                << verdicts.at_least(median_ratio(times.libtorch, times.gradus), row.times_libtorch,
                                     "times libtorch", name)
                << " | "
                << verdicts.at_least(median_ratio(times.limit, times.gradus), row.of_limit, "of the limit",
                                     name)
                << " |";
    }
    std::cout << "\n";
  }
}

/// Prints the geometric mean and the minimum of the ratios of each family.
void print_summary(const Settings& settings, const Results& results) {
  std::cout << "\n| family | threads | times libtorch, geometric mean | least |\n|---|--:|--:|--:|\n";
  std::vector<std::string> families;
  for (const Row& row : results.rows)
    if (families.empty() || families.back() != family_of(row.name)) families.push_back(family_of(row.name));
  for (const std::string& family : families)
    for (int threads : settings.threads) {
      double logarithms = 0, least = INFINITY;
      int count = 0;
      for (const Row& row : results.rows) {
        if (family_of(row.name) != family || !row.by_threads.contains(threads)) continue;
        const Times& times = row.by_threads.at(threads);
        const double ratio = median_ratio(times.libtorch, times.gradus);
        if (std::isnan(ratio)) continue;
        logarithms += std::log(ratio);
        least = std::min(least, ratio);
        ++count;
      }
      if (count > 0)
        std::cout << "| " << family << " | " << threads << " | " << three_digits(std::exp(logarithms / count))
                  << " | " << three_digits(least) << " |\n";
    }
}

/// Prints all missed targets. One target is that several threads are at most 5% slower than one.
void print_misses(const Settings& settings, const Results& results, const Verdicts& verdicts) {
  std::vector<std::string> misses = verdicts.misses();
  for (const Row& row : results.rows)
    for (int threads : settings.threads) {
      if (threads == 1 || !row.by_threads.contains(1) || !row.by_threads.contains(threads)) continue;
      const double ratio = median(row.by_threads.at(threads).gradus) / median(row.by_threads.at(1).gradus);
      if (ratio > 1.05)
        misses.push_back(row.name + ": " + std::to_string(threads) + " threads take " + three_digits(ratio) +
                         " times as long as one");
    }
  std::cout << "\nMissed targets: " << misses.size() << "\n";
  for (const std::string& miss : misses) std::cout << "- " << miss << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Compares benchmark programs with their twins on libtorch");
  app.add_option("programs", settings.programs, "benchmark programs")->required()->check(CLI::ExistingFile);
  app.add_option("--threads", settings.threads, "numbers of threads, such as 1,2")->delimiter(',');
  app.add_option("--pairs", settings.pairs, "pairs of runs")->check(CLI::PositiveNumber);
  app.add_option("--seconds", settings.seconds, "least time per benchmark")->check(CLI::PositiveNumber);
  app.add_option("--filter", settings.filter, "a regular expression: benchmarks to run");
  CLI11_PARSE(app, argc, argv);
  try {
    const Results results = measure(settings);
    Verdicts verdicts;
    print_head(settings, results);
    print_rows(settings, results, verdicts);
    print_summary(settings, results);
    print_misses(settings, results, verdicts);
  } catch (const std::exception& error) {
    std::cerr << "compare: " << error.what() << "\n";
    return 2;
  }
}
