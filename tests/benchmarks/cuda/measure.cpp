#include "tests/benchmarks/cuda/measure.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <vector>

#include "kernels/cuda/errors.h"

namespace bench::cuda {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void wait() { gradus::cuda::synchronize(); }

/// Seconds of one call: the median of five batches, each long enough to hide the wait at its end. A call of more than
/// 0.2 s is timed once.
double seconds_of(const Call& call, double batch_seconds) {
  call();  // gets memory, and loads the kernels
  wait();
  const auto batch = [&](int64_t calls) {
    const double start = now();
    for (int64_t i = 0; i < calls; ++i) call();
    wait();
    return (now() - start) / static_cast<double>(calls);
  };
  int64_t calls = 1;
  double one = batch(calls);
  if (one > 0.2) return one;
  while (one * static_cast<double>(calls) < batch_seconds / 2) {
    calls *= 2;
    one = batch(calls);
  }
  std::vector<double> batches;
  for (int i = 0; i < 5; ++i) batches.push_back(batch(calls));
  std::ranges::sort(batches);
  return batches[2];
}

int attribute(cudaDeviceAttr which) {
  int value = 0;
  gradus::cuda::check_cuda(cudaDeviceGetAttribute(&value, which, 0), "cudaDeviceGetAttribute");
  return value;
}

/// Multiplications with addition that a multiprocessor begins in each clock, in float32 and in float64, by compute
/// capability: the "Arithmetic Instructions" of NVIDIA's CUDA C++ Programming Guide. Tensor cores are not counted.
struct Lanes {
  int capability, float32, float64;
};
constexpr Lanes kLanes[] = {{75, 64, 2},   {80, 64, 32},   {86, 128, 2},  {87, 128, 2},  {89, 128, 2},
                            {90, 128, 64}, {100, 128, 64}, {103, 128, 2}, {120, 128, 2}, {121, 128, 2}};

/// Bytes a second that cudaMemcpy reads and writes from device to device.
double copy_bandwidth(int64_t bytes, double batch_seconds) {
  const Tensor from = full({bytes}, 1, TensorOptions(kUInt8).device(kCUDA)), to = from.clone();
  const Call copy = [&] {
    gradus::cuda::check_cuda(cudaMemcpyAsync(to.data_ptr(), from.data_ptr(), static_cast<size_t>(bytes),
                                             cudaMemcpyDeviceToDevice, nullptr),
                             "cudaMemcpyAsync");
  };
  return 2 * static_cast<double>(bytes) / seconds_of(copy, batch_seconds);
}

/// A number with three digits.
std::string short_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += static_cast<unsigned char>(c) < 32 ? ' ' : c;
  }
  return json + '"';
}

std::string time_text(double seconds) {
  if (seconds < 1e-3) return short_text(seconds * 1e6) + " us";
  return seconds < 1 ? short_text(seconds * 1e3) + " ms" : short_text(seconds) + " s";
}

}  // namespace

Report::Report(Settings settings) : settings_(std::move(settings)), begun_(now()) {
  if (settings_.json.empty()) return;
  json_.open(settings_.json);
  check(json_.good(), "cannot write ", settings_.json);
}

bool Report::wants(const std::string& section) const {
  return section.find(settings_.filter) != std::string::npos;
}

bool Report::is_late() const { return now() - begun_ > settings_.stop_after; }

void Report::write_json(const std::string& line) {
  if (json_.is_open()) json_ << line << std::endl;  // flushes
}

