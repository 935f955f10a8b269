// What the exercises of chapter 12 include: the words of CUDA, and what their checks run kernels with.
//
// Kernels run on the processor, under the race check: see ../cuda.md and kernels/cuda/emulator/race_check.h.
#pragma once

#include "check.h"
#include "kernels/cuda/launch.h"

namespace course {

/// Numbers in the memory of the device. The race check knows where an array ends, and which elements were written.
class Array {
 public:
  explicit Array(size_t n) : size_(n) { cudaMalloc(&memory_, n * sizeof(float)); }
  explicit Array(const std::vector<float>& values) : Array(values.size()) {
    cudaMemcpy(memory_, values.data(), size_ * sizeof(float), cudaMemcpyHostToDevice);
  }
  ~Array() { cudaFree(memory_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  operator float*() const { return static_cast<float*>(memory_); }
  std::vector<float> values() const {
    std::vector<float> values(size_);
    cudaMemcpy(values.data(), memory_, size_ * sizeof(float), cudaMemcpyDeviceToHost);
    return values;
  }

 private:
  size_t size_;
  void* memory_ = nullptr;
};

/// A message without the places in the code, such as " (add.cu:12)".
inline std::string without_places(const std::string& message) {
  std::string result;
  for (size_t at = 0; at < message.size();) {
    const size_t open = message.find(" (", at), close = message.find(')', open);
    if (open == std::string::npos) return result + message.substr(at);
    const std::string inside = message.substr(open, close + 1 - open);
    result += message.substr(at, open - at) + (inside.find(':') == std::string::npos ? inside : "");
    at = close + 1;
  }
  return result;
}

/// Runs a kernel under the race check. If that complains, the kind of complaint is noted. With the check's seed 1 the
/// threads run in the order of their numbers, with others in a random order.
template <class... Parameters, class... Arguments>
void run_kernel(Check& check, const std::string& name, void (*kernel)(Parameters...), dim3 blocks,
                dim3 threads, const Arguments&... arguments) {
  emulator::set_thread_order_seed(check.seed - 1);
  try {
    [&](Parameters... converted) {
      const auto thread = [&]() GRADUS_NOT_RACE_CHECKED { kernel(converted...); };
      const auto start = [](const void* call)
                             GRADUS_NOT_RACE_CHECKED { (*static_cast<const decltype(thread)*>(call))(); };
      emulator::launch({name, {}, blocks, threads, 0, start, &thread});
    }(arguments...);
  } catch (const Error& error) {
    std::string message = error.what();
    check.note(static_cast<double>(std::hash<std::string>{}(without_places(message)) % (1 << 30)));
    const std::string launched = " (:0)";  // the place of the launch, which would say nothing to a student
    if (const size_t at = message.find(launched); at != std::string::npos) message.erase(at, launched.size());
    throw Error(message);
  }
}

/// Small whole numbers, whose sums are exact in any order.
inline std::vector<float> whole_numbers(int n) {
  std::vector<float> values(n);
  for (float& value : values) value = randint(1, 10, {1}).item<float>();
  return values;
}

/// Ends the point with a complaint unless the numbers are right, up to rounding. They are noted.
inline void expect_values(Check& check, const std::string& what, const std::vector<float>& yours,
                          const std::vector<float>& right) {
  for (const float value : yours) check.note(value);
  for (size_t i = 0; i < right.size(); ++i)
    check.expect(std::abs(yours[i] - right[i]) <= 1e-5 * std::max(1.f, std::abs(right[i])), what, "[", i,
                 "] is ", double{yours[i]}, " and should be ", right[i]);
}

}  // namespace course
