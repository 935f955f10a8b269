// The one exception type of Gradus. It is here, below every other folder, because the kernels
// throw it too.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

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

/// Throws an Error whose message is all parts, one after another.
template <class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(message.str());
}

/// Throws an Error with the given parts unless the condition holds.
template <class... Parts>
inline void check(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(parts...);
}

}  // namespace gradus
