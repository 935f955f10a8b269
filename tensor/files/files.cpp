#include "tensor/files/files.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>

#include "kernels/error.h"

namespace fs = std::filesystem;

namespace gradus {
namespace {

std::string reason(int error) { return std::generic_category().message(error != 0 ? error : EIO); }

void write(const fs::path& path, std::string_view bytes, const fs::path& shown) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
  check(file.good(), "cannot write ", shown.string(), ": ", reason(errno));
}

}  // namespace

std::string read_file(const std::string& name) {
  const fs::path path = name;
  std::error_code ignored;
  check(!fs::is_directory(path, ignored), "cannot read ", path.string(), ": it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  for (char block[1 << 16]; file.read(block, sizeof block), file.gcount() > 0;)
    bytes.append(block, static_cast<size_t>(file.gcount()));
  check(file.eof() && !file.bad(), "cannot read ", path.string(), ": ", reason(errno));
  return bytes;
}

void replace_file(const std::string& name, std::string_view bytes) {
  const fs::path path = name;
  std::error_code error, ignored;
  const fs::file_status status = fs::status(path, ignored);
  check(!path.filename().empty() && !fs::is_directory(status), "cannot write ", path.string(),
        ": it is a folder");
  if (fs::exists(status) && !fs::is_regular_file(status)) return write(path, bytes, path);

  // The bytes go to a draft in the same folder, which is then renamed: a rename cannot fail half-way. The draft's
  // name is random, because two programs may write the same file.
  const fs::path target = fs::is_symlink(path, ignored) ? fs::weakly_canonical(path, ignored) : path;
  fs::path draft = target;
  draft += ".draft-" + std::to_string(std::random_device{}());
  try {
    write(draft, bytes, path);
    if (fs::exists(status)) fs::permissions(draft, status.permissions(), ignored);
    fs::rename(draft, target, error);
    check(!error, "cannot write ", path.string(), ": ", error.message());
  } catch (...) {
    fs::remove(draft, ignored);
    throw;
  }
}

std::string shown(std::string_view text, size_t most) {
  size_t length = std::min(text.size(), most);
  while (length < text.size() && (text[length] & 0xC0) == 0x80) --length;  // not within a character of UTF-8
  std::string result(text.substr(0, length));
  for (char& c : result)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = '?';
  return result + (length < text.size() ? "…" : "");
}

}  // namespace gradus
