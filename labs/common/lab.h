// The shell that the four labs share. A lab is one table of parts and flags; run_lab() is its main().
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
//       .flags = {{"--epochs", "iterations of each descent", "20000", {"matrices"}}, …},
//     });
//   }
//
// A part prints to std::cout, which --quiet silences. An exception ends the lab with one line on
// stderr and exit status 2.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "labs/common/figures.h"
#include "labs/common/page.h"
#include "labs/common/progress.h"

namespace lab {

class Session;

/// A part of the sheet.
struct Part {
  std::string name, title;  // for --part, and for the heading
  void (*run)(Session&);
  int number = 0;  // for --part and the heading; 0 means one more than the previous part's
};

/// A flag that a lab offers in addition to those of all labs (--part --device --out --json
/// --check --quiet --help).
struct Flag {
  // --epochs, --lr, --rank, --seed, --dtype, --data, --shard, --checkpoint, --tape, --step, --replay or --compile;
  // command_line.cpp reads them
  std::string name;
  std::string meaning;                  // what the flag does in this lab, for --help
  std::string when_absent = "";         // the default, for --help
  std::vector<std::string> parts = {};  // the parts that use the flag; empty means all of them
};

/// What --step does, for --help: the same in all labs.
constexpr const char* kStepHelp = "as --tape, and step through it here: a key goes on, q goes to the end";

/// What --replay and --compile do, for --help: the same in all labs.
constexpr const char* kReplayHelp =
    "capture each training step once, then replay it: faster, with the same digits";
constexpr const char* kCompileHelp = "as --replay, with the captured steps compiled to C++";
/// And --checkpoint.
constexpr const char* kCheckpointHelp =
    "save the training to this file after each epoch, and go on from it if it exists";

struct Lab {
  std::string name;     // of the executable
  std::string summary;  // one line for --help
  std::vector<Part> parts;
  std::vector<Flag> flags = {};
  uint64_t seed = 0;                    // the default of --seed
  std::string dtype = "float32";        // the default of --dtype
  void (*prepare)(Session&) = nullptr;  // runs before anything is written; throws on bad input
  bool uses_ranks = false;              // may mpirun start it on several ranks? See labs/common/ranks.h
};

/// The flags of the command line. The optional of a flag that was not given has no value. The part then uses the
/// sheet's value: options.epochs.value_or(20000).
struct Options {
  std::vector<std::string> parts;  // the parts to run, in the lab's order
  std::optional<int64_t> epochs;   // ≥ 1
  std::optional<double> lr;        // finite, > 0
  std::optional<int64_t> rank;     // ≥ 1; the lab checks that it fits the matrix
  std::optional<uint64_t> seed;
  std::string device = "cpu";                 // "cpu" or "cuda"; this build has kernels for it
  std::optional<std::string> dtype;           // "float32" or "float64"
  std::optional<std::filesystem::path> data;  // an existing file
  std::optional<int64_t> shard;               // MB, ≥ 1
  std::optional<std::filesystem::path> checkpoint;
  std::optional<std::filesystem::path> out;   // folder for figures
  std::optional<std::filesystem::path> json;  // file for results
  bool check = false, tape = false, step = false, replay = false, compile = false, quiet = false;
  std::string command;  // as it was typed
};

/// One run of a lab: its options, its results, and the results that its sheet expects.
class Session {
 public:
  Session(const Lab& lab, Options options) : lab_(lab), options_(std::move(options)) {}

  const Options& options() const { return options_; }
  uint64_t seed() const { return options_.seed.value_or(lab_.seed); }
  std::string dtype() const { return options_.dtype.value_or(lab_.dtype); }

  /// Keeps a number under a name for --json and --check. A second value replaces the first.
  void set(const std::string& name, double value);

  /// --check requires |result - expected| ≤ tolerance. A result that is NaN or was never set
  /// is a miss.
  void expect(const std::string& name, double expected, double tolerance);
  void expect_at_least(const std::string& name, double bound);
  void expect_at_most(const std::string& name, double bound);

  /// Writes NAME.svg, NAME.png and NAME.csv to the folder of --out, if that is given.
  template <class Figure>
  void figure(const std::string& name, const Figure& figure) {
    if (!options_.out) return;
    save_figure(*options_.out / name, figure);
    parts_.back().figures.push_back(name);
  }

  /// The file NAME.html in the folder of --out, for the page of a tape; nothing without --out. The lab's page will
  /// have a link to it.
  std::optional<std::filesystem::path> tape_page(const std::string& name);

  /// Runs the chosen parts, writes --json and the page of --out, and names the figures. Returns the exit status: 0,
  /// 1 for a miss, or 130 after Ctrl-C.
  int run();

 private:
  void run_part(const Part& part, int number);
  const double* result(const std::string& name) const;
  std::vector<Check> checks() const;
  bool print_check_table() const;
  void write_json(double seconds) const;
  void print_figures() const;

  const Lab& lab_;
  Options options_;
  std::vector<std::pair<std::string, double>> results_;  // in the order in which they were set
  std::vector<Check> expectations_;                      // `got` is set at the end of the run
  std::vector<PartRecord> parts_;                        // the parts that have begun
};

/// Whether this part will run; for Lab::prepare.
bool is_chosen(const Session& session, const std::string& part);

/// The numbers of the lab's parts, from 1.
std::vector<int> part_numbers(const Lab& lab);

/// Reads the command line. For --help it prints the help and returns nullopt. Throws std::runtime_error with one line
/// for the user if a flag is unknown, has a bad value, or is not used by any of the chosen parts.
std::optional<Options> read_command_line(int argc, const char* const* argv, const Lab& lab);

/// Reads the command line and runs the lab. Returns the exit status: 0; 1 for a miss under --check;
/// 2 for bad input or any other error, which is printed in one line on stderr; 130 after Ctrl-C.
int run_lab(int argc, const char* const* argv, const Lab& lab);

/// The full path of a file of labs/data: data_file("iris.csv").
std::string data_file(const std::string& name);

}  // namespace lab
