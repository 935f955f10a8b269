#include "tensor/program/compile/compiler.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "tensor/files/files.h"

extern char** environ;

namespace gradus::programs {
namespace {

namespace fs = std::filesystem;

// The flags of the library (CMakeLists.txt), and two more. With -ffp-contract=off each multiplication and each addition
// is rounded. With -fno-strict-aliasing a block of memory may hold floats at first and integers later.
constexpr const char* kFlags =
    "-std=c++20 -O3 -march=native -ffp-contract=off -fno-math-errno -fno-trapping-math -fwrapv "
    "-fno-strict-aliasing -w -fPIC -shared";

/// FNV-1a, of 64 bits.
uint64_t hash_of(std::string_view bytes, uint64_t hash = 0xcbf29ce484222325) {
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

std::string hex(uint64_t number) {
  std::ostringstream text;
  text << std::hex << number;
  return std::string(16 - text.str().size(), '0') + text.str();
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// ---- What the result depends on ---------------------------------------------------------------------------------

/// The compiler, perhaps with arguments of its own ("ccache g++"), and the flags.
std::vector<std::string> compiler() {
  const std::string chosen = environment("CXX");
  std::vector<std::string> command = words_of(chosen.empty() ? GRADUS_CXX : chosen);
  check(!command.empty(), "CXX is blank");
  for (const std::string& flag : words_of(kFlags + (' ' + environment("GRADUS_CXXFLAGS"))))
    command.push_back(flag);
  return command;
}

/// The file of a program that is found in the folders of PATH; empty if there is none.
fs::path find_program(const std::string& name) {
  std::error_code ignored;
  if (name.find('/') != std::string::npos) return fs::exists(name, ignored) ? fs::path(name) : fs::path();
  std::istringstream folders(environment("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((folder + '/' + name).c_str(), X_OK) == 0) return folder + '/' + name;
  return {};
}

/// Identifies the compiler without running it: by the sizes of the files that the command names, and the times at which
/// they were installed.
std::string identity_of(const std::vector<std::string>& command) {
  std::ostringstream text;
  for (const std::string& word : command) {
    std::error_code ignored;
    text << word << ' ';
    const fs::path file = fs::canonical(find_program(word), ignored);
    if (file.empty()) continue;
    text << fs::file_size(file, ignored) << ' '
         << fs::last_write_time(file, ignored).time_since_epoch().count() << ' ';
  }
  return text.str();
}

/// The processor's name and features, on which the code for -march=native depends.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  std::string all;
  for (std::string line; std::getline(file, line) && !line.empty();)
    if (line.starts_with("model name") || line.starts_with("flags") || line.starts_with("Features"))
      all += line + '\n';
  return all;
}

/// The folder from which the text includes the headers of Gradus.
fs::path headers() {
  const std::string chosen = environment("GRADUS_HEADERS");
  const auto has_them = [](const std::string& folder) {
    std::error_code ignored;
    return fs::exists(fs::path(folder) / "tensor/program/compile/prelude.h", ignored);
  };
  if (!chosen.empty()) {
    check(has_them(chosen), "the headers of Gradus are not in GRADUS_HEADERS, ", shown_path(chosen));
    return chosen;
  }
  for (const char* folder : {GRADUS_SOURCE_HEADERS, GRADUS_INSTALLED_HEADERS})
    if (has_them(folder)) return folder;
  fail("the headers of Gradus are neither in ", GRADUS_SOURCE_HEADERS, " nor in ", GRADUS_INSTALLED_HEADERS,
       "; set GRADUS_HEADERS to their folder");
}

/// The headers that the text can include. They change while somebody works on Gradus.
std::string contents_of(const fs::path& headers) {
  std::string all = read_file(headers / "tensor/program/compile/prelude.h");
  std::vector<fs::path> files;
  for (const char* folder : {"kernels", "kernels/cpu", "kernels/plain"})
    for (const auto& entry : fs::directory_iterator(headers / folder))
      if (entry.path().extension() == ".h") files.push_back(entry.path());
  std::ranges::sort(files);
  for (const fs::path& file : files) all += read_file(file);
  return all;
}

fs::path cache_folder() {
  const std::string cache = environment("XDG_CACHE_HOME"), home = environment("HOME");
  check(!cache.empty() || !home.empty(), "neither XDG_CACHE_HOME nor HOME names a folder for the result");
  const fs::path folder = cache.empty() ? fs::path(home) / ".cache/gradus" : fs::path(cache) / "gradus";
  std::error_code error;
  fs::create_directories(folder, error);
  check(!error, "cannot make the folder ", shown_path(folder), ": ", error.message());
  return folder;
}

// ---- Running the compiler ---------------------------------------------------------------------------------------

/// A file that is deleted with this object.
struct Draft {
  fs::path path;
  explicit Draft(const fs::path& path) : path(path) {}
  ~Draft() { unlink(path.c_str()); }
  Draft(const Draft&) = delete;
};

/// Runs a command, writes its messages to a file, and waits for its end. Error with the first message if it fails.
void run(std::vector<std::string> command, const fs::path& messages) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);
  pid_t process = 0;
  const int error = posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  check(error != ENOENT, "there is no compiler ", shown(command[0], 300), "; set CXX to one");
  check(error == 0, "cannot run the compiler ", shown(command[0], 300), ": ", std::strerror(error));
  int status = 0;
  while (waitpid(process, &status, 0) < 0)
    if (errno != EINTR) fail("lost the compiler ", shown(command[0], 300), ": ", std::strerror(errno));
  if (status == 0) return;
  std::ifstream file(messages);
  std::string first, line;
  while (std::getline(file, line))
    if (first.empty() ||
        (first.find("error") == std::string::npos && line.find("error") != std::string::npos))
      first = line;
  fail("the compiler ", shown(command[0], 300),
       " failed: ", first.empty() ? "it says nothing" : shown(first, 500));
}

// ---- The cache --------------------------------------------------------------------------------------------------

/// The end of a library's file, after the library itself: the key for which it was made, and a check sum. The loader
/// ignores these bytes.
std::string seal_of(std::string_view bytes, const std::string& key) {
  return "gradus " + key + ' ' + hex(hash_of(bytes));
}

/// Is the file whole, and was it made for this key? Loading a truncated library would end the program.
bool is_sealed(const fs::path& file, const std::string& key) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return false;
  const std::string all = read_file(file);
  const size_t seal = seal_of("", key).size();
  if (all.size() < seal) return false;
  const std::string_view bytes(all.data(), all.size() - seal);
  return all.substr(bytes.size()) == seal_of(bytes, key);
}

void build(const std::vector<std::string>& compiler, const fs::path& headers, const std::string& text,
           const fs::path& source, const fs::path& library, const std::string& key) {
  static std::atomic<int> count = 0;
  const std::string mine = '.' + std::to_string(getpid()) + '-' + std::to_string(++count) + ".draft";
  const Draft draft_source(source.string() + mine + ".cpp"), draft(library.string() + mine),
      messages(draft.path.string() + ".txt");
  replace_file(draft_source.path, text);
  std::vector<std::string> command = compiler;
  for (const std::string& word : {std::string("-I"), headers.string(), draft_source.path.string(),
                                  std::string("-o"), draft.path.string()})
    command.push_back(word);
  run(command, messages.path);
  const std::string bytes = read_file(draft.path);
  replace_file(source, text);
  replace_file(library, bytes + seal_of(bytes, key));
}

Loaded load(const fs::path& library, const char* function) {
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) fail("cannot load the result: ", shown(dlerror(), 500));
  Loaded loaded = {{handle, dlclose}, nullptr, "", false};
  loaded.function = reinterpret_cast<void (*)(const Recorded&)>(dlsym(handle, function));
  check(loaded.function != nullptr, "the result has no function ", function);
  return loaded;
}

}  // namespace

Loaded compile_text(const std::string& text, const char* function) {
  const fs::path include = headers();
  const std::vector<std::string> command = compiler();
  const std::string all = text + identity_of(command) + processor() + contents_of(include);
  const std::string key = hex(hash_of(all)) + hex(hash_of(all, 1));
  const fs::path folder = cache_folder(), library = folder / (key + ".so"), source = folder / (key + ".cpp");
  const bool from_cache = is_sealed(library, key);
  try {
    if (!from_cache) build(command, include, text, source, library, key);
    Loaded loaded = load(library, function);
    loaded.text_file = source;
    loaded.from_cache = from_cache;
    return loaded;
  } catch (...) {
    unlink(source.c_str());
    unlink(library.c_str());
    throw;
  }
}

}  // namespace gradus::programs
