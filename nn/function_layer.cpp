#include "nn/function_layer.h"

#include <ostream>

namespace gradus::nn {

OptionsPrinter::OptionsPrinter(std::ostream& out, const char* layer) : out_(out) {
  out_ << "gradus::nn::" << layer << '(';
}
void OptionsPrinter::close() { out_ << ')'; }

std::ostream& OptionsPrinter::start(const char* name) {
  if (!is_first_) out_ << ", ";
  is_first_ = false;
  return *name ? out_ << name << '=' : out_;
}

OptionsPrinter& OptionsPrinter::operator()(const char* name, double value) {
  start(name) << value;
  return *this;
}
OptionsPrinter& OptionsPrinter::operator()(const char* name, int64_t value) {
  start(name) << value;
  return *this;
}
OptionsPrinter& OptionsPrinter::operator()(const char* name, bool value) {
  start(name) << (value ? "true" : "false");
  return *this;
}
OptionsPrinter& OptionsPrinter::operator()(const char* name, IntArrayRef value) {
  start(name) << value;
  return *this;
}

}  // namespace gradus::nn
