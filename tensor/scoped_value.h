// ScopedValue: a variable that has another value for the current scope.
#pragma once

#include <utility>

namespace gradus {

/// Sets the variable, and puts the old value back at the end of the scope, also after an exception.
template <class T>
class ScopedValue {
 public:
  ScopedValue(T& variable, T value)
      : variable_(variable), before_(std::exchange(variable, std::move(value))) {}
  ~ScopedValue() { variable_ = std::move(before_); }
  ScopedValue(const ScopedValue&) = delete;
  ScopedValue& operator=(const ScopedValue&) = delete;

 private:
  T& variable_;
  T before_;
};

}  // namespace gradus
