// Checks that a lab finds the same numbers on the CUDA device as on the CPU.
//
//     labs_agree build/release/labs/mlp --epochs 5
//
// runs the lab with these flags on both devices, and compares all numbers of --json. With a few epochs,
// nothing converges, so the bounds of --check are of no use. But rounding errors stay small, so the numbers
// can be compared. The exit status is 0 if all numbers agree, 1 if some differ, and 2 if a run failed.
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

/// Tolerance, relative to the larger of 1 and the number: about eighty rounding errors of float32, the dtype
/// of most labs.
constexpr double kTolerance = 1e-5;

std::string quoted(const std::string& word) { return "'" + word + "'"; }

/// Runs the command on the device and returns its results. The folder is for their file.
json results_on(const std::string& device, const std::string& command, const fs::path& folder) {
  const fs::path file = folder / (device + ".json");
  const std::string run = command + "--quiet --device " + device + " --json " + quoted(file);
  if (std::system(run.c_str()) != 0) throw std::runtime_error("failed: " + run);
  json results = json::parse(std::ifstream(file)).at("results");
  if (results.empty()) throw std::runtime_error("no results to compare: " + run);
  return results;
}

/// Do two numbers of --json agree? There, null means NaN or infinity.
bool agree(const json& here, const json& there) {
  if (here.is_null() || there.is_null()) return here.is_null() && there.is_null();
  const double expected = here.get<double>(), got = there.get<double>();
  return std::abs(got - expected) <= kTolerance * std::max(1.0, std::abs(expected));
}

/// Runs the lab on both devices, prints the results side by side, and returns whether all agree.
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
