// What the four labs share: a lab is a table of parts, and run_lab() is its main().
//
//   void momentum_part(lab::Session& session) {
//     double loss = …;
//     session.set("M1.loss", loss);
//     session.expect("M1.loss", 0.0, 1e-6);
//     session.figure("convergence", lab::LinePlot{.title = …, .series = …, .log_y = true});
//   }
//
//   int main(int argc, char** argv) {
//     return lab::run_lab(argc, argv, {
//       .name = "svd",
//       .summary = "Singular values by gradient descent",
//       .parts = {{"matrices", "Sheet 004: five matrices", momentum_part}, …},
//       .flags = {{"--epochs", "iterations of each descent", "20000"}, …},
//     });
//   }
//
// A part prints to std::cout (silent under --quiet) and throws to end the lab with one line and exit
// status 2.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "labs/common/command_line.h"
#include "labs/common/figures.h"
#include "labs/common/progress.h"

namespace lab {

class Session;

/// A part of the sheet: what --part calls it, its heading, and the function that runs it.
struct Part {
  std::string name, title;
  void (*run)(Session&);
  int number = 0;  // for --part and the heading; 0: one more than the part before it
};

struct Lab {
  std::string name;              // of the executable
  std::string summary;           // one line for --help
  std::vector<Part> parts;       // in the sheet's order
  std::vector<Flag> flags = {};  // those of the optional ones that apply
  uint64_t seed = 0;             // the one in --json when --seed is not given
  std::string dtype = "float32";
  void (*prepare)(Session&) =
      nullptr;  // before the first part and before anything is written: refuses bad input
};

/// One run of a lab: what was asked for, what came out, and what should have come out.
class Session {
 public:
  Session(const Lab& lab, Options options);

  const Options& options() const { return options_; }
  uint64_t seed() const { return options_.seed.value_or(lab_.seed); }
  std::string dtype() const { return options_.dtype.value_or(lab_.dtype); }

  /// Keeps a number under a name for --json and --check. A second value of the same name replaces the first.
  void set(const std::string& name, double value);

  /// What --check holds a result to: |got - expected| ≤ tolerance. A result that is NaN or was never set is a
  /// miss.
  void expect(const std::string& name, double expected, double tolerance);
  void expect_at_least(const std::string& name, double bound);
  void expect_at_most(const std::string& name, double bound);

  /// Writes NAME.svg, NAME.png and NAME.csv to --out; without --out does nothing.
  template <class Figure>
  void figure(const std::string& name, const Figure& figure) {
    if (!options_.out) return;
    save_figure(*options_.out / name, figure);
    figures_.push_back(name);
  }

  /// Runs the chosen parts, writes --json, says where things are. The exit status: 0, 1 for a miss, 130 if
  /// interrupted.
  int run();

 private:
  struct Expectation {
    enum Kind { near, at_least, at_most } kind;
    std::string name;
    double value, tolerance;
  };

  const double* result(const std::string& name) const;
  bool holds(const Expectation& expectation) const;
  bool print_check_table() const;
  void write_json(double seconds) const;
  void say_where_figures_are() const;

  const Lab& lab_;
  Options options_;
  std::vector<std::pair<std::string, double>> results_;  // in the order in which they came
  std::vector<Expectation> expectations_;
  std::vector<std::string> figures_;
};

/// For Lab::prepare. Is the part among those to run?
bool is_chosen(const Session& session, const std::string& part);
/// Throws if a flag was given that means nothing to any of the chosen parts; `parts` are those to which it does.
void require_use(const Session& session, const std::string& flag, bool given,
                 const std::vector<std::string>& parts);

/// Reads the command line, runs the lab, and returns its exit status: 0; 1 for a miss under --check; 2 for
/// bad input or any other error, told in one line on stderr; 130 after Ctrl-C.
int run_lab(int argc, const char* const* argv, const Lab& lab);

/// The full path of a file of labs/data: data_file("iris.csv").
std::string data_file(const std::string& name);

}  // namespace lab
