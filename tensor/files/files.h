// Whole files: reading one into memory, and replacing one so that it is never half-written.
#pragma once

#include <string>
#include <string_view>

namespace gradus {

/// The bytes of a file. Error "cannot read x.csv: No such file or directory", or "…: it is a folder".
std::string read_file(const std::string& path);

/// Replaces the content of a file by `bytes`. On an Error the old content stays. A symbolic link stays a link,
/// and its target is replaced. A device or pipe (/dev/stdout) is written to directly.
void replace_file(const std::string& path, std::string_view bytes);

/// Text from a file for a message: at most `most` bytes, with '?' in place of control characters.
std::string shown(std::string_view text, size_t most = 80);

}  // namespace gradus
