// Benchmarks of the CUDA device: how near each kernel comes to what the device can do.
//
//     build/cuda/tests/benchmarks/cuda --json results.jsonl
//
// The limit of a call is the longer of two times: its bytes divided by the bandwidth of the device's own copy, and its
// flops divided by the device's peak. Tensors of up to some ten million bytes stay in the device's cache. So a call on
// them can be faster than the limit.
#include <iostream>
#include <sstream>
#include <string>

#include "tests/benchmarks/cuda/measure.h"

namespace bench::cuda {
namespace {

constexpr const char* kHelp =
    "Benchmarks of the CUDA device\n"
    "  --json FILE            writes each result as a line of JSON to this file\n"
    "  --filter TEXT          only sections whose names contain this text\n"
    "  --seconds S            the least duration of a batch of calls; the median of five counts (default: "
    "0.01)\n"
    "  --most N               the most elements of a tensor (default: 1e8)\n"
    "  --largest-product N    the most rows of a matrix product (default: 8192)\n"
    "  --stop-after S         the number of seconds after which no further measurement begins\n"
    "  --describe             describes the device and measures nothing\n";

/// The command line, or an Error.
Settings read_settings(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--describe") {
      settings.only_describe = true;
      continue;
    }
    check(i + 1 < argc, name, " needs a value, or is no option\n", kHelp);
    const std::string text = argv[++i];
    std::istringstream value(text);
    if (name == "--json")
      settings.json = text;
    else if (name == "--filter")
      settings.filter = text;
    else if (name == "--seconds")
      value >> settings.seconds;
    else if (name == "--most")
      value >> settings.most;
    else if (name == "--largest-product")
      value >> settings.largest_product;
    else if (name == "--stop-after")
      value >> settings.stop_after;
    else
      fail("there is no option ", name, "\n", kHelp);
    check(!value.fail(), name, ": ", text, " is no number\n", kHelp);
  }
  return settings;
}

void run(const Settings& settings) {
  Report report(settings);
  report.describe_device();
  if (settings.only_describe) return;
  products(report);
  memory_bound(report);
  training(report);
}

}  // namespace
}  // namespace bench::cuda

int main(int argc, char** argv) {
  try {
    bench::cuda::run(bench::cuda::read_settings(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "cuda benchmarks: " << error.what() << "\n";
    return 1;
  }
}
