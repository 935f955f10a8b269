// Safetensors: named tensors in one file that every framework reads, and that cannot hold a program.
//
//     write_safetensors("pair.safetensors", {{"U", U}, {"V", V}});
//     Tensor U = read_safetensors("pair.safetensors").tensors.at("U");
//
// save and load in tensor/files/serialize.h are built on these and take tensors, modules and optimisers as they are.
//
// A file is the header's length in eight bytes, the header, and the elements of all tensors without gaps:
//
//     {"__metadata__": {"epoch": "7"}, "U": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}, …}
//
// Gradus reads and writes this one form of JSON itself, so saving needs no JSON library. Other JSON is an Error: more
// nesting, which could overflow the stack, or a name that occurs twice.
//
// Source: the description of the format at https://github.com/huggingface/safetensors.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace gradus {

using NamedTensors = std::map<std::string, Tensor>;  // sorted by name

/// The content of a file.
struct Safetensors {
  NamedTensors tensors;                         // all, by name
  std::map<std::string, std::string> metadata;  // remarks, such as {"epoch": "7"}
  std::string source = "safetensors";           // the file's name, for messages
};

/// Reads a whole file. Error for a dtype that Gradus does not have (BF16), and for an invalid file: a
/// header longer than the file, data that overlap or leave gaps, sizes that do not fit the data, a
/// name that occurs twice.
Safetensors read_safetensors(const std::string& path);
/// read_safetensors for bytes in memory.
Safetensors parse_safetensors(std::string_view bytes, const std::string& source);

/// Writes the same bytes as the format's own library. The file is replaced whole or, on an Error, not at all.
/// Error for an undefined tensor, and for one called __metadata__.
void write_safetensors(const std::string& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata = {});
/// The bytes of such a file.
std::string safetensors_bytes(const NamedTensors& tensors,
                              const std::map<std::string, std::string>& metadata = {});

}  // namespace gradus
