#include "tensor/files/serialize.h"

#include <iterator>

#include "kernels/text_stream.h"

namespace gradus {

std::string read_safetensors_bytes(std::istream& in) {
  std::string bytes(9, '\0');  // the header's length, and '{' or a blank before it
  bytes.resize(static_cast<size_t>(in.read(bytes.data(), 9).gcount()));
  if (in && std::string_view("{ \t\r\n").find(bytes[8]) != std::string_view::npos)
    bytes.append(std::istreambuf_iterator<char>(in), {});
  return bytes;
}

// The names are libtorch's, which saves one tensor as a list of one.
NamedTensors tensors_of(const Tensor& x) { return {{"0", x}}; }

void set_tensors(Tensor& x, const Safetensors& file) {
  check(file.tensors.size() == 1, file.source, ": expected one tensor, found ", file.tensors.size());
  const Tensor& values = file.tensors.begin()->second;
  if (x.defined())
    x.set_data(values.to(x.device()));
  else
    x = values;
}

NamedTensors tensors_of(const std::vector<Tensor>& list) {
  NamedTensors tensors;
  for (const Tensor& x : list) tensors.emplace(std::to_string(tensors.size()), x);
  return tensors;
}

void set_tensors(std::vector<Tensor>& list, const Safetensors& file) {
  std::vector<Tensor> more;
  for (size_t i = 0; i < file.tensors.size(); ++i) {
    const auto found = file.tensors.find(std::to_string(i));
    check(found != file.tensors.end(), file.source, ": its ", file.tensors.size(),
          " tensors are not a list: none is \"", i, "\"; read_safetensors gives them by name");
    more.push_back(found->second);
  }
  list.insert(list.end(), more.begin(), more.end());
}

bool Differences::compare(const std::string& name, const Tensor& x, Dtype dtype, IntArrayRef sizes) {
  if (x.dtype() == dtype && x.sizes() == sizes) return true;
  TextStream text;
  text << '"' << shown(name) << "\" is " << x.dtype() << ' ' << gradus::text(x.sizes()) << ", not " << dtype
       << ' ' << gradus::text(sizes);
  others_.push_back(text.str());
  return false;
}

void Differences::check_none(const std::string& source) const {
  constexpr size_t kMost = 20;
  std::string message;
  const auto say = [&](const char* what, const std::vector<std::string>& list, const char* between) {
    if (list.empty()) return;
    message += (message.empty() ? ": " : "; ") + std::string(what);
    for (size_t i = 0; i < std::min(list.size(), kMost); ++i) message += (i == 0 ? "" : between) + list[i];
    if (list.size() > kMost) message += " and " + std::to_string(list.size() - kMost) + " more";
  };
  say("there is no ", missing_, ", ");
  say("no place for ", unexpected_, ", ");
  say("", others_, "; ");
  check(message.empty(), source, message);
}

}  // namespace gradus
