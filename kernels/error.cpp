#include "kernels/error.h"

#include <sstream>

namespace gradus {

void MessagePart::print_text(std::ostream& out, const void* text) { out << static_cast<const char*>(text); }

void fail_with(std::initializer_list<MessagePart> parts) {
  std::ostringstream message;
  for (const MessagePart& part : parts) part.print(message);
  throw Error(message.str());
}

}  // namespace gradus
