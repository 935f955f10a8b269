// save and load: a tensor, a list of tensors, a module or an optimiser, in a file or a stream.
//
//     save(net, "net.safetensors");          load(net, "net.safetensors");
//     save(adam, "adam.safetensors");        load(adam, "adam.safetensors");
//
// What is written is always safetensors, so Python opens it too: safetensors.numpy.load_file("net.safetensors").
// Any type can be saved for which there are two functions in its namespace: tensors_of(x), all of it as named tensors,
// and set_tensors(x, file), which puts them back, or throws and changes nothing.
#pragma once

#include <istream>
#include <iterator>
#include <ostream>
#include <vector>

#include "tensor/files/files.h"
#include "tensor/files/safetensors.h"

namespace gradus {

NamedTensors tensors_of(const Tensor& x);
/// The tensor becomes the one in the file, whatever shape and dtype it had; it stays on its device, and requires grad
/// if it did. (A file knows nothing of that: an undefined tensor becomes one that does not.)
void set_tensors(Tensor& x, const Safetensors& file);

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

/// Error if the file is not one that `save` wrote of such a value; the value is then as it was.
template <class Value>
void load(Value& value, const std::string& path) {
  set_tensors(value, read_safetensors(path));
}
/// Reads the stream to its end.
template <class Value>
void load(Value& value, std::istream& in) {
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  set_tensors(value, parse_safetensors(bytes, "stream"));
}

/// How the tensors in a file differ from those that something is made of, all of it in one Error:
///
///     net.safetensors: there is no "out.bias"; no place for "extra"; "out.weight" is float32 (3, 4), not float32 (4, 4)
class Differences {
 public:
  void missing(const std::string& name) { missing_.push_back('"' + shown(name) + '"'); }
  void unexpected(const std::string& name) { unexpected_.push_back('"' + shown(name) + '"'); }
  /// Notes down if x has another shape or dtype than expected; true if it has not.
  bool compare(const std::string& name, const Tensor& x, Dtype dtype, IntArrayRef sizes);
  void check_none(const std::string& source) const;

 private:
  std::vector<std::string> missing_, unexpected_, others_;
};

}  // namespace gradus
