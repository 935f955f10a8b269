// Writing results so that what existed before is replaced whole or stays as it was. For a file whose content is at hand
// that is gradus::replace_file; this is for those that another program writes, and for asking beforehand.
#pragma once

#include <filesystem>

#include "tensor/files.h"

namespace lab {

/// The name under which a file is written before it takes the place of `path`: in the same folder, so that
/// the renaming cannot fail half-way.
std::filesystem::path draft_of(const std::filesystem::path& path);

/// Puts the draft in the place of `path`. Throws std::runtime_error, and removes the draft, if that fails.
void publish_draft(const std::filesystem::path& path);

/// Throws std::runtime_error unless gradus::replace_file could write there. Nothing stays behind.
void require_writable_file(const std::filesystem::path& path);

/// Makes the folder if need be; throws std::runtime_error unless files can be written in it.
void require_writable_folder(const std::filesystem::path& folder);

}  // namespace lab
