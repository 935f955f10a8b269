#include "tensor/files/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>

namespace fs = std::filesystem;

namespace gradus {
namespace {

/// A pipe does not say how many bytes it has. After this many, read_file gives up.
constexpr uintmax_t kMostWithoutSize = uintmax_t{1} << 30;

std::string reason(int error) { return std::generic_category().message(error != 0 ? error : EIO); }

template <class... Parts>
[[noreturn]] void cannot(const char* read_or_write, const fs::path& path, const Parts&... why) {
  fail("cannot ", read_or_write, ' ', shown_path(path.string()), ": ", why...);
}

// ---- Writing with POSIX's calls, since C++ has none that waits for the disk. They return errno, 0 for success. ----

struct OpenFile {
  int descriptor = -1;
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor >= 0) close(descriptor);
  }
  int open(const fs::path& path, int flags) {
    descriptor = ::open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, 0666);
    return descriptor < 0 ? errno : 0;
  }
};

int write_all(const OpenFile& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file.descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return errno;
    bytes.remove_prefix(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  }
  return 0;
}

/// Writes all bytes and waits until the disk has them. Without that, a crash after the renaming could leave the new
/// name with no content.
int write_to_disk(const OpenFile& file, std::string_view bytes, fs::perms permissions) {
  if (const int error = write_all(file, bytes)) return error;
  if (permissions != fs::perms::unknown) fchmod(file.descriptor, static_cast<mode_t>(permissions));
  return fsync(file.descriptor) == 0 || errno == EINVAL ? 0 : errno;
}

#ifdef O_TMPFILE
/// Makes the file `draft`. The content is written before the file gets its name, so a program that is killed meanwhile
/// leaves nothing behind. Not all file systems have files without names.
int make_without_name_first(const fs::path& draft, std::string_view bytes, fs::perms permissions) {
  OpenFile file;
  const fs::path folder = draft.has_parent_path() ? draft.parent_path() : fs::path(".");
  if (const int error = file.open(folder, O_TMPFILE)) return error;
  if (const int error = write_to_disk(file, bytes, permissions)) return error;
  const std::string source = "/proc/self/fd/" + std::to_string(file.descriptor);
  return linkat(AT_FDCWD, source.c_str(), AT_FDCWD, draft.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}
#endif

int make(const fs::path& draft, std::string_view bytes, fs::perms permissions) {
#ifdef O_TMPFILE
  if (make_without_name_first(draft, bytes, permissions) == 0) return 0;
#endif
  OpenFile file;
  if (const int error = file.open(draft, O_CREAT | O_EXCL)) return error;
  return write_to_disk(file, bytes, permissions);
}

}  // namespace

std::string read_file(const std::string& name) {
  const fs::path path = name;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) cannot("read", path, "it is a folder");
  if (fs::is_character_file(status) || fs::is_block_file(status))
    cannot("read", path, "it is a device, which may have no end; save its content to a file first");
  uintmax_t size = fs::is_regular_file(status) ? fs::file_size(path, error) : 0;
  if (error) size = 0;
  const auto memory =
      static_cast<uintmax_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uintmax_t>(sysconf(_SC_PAGESIZE));
  if (size > memory) cannot("read", path, "its ", size, " bytes do not fit into memory");

  std::string bytes;
  bytes.reserve(size);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  for (char block[1 << 16]; file.read(block, sizeof block), file.gcount() > 0;) {
    bytes.append(block, static_cast<size_t>(file.gcount()));
    if (bytes.size() > std::max(size, kMostWithoutSize))
      cannot("read", path, "after 1 GiB it has not ended; save a part of it to a file first");
  }
  if (!file.eof() || file.bad()) cannot("read", path, reason(errno));
  return bytes;
}

void replace_file(const std::string& name, std::string_view bytes) {
  const fs::path path = name;
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (path.filename().empty() || fs::is_directory(status)) cannot("write", path, "it is a folder");
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    OpenFile file;
    int error = file.open(path, O_TRUNC);
    if (error == 0) error = write_all(file, bytes);
    if (error != 0) cannot("write", path, reason(error));
    return;
  }

  // The bytes go to a draft in the same folder. Then the draft is renamed, and a rename cannot fail half-way. The draft's
  // name is random, because two programs may write the same file. It is short enough even if NAME is as long as
  // the system allows.
  const fs::path target = link_target(name);
  const fs::path draft = target.parent_path() / (target.filename().string().substr(0, 200) + ".draft-" +
                                                 std::to_string(std::random_device{}()));
  const fs::perms permissions = fs::exists(status) ? status.permissions() : fs::perms::unknown;
  int error = make(draft, bytes, permissions);
  if (error == 0 && std::rename(draft.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return;
  fs::remove(draft, ignored);
  cannot("write", path, reason(error));
}

std::string link_target(const std::string& name) {
  fs::path path = name;
  std::error_code ignored;
  for (int links = 0; fs::is_symlink(path, ignored); ++links) {
    if (links == 40) cannot("write", name, reason(ELOOP));
    path = path.parent_path() / fs::read_symlink(path, ignored);
  }
  return path.string();
}

}  // namespace gradus
