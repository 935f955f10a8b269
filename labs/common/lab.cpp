#include "labs/common/lab.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "labs/common/files.h"
#include "labs/common/ranks.h"
#include "labs/common/repeated.h"

namespace lab {
namespace {

/// Discards all output to std::cout while this object exists.
class Silence {
 public:
  explicit Silence(bool wanted) : silent_(wanted), buffer_(wanted ? std::cout.rdbuf(nullptr) : nullptr) {}
  ~Silence() {
    if (silent_) std::cout.rdbuf(buffer_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  bool silent_;
  std::streambuf* buffer_;
};

}  // namespace

std::vector<int> part_numbers(const Lab& lab) {
  std::vector<int> numbers;
  for (const Part& part : lab.parts)
    numbers.push_back(part.number != 0 ? part.number : numbers.empty() ? 1 : numbers.back() + 1);
  return numbers;
}

const double* Session::result(const std::string& name) const {
  for (const auto& [known, value] : results_)
    if (known == name) return &value;
  return nullptr;
}

void Session::set(const std::string& name, double value) {
  for (auto& [known, old] : results_)
    if (known == name) return void(old = value);
  results_.emplace_back(name, value);
}

void Session::expect(const std::string& name, double expected, double tolerance) {
  expectations_.push_back({.name = name, .relation = "=", .expected = expected, .tolerance = tolerance});
}
void Session::expect_at_least(const std::string& name, double bound) {
  expectations_.push_back({.name = name, .relation = ">=", .expected = bound});
}
void Session::expect_at_most(const std::string& name, double bound) {
  expectations_.push_back({.name = name, .relation = "<=", .expected = bound});
}

std::vector<Check> Session::checks() const {
  std::vector<Check> checks = expectations_;
  for (Check& check : checks) {
    const double* got = result(check.name);
    check.got = got ? *got : NAN;
    const double low = check.expected - check.tolerance, high = check.expected + check.tolerance;
    // Both are false for NaN.
    const bool large_enough = check.relation == "<=" || low <= check.got;
    const bool small_enough = check.relation == ">=" || check.got <= high;
    check.pass = !std::isnan(check.got) && large_enough && small_enough;
  }
  return checks;
}

bool Session::print_check_table() const {
  if (expectations_.empty()) {
    std::puts("check: these parts have nothing to check");
    return false;
  }
  size_t width = 4;
  for (const Check& check : expectations_) width = std::max(width, check.name.size());
  const auto print = [width](const std::string& name, const std::string& got, const std::string& bounds,
                             const std::string& tolerance, const char* verdict) {
    std::printf("%-*s  %12s  %14s  %10s%s\n", static_cast<int>(width), name.c_str(), got.c_str(),
                bounds.c_str(), tolerance.c_str(), verdict);
  };
  print("name", "got", "expected", "tolerance", "");
  int misses = 0;
  for (const Check& check : checks()) {
    misses += !check.pass;
    const bool is_bound = check.relation != "=";
    print(check.name, result(check.name) ? digits(check.got) : "missing",
          (is_bound ? check.relation + " " : "") + digits(check.expected),
          is_bound ? "" : digits(check.tolerance), check.pass ? "  pass" : "  MISS");
  }
  std::printf("%s: %zu checks, %d missed\n", lab_.name.c_str(), expectations_.size(), misses);
  return misses == 0;
}

void Session::write_json(double seconds) const {
  using Json = nlohmann::ordered_json;
  Json results = Json::object(), list = Json::array();
  for (const auto& [name, value] : results_) results[name] = value;  // NaN and infinity become null
  for (const Check& check : checks())
    list.push_back({{"name", check.name},
                    {"got", check.got},
                    {"relation", check.relation},
                    {"expected", check.expected},
                    {"tolerance", check.tolerance},
                    {"pass", check.pass}});
  const Json report = {{"lab", lab_.name}, {"seed", seed()},     {"device", options_.device},
                       {"dtype", dtype()}, {"seconds", seconds}, {"results", results},
                       {"checks", list}};
  gradus::replace_file(*options_.json, report.dump(2) + "\n");
}

std::optional<std::filesystem::path> Session::tape_page(const std::string& name) {
  if (!options_.out) return std::nullopt;
  parts_.back().tapes.push_back(name);
  return *options_.out / (name + ".html");
}

void Session::print_figures() const {
  if (!options_.out) return;
  std::string names;
  for (const PartRecord& part : parts_)
    for (const std::string& name : part.figures) names += " " + name;
  std::cout << "\nThe page of this run: " << (*options_.out / "index.html").string() << "\n";
  if (names.empty()) return;
  if (!gnuplot_is_installed())
    std::cerr << lab_.name
              << ": only the CSV series were written: figures need gnuplot, which is not installed\n";
  std::cout << "Figures and their series in " << options_.out->string() << ":" << names << "\n";
}

void Session::run_part(const Part& part, int number) {
  std::cout << "\n== " << lab_.name << " " << number << ": " << part.title << " ==\n\n";
  parts_.push_back({.heading = std::to_string(number) + ": " + part.title});
  std::optional<Transcript> transcript;
  if (options_.out) transcript.emplace(parts_.back().text);
  part.run(*this);
}

int Session::run() {
  if (lab_.prepare) lab_.prepare(*this);
  std::optional<OutputFolder> out;
  if (options_.out) out.emplace(*options_.out);
  if (options_.json) require_writable_file(*options_.json);
  show_progress(!options_.quiet);
  run_steps(options_.compile ? StepsAre::compiled : options_.replay ? StepsAre::replayed : StepsAre::called);
  const auto start = std::chrono::steady_clock::now();
  {
    Silence silence(options_.quiet);
    const std::vector<int> numbers = part_numbers(lab_);
    for (size_t i = 0; i < lab_.parts.size(); ++i)
      if (!interrupted() && is_chosen(*this, lab_.parts[i].name)) run_part(lab_.parts[i], numbers[i]);
    print_figures();
  }
  if (const std::string line = compiled_steps(); !line.empty() && !options_.quiet)
    std::cerr << lab_.name << ": " << line << "\n";
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (options_.json) write_json(elapsed.count());
  if (options_.out)
    write_page(*options_.out, {lab_.name, lab_.summary, options_.command, elapsed.count(), parts_, checks()});
  std::cout << std::flush;
  const bool passed = !options_.check || print_check_table();
  if (!std::cout || std::fflush(stdout) != 0) throw std::runtime_error("cannot write to standard output");
  if (interrupted()) {
    std::cerr << lab_.name << ": interrupted, so the results are incomplete\n";
    return 130;
  }
  return passed ? 0 : 1;
}

bool is_chosen(const Session& session, const std::string& part) {
  const auto& parts = session.options().parts;
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

int run_lab(int argc, const char* const* argv, const Lab& lab) {
  try {
    if (const std::optional<int> status = run_on_ranks(argc, argv, lab)) return *status;
    auto options = read_command_line(argc, argv, lab);
    if (!options) return 0;
    catch_interrupts();
    return Session(lab, std::move(*options)).run();
  } catch (const std::bad_alloc&) {
    std::cerr << lab.name << ": out of memory\n";
  } catch (const std::exception& error) {
    std::cerr << lab.name << ": " << gradus::shown(error.what(), 2000) << "\n";
  }
  return 2;
}

std::string data_file(const std::string& name) {
  const char* moved = std::getenv("GRADUS_DATA");  // programs that were copied to another machine
  for (const char* folder : {moved ? moved : GRADUS_DATA_SOURCE, GRADUS_DATA_SOURCE, GRADUS_DATA_INSTALLED}) {
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    if (std::filesystem::exists(path)) return path.string();
  }
  throw std::runtime_error(name + " is neither in " GRADUS_DATA_SOURCE " nor in " GRADUS_DATA_INSTALLED);
}

}  // namespace lab
