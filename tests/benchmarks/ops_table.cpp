// Runs the program of ops.cpp on Gradus and on libtorch in turn, at several sizes and in several rounds, and prints how
// often Gradus is ahead, for each family of ops, and then every op that it loses.
//
//   ops_table 3 1e3,1e6 build/benchmarks/tests/benchmarks/ops build/benchmarks/tests/benchmarks/ops_on_libtorch
//
// A ratio is that of the least times of all rounds, since other programs can only add to a time.
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// A loss is at least this large. Two runs of one program differ by as much.
constexpr double kNoise = 1.1;

/// Why Gradus loses, and what the limit is, for all entries of a family whose name begins with one of these words. The
/// first line that fits holds; "" fits everything.
struct Reason {
  const char *family, *words, *text;
};
constexpr Reason kReasons[] = {
    {"", "remainder", "`fmod` of the C library, exact and one by one; libtorch's vectors come from SLEEF"},
    {"", "topk", "sorts the whole line; the limit is a partial sort"},
    {"", "pow.negative_base pow.of_zero pow_.number",
     "x³ is two passes, x² x; one formula would be the limit"},
    {"", "add.alpha add_.alpha sub.alpha", "two passes, α b and the sum; one formula would be the limit"},
    {"", "clamp.between_tensors", "six passes: comparisons and choices, since a bound may be NaN"},
    {"in place", "clamp_",
     "two tests of NaN in each element; libtorch keeps NaN by the order of operands, the limit"},
    {"", "abs", "three cases, so that the result of -0 is 0; clearing the sign bit is the limit"},
    {"", "sigmoid", "an exponential of 0.9 ulp, and a division"},
    {"", "logsumexp",
     "nine passes, which keep the digits near ln 1; the limit is a kernel like that of log_softmax"},
    {"", "softmax.dim0 softmax.dim1 log_softmax.dim0 log_softmax.dim1",
     "rows that are not contiguous are copied one by one; the limit is a copy in square blocks"},
    {"", "softmax log_softmax", "an exponential of 0.9 ulp"},
    {"", "max.dim min.dim max.keepdim", "two passes: the extreme, and its position"},
    {"", "norm.p", "powers by `pow`, also for p = 3"},
    {"", "index_select", "moves the dimension to the front and back, two copies; the limit is one copy"},
    {"", "index index_put index_add scatter gather masked_select",
     "a position of 8 bytes for each element; the limit is whole rows without positions"},
    {"", "where lerp", "the mask as bools first, then the choice, each a pass"},
    {"", "linalg_svdvals linalg_eigvalsh linalg_matrix_norm linalg_norm linalg_qr.r",
     "the factors are computed too; the limit is LAPACK without them"},
    {"matrices", "", "both call LAPACK; the cause is not known yet"},
    {"activations", "", "several ops, each a pass over memory; a formula with parameters would be the limit"},
    {"", "sum.dims amin prod dot matmul triu tril cat.last stack.last embedding diag to", "not known yet"},
    {"in place", "pow_", "x³ is two passes, and a copy"},
    {"", "",
     "strided: the result is row-major, a transposing copy; libtorch's keeps the order of x, the limit"},
};

/// A setting: the layout and the size as the command line names it.
using Setting = std::pair<std::string, std::string>;
/// The least times of an entry on Gradus and on libtorch, in nanoseconds.
struct Entry {
  std::string family, op;
  std::map<Setting, std::array<double, 2>> times;
};

struct Results {
  std::vector<Entry> entries;     // in the order of the list
  std::vector<Setting> settings;  // likewise

  Entry& entry(const std::string& family, const std::string& op) {
    const auto is_it = [&](const Entry& entry) { return entry.family == family && entry.op == op; };
    const auto found = std::ranges::find_if(entries, is_it);
    return found != entries.end() ? *found : entries.emplace_back(Entry{family, op, {}});
  }

  void add(const std::string& line, const std::string& size, size_t library) {
    std::istringstream words(line);
    std::string family, op, layout;
    long long elements = 0;
    double time = 0;
    if (!std::getline(words, family, '\t') || !std::getline(words, op, '\t') ||
        !std::getline(words, layout, '\t') || !(words >> elements >> time))
      throw std::runtime_error("ops_table: not a measurement: " + line);
    const Setting setting = {layout, size};
    if (std::ranges::find(settings, setting) == settings.end()) settings.push_back(setting);
    double& least =
        entry(family, op).times.try_emplace(setting, std::array{HUGE_VAL, HUGE_VAL}).first->second[library];
    least = std::min(least, time);
  }
};

