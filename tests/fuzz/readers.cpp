// Fuzzes the readers of files. The first byte chooses the format. A reader returns or raises an Error; -malloc_limit_mb
// stops one that takes more memory than the input justifies.
#include <unistd.h>
#include <cstdint>
#include <sstream>
#include <string>

#include "gradus.h"
#include "tensor/files/csv.h"
#include "tensor/files/npy.h"
#include "tensor/files/safetensors.h"
#include "tensor/files/serialize.h"

using namespace gradus;

namespace {

/// A file with these bytes; its name is the same in every call of a process.
const std::string& file_of(const std::string& bytes) {
  static const std::string name = "/tmp/gradus-fuzz-" + std::to_string(getpid());
  replace_file(name, bytes);
  return name;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0:
        static_cast<void>(parse_safetensors(bytes, "input"));
        break;
      case 1: {
        std::istringstream in(bytes);
        std::vector<Tensor> list;
        load(list, in);
        break;
      }
      case 2:
        static_cast<void>(parse_npy(bytes, "input"));
        break;
      default:
        static_cast<void>(read_csv(file_of(bytes)));
        break;
    }
  } catch (const Error&) {
  }
  return 0;
}
