// Compiled programs of the tests are kept beside the tests, not among those of the user.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace gradus::test {

inline const bool keeps_compiled_programs_beside_tests = [] {
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "cache";
  return setenv("XDG_CACHE_HOME", folder.c_str(), 0) == 0;
}();

}  // namespace gradus::test