void run(const std::string& command, const std::string& size, size_t library, Results& results) {
  FILE* output = popen(command.c_str(), "r");
  if (!output) throw std::runtime_error("ops_table: cannot run " + command);
  std::string line;
  for (int c; (c = std::fgetc(output)) != EOF;)
    if (c == '\n')
      results.add(line, size, library), line.clear();
    else
      line += static_cast<char>(c);
  if (pclose(output) != 0) throw std::runtime_error("ops_table: " + command + " failed");
}

/// libtorch's time divided by ours; NaN if only one of them was measured.
double ratio_of(const Entry& entry, const Setting& setting) {
  const auto found = entry.times.find(setting);
  if (found == entry.times.end()) return NAN;
  const double ratio = found->second[1] / found->second[0];
  return ratio > 0 && std::isfinite(ratio) ? ratio : NAN;
}

bool is_lost(double ratio) { return ratio * kNoise < 1; }

std::string digits(double x) {
  char text[32];
  std::snprintf(text, sizeof text, x < 10 ? "%.2f" : "%.0f", x);
  return std::isnan(x) ? "–" : is_lost(x) ? "**" + std::string(text) + "**" : text;
}

struct Summary {
  int count = 0, lost = 0;
  double logarithms = 0, least = HUGE_VAL;

  void add(double ratio) {
    if (std::isnan(ratio)) return;
    ++count;
    lost += is_lost(ratio);
    logarithms += std::log(ratio);
    least = std::min(least, ratio);
  }
};

/// A line for each layout and size, and one for each family.
void print_summaries(const Results& results) {
  std::map<std::string, Summary> summaries;
  std::vector<std::string> order;
  for (const auto& [layout, size] : results.settings) order.push_back(layout + ", " + size);
  std::ranges::sort(order);
  for (const Entry& entry : results.entries) {
    if (std::ranges::find(order, entry.family) == order.end()) order.push_back(entry.family);
    for (const Setting& setting : results.settings)
      for (const std::string& name : {setting.first + ", " + setting.second, entry.family})
        summaries[name].add(ratio_of(entry, setting));
  }
  std::cout << "| | measured | lost | times libtorch, geometric mean | least |\n|---|--:|--:|--:|--:|\n";
  for (const std::string& name : order)
    if (const Summary& s = summaries[name]; s.count > 0)
      std::cout << "| " << name << " | " << s.count << " | " << s.lost << " | "
                << digits(std::exp(s.logarithms / s.count)) << " | " << digits(s.least) << " |\n";
}

std::string reason_for(const Entry& entry) {
  for (const Reason& reason : kReasons) {
    if (!entry.family.starts_with(reason.family)) continue;
    std::istringstream words(reason.words);
    std::string word;
    while (words >> word)
      if (entry.op.starts_with(word)) return reason.text;
    if (*reason.words == 0) return reason.text;
  }
  return "–";
}

/// Every entry that is lost somewhere, with all its ratios.
void print_losers(const Results& results) {
  std::cout << "\n| lost |";
  for (const auto& [layout, size] : results.settings) std::cout << ' ' << layout << ", " << size << " |";
  std::cout << " why, and the limit |\n|---|";
  for (size_t i = 0; i < results.settings.size(); ++i) std::cout << "--:|";
  std::cout << "---|\n";
  for (const Entry& entry : results.entries) {
    const auto lost_at = [&](const Setting& setting) { return is_lost(ratio_of(entry, setting)); };
    if (std::ranges::none_of(results.settings, lost_at)) continue;
    std::cout << "| `" << entry.op << "` |";
    for (const Setting& setting : results.settings)
      std::cout << ' ' << digits(ratio_of(entry, setting)) << " |";
    std::cout << ' ' << reason_for(entry) << " |\n";
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5 && argc != 6)
    throw std::runtime_error("ops_table ROUNDS SIZE,SIZE… OPS OPS_ON_LIBTORCH [REGEX]");
  const std::string filter = argc == 6 ? " '" + std::string(argv[5]) + "'" : "";
  Results results;
  for (int round = 0; round < std::stoi(argv[1]); ++round) {
    std::istringstream sizes(argv[2]);
    for (std::string size; std::getline(sizes, size, ',');)
      for (size_t i = 0; i < 2; ++i) {
        const size_t library = (i + static_cast<size_t>(round)) % 2;  // in changing order
        run(std::string(argv[3 + library]) + ' ' + size + filter, size, library, results);
      }
  }
  print_summaries(results);
  print_losers(results);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
