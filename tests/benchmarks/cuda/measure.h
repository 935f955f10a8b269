// Times calls on the CUDA device. Each result is printed as a line of text and written as a line of JSON as soon as
// it is there, so that a run that is ended early loses nothing.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>

#include "gradus.h"

namespace bench::cuda {
using namespace gradus;

/// The options of the program.
struct Settings {
  std::string json;                // the file for the results; empty: none
  std::string filter;              // only sections whose names contain this
  double seconds = 0.01;           // the least duration of a batch of calls
  int64_t most = 100'000'000;      // the most elements of a tensor
  int64_t largest_product = 8192;  // the most rows of a matrix
  double stop_after = 1e9;         // the number of seconds after which no further measurement begins
  bool only_describe = false;
};

/// What the device can do at most. 0 stands for unknown.
struct Limits {
  double copied_bytes = 0;                      // bytes a second that its own copy reads and writes, measured
  double float32_flops = 0, float64_flops = 0;  // flops a second, computed from multiprocessors and clock
};

/// The least that a call has to do: flops, and bytes read and written.
struct Work {
  double flops = 0, bytes = 0;
  Dtype dtype = kFloat32;
};

/// A call that is timed. A new one is made for each measurement, and its tensors end with it.
using Call = std::function<void()>;
using MakeCall = std::function<Call()>;

/// A measurement's section, its call, and the way to compute the call: "products", "float32, n = 2048", "v3 registers".
struct Name {
  std::string section, what, way = "Gradus";
};

class Report {
 public:
  explicit Report(Settings settings);

  /// Measures the device's limits and describes it.
  void describe_device();
  /// Times a call. Says so if memory is too short.
  void measure(const Name& name, const Work& work, const MakeCall& make);
  /// True if a section is asked for.
  bool wants(const std::string& section) const;

  const Settings& settings() const { return settings_; }

 private:
  void write(const Name& name, const Work& work, double seconds);
  void write_json(const std::string& line);
  bool is_late() const;

  Settings settings_;
  Limits limits_;
  std::ofstream json_;
  std::string section_;
  double begun_;
};

/// Numbers in [-1, 1] on the device, none of them repeated: sin(c i). They are computed there, because random numbers
/// for 1e8 elements would take the host longer than all measurements.
Tensor numbers(std::vector<int64_t> sizes, Dtype dtype = kFloat32);

/// 1e3, 1e4, … up to the settings' `most`, with their texts.
struct Size {
  int64_t n;
  std::string text;
};
std::vector<Size> sizes_up_to(int64_t most);

// The sections, each in a file of its own.
void products(Report& report);
void memory_bound(Report& report);
void training(Report& report);

}  // namespace bench::cuda
