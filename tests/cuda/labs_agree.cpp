// Does a lab find on the CUDA device what it finds on the CPU?
//
//     labs_agree build/release/labs/mlp --epochs 5
//
// runs the lab on both, with these flags, and compares all numbers of --json. After a few epochs nothing has converged,
// so the bounds of --check say nothing; but rounding errors have had no time to grow either. Exit status 0: they agree;
// 1: they do not; 2: a run has failed, and has said why.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Of the larger of 1 and the number: some eighty rounding errors of float32, in which most labs compute.
constexpr double kTolerance = 1e-5;

std::string quoted(const std::string& word) { return "'" + word + "'"; }

/// The results of a run on the device, written to a file in the folder.
json results_on(const std::string& device, const std::string& command, const fs::path& folder) {
  const fs::path file = folder / (device + ".json");
  const std::string run = command + "--quiet --device " + device + " --json " + quoted(file);
  if (std::system(run.c_str()) != 0) throw std::runtime_error("failed: " + run);
  json results = json::parse(std::ifstream(file)).at("results");
  if (results.empty()) throw std::runtime_error("no results to compare: " + run);
  return results;
}

/// What is not finite is null in --json.
bool agree(const json& here, const json& there) {
  if (here.is_null() || there.is_null()) return here.is_null() && there.is_null();
  const double expected = here.get<double>(), got = there.get<double>();
  return std::abs(got - expected) <= kTolerance * std::max(1.0, std::abs(expected));
}

/// Runs the lab in both ways, and prints the results side by side.
bool agree_on(const std::string& command, const fs::path& folder) {
  const json there = results_on("cuda", command, folder), here = results_on("cpu", command, folder);
  bool all = here.size() == there.size();
  for (const auto& [name, value] : here.items()) {
    const json other = there.contains(name) ? there[name] : json("missing");
    const bool same = there.contains(name) && agree(value, other);
    std::cout << name << ": cpu " << value << ", cuda " << other << (same ? "" : "   DIFFERS") << "\n";
    all = all && same;
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  std::string command;
  for (int i = 1; i < argc; ++i) command += quoted(argv[i]) + " ";
  std::string folder = (fs::temp_directory_path() / "labs_agree_XXXXXX").string();
  int status = 2;
  try {
    if (!mkdtemp(folder.data())) throw std::runtime_error("cannot make the folder " + folder);
    status = agree_on(command, folder) ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "labs_agree: " << error.what() << "\n";
  }
  fs::remove_all(folder);
  return status;
}
