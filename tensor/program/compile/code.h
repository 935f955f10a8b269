// The compiled code of a program.
#pragma once

#include "tensor/program/compile/compiler.h"
#include "tensor/program/contents.h"

namespace gradus::programs {

struct CompiledCode {
  Loaded loaded;
  std::vector<void*> memory;  // of the text

  void run(const std::vector<std::unique_ptr<Call>>& calls) const {
    constexpr auto make_call = [](const void* calls, size_t line) {
      (*static_cast<const std::vector<std::unique_ptr<Call>>*>(calls))[line - 1]->run();
    };
    loaded.function({memory.data(), &calls, make_call});
  }
};

}  // namespace gradus::programs