void Report::describe_device() {
  kernels_for(kCUDA);  // an Error that says why if there is no device
  size_t free = 0, total = 0;
  gradus::cuda::check_cuda(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  const int capability =
      10 * attribute(cudaDevAttrComputeCapabilityMajor) + attribute(cudaDevAttrComputeCapabilityMinor);
  const int multiprocessors = attribute(cudaDevAttrMultiProcessorCount);
  const double clock = 1e3 * attribute(cudaDevAttrClockRate);  // the attribute is in kHz
  for (const Lanes& lanes : kLanes)
    if (lanes.capability == capability) {
      limits_.float32_flops = 2 * clock * multiprocessors * lanes.float32;
      limits_.float64_flops = 2 * clock * multiprocessors * lanes.float64;
    }
  const int64_t bytes = std::min({int64_t{1} << 30, 4 * settings_.most, static_cast<int64_t>(free / 8)});
  limits_.copied_bytes = copy_bandwidth(bytes, settings_.seconds);
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  std::printf(
      "%s: compute capability %d.%d, %d multiprocessors at up to %.0f MHz, %.1f GB free of %.1f\n"
      "driver for CUDA %d.%d, runtime %d.%d\n"
      "limits: copies of %.0f MB move %.0f GB/s (read and written); float32 %.1f Tflop/s, float64 %.1f "
      "(from multiprocessors and clock, without tensor cores)\n",
      gradus::cuda::device_name().c_str(), capability / 10, capability % 10, multiprocessors, clock / 1e6,
      static_cast<double>(free) / 1e9, static_cast<double>(total) / 1e9, driver / 1000, driver % 1000 / 10,
      runtime / 1000, runtime % 1000 / 10, static_cast<double>(bytes) / 1e6, limits_.copied_bytes / 1e9,
      limits_.float32_flops / 1e12, limits_.float64_flops / 1e12);
  std::fflush(stdout);
  std::ostringstream json;
  json << "{\"device\": " << quoted(gradus::cuda::device_name()) << ", \"capability\": " << capability
       << ", \"multiprocessors\": " << multiprocessors << ", \"clock_hz\": " << clock
       << ", \"memory_bytes\": " << total << ", \"driver_cuda\": " << driver
       << ", \"runtime_cuda\": " << runtime << ", \"copied_bytes_per_second\": " << limits_.copied_bytes
       << ", \"float32_flops_per_second\": " << limits_.float32_flops
       << ", \"float64_flops_per_second\": " << limits_.float64_flops << "}";
  write_json(json.str());
}

void Report::write(const Name& name, const Work& work, double seconds) {
  const double peak = work.dtype == kFloat64 ? limits_.float64_flops : limits_.float32_flops;
  const double by_flops = peak > 0 ? work.flops / peak : 0,
               by_bytes = limits_.copied_bytes > 0 ? work.bytes / limits_.copied_bytes : 0;
  const double of_limit = std::max(by_flops, by_bytes) / seconds;
  if (section_ != name.section) std::printf("\n%s\n", name.section.c_str());
  section_ = name.section;
  std::string rate;
  if (work.flops > 0)
    rate = short_text(work.flops / seconds / 1e12) + " Tflop/s";
  else if (work.bytes > 0)
    rate = short_text(work.bytes / seconds / 1e9) + " GB/s";
  std::printf("  %-44s %-16s %10s %14s", name.what.c_str(), name.way.c_str(), time_text(seconds).c_str(),
              rate.c_str());
  if (of_limit > 0) std::printf("  %.2f of the limit", of_limit);
  std::printf("\n");
  std::fflush(stdout);
  std::ostringstream json;
  json << "{\"section\": " << quoted(name.section) << ", \"what\": " << quoted(name.what)
       << ", \"way\": " << quoted(name.way) << ", \"seconds\": " << seconds << ", \"flops\": " << work.flops
       << ", \"bytes\": " << work.bytes << ", \"of_limit\": " << of_limit << "}";
  write_json(json.str());
}

void Report::measure(const Name& name, const Work& work, const MakeCall& make) {
  if (is_late()) return;
  try {
    write(name, work, seconds_of(make(), settings_.seconds));
  } catch (const Error& error) {
    if (std::string(error.what()).find("out of memory") == std::string::npos) throw;
    std::printf("  %-44s %-16s memory is too short\n", name.what.c_str(), name.way.c_str());
  }
}

Tensor numbers(std::vector<int64_t> sizes, Dtype dtype) {
  const NoGradGuard no_grad;
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  return arange(count, TensorOptions(dtype).device(kCUDA)).mul_(12.9898).sin().view(sizes);
}

std::vector<Size> sizes_up_to(int64_t most) {
  std::vector<Size> sizes;
  int exponent = 3;
  for (int64_t n = 1000; n <= most; n *= 10) sizes.push_back({n, "1e" + std::to_string(exponent++)});
  return sizes;
}

}  // namespace bench::cuda
