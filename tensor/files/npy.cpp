#include "tensor/files/npy.h"

#include <optional>

#include "tensor/files/binary.h"

namespace gradus {
namespace {

constexpr std::string_view kMark = "\x93NUMPY";

/// NumPy's names of the dtypes, without the byte order that precedes them.
constexpr std::pair<Dtype, std::string_view> kNames[] = {{kFloat32, "f4"}, {kFloat64, "f8"}, {kInt64, "i8"},
                                                         {kInt32, "i4"},   {kInt16, "i2"},   {kUInt8, "u1"},
                                                         {kBool, "b1"}};

struct Header {
  Dtype dtype = kFloat32;
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

/// Reads '<f4': the byte order ('|' for one-byte elements), then the name.
void set_dtype(Header& header, std::string_view descr, const std::string& source) {
  const auto found = std::ranges::find(kNames, descr.substr(std::min<size_t>(1, descr.size())),
                                       [](auto& row) { return row.second; });
  check(found != std::end(kNames) && std::string_view("<>=|").find(descr[0]) != std::string_view::npos,
        source, ": Gradus has no dtype for NumPy's '", shown(descr),
        "'; convert the array first, as x.astype('float32')");
  header.dtype = found->first;
  header.big_endian = descr[0] == '>';
}

Header parse_header(std::string_view text, const std::string& source) {
  Header header;
  HeaderReader reader(text, source);
  int seen = 0;  // a bit for each key
  reader.entries([&] {
    const std::string key = reader.string('\'');
    reader.expect(":");
    if (key == "descr") {
      seen |= 1;
      set_dtype(header, reader.string('\''), source);
    } else if (key == "fortran_order") {
      seen |= 2;
      header.fortran_order = reader.take("True");
      if (!header.fortran_order) reader.expect("False");
    } else if (key == "shape") {
      seen |= 4;
      header.shape = reader.numbers("(", ")", "L");  // Python 2 writes (2L, 1L)
    } else {
      reader.fail_expecting("descr, fortran_order or shape, not '" + shown(key) + "'");
    }
  });
  reader.expect_end();
  check(seen == 7, source, ": the header must have descr, fortran_order and shape");
  return header;
}

/// Removes the first `count` bytes and returns them.
std::string_view take_bytes(std::string_view& bytes, size_t count, const std::string& source) {
  check(count <= bytes.size(), source, ": the file ends within its header");
  const std::string_view taken = bytes.substr(0, count);
  bytes.remove_prefix(count);
  return taken;
}

/// The array of a column-major file. x holds the file's elements, read as row-major with the sizes in reverse order. So
/// the array is the transpose of x.
Tensor transposed(const Tensor& x) {
  std::vector<int64_t> dims(static_cast<size_t>(x.dim()));
  for (size_t d = 0; d < dims.size(); ++d) dims[d] = static_cast<int64_t>(dims.size() - 1 - d);
  return x.permute(dims).contiguous();
}

}  // namespace

Tensor read_npy(const std::string& path) { return parse_npy(read_file(path), shown_path(path)); }

Tensor parse_npy(std::string bytes, const std::string& source) {
  std::string_view rest = bytes;
  check(rest.starts_with(kMark), source, ": not a .npy file, which begins with \\x93NUMPY");
  rest.remove_prefix(kMark.size());
  const std::string_view version = take_bytes(rest, 2, source);
  check(version[0] >= 1 && version[0] <= 3, source, ": version ", static_cast<int>(version[0]),
        " of the format is not known");
  size_t length = 0;
  const std::string_view little_endian = take_bytes(rest, version[0] == 1 ? 2 : 4, source);
  for (size_t i = little_endian.size(); i-- > 0;)
    length = length << 8 | static_cast<unsigned char>(little_endian[i]);
  Header header = parse_header(take_bytes(rest, length, source), source);

  if (header.big_endian) {
    const auto size = static_cast<size_t>(item_size(header.dtype));
    char* elements = bytes.data() + (bytes.size() - rest.size());
    for (size_t i = 0; i + size <= rest.size(); i += size) std::reverse(elements + i, elements + i + size);
  }
  if (header.fortran_order) std::ranges::reverse(header.shape);
  const Tensor x = tensor_of_bytes(header.shape, header.dtype, rest, source);
  return header.fortran_order ? transposed(x) : x;
}

void write_npy(const std::string& path, const Tensor& x) {
  check(x.defined(), "write_npy: the tensor is undefined");
  const auto name = std::ranges::find(kNames, x.dtype(), [](auto& row) { return row.first; })->second;
  std::string header = "{'descr': '";
  header += item_size(x.dtype()) == 1 ? '|' : '<';
  header += std::string(name) + "', 'fortran_order': False, 'shape': (";
  for (int64_t d = 0; d < x.dim(); ++d) header += (d == 0 ? "" : " ") + std::to_string(x.size(d)) + ",";
  if (x.dim() > 1) header.pop_back();  // as Python writes it: (), (3,), (3, 4)
  header += "), }";
  // The elements begin at a multiple of 64 bytes.
  const size_t length = (kMark.size() + 4 + header.size() + 64) / 64 * 64 - kMark.size() - 4;
  header.resize(length, ' ');
  header.back() = '\n';

  std::string file(kMark);
  file += {1, 0, static_cast<char>(length & 0xFF), static_cast<char>(length >> 8)};
  file += header;
  append_bytes(file, x);
  replace_file(path, file);
}

}  // namespace gradus
