// What the binary formats .npy and .safetensors share: a header of text that tells what the bytes after it mean.
#pragma once

#include <bit>
#include <string>
#include <string_view>

#include "tensor/files/files.h"
#include "tensor/tensor.h"

namespace gradus {

static_assert(std::endian::native == std::endian::little,
              "the binary formats are read and written as they lie");

/// Takes a header's text piece by piece. What does not fit is an Error that says where:
/// "x.npy, byte 23 of the header: expected ':', found "="".
class HeaderReader {
 public:
  /// Both must outlive the reader; `source` is the file's name.
  HeaderReader(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  /// Each of these first skips blanks. Takes `word` if it comes next; or insists on it.
  bool take(std::string_view word);
  void expect(std::string_view word);
  /// Insists that nothing is left.
  void expect_end();

  /// A string in the given quotes, with JSON's escapes. Bytes from 128 on are taken as they are.
  std::string string(char quote = '"');
  /// A whole number from 0 to 2⁶³ - 1.
  int64_t number();
  /// Numbers between brackets, as [3, 4]; a comma may follow the last one.
  std::vector<int64_t> numbers(std::string_view open = "[", std::string_view close = "]");
  /// Calls f for every entry of {…, …}; a comma may follow the last one.
  template <class F>
  void entries(F f) {
    expect("{");
    while (!take("}")) {
      f();
      if (!take(",")) return expect("}");
    }
  }

  [[noreturn]] void refuse(std::string_view expected) const;

 private:
  void skip_blanks();
  void append_escaped(std::string& result);
  uint32_t hexadecimal();

  std::string_view text_;
  const std::string& source_;
  size_t place_ = 0;
};

/// A tensor of exactly these bytes, row-major. `what` begins the messages: "x.npy" or "x.npy: tensor \"w\"".
Tensor tensor_of_bytes(const std::vector<int64_t>& sizes, Dtype dtype, std::string_view bytes,
                       const std::string& what);
/// Appends the elements in row-major order.
void append_bytes(std::string& bytes, const Tensor& x);

}  // namespace gradus
