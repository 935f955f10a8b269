#include "tensor/files/binary.h"

#include <charconv>
#include <cstring>

namespace gradus {

void HeaderReader::skip_blanks() {
  place_ = std::min(text_.find_first_not_of(" \t\r\n", place_), text_.size());
}

bool HeaderReader::take(std::string_view word) {
  skip_blanks();
  const bool found = text_.substr(place_).starts_with(word);
  if (found) place_ += word.size();
  return found;
}

void HeaderReader::expect(std::string_view word) {
  if (!take(word)) fail_expecting("'" + std::string(word) + "'");
}

void HeaderReader::expect_end() {
  skip_blanks();
  if (place_ != text_.size()) fail_expecting("its end");
}

int64_t HeaderReader::number() {
  skip_blanks();
  int64_t value = -1;
  const auto [stop, error] = std::from_chars(text_.data() + place_, text_.data() + text_.size(), value);
  if (error != std::errc() || value < 0) fail_expecting("a whole number from 0 to 2^63 - 1");
  place_ = static_cast<size_t>(stop - text_.data());
  return value;
}

std::vector<int64_t> HeaderReader::numbers(std::string_view open, std::string_view close,
                                           std::string_view suffix) {
  std::vector<int64_t> list;
  expect(open);
  while (!take(close)) {
    list.push_back(number());
    take(suffix);
    if (take(",")) continue;
    expect(close);
    break;
  }
  return list;
}

std::string HeaderReader::string(char quote) {
  expect({&quote, 1});
  std::string result;
  for (;;) {
    if (place_ == text_.size() || static_cast<unsigned char>(text_[place_]) < ' ')
      fail_expecting("the quote that ends a string");
    const char c = text_[place_++];
    if (c == quote) return result;
    if (c == '\\')
      append_escaped(result);
    else
      result += c;
  }
}

/// Reads an escape after its backslash: one of "\/bfnrt, or u and the four digits of a UTF-16 unit.
void HeaderReader::append_escaped(std::string& result) {
  static constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  const size_t found = place_ < text_.size() ? letters.find(text_[place_]) : letters.npos;
  if (found != letters.npos) {
    ++place_;
    result += meanings[found];
    return;
  }
  uint32_t code = hexadecimal();
  if (code >= 0xDC00 && code < 0xE000) fail_expecting("the first half of a surrogate pair");
  if (code >= 0xD800 && code < 0xDC00) {
    const bool escaped = place_ < text_.size() && text_[place_] == '\\';
    place_ += escaped;
    const uint32_t low = escaped ? hexadecimal() : 0;
    if (low < 0xDC00 || low >= 0xE000) fail_expecting("the second half of a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  // UTF-8: up to 7 bits take one byte. More bits take a first byte, which gives the length, and 6 bits in
  // each byte after it.
  const int following = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static constexpr uint32_t first_bytes[] = {0, 0xC0, 0xE0, 0xF0};
  result += static_cast<char>(first_bytes[following] | code >> (6 * following));
  for (int i = following - 1; i >= 0; --i) result += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3F));
}

uint32_t HeaderReader::hexadecimal() {
  const std::string_view digits = text_.substr(place_, 5);
  uint32_t value = 0;
  if (digits.size() < 5 || digits[0] != 'u' ||
      std::from_chars(&digits[1], digits.data() + 5, value, 16).ptr != digits.data() + 5)
    fail_expecting("an escape of JSON");
  place_ += 5;
  return value;
}

void HeaderReader::fail_expecting(std::string_view expected) const {
  const std::string_view rest = text_.substr(place_);
  fail(source_, ", byte ", place_, " of the header: expected ", expected, ", found ",
       rest.empty() ? "its end" : '"' + shown(rest, 20) + '"');
}

Tensor tensor_of_bytes(const std::vector<int64_t>& sizes, Dtype dtype, std::string_view bytes,
                       const std::string& what) {
  check(sizes.size() <= kMaxDims, what, " has ", sizes.size(), " dimensions; a tensor has at most ",
        kMaxDims);
  int64_t expected = item_size(dtype);
  for (const int64_t size : sizes)
    check(!__builtin_mul_overflow(expected, size, &expected), what, " of shape ", text(sizes),
          " is too large");
  check(std::cmp_equal(expected, bytes.size()), what, ": ", dtype, " ", text(sizes), " takes ", expected,
        " bytes, but there are ", bytes.size());
  check(dtype != kBool || std::ranges::all_of(bytes, [](char c) { return c == 0 || c == 1; }), what,
        ": a bool must be 0 or 1");
  const Tensor x = allocate(sizes, dtype);
  if (!bytes.empty()) std::memcpy(x.data_ptr(), bytes.data(), bytes.size());
  return x;
}

void append_bytes(std::string& bytes, const Tensor& x) {
  const Tensor rows = x.detach().to(kCPU).contiguous();
  bytes.append(static_cast<const char*>(rows.data_ptr()),
               static_cast<size_t>(rows.numel() * item_size(rows.dtype())));
}

}  // namespace gradus
