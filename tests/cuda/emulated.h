// Helpers of the emulator's own tests: which build finds which bugs, and numbers on the device.
#pragma once

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "kernels/cuda/launch.h"
#include "tests/expectations.h"

namespace gradus::cuda {

// ---- Which build finds which bugs --------------------------------------------------------------------------------------

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddresses = true, kRaces = false;
#elif GRADUS_RACE_CHECK
constexpr bool kAddresses = false, kRaces = true;
#else
constexpr bool kAddresses = false, kRaces = false;
#endif

inline void expect_contains(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n  not in: " << text;
}

/// Expects that the program ends with a sanitizer's report that contains these parts in this order.
#define EXPECT_REPORT(statement, ...) EXPECT_DEATH(statement, joined({__VA_ARGS__}))
inline std::string joined(const std::vector<std::string>& parts) {  // as GoogleTest's regular expression
  std::string pattern;
  for (const std::string& part : parts) {
    pattern += "(.|\n)*";
    for (const char c : part)
      pattern += std::string_view("()[]{}.*+?|^$\\").find(c) != std::string_view::npos ? std::string{'\\', c}
                                                                                       : std::string{c};
  }
  return pattern;
}

/// Numbers on the device.
template <class T = float>
class Array {
 public:
  explicit Array(size_t n) : size_(n) { check_cuda(cudaMalloc(&memory_, n * sizeof(T)), "cudaMalloc"); }
  Array(const std::vector<T>& values) : Array(values.size()) {  // NOLINT
    check_cuda(cudaMemcpy(memory_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice), "copy");
  }
  ~Array() { cudaFree(memory_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  operator T*() const { return static_cast<T*>(memory_); }  // NOLINT
  std::vector<T> values() const {
    std::vector<T> values(size_);
    check_cuda(cudaMemcpy(values.data(), memory_, size_ * sizeof(T), cudaMemcpyDeviceToHost), "copy");
    return values;
  }

 private:
  size_t size_;
  void* memory_ = nullptr;
};

template <class T = float>
std::vector<T> counting(size_t n) {
  std::vector<T> values(n);
  std::iota(values.begin(), values.end(), T(0));
  return values;
}

}  // namespace gradus::cuda
