// SavedValue: what a custom op may keep for its backward beside tensors, in the spelling of libtorch's IValue.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::autograd {

/// A bool, a whole number, a real number, a text, a list of whole numbers or a tensor; nothing at first. Reading it as
/// something else than it was given is an Error.
class SavedValue {
 public:
  SavedValue() = default;
  template <class T>
  requires std::is_arithmetic_v<T> SavedValue(T value) {  // NOLINT: ctx->saved_data["n"] = n
    if constexpr (std::same_as<T, bool>)
      value_ = value;
    else if constexpr (std::integral<T>)
      value_ = static_cast<int64_t>(value);
    else
      value_ = static_cast<double>(value);
  }
  SavedValue(Tensor value) : value_(std::move(value)) {}                // NOLINT
  SavedValue(std::string value) : value_(std::move(value)) {}           // NOLINT
  SavedValue(const char* value) : value_(std::string(value)) {}         // NOLINT
  SavedValue(std::vector<int64_t> value) : value_(std::move(value)) {}  // NOLINT
  SavedValue(IntArrayRef value) : value_(value.vec()) {}                // NOLINT

  bool toBool() const { return as<bool>("a bool"); }
  int64_t toInt() const { return as<int64_t>("an int"); }
  double toDouble() const { return as<double>("a double"); }
  const Tensor& toTensor() const { return as<Tensor>("a tensor"); }
  const std::string& toStringRef() const { return as<std::string>("a string"); }
  const std::vector<int64_t>& toIntVector() const { return as<std::vector<int64_t>>("a list of ints"); }
  bool isNone() const { return value_.index() == 0; }

 private:
  template <class T>
  const T& as(const char* asked) const {
    static constexpr const char* names[] = {"nothing",  "a bool",         "an int",  "a double",
                                            "a string", "a list of ints", "a tensor"};
    const T* value = std::get_if<T>(&value_);
    check(value != nullptr, "saved_data: asked for ", asked, ", but it holds ", names[value_.index()]);
    return *value;
  }

  std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<int64_t>, Tensor> value_;
};

}  // namespace gradus::autograd
