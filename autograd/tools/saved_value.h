// SavedValue: what a custom op may keep for its backward beside tensors, in the spelling of libtorch's IValue.
#pragma once

#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::autograd {

/// A bool, a whole number, a real number, a text, a list of whole numbers or a tensor; nothing at first. Reading it as
/// something else than it was given is an Error.
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

  // The member that kind_ names has the value. A variant would save bytes that nobody counts, and compile for longer
  // than all the rest of the header.
  Kind kind_ = Kind::nothing;
  Scalar number_ = 0;
  std::string string_;
  std::vector<int64_t> list_;
  Tensor tensor_;
};

}  // namespace gradus::autograd
