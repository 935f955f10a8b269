// What a kernel sees of a tensor: where the elements are, of what type, and how to step from one to the next.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

#include "kernels/error.h"

namespace gradus {

/// Element types. libtorch's spellings are the constants below.
enum class Dtype : uint8_t { Float32, Float64, Int64, Bool };

inline constexpr Dtype kFloat32 = Dtype::Float32, kFloat = kFloat32;
inline constexpr Dtype kFloat64 = Dtype::Float64, kDouble = kFloat64;
inline constexpr Dtype kInt64 = Dtype::Int64, kLong = kInt64;
inline constexpr Dtype kBool = Dtype::Bool;

constexpr bool is_floating_point(Dtype dtype) { return dtype == kFloat32 || dtype == kFloat64; }

/// Bytes of one element.
constexpr int64_t item_size(Dtype dtype) {
  constexpr int64_t bytes[] = {4, 8, 8, 1};
  return bytes[static_cast<int>(dtype)];
}

/// "float32", "float64", "int64" or "bool".
constexpr const char* name_of(Dtype dtype) {
  constexpr const char* names[] = {"float32", "float64", "int64", "bool"};
  return names[static_cast<int>(dtype)];
}
inline std::ostream& operator<<(std::ostream& out, Dtype dtype) { return out << name_of(dtype); }

/// The Dtype of a C++ type: float, double, bool; every other integer counts as int64.
template <class T>
requires std::is_arithmetic_v<T>
constexpr Dtype dtype_of() {
  if constexpr (std::same_as<T, bool>) return kBool;
  if constexpr (std::integral<T>) return kInt64;
  return std::same_as<T, float> ? kFloat32 : kFloat64;
}

/// Calls f with a value of the C++ type that `dtype` names: visit_dtype(d, [&]<class T>(T) { … }).
template <class F>
constexpr decltype(auto) visit_dtype(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::Float32:
      return f(float{});
    case Dtype::Float64:
      return f(double{});
    case Dtype::Int64:
      return f(int64_t{});
    case Dtype::Bool:
      break;
  }
  return f(bool{});
}

/// A number whose type is known at run time: float64, int64 or bool.
class Scalar {
 public:
  template <class T>
  requires std::is_arithmetic_v<T>
  constexpr Scalar(T value) {  // NOLINT(google-explicit-constructor): 2 * x needs the conversion
    if constexpr (std::floating_point<T>) {
      dtype_ = kFloat64;
      real_ = static_cast<double>(value);
    } else {
      dtype_ = std::same_as<T, bool> ? kBool : kInt64;
      integer_ = static_cast<int64_t>(value);
    }
  }

  constexpr Dtype dtype() const { return dtype_; }
  constexpr bool isFloatingPoint() const { return dtype_ == kFloat64; }
  constexpr bool isBoolean() const { return dtype_ == kBool; }
  constexpr bool isIntegral(bool include_bool) const {
    return dtype_ == kInt64 || (include_bool && dtype_ == kBool);
  }

  /// The value converted as static_cast would.
  template <class T>
  constexpr T to() const {
    return isFloatingPoint() ? static_cast<T>(real_) : static_cast<T>(integer_);
  }
  constexpr double toDouble() const { return to<double>(); }
  constexpr int64_t toLong() const { return to<int64_t>(); }

 private:
  Dtype dtype_;
  union {
    double real_;
    int64_t integer_;
  };
};

/// The most dimensions a tensor can have. A fixed bound keeps shapes inline: no allocation per shape.
inline constexpr int kMaxDims = 8;

/// A strided window on memory that somebody else owns. Element (i₀, i₁, …) is at data + Σ iₖ·strides[k] elements.
/// A stride of 0 repeats one element along that dimension: that is all that broadcasting is.
struct View {
  void* data;
  Dtype dtype;
  uint8_t dim;
  int64_t sizes[kMaxDims];    // entries from dim on are unspecified
  int64_t strides[kMaxDims];  // in elements

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }

  int64_t numel() const {
    int64_t count = 1;
    for (int d = 0; d < dim; ++d) count *= sizes[d];
    return count;
  }

  /// True if the elements lie one after another in row-major order.
  bool is_contiguous() const {
    int64_t expected = 1;
    for (int d = dim - 1; d >= 0; --d) {
      if (sizes[d] != 1 && strides[d] != expected) return numel() == 0;
      expected *= sizes[d];
    }
    return true;
  }

  /// True if some element appears more than once: such a view can be read, but not written.
  bool repeats() const {
    bool stretched = false;
    for (int d = 0; d < dim; ++d) stretched |= strides[d] == 0 && sizes[d] > 1;
    return stretched && numel() > 0;
  }

  /// Gives the view row-major strides for its sizes.
  void set_contiguous_strides() {
    int64_t stride = 1;
    for (int d = dim - 1; d >= 0; --d) {
      strides[d] = stride;
      stride *= sizes[d];
    }
  }

  bool same_sizes(const View& other) const {
    if (dim != other.dim) return false;
    for (int d = 0; d < dim; ++d)
      if (sizes[d] != other.sizes[d]) return false;
    return true;
  }

  std::span<const int64_t> shape() const { return {sizes, dim}; }
};

/// Prints a shape as Python prints a tuple: (), (3,), (3, 4).
struct ShapeText {
  std::span<const int64_t> sizes;
};
std::ostream& operator<<(std::ostream& out, const ShapeText& shape);

}  // namespace gradus
