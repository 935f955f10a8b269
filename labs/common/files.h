// Writing results so that what existed before is replaced whole or stays as it was. For a file whose content is at hand
// that is gradus::replace_file; this is for those that another program writes, and for asking beforehand.
#pragma once

#include <filesystem>
#include <vector>

#include "tensor/files.h"

namespace lab {

/// The name under which a file is written before it takes the place of `path`: in the same folder, so that
/// the renaming cannot fail half-way.
std::filesystem::path draft_of(const std::filesystem::path& path);

/// Puts the draft in the place of `path`. Throws std::runtime_error, and removes the draft, if that fails.
void publish_draft(const std::filesystem::path& path);

/// Throws std::runtime_error unless gradus::replace_file could write there. Nothing stays behind.
void require_writable_file(const std::filesystem::path& path);

/// A folder to write in. Made if need be, with those above it; those that were made and have stayed empty, because the run
/// failed or had nothing to write, go again in the end. Throws std::runtime_error unless files can be written in it.
class OutputFolder {
 public:
  explicit OutputFolder(const std::filesystem::path& folder);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

 private:
  void remove_what_is_empty() const;

  std::vector<std::filesystem::path> made_;  // the innermost first
};

}  // namespace lab
