#include "nn/function_layer.h"

#include <ostream>

namespace gradus::nn {

OptionsPrinter::OptionsPrinter(std::ostream& out, const char* layer) : out_(out) {
  out_ << std::boolalpha << "gradus::nn::" << layer << '(';
}
void OptionsPrinter::close() { out_ << ')'; }

std::ostream& OptionsPrinter::start(const char* name) {
  if (!is_first_) out_ << ", ";
  is_first_ = false;
  return *name ? out_ << name << '=' : out_;
}

}  // namespace gradus::nn
