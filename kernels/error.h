// The one exception of Gradus. It is declared here, below every other folder, because the kernels throw it too.
#pragma once

#include <initializer_list>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradus {

/// Thrown for every misuse that Gradus can detect. The message names the op, the wrong shapes or
/// values, and the way out.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  /// The message alone. libtorch appends a backtrace to what(). Gradus does not, so the
  /// two are equal.
  const char* what_without_backtrace() const noexcept { return what(); }
};

/// One part of a message: a value of any type that has operator<<, and the function that prints it. That function is
/// compiled once for each type, not once for each message.
class MessagePart {
 public:
  template <class T>
  explicit MessagePart(const T& value) : value_(&value), print_(print_as<T>) {}
  template <size_t n>
  explicit MessagePart(const char (&text)[n]) : value_(text), print_(print_text) {}

  explicit MessagePart(std::ios_base& (&manipulator)(std::ios_base&))  // std::hex
      : value_(reinterpret_cast<const void*>(&manipulator)), print_(apply_manipulator) {}

  void print(std::ostream& out) const { print_(out, value_); }  // as operator<< of the value does

 private:
  template <class T>
  static void print_as(std::ostream& out, const void* value) {
    out << *static_cast<const T*>(value);
  }
  static void apply_manipulator(std::ostream& out, const void* manipulator);
  static void print_text(std::ostream& out, const void* text);

  const void* value_;
  void (*print_)(std::ostream& out, const void* value);
};

/// A name or a text from outside, for a message: at most `most` bytes, with '?' in place of control characters and of
/// bytes that are not UTF-8.
std::string shown(std::string_view text, size_t most = 80);

/// Throws Error with all parts printed one after another. A part is shortened as by `shown`, but to 10,000 bytes, and
/// it may have several lines.
[[noreturn, gnu::cold]] void fail_with(std::initializer_list<MessagePart> parts);

/// Throws Error with all parts printed one after another: fail("embedding: index ", i, " is out of range").
template <class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(const Parts&... parts) {
  fail_with({MessagePart(parts)...});
}

/// Throws an Error with the given parts unless the condition holds.
template <class... Parts>
inline void check(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(parts...);
}

}  // namespace gradus
