// Files are replaced as a whole or not at all. gradus::replace_file does that for a text in memory. This header does it
// for files that gnuplot writes. It also checks, before a lab runs, that the results can be written.
#pragma once

#include <filesystem>
#include <vector>

#include "tensor/files/files.h"

namespace lab {

/// The temporary name under which `path` is written before it is renamed. It is in the same folder, because renaming is
/// atomic only within a file system.
std::filesystem::path draft_of(const std::filesystem::path& path);

/// Renames the draft to `path`. If that fails, removes the draft and throws std::runtime_error.
void publish_draft(const std::filesystem::path& path);

/// Throws std::runtime_error if gradus::replace_file could not write `path`. Leaves no file behind.
void require_writable_file(const std::filesystem::path& path);

/// A folder for results. The constructor creates it and its parents if they are missing, and throws std::runtime_error
/// if no file can be written in it. The destructor removes the created folders that are still empty.
class OutputFolder {
 public:
  explicit OutputFolder(const std::filesystem::path& folder);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

 private:
  void remove_empty() const;

  std::vector<std::filesystem::path> made_;  // innermost first
};

}  // namespace lab
