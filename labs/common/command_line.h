// The command line that the four labs share: one meaning for each flag, and only those that apply are
// offered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace lab {

/// A flag that a lab offers beside those that all have (--part --device --out --json --check --quiet --help).
struct Flag {
  std::string name;              // "--epochs", "--lr", "--rank", "--seed", "--dtype", "--data" or "--tape"
  std::string meaning;           // what it means in this lab, for --help
  std::string when_absent = "";  // what is used without it, for --help; "" prints nothing
};

/// What --part chooses from.
struct PartName {
  std::string name, title;
  int number;  // from 1; parts that share one are chosen together by it
};

/// What the user asked for. An empty optional: not said, so the part uses its sheet's own value, as in
/// options.epochs.value_or(20000).
struct Options {
  std::vector<std::string> parts;  // names of the parts to run, in the lab's order
  std::optional<int64_t> epochs;   // ≥ 1
  std::optional<double> lr;        // finite, > 0
  std::optional<int64_t> rank;     // ≥ 1; whether it fits the matrix is for the lab to say
  std::optional<uint64_t> seed;
  std::string device = "cpu";                 // "cpu" or "cuda", and there are kernels for it
  std::optional<std::string> dtype;           // "float32" or "float64"
  std::optional<std::filesystem::path> data;  // an existing file
  std::optional<std::filesystem::path> out;   // folder for figures
  std::optional<std::filesystem::path> json;  // file for results
  bool check = false, tape = false, quiet = false;
};

/// A flag or value that cannot be served; what() is one line for the user.
struct BadCommandLine : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reads the command line. Empty if --help was asked for and has been printed. Throws BadCommandLine.
std::optional<Options> read_command_line(int argc, const char* const* argv, const std::string& name,
                                         const std::string& summary, const std::vector<PartName>& parts,
                                         const std::vector<Flag>& flags);

}  // namespace lab
