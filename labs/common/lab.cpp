#include "labs/common/lab.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "labs/common/files.h"

namespace lab {
namespace {

/// While it lives, std::cout swallows what is printed.
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

std::string digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::vector<PartName> names_of(const std::vector<Part>& parts) {
  std::vector<PartName> names;
  int number = 0;
  for (const Part& part : parts) {
    number = part.number != 0 ? part.number : number + 1;
    names.push_back({part.name, part.title, number});
  }
  return names;
}

}  // namespace

Session::Session(const Lab& lab, Options options) : lab_(lab), options_(std::move(options)) {}

void Session::set(const std::string& name, double value) {
  auto same =
      std::find_if(results_.begin(), results_.end(), [&](auto& result) { return result.first == name; });
  if (same == results_.end())
    results_.emplace_back(name, value);
  else
    same->second = value;
}

void Session::expect(const std::string& name, double expected, double tolerance) {
  expectations_.push_back({Expectation::near, name, expected, tolerance});
}
void Session::expect_at_least(const std::string& name, double bound) {
  expectations_.push_back({Expectation::at_least, name, bound, 0});
}
void Session::expect_at_most(const std::string& name, double bound) {
  expectations_.push_back({Expectation::at_most, name, bound, 0});
}

const double* Session::result(const std::string& name) const {
  for (const auto& [known, value] : results_)
    if (known == name) return &value;
  return nullptr;
}

bool Session::holds(const Expectation& expectation) const {
  const double* got = result(expectation.name);
  if (!got) return false;
  switch (expectation.kind) {  // each comparison is false for NaN
    case Expectation::near:
      return std::abs(*got - expectation.value) <= expectation.tolerance;
    case Expectation::at_least:
      return *got >= expectation.value;
    case Expectation::at_most:
      return *got <= expectation.value;
  }
  return false;
}

bool Session::print_check_table() const {
  if (expectations_.empty()) {
    std::puts("check: these parts have nothing to check");
    return false;
  }
  int width = 4, misses = 0;
  for (const auto& expectation : expectations_)
    width = std::max(width, static_cast<int>(expectation.name.size()));
  std::printf("%-*s  %12s  %14s  %10s\n", width, "name", "got", "expected", "tolerance");
  for (const auto& expectation : expectations_) {
    const char* sign[] = {"", ">= ", "<= "};
    const double* got = result(expectation.name);
    const bool pass = holds(expectation);
    misses += !pass;
    std::printf("%-*s  %12s  %14s  %10s  %s\n", width, expectation.name.c_str(),
                got ? digits(*got).c_str() : "missing",
                (sign[expectation.kind] + digits(expectation.value)).c_str(),
                expectation.kind == Expectation::near ? digits(expectation.tolerance).c_str() : "",
                pass ? "pass" : "MISS");
  }
  std::printf("%s: %zu checks, %d missed\n", lab_.name.c_str(), expectations_.size(), misses);
  return misses == 0;
}

void Session::write_json(double seconds) const {
  nlohmann::ordered_json results = nlohmann::ordered_json::object();
  for (const auto& [name, value] : results_) results[name] = value;  // NaN and infinity become null
  const nlohmann::ordered_json report = {{"lab", lab_.name},          {"seed", seed()},
                                         {"device", options_.device}, {"dtype", dtype()},
                                         {"seconds", seconds},        {"results", results}};
  gradus::replace_file(*options_.json, report.dump(2) + "\n");
}

void Session::say_where_figures_are() const {
  if (figures_.empty()) return;
  if (!gnuplot_is_installed())
    std::cerr << lab_.name
              << ": only the CSV series were written: figures need gnuplot, which is not installed\n";
  std::cout << "\nFigures and their series in " << options_.out->string() << ":";
  for (const std::string& name : figures_) std::cout << " " << name;
  std::cout << "\n";
}

int Session::run() {
  if (lab_.prepare) lab_.prepare(*this);
  std::optional<OutputFolder> out;
  if (options_.out) out.emplace(*options_.out);
  if (options_.json) require_writable_file(*options_.json);
  show_progress(!options_.quiet);
  const auto start = std::chrono::steady_clock::now();
  {
    Silence silence(options_.quiet);
    const std::vector<PartName> names = names_of(lab_.parts);
    for (size_t i = 0; i < lab_.parts.size(); ++i) {
      if (interrupted() || !is_chosen(*this, names[i].name)) continue;
      std::cout << "\n== " << lab_.name << " " << names[i].number << ": " << names[i].title << " ==\n\n";
      lab_.parts[i].run(*this);
    }
    say_where_figures_are();
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (options_.json) write_json(elapsed.count());
  std::cout << std::flush;
  const bool passed = !options_.check || print_check_table();
  if (!std::cout || std::fflush(stdout) != 0) throw std::runtime_error("cannot write to standard output");
  if (interrupted()) {
    std::cerr << lab_.name << ": interrupted; this is what there was so far\n";
    return 130;
  }
  return passed ? 0 : 1;
}

bool is_chosen(const Session& session, const std::string& part) {
  const auto& parts = session.options().parts;
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

void require_use(const Session& session, const std::string& flag, bool given,
                 const std::vector<std::string>& parts) {
  const auto chosen = [&](const std::string& part) { return is_chosen(session, part); };
  if (given && std::none_of(parts.begin(), parts.end(), chosen))
    throw BadCommandLine(flag + " means nothing to the chosen parts");
}

int run_lab(int argc, const char* const* argv, const Lab& lab) {
  try {
    auto options = read_command_line(argc, argv, lab.name, lab.summary, names_of(lab.parts), lab.flags);
    if (!options) return 0;
    catch_interrupts();
    return Session(lab, std::move(*options)).run();
  } catch (const std::bad_alloc&) {
    std::cerr << lab.name << ": out of memory\n";
  } catch (const std::exception& error) {
    std::cerr << lab.name << ": " << error.what() << "\n";
  }
  return 2;
}

std::string data_file(const std::string& name) {
  for (const char* folder : {GRADUS_DATA_SOURCE, GRADUS_DATA_INSTALLED}) {
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    if (std::filesystem::exists(path)) return path.string();
  }
  throw std::runtime_error(name + " is neither in " GRADUS_DATA_SOURCE " nor in " GRADUS_DATA_INSTALLED);
}

}  // namespace lab
