// Place: where in the sources a call stands, as the default of a parameter: f(Place place = Place::current()).
//
// It is std::source_location. clang has it from version 16 on. clangd 14, which shows these files in editors, reads the
// struct below instead.
#pragma once

#include <source_location>

namespace gradus {

#ifdef __cpp_lib_source_location
using Place = std::source_location;
#else
class Place {
 public:
  static constexpr Place current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE(),
                                 unsigned column = __builtin_COLUMN()) {
    Place place;
    place.file_ = file, place.line_ = line, place.column_ = column;
    return place;
  }
  constexpr const char* file_name() const { return file_; }
  constexpr unsigned line() const { return line_; }
  constexpr unsigned column() const { return column_; }

 private:
  const char* file_ = "";
  unsigned line_ = 0, column_ = 0;
};
#endif

}  // namespace gradus
