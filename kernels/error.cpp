#include "kernels/error.h"

#include <sstream>

namespace gradus {

void MessagePart::apply_manipulator(std::ostream& out, const void* manipulator) {
  out << reinterpret_cast<std::ios_base& (*)(std::ios_base&)>(const_cast<void*>(manipulator));
}

void MessagePart::print_text(std::ostream& out, const void* text) { out << static_cast<const char*>(text); }

void fail_with(std::initializer_list<MessagePart> parts) {
  std::ostringstream message;
  for (const MessagePart& part : parts) part.print(message);
  throw Error(message.str());
}

}  // namespace gradus
