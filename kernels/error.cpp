#include "kernels/error.h"

#include "kernels/text_stream.h"

namespace gradus {
namespace {

/// The number of bytes of the character of UTF-8 that `text` begins with. 0 if it begins with a control character
/// (C0, DEL or C1), which a terminal might obey, or with bytes that are not UTF-8.
size_t printable_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= ' ' && first != 0x7F;
  const size_t length = first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 0;
  unsigned code = first & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  // The first code of each length; 0x80 to 0x9F are control characters (C1).
  constexpr unsigned kFirstCode[] = {0x110000, 0, 0xA0, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code >= kFirstCode[length] && code < 0x110000 && !surrogate ? length : 0;
}

/// At most `most` bytes of the text, with '?' in place of what cannot be printed, except for `kept` characters.
std::string printable(std::string_view text, size_t most, std::string_view kept = "") {
  std::string result;
  while (!text.empty()) {
    const bool is_kept = kept.find(text[0]) != kept.npos;
    const size_t length = is_kept ? 1 : printable_length(text);
    if (result.size() + std::max<size_t>(length, 1) > most) return result + "…";
    result += length == 0 ? "?" : text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return result;
}

/// The bytes that one part of a message may have. The longest parts list what differs between a file and a module.
constexpr size_t kLongestPart = 10'000;

}  // namespace

void MessagePart::apply_manipulator(std::ostream& out, const void* manipulator) {
  out << reinterpret_cast<std::ios_base& (*)(std::ios_base&)>(const_cast<void*>(manipulator));
}

void MessagePart::print_text(std::ostream& out, const void* text) { out << static_cast<const char*>(text); }

std::string shown(std::string_view text, size_t most) { return printable(text, most); }

void fail_with(std::initializer_list<MessagePart> parts) {
  TextStream text;
  std::string message;
  for (const MessagePart& part : parts) {
    text.str("");
    part.print(text);
    message += printable(text.view(), kLongestPart, "\n\t");
  }
  throw Error(message);
}

}  // namespace gradus
