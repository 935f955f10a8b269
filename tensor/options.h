// Device and TensorOptions: the device and the dtype of a new tensor, and whether it requires grad.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernels/kernels.h"

namespace gradus {

inline constexpr DeviceType kCPU = DeviceType::CPU;
inline constexpr DeviceType kCUDA = DeviceType::CUDA;

/// "cpu" or "cuda" (also "cuda:0"). Any other name is an Error.
class Device {
 public:
  Device(DeviceType type) : type_(type) {}                             // NOLINT
  Device(std::string_view name);                                       // NOLINT
  Device(const char* name) : Device(std::string_view(name)) {}         // NOLINT
  Device(const std::string& name) : Device(std::string_view(name)) {}  // NOLINT

  DeviceType type() const { return type_; }
  bool is_cpu() const { return type_ == kCPU; }
  bool is_cuda() const { return type_ == kCUDA; }
  std::string str() const { return is_cpu() ? "cpu" : "cuda:0"; }
  bool operator==(const Device&) const = default;

 private:
  DeviceType type_;
};
inline std::ostream& operator<<(std::ostream& out, const Device& device) { return out << device.str(); }

namespace cuda {
/// True if tensors can be put on kCUDA in this build, on this machine.
bool is_available();
/// The number of devices that tensors can be put on: 1 (cuda:0) or 0.
int64_t device_count();
/// Waits until all work on the device is done. Error if there is no device.
void synchronize();
/// "NVIDIA …" or "CUDA emulated on the CPU". Error if there is no device.
std::string device_name();
}  // namespace cuda

/// The dtype of new floating-point tensors if none is given. It is float32 until set_default_dtype changes it.
Dtype get_default_dtype();
void set_default_dtype(Dtype dtype);  // Error unless floating point

/// Options of a creation function: rand({3, 2}, TensorOptions().dtype(kFloat64).requires_grad(true)). A dtype or
/// a device alone is enough: rand({3, 2}, kFloat64).
class TensorOptions {
 public:
  TensorOptions() = default;
  TensorOptions(Dtype dtype) : dtype_(dtype) {}          // NOLINT
  TensorOptions(Device device) : device_(device) {}      // NOLINT
  TensorOptions(DeviceType device) : device_(device) {}  // NOLINT

  TensorOptions dtype(Dtype value) const { return with(&TensorOptions::dtype_, value); }
  TensorOptions device(Device value) const { return with(&TensorOptions::device_, value); }
  TensorOptions requires_grad(bool value) const { return with(&TensorOptions::requires_grad_, value); }

  /// `other`, with dtype and device from these options where it does not set them: x.options().merge_in(kInt64).
  TensorOptions merge_in(const TensorOptions& other) const {
    TensorOptions merged = other;
    if (!merged.dtype_) merged.dtype_ = dtype_;
    if (!merged.device_) merged.device_ = device_;
    return merged;
  }

  Dtype dtype() const { return dtype_.value_or(get_default_dtype()); }
  Dtype dtype_or(Dtype fallback) const { return dtype_.value_or(fallback); }
  bool has_dtype() const { return dtype_.has_value(); }
  Device device() const { return device_.value_or(kCPU); }
  bool has_device() const { return device_.has_value(); }
  bool requires_grad() const { return requires_grad_; }

 private:
  template <class Member, class Value>
  TensorOptions with(Member TensorOptions::*member, Value value) const {
    TensorOptions copy = *this;
    copy.*member = value;
    return copy;
  }

  std::optional<Dtype> dtype_;
  std::optional<Device> device_;
  bool requires_grad_ = false;
};

inline TensorOptions dtype(Dtype value) { return TensorOptions().dtype(value); }
inline TensorOptions device(Device value) { return TensorOptions().device(value); }
inline TensorOptions requires_grad(bool value = true) { return TensorOptions().requires_grad(value); }

}  // namespace gradus
