// The part that the formats .npy and .safetensors share: a text header that describes the bytes after it.
#pragma once

#include <bit>
#include <string>
#include <string_view>

#include "tensor/files/files.h"
#include "tensor/tensor.h"

namespace gradus {

static_assert(std::endian::native == std::endian::little,
              "the binary formats are little-endian: bytes are read and written in memory order");

/// Reads a header's text piece by piece. An Error says where the text is not as expected:
/// "x.npy, byte 23 of the header: expected ':', found "="".
class HeaderReader {
 public:
  /// `text` and `source`, the file's name, must outlive the reader.
  HeaderReader(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  // All of these first skip blanks.

  /// Reads `word` if it comes next; says whether it did.
  bool take(std::string_view word);
  /// Reads `word`; Error if it does not come next.
  void expect(std::string_view word);
  /// Error if any text is left.
  void expect_end();

  /// A string in the given quotes, with JSON's escapes. Bytes from 128 on are not checked.
  std::string string(char quote = '"');
  /// A whole number from 0 to 2⁶³ - 1.
  int64_t number();
  /// Numbers between brackets, such as [3, 4]. A comma may follow the last one, and `suffix` may follow each number.
  std::vector<int64_t> numbers(std::string_view open = "[", std::string_view close = "]",
                               std::string_view suffix = "");
  /// Calls f for every entry of {…, …}; a comma may follow the last one.
  template <class F>
  void entries(F f) {
    expect("{");
    while (!take("}")) {
      f();
      if (!take(",")) return expect("}");
    }
  }

  /// Throws the Error: "… expected <expected>, found …".
  [[noreturn]] void fail_expecting(std::string_view expected) const;

 private:
  void skip_blanks();
  void append_escaped(std::string& result);
  uint32_t hexadecimal();

  std::string_view text_;
  const std::string& source_;
  size_t place_ = 0;
};

/// A row-major tensor with these bytes as elements; Error if their number does not match. Error texts begin with
/// `what`: "x.npy" or "x.safetensors: tensor \"w\"".
Tensor tensor_of_bytes(const std::vector<int64_t>& sizes, Dtype dtype, std::string_view bytes,
                       const std::string& what);
/// Appends the elements in row-major order.
void append_bytes(std::string& bytes, const Tensor& x);

}  // namespace gradus
