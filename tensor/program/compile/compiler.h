// The system's compiler, and the cache of what it has compiled.
#pragma once

#include <memory>
#include <string>

#include "tensor/program/compile/prelude.h"

namespace gradus::programs {

/// A function that was compiled and loaded. It is unloaded with the last reference.
struct Loaded {
  std::shared_ptr<void> library;
  void (*function)(const Recorded&);
  std::string text_file;
  bool from_cache;
};

/// Compiles the text, or takes the result from the cache, and finds `function` in it. Error if that fails.
///
/// The cache's folder is $XDG_CACHE_HOME/gradus or ~/.cache/gradus. The names of its files are hashes of all that the
/// result depends on: the text, the headers of Gradus, the compiler and its flags, and the processor. A file is written
/// under another name and then renamed, so it is never half-written. Each library ends with a check sum.
Loaded compile_text(const std::string& text, const char* function);

}  // namespace gradus::programs
