// What the changed code asks: is this change the one that is switched on?
#pragma once

#include <cstdlib>
#include <type_traits>

namespace mutations {

/// The number of the change that the environment variable GRADUS_MUTATION names; 0 for none.
inline const int chosen = [] {
  const char* number = std::getenv("GRADUS_MUTATION");
  return number ? std::atoi(number) : 0;
}();

/// Which changes the running test came by.
inline bool reached[1 << 16];

}  // namespace mutations

// What the compiler computes itself stays as it was.
constexpr bool mutation(int number) {
  if (std::is_constant_evaluated()) return false;
  mutations::reached[number] = true;
  return number == mutations::chosen;
}
