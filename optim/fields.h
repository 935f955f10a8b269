// Fields: visits the members of a struct by name, to write them to a file or to read them from it. A struct
// lists its members once, for both directions:
//
//     void fields(Fields& fields) { fields("step", step)("exp_avg", exp_avg); }
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::optim {

class Fields {
 public:
  virtual ~Fields() = default;

  /// The fields that follow are called prefix.name. If `like` is given, tensors must match its shape and dtype.
  virtual Fields& in(std::string prefix, const Tensor& like = {}) = 0;

  /// A value with its name, to write it or to read it.
  virtual Fields& operator()(const char* name, double& value) = 0;
  virtual Fields& operator()(const char* name, int64_t& value) = 0;
  virtual Fields& operator()(const char* name, bool& value) = 0;
  virtual Fields& operator()(const char* name, std::string& value) = 0;
  virtual Fields& operator()(const char* name, std::tuple<double, double>& pair) = 0;
  virtual Fields& operator()(const char* name, std::vector<double>& list) = 0;
  virtual Fields& operator()(const char* name, std::vector<Tensor>& list) = 0;
  /// An undefined tensor is not written to the file.
  virtual Fields& operator()(const char* name, Tensor& x) = 0;
  /// An optional without a value is not written to the file.
  template <class T>
  Fields& operator()(const char* name, std::optional<T>& value) {
    if (!is_present(name, value.has_value())) return value.reset(), *this;
    if (!value) value.emplace();
    return (*this)(name, *value);
  }

 protected:
  /// Whether the optional has a value: has_value when writing, and when reading whether the file has the field.
  virtual bool is_present(const char* name, bool has_value) = 0;
};

}  // namespace gradus::optim
