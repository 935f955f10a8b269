// Prints a section of docs/performance.md from the results of a GPU: cuda_table results.json
//
// results.json is written by tests/cuda/run_on_gpu.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace {

using nlohmann::json;

std::string digits(double number, const char* format = "%.3g") {
  char text[32];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::string time_text(double seconds) {
  if (seconds < 1e-3) return digits(seconds * 1e6) + " µs";
  return seconds < 1 ? digits(seconds * 1e3) + " ms" : digits(seconds) + " s";
}

std::string rate_text(const json& row) {
  const double flops = row.at("flops"), bytes = row.at("bytes"), seconds = row.at("seconds");
  if (flops > 0) return digits(flops / seconds / 1e12) + " Tflop/s";
  return bytes > 0 ? digits(bytes / seconds / 1e9) + " GB/s" : "";
}

/// Seconds by what is measured and the way that it is computed.
using Times = std::map<std::pair<std::string, std::string>, double>;

/// How many times as fast as another way: its time divided by this row's.
std::string times_as_fast(const json& row, const std::string& other, const Times& times) {
  const auto found =
      times.find({row.at("section").get<std::string>() + row.at("what").get<std::string>(), other});
  if (found == times.end() || row.at("way") == other) return "";
  return digits(found->second / row.at("seconds").get<double>(), "%.2f");
}

void print_card(const json& results) {
  const json& card = results.at("card");
  std::cout << "Measured on " << card.value("date", "an unknown day") << ": "
            << card.value("name", "an unknown card") << ", driver " << card.value("driver", "unknown")
            << ", clocks of " << card.value("clocks", "unknown") << " (multiprocessors, memory).";
  for (const json& row : results.at("benchmarks"))
    if (row.contains("device"))
      std::cout << " " << row.at("multiprocessors") << " multiprocessors; a copy moves "
                << digits(row.at("copied_bytes_per_second").get<double>() / 1e9, "%.0f")
                << " GB/s, read and written; the peak of float32 is "
                << digits(row.at("float32_flops_per_second").get<double>() / 1e12, "%.1f")
                << " Tflop/s and of float64 "
                << digits(row.at("float64_flops_per_second").get<double>() / 1e12, "%.1f")
                << ", without tensor cores.";
  std::cout << "\n\n";
}

void print_tests(const json& results) {
  std::cout << "| test | passed | failed | skipped |\n|---|--:|--:|--:|\n";
  for (const json& test : results.at("tests"))
    std::cout << "| " << test.at("name").get<std::string>() << " | " << test.at("passed") << " | "
              << test.at("failed") << " | " << test.at("skipped") << " |\n";
  std::cout << "\n";
}

void print_benchmarks(const json& results) {
  Times times;
  for (const json& row : results.at("benchmarks"))
    if (row.contains("what"))
      times[{row.at("section").get<std::string>() + row.at("what").get<std::string>(), row.at("way")}] =
          row.at("seconds");
  std::cout << "| | way | time | rate | of the limit | times cuBLAS | times PyTorch |\n"
               "|---|---|--:|--:|--:|--:|--:|\n";
  std::string section;
  for (const json& row : results.at("benchmarks")) {
    if (!row.contains("what") || row.at("way") == "PyTorch") continue;
    if (row.at("section") != section)
      std::cout << "| **" << row.at("section").get<std::string>() << "** | | | | | | |\n";
    section = row.at("section");
    const double of_limit = row.at("of_limit");
    std::cout << "| " << row.at("what").get<std::string>() << " | " << row.at("way").get<std::string>()
              << " | " << time_text(row.at("seconds")) << " | " << rate_text(row) << " | "
              << (of_limit > 0 ? digits(of_limit, "%.2f") : "") << " | "
              << times_as_fast(row, "cuBLAS", times) << " | " << times_as_fast(row, "PyTorch", times)
              << " |\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: cuda_table results.json\n";
    return 2;
  }
  try {
    const json results = json::parse(std::ifstream(argv[1]));
    print_card(results);
    print_tests(results);
    print_benchmarks(results);
  } catch (const json::exception& error) {
    std::cerr << "cuda_table: " << argv[1] << " is not a file of results: " << error.what() << "\n";
    return 1;
  }
}
