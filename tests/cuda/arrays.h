// Arrays with a copy on the host and one on the device, for tests that compare the kernels of the CPU
// and of CUDA.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <sstream>
#include <vector>

#include "kernels/cuda/cuda_kernels.h"

using namespace gradus;

namespace {

std::mt19937_64 random_bits(1);

int64_t random_up_to(int64_t n) { return static_cast<int64_t>(random_bits() % static_cast<uint64_t>(n + 1)); }

using Shape = std::vector<int64_t>;

/// The memory layout of an array.
enum class Layout { contiguous, transposed, expanded, offset, strided };
constexpr Layout kLayouts[] = {Layout::contiguous, Layout::transposed, Layout::expanded, Layout::offset,
                               Layout::strided};

inline const Kernels& on_cpu() { return kernels_for(DeviceType::CPU); }
const Kernels& on_cuda() { return cuda::kernels(); }

/// Tests that are skipped if there is no device. The message is that of the Error.
class CudaKernels : public testing::Test {
 protected:
  void SetUp() override {
    try {
      on_cuda();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};
const DeviceMemory& memory() { return *on_cuda().memory; }

/// Random elements, with the same values on the host and on the device.
class Array {
 public:
  Array(const Shape& shape, Dtype dtype, Layout layout = Layout::contiguous) {
    host_view_.dtype = dtype;
    host_view_.dim = static_cast<uint8_t>(shape.size());
    std::copy(shape.begin(), shape.end(), host_view_.sizes);
    host_view_.set_contiguous_strides();
    int64_t offset = 0;
    const int last = host_view_.dim - 1;
    if (layout == Layout::transposed && last > 0) {  // the last two dimensions
      int64_t* steps = host_view_.strides;
      steps[last - 1] = 1;
      steps[last] = shape[static_cast<size_t>(last) - 1];
    }
    if (layout == Layout::expanded && last >= 0) host_view_.strides[last / 2] = 0;
    if (layout == Layout::offset) offset = 1;
    if (layout == Layout::strided)
      for (int d = 0; d <= last; ++d) host_view_.strides[d] *= 3;
    elements_ = offset + 1;
    for (int d = 0; d <= last; ++d)
      elements_ += std::max<int64_t>(shape[static_cast<size_t>(d)] - 1, 0) * host_view_.strides[d];
    const auto bytes = static_cast<size_t>(elements_ * item_size(dtype));
    host_.resize(bytes);
    device_ = memory().allocate(static_cast<int64_t>(bytes));
    device_view_ = host_view_;
    host_view_.data = host_.data() + offset * item_size(dtype);
    device_view_.data = static_cast<char*>(device_) + offset * item_size(dtype);
    visit_stored_dtype(dtype, [&]<class T>(T) {
      std::normal_distribution<double> normal;
      for (int64_t i = 0; i < elements_; ++i) {
        if constexpr (std::floating_point<T>)
          set(i, normal(random_bits));
        else  // bool and uint8 are the unsigned dtypes
          set(i, static_cast<double>(std::unsigned_integral<T> ? random_up_to(1) : random_up_to(18) - 9));
      }
    });
    upload();
  }
  ~Array() { memory().release(device_, static_cast<int64_t>(host_.size())); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  /// Copies the device's elements to the host.
  void download() { memory().copy_to_host(device_, host_.data(), static_cast<int64_t>(host_.size())); }

  const View& host() const { return host_view_; }
  const View& device() const { return device_view_; }

  /// Replaces each value v in memory by f(v), gaps between elements included.
  template <class F>
  Array& each(const F& f) {
    for (int64_t i = 0; i < elements_; ++i) set(i, f(get(i)));
    upload();
    return *this;
  }

  /// Replaces each element of matrices (batch, rows, columns) by f(b, i, j, value).
  template <class F>
  Array& each_at(const F& f) {
    const int64_t *sizes = host_view_.sizes, *steps = host_view_.strides;
    const int64_t begin = (static_cast<char*>(host_view_.data) - host_.data()) / item_size(host_view_.dtype);
    for (int64_t b = 0; b < sizes[0]; ++b)
      for (int64_t i = 0; i < sizes[1]; ++i)
        for (int64_t j = 0; j < sizes[2]; ++j) {
          const int64_t at = begin + b * steps[0] + i * steps[1] + j * steps[2];
          set(at, f(b, i, j, get(at)));
        }
    upload();
    return *this;
  }

  /// Expects equal memory on the device and on the host, gaps between elements included. Floating-point
  /// values may differ by `tolerance` times the larger of 1 and the value.
  void expect_equal(double tolerance, const std::string& what) const {
    std::vector<char> from_device(host_.size());
    memory().copy_to_host(device_, from_device.data(), static_cast<int64_t>(host_.size()));
    visit_stored_dtype(host_view_.dtype, [&]<class T>(T) {
      const T* expected = reinterpret_cast<const T*>(host_.data());
      const T* actual = reinterpret_cast<const T*>(from_device.data());
      for (int64_t i = 0; i < elements_; ++i) {
        if constexpr (std::floating_point<T>) {
          if (std::isnan(expected[i]) && std::isnan(actual[i])) continue;
          if (expected[i] == actual[i]) continue;
          const double scale = std::max(1.0, std::abs(static_cast<double>(expected[i])));
          if (std::abs(expected[i] - actual[i]) <= tolerance * scale) continue;
        } else if (expected[i] == actual[i]) {
          continue;
        }
        FAIL() << what << ": element " << i << " of " << elements_ << ": " << actual[i] << " instead of "
               << expected[i];
      }
    });
  }

 private:
  std::vector<char> host_;
  void* device_;
  int64_t elements_;
  View host_view_, device_view_;

  double get(int64_t i) const {
    return visit_stored_dtype(host_view_.dtype, [&]<class T>(T) {
      return static_cast<double>(reinterpret_cast<const T*>(host_.data())[i]);
    });
  }
  void set(int64_t i, double value) {
    visit_stored_dtype(host_view_.dtype,
                       [&]<class T>(T) { reinterpret_cast<T*>(host_.data())[i] = static_cast<T>(value); });
  }
  void upload() { memory().copy_from_host(host_.data(), device_, static_cast<int64_t>(host_.size())); }
};

inline std::string describe(const char* op, const Shape& shape, Dtype dtype, Layout layout) {
  std::ostringstream out;
  out << op << ' ' << ShapeText{shape} << ' ' << dtype << " layout " << static_cast<int>(layout);
  return out.str();
}

double epsilon(Dtype dtype) { return dtype == kFloat32 ? 1.2e-7 : 2.3e-16; }

const Shape kShapes[] = {{},     {0},       {1},    {31},     {33},      {1000},   {4097},
                         {0, 3}, {3, 0, 2}, {1, 7}, {31, 33}, {2, 3, 5}, {65, 40}, {4, 1, 33, 2}};
constexpr Dtype kTested[] = {kFloat32, kFloat64, kInt64, kBool};
constexpr Dtype kStored[] = {kFloat32, kFloat64, kInt64, kBool, kInt32, kInt16, kUInt8};

}  // namespace
