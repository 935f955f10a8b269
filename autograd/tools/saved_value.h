// SavedValue: a value that a custom op keeps for its backward. Its methods have the names of libtorch's IValue.
#pragma once

#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::autograd {

/// A bool, an integer, a real number, a string, a list of integers or a tensor; empty at first. Error if it is
/// read as another type than was stored.
class SavedValue {
 public:
  SavedValue() = default;
  template <class T>
  requires std::is_arithmetic_v<T> SavedValue(T value)
      : SavedValue(Scalar(value)) {}       // NOLINT: saved_data["n"] = n
  SavedValue(Scalar value);                // NOLINT
  SavedValue(Tensor value);                // NOLINT
  SavedValue(std::string value);           // NOLINT
  SavedValue(const char* value);           // NOLINT
  SavedValue(std::vector<int64_t> value);  // NOLINT
  SavedValue(IntArrayRef value);           // NOLINT

  bool toBool() const;
  int64_t toInt() const;
  double toDouble() const;
  const Tensor& toTensor() const;
  const std::string& toStringRef() const;
  const std::vector<int64_t>& toIntVector() const;
  bool isNone() const { return kind_ == Kind::nothing; }

 private:
  enum class Kind { nothing, a_bool, an_int, a_double, a_string, a_list, a_tensor };
  void check_is(Kind asked) const;

  // kind_ says which of the other members holds the value. A std::variant would save a few bytes, but take longer to
  // compile than the rest of the header.
  Kind kind_ = Kind::nothing;
  Scalar number_ = 0;
  std::string string_;
  std::vector<int64_t> list_;
  Tensor tensor_;
};

}  // namespace gradus::autograd
