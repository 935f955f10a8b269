#include "autograd/tools/saved_value.h"

namespace gradus::autograd {

SavedValue::SavedValue(Scalar value)
    : kind_(value.isBoolean()         ? Kind::a_bool
            : value.isFloatingPoint() ? Kind::a_double
                                      : Kind::an_int),
      number_(value) {}
SavedValue::SavedValue(Tensor value) : kind_(Kind::a_tensor), tensor_(std::move(value)) {}
SavedValue::SavedValue(std::string value) : kind_(Kind::a_string), string_(std::move(value)) {}
SavedValue::SavedValue(const char* value) : SavedValue(std::string(value)) {}
SavedValue::SavedValue(std::vector<int64_t> value) : kind_(Kind::a_list), list_(std::move(value)) {}
SavedValue::SavedValue(IntArrayRef value) : SavedValue(value.vec()) {}

void SavedValue::check_is(Kind asked) const {
  static constexpr const char* names[] = {"nothing",  "a bool",         "an int",  "a double",
                                          "a string", "a list of ints", "a tensor"};
  check(kind_ == asked, "saved_data: asked for ", names[static_cast<int>(asked)], ", but it holds ",
        names[static_cast<int>(kind_)]);
}

bool SavedValue::toBool() const {
  check_is(Kind::a_bool);
  return number_.to<bool>();
}
int64_t SavedValue::toInt() const {
  check_is(Kind::an_int);
  return number_.toLong();
}
double SavedValue::toDouble() const {
  check_is(Kind::a_double);
  return number_.toDouble();
}
const std::string& SavedValue::toStringRef() const {
  check_is(Kind::a_string);
  return string_;
}
const std::vector<int64_t>& SavedValue::toIntVector() const {
  check_is(Kind::a_list);
  return list_;
}
const Tensor& SavedValue::toTensor() const {
  check_is(Kind::a_tensor);
  return tensor_;
}

}  // namespace gradus::autograd
