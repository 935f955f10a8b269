// save and load: a tensor, a list of tensors, a module or an optimiser, in a file or a stream.
//
//     save(net, "net.safetensors");          load(net, "net.safetensors");
//     save(adam, "adam.safetensors");        load(adam, "adam.safetensors");
//
// The format is always safetensors, so Python opens the file too: safetensors.numpy.load_file("net.safetensors").
//
// A type can be saved if its namespace has two functions: tensors_of(x) returns all of x as named tensors, and
// set_tensors(x, file) puts them back, or throws and changes nothing.
#pragma once

#include <istream>
#include <ostream>
#include <vector>

#include "tensor/files/files.h"
#include "tensor/files/safetensors.h"

namespace gradus {

/// The rest of the stream. If it does not begin as safetensors do, only its first bytes: it may have no end.
std::string read_safetensors_bytes(std::istream& in);

/// x, under the name "0", as libtorch saves one tensor.
NamedTensors tensors_of(const Tensor& x);
/// x takes the shape, the dtype and the elements of the tensor in the file. It keeps its device
/// and requires_grad, which are not in the file. An undefined x becomes a tensor on the cpu that
/// does not require grad.
void set_tensors(Tensor& x, const Safetensors& file);

/// The tensors under their numbers.
NamedTensors tensors_of(const std::vector<Tensor>& list);
/// Appends the tensors in the file to the list.
void set_tensors(std::vector<Tensor>& list, const Safetensors& file);

/// Replaces the file whole or, on an Error, not at all.
template <class Value>
void save(const Value& value, const std::string& path) {
  write_safetensors(path, tensors_of(value));
}
template <class Value>
void save(const Value& value, std::ostream& out) {
  const std::string bytes = safetensors_bytes(tensors_of(value));
  check(out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).good(),
        "save: cannot write to the stream");
}

/// Raises an Error and does not change the value if `save` did not write the file from such a value.
template <class Value>
void load(Value& value, const std::string& path) {
  set_tensors(value, read_safetensors(path));
}
/// Reads the stream to its end, unless its first bytes are not those of a file that `save` writes.
template <class Value>
void load(Value& value, std::istream& in) {
  set_tensors(value, parse_safetensors(read_safetensors_bytes(in), "stream"));
}

/// The differences between the tensors in a file and those of the object to load, all in one Error:
///
///     net.safetensors: there is no "out.bias"; no place for "extra"; "out.weight" is float32 (3, 4), not float32 (4, 4)
class Differences {
 public:
  /// The file has no tensor of this name.
  void missing(const std::string& name) { missing_.push_back('"' + shown(name) + '"'); }
  /// There is no place for this one.
  void unexpected(const std::string& name) { unexpected_.push_back('"' + shown(name) + '"'); }
  /// Notes a difference if x does not have this dtype and these sizes; true if it has.
  bool compare(const std::string& name, const Tensor& x, Dtype dtype, IntArrayRef sizes);
  /// Error that lists all differences, if there are any.
  void check_none(const std::string& source) const;

 private:
  std::vector<std::string> missing_, unexpected_, others_;
};

}  // namespace gradus
