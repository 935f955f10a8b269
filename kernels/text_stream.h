// TextStream: where numbers become text.
#pragma once

#include <locale>
#include <sstream>

namespace gradus {

/// A string stream that reads and writes numbers in one way, whatever locale the program has set: with a point,
/// and without separators between thousands.
class TextStream : public std::stringstream {
 public:
  TextStream() { imbue(std::locale::classic()); }
};

}  // namespace gradus
