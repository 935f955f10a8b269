// GRADUS_ARG: one named argument of an options struct, in the spelling of libtorch's TORCH_ARG.
//
//     struct LinearOptions {
//       LinearOptions(int64_t in_features, int64_t out_features);
//       GRADUS_ARG(bool, bias) = true;
//     };
//     LinearOptions(4, 12).bias(false)      // C++ has no keyword arguments; setters read like them
//
// A macro, because no template can make a member function of a given name.
#pragma once

#include <utility>

#define GRADUS_ARG(T, name)                 \
 public:                                    \
  auto name(T value)->decltype(*this) {     \
    name##_ = std::move(value);             \
    return *this;                           \
  }                                         \
  const T& name() const { return name##_; } \
  T& name() { return name##_; }             \
                                            \
 private:                                   \
  T name##_
