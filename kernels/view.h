// A tensor as a kernel sees it: the address of its elements, their type, and the sizes and strides.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "kernels/error.h"

namespace gradus {

/// Element types. The constants below have libtorch's names. Kernels compute with the first four.
/// The small integers after them are for storing indices, masks and pixels: kernels fill, copy,
/// take and put them. To compute with them, the caller converts them to int64 and the result back,
/// which is the same modulo 2ⁿ.
enum class Dtype : uint8_t { Float32, Float64, Int64, Bool, Int32, Int16, UInt8 };
inline constexpr int kDtypes = 7, kComputedDtypes = 4;

inline constexpr Dtype kFloat32 = Dtype::Float32, kFloat = kFloat32;
inline constexpr Dtype kFloat64 = Dtype::Float64, kDouble = kFloat64;
inline constexpr Dtype kInt64 = Dtype::Int64, kLong = kInt64;
inline constexpr Dtype kInt32 = Dtype::Int32, kInt = kInt32;
inline constexpr Dtype kInt16 = Dtype::Int16, kShort = kInt16;
inline constexpr Dtype kUInt8 = Dtype::UInt8, kByte = kUInt8;
inline constexpr Dtype kBool = Dtype::Bool;

constexpr bool is_floating_point(Dtype dtype) { return dtype == kFloat32 || dtype == kFloat64; }
constexpr bool is_integer(Dtype dtype) { return !is_floating_point(dtype) && dtype != kBool; }
constexpr bool is_small_integer(Dtype dtype) { return static_cast<int>(dtype) >= kComputedDtypes; }

/// The dtype that kernels compute with instead: int64 for a small integer, else the dtype itself.
constexpr Dtype computing_dtype(Dtype dtype) { return is_small_integer(dtype) ? kInt64 : dtype; }

/// The kind of a dtype: bool 0, integers 1, floating point 2.
constexpr int kind_of(Dtype dtype) { return is_floating_point(dtype) ? 2 : dtype == kBool ? 0 : 1; }

/// The larger dtype in the order bool < uint8 < int16 < int32 < int64 < float32 < float64.
constexpr Dtype promote_types(Dtype a, Dtype b) {
  constexpr int rank[] = {5, 6, 4, 0, 3, 2, 1};
  return rank[static_cast<int>(a)] >= rank[static_cast<int>(b)] ? a : b;
}

/// Bytes of one element. (The table is outside of the function, because inside it would be written
/// to the stack at every call.)
inline constexpr uint8_t kItemSizes[] = {4, 8, 8, 1, 4, 2, 1};
constexpr int64_t item_size(Dtype dtype) { return kItemSizes[static_cast<int>(dtype)]; }

/// "float32", "float64", "int64", "bool", "int32", "int16" or "uint8".
constexpr const char* name_of(Dtype dtype) {
  constexpr const char* names[] = {"float32", "float64", "int64", "bool", "int32", "int16", "uint8"};
  return names[static_cast<int>(dtype)];
}
inline std::ostream& operator<<(std::ostream& out, Dtype dtype) { return out << name_of(dtype); }

/// The Dtype of a C++ type. Other integer types count as int64.
template <class T>
requires std::is_arithmetic_v<T>
constexpr Dtype dtype_of() {
  if constexpr (std::same_as<T, bool>) return kBool;
  if constexpr (std::same_as<T, int32_t>) return kInt32;
  if constexpr (std::same_as<T, int16_t>) return kInt16;
  if constexpr (std::same_as<T, uint8_t>) return kUInt8;
  if constexpr (std::integral<T>) return kInt64;
  return std::same_as<T, float> ? kFloat32 : kFloat64;
}

/// Calls f with a value of the C++ type of `dtype`, which must be one of the first four:
/// visit_dtype(d, [&]<class T>(T) { … }).
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
      return f(bool{});
    default:
      fail("no kernel computes with ", dtype, ", which is for storing; convert with .to(kInt64)");
  }
}

/// The same for every dtype.
template <class F>
constexpr decltype(auto) visit_stored_dtype(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::Int32:
      return f(int32_t{});
    case Dtype::Int16:
      return f(int16_t{});
    case Dtype::UInt8:
      return f(uint8_t{});
    default:
      return visit_dtype(dtype, f);
  }
}

/// A number whose type is known at run time only: float64, int64 or bool.
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
  /// Does a T hold the value? A fraction is dropped, and any number is a bool: is it 0?
  template <class T>
  constexpr bool fits() const {
    if constexpr (std::same_as<T, bool>) {
      return true;
    } else if constexpr (std::floating_point<T>) {
      // Infinity and NaN fit. 1e300 does not fit in a float.
      const double most = std::numeric_limits<T>::max();
      return !isFloatingPoint() || !(real_ > most || real_ < -most) || real_ - real_ != 0;
    } else {
      if (isFloatingPoint() && !(real_ >= -0x1p63 && real_ < 0x1p63)) return false;
      const int64_t whole = to<int64_t>();
      const T converted = static_cast<T>(whole);
      return static_cast<int64_t>(converted) == whole && (converted < 0) == (whole < 0);
    }
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

/// Prints the number.
std::ostream& operator<<(std::ostream& out, const Scalar& number);

/// Error if `dtype` is an integer one and cannot hold the number: 300 or NaN in uint8.
void check_fits(const char* op, const Scalar& number, Dtype dtype);

/// The most dimensions a tensor can have. A fixed bound keeps shapes inline: no allocation per shape.
inline constexpr int kMaxDims = 8;

struct Storage;

/// A strided window on memory that somebody else owns. Element (i₀, i₁, …) is Σ iₖ·strides[k]
/// elements after data. A stride of 0 repeats one element along its dimension. Broadcasting
/// is nothing else.
struct View {
  void* data;
  Dtype dtype;
  uint8_t dim;
  int64_t sizes[kMaxDims];    // entries from dim on are unspecified
  int64_t strides[kMaxDims];  // in elements
  Storage* owner = nullptr;   // of the memory; no kernel looks at it

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }

  int64_t numel() const {
    int64_t count = 1;
    for (int d = 0; d < dim; ++d) count *= sizes[d];
    return count;
  }

  /// True if the elements are contiguous in row-major order.
  bool is_contiguous() const {
    int64_t expected = 1;
    for (int d = dim - 1; d >= 0; --d) {
      if (sizes[d] != 1 && strides[d] != expected) return numel() == 0;
      expected *= sizes[d];
    }
    return true;
  }

  /// True if some element appears more than once. Such a view can be read but not written.
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

  /// Exchanges two dimensions. No element moves.
  void exchange(int a, int b) {
    std::swap(sizes[a], sizes[b]);
    std::swap(strides[a], strides[b]);
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
