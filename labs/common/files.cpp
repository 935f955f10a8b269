#include "labs/common/files.h"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace fs = std::filesystem;

namespace lab {
namespace {

[[noreturn]] void cannot_write(const fs::path& path, int reason) {
  throw std::runtime_error("cannot write " + path.string() + ": " + std::generic_category().message(reason));
}

bool is_device_or_pipe(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) && !fs::is_regular_file(path, ignored) && !fs::is_directory(path, ignored);
}

}  // namespace

fs::path draft_of(const fs::path& path) {
  fs::path draft = gradus::link_target(path);
  return draft += ".part" + std::to_string(getpid());
}

void publish_draft(const fs::path& path) {
  std::error_code error, ignored;
  fs::rename(draft_of(path), gradus::link_target(path), error);
  if (!error) return;
  fs::remove(draft_of(path), ignored);
  cannot_write(path, error.value());
}

void require_writable_file(const fs::path& path) {
  if (path.filename().empty() || fs::is_directory(path)) cannot_write(path, EISDIR);
  if (is_device_or_pipe(path)) {
    if (access(path.c_str(), W_OK) != 0) cannot_write(path, errno);
    return;
  }
  errno = 0;
  if (!std::ofstream(draft_of(path))) cannot_write(path, errno);
  fs::remove(draft_of(path));
}

OutputFolder::OutputFolder(const fs::path& folder) {
  std::error_code error;
  for (fs::path path = fs::absolute(folder).lexically_normal(); !fs::exists(path, error);
       path = path.parent_path())
    made_.push_back(path);
  fs::create_directories(folder, error);
  errno = 0;
  const fs::path probe = draft_of(folder / "probe");
  if (!error && std::ofstream(probe)) {
    fs::remove(probe);
    return;
  }
  const int reason = error ? error.value() : errno;
  remove_empty();
  cannot_write(folder, reason);
}

OutputFolder::~OutputFolder() { remove_empty(); }

void OutputFolder::remove_empty() const {
  std::error_code not_empty;
  for (const fs::path& folder : made_) fs::remove(folder, not_empty);
}

}  // namespace lab
