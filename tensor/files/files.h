// Whole files: reading one into memory, and replacing one so that it is never half-written.
#pragma once

#include <string>
#include <string_view>

namespace gradus {

/// The bytes of a file. Error "cannot read x.csv: No such file or directory", likewise for a folder.
std::string read_file(const std::string& path);

/// Puts `bytes` in the place of whatever was in the file: all of them, or on an Error none, and the old
/// content stays. A symbolic link stays one; a device or pipe (/dev/stdout) is written to directly.
void replace_file(const std::string& path, std::string_view bytes);

/// Text from a file as messages show it: at most `most` bytes, and with nothing in it that a terminal would obey.
std::string shown(std::string_view text, size_t most = 80);

}  // namespace gradus
