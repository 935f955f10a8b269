// Whole files: reading one into memory, and replacing one so that it is never half-written.
#pragma once

#include <string>
#include <string_view>

#include "kernels/error.h"

namespace gradus {

/// The bytes of a file. Error "cannot read x.csv: No such file or directory", or "…: it is a folder". A pipe is read
/// to its end, but Error if more than 1 GiB comes out of it. A device, such as /dev/zero, is an Error.
std::string read_file(const std::string& path);

/// Replaces the content of a file by `bytes`. On an Error the old content stays. If the program is killed or the computer
/// crashes, the file has either the old content or the new one. A symbolic link stays a link, and its target is replaced
/// or made. A device or pipe (/dev/stdout) is written to directly.
///
/// A program that is killed while it writes may leave a file NAME.draft-123 behind, which you may delete. This is rare,
/// except on file systems that have no files without names (NFS).
void replace_file(const std::string& path, std::string_view bytes);

/// Where symbolic links lead from `path`: a file that need not exist. Without links it is `path`.
std::string link_target(const std::string& path);

/// The name of a file for a message.
inline std::string shown_path(const std::string& path) { return shown(path, 300); }

}  // namespace gradus
