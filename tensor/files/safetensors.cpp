#include "tensor/files/safetensors.h"

#include "tensor/files/binary.h"

namespace gradus {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr const char* kMetadata = "__metadata__";

/// The dtypes' names, in the order of growing alignment in which the format lists them.
constexpr std::pair<Dtype, std::string_view> kNames[] = {
    {kBool, "BOOL"},   {kUInt8, "U8"},    {kInt16, "I16"}, {kInt32, "I32"},
    {kFloat32, "F32"}, {kFloat64, "F64"}, {kInt64, "I64"}};

const auto* row_of(Dtype dtype) {
  return std::ranges::find(kNames, dtype, [](auto& row) { return row.first; });
}

// ---- Reading --------------------------------------------------------------------------------------------------

struct Entry {
  std::string name, dtype;
  std::vector<int64_t> shape, offsets;  // offsets in the data: the first byte, and one after the last
};

/// {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}, in any order.
Entry parse_entry(HeaderReader& reader, std::string name) {
  Entry entry{.name = std::move(name), .dtype = {}, .shape = {}, .offsets = {}};
  int seen = 0;  // a bit for each key
  const auto begins = [&](const std::string& key, const char* expected, int bit) {
    if (key != expected) return false;
    if (seen & bit) reader.fail_expecting("\"" + key + "\" only once in \"" + shown(entry.name) + "\"");
    seen |= bit;
    return true;
  };
  reader.entries([&] {
    const std::string key = reader.string();
    reader.expect(":");
    if (begins(key, "dtype", 1))
      entry.dtype = reader.string();
    else if (begins(key, "shape", 2))
      entry.shape = reader.numbers();
    else if (begins(key, "data_offsets", 4))
      entry.offsets = reader.numbers();
    else
      reader.fail_expecting("dtype, shape or data_offsets, not \"" + shown(key) + "\"");
  });
  if (seen != 7 || entry.offsets.size() != 2)
    reader.fail_expecting("dtype, shape and two data_offsets for \"" + shown(entry.name) + "\"");
  return entry;
}

std::vector<Entry> parse_header(std::string_view header, Safetensors& file) {
  HeaderReader reader(header, file.source);
  std::vector<Entry> entries;
  bool has_metadata = false;
  reader.entries([&] {
    std::string name = reader.string();
    reader.expect(":");
    if (name != kMetadata) return entries.push_back(parse_entry(reader, std::move(name)));
    if (std::exchange(has_metadata, true)) reader.fail_expecting("only one __metadata__");
    reader.entries([&] {
      const std::string key = reader.string();
      reader.expect(":");
      if (!file.metadata.emplace(key, reader.string()).second)
        reader.fail_expecting("each key once in __metadata__");
    });
  });
  reader.expect_end();
  return entries;
}

Dtype dtype_called(const std::string& name, const std::string& what) {
  std::string known;
  for (const auto& [dtype, its_name] : kNames) {
    if (name == its_name) return dtype;
    known += (known.empty() ? "" : ", ") + std::string(its_name);
  }
  fail(what, " has the dtype ", shown(name), ", which Gradus does not have; it reads ", known);
}

/// Makes the tensors. Their bytes must fill `data` exactly: no gap, no overlap, nothing after the last.
void take_tensors(std::vector<Entry> entries, std::string_view data, Safetensors& file) {
  std::ranges::sort(entries, {}, &Entry::offsets);
  int64_t place = 0;
  for (const Entry& entry : entries) {
    const std::string what = file.source + ": tensor \"" + shown(entry.name) + '"';
    const int64_t begin = entry.offsets[0], end = entry.offsets[1];
    check(begin == place && begin <= end && std::cmp_less_equal(end, data.size()), what,
          " has data_offsets [", begin, ", ", end, "]; they must begin at ", place,
          ", where the tensors before it end, and not pass ", data.size());
    const Dtype dtype = dtype_called(entry.dtype, what);
    const auto bytes = data.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    check(file.tensors.emplace(entry.name, tensor_of_bytes(entry.shape, dtype, bytes, what)).second, what,
          " is there twice");
    place = end;
  }
  check(std::cmp_equal(place, data.size()), file.source, ": ", data.size() - static_cast<size_t>(place),
        " bytes at the end belong to no tensor");
}

/// Error, with the way out, for formats that are often mistaken for safetensors.
void check_format(std::string_view bytes, const std::string& source) {
  check(!bytes.starts_with("PK\x03\x04"), source,
        ": this is a .pt file of PyTorch, which can hold programs; in Python, ",
        "safetensors.torch.save_file(state_dict, name) writes a file that Gradus reads");
  check(!bytes.starts_with("\x93NUMPY"), source, ": this is a .npy file: read_npy reads it");
}

// ---- Writing --------------------------------------------------------------------------------------------------

std::string quoted(const std::string& text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      result += std::string{'\\', c};
    else if (static_cast<unsigned char>(c) < ' ')
      result += std::string("\\u00") + digits[c >> 4] + digits[c & 15];
    else
      result += c;
  }
  return result + '"';
}

std::string listed(IntArrayRef numbers) {
  std::string list;
  for (const int64_t number : numbers) list += (list.empty() ? "" : ",") + std::to_string(number);
  return "[" + list + "]";
}

}  // namespace

Safetensors parse_safetensors(std::string_view bytes, const std::string& source) {
  check_format(bytes, source);
  check(bytes.size() >= kLengthBytes, source, ": ", bytes.size(),
        " bytes are too few for a safetensors file");
  uint64_t length = 0;
  for (size_t i = kLengthBytes; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(kLengthBytes);
  check(length <= bytes.size(), source, ": the header should have ", length, " bytes, but only ",
        bytes.size(), " follow; the file is cut off, or is not a safetensors file");
  Safetensors file{.tensors = {}, .metadata = {}, .source = source};
  take_tensors(parse_header(bytes.substr(0, length), file), bytes.substr(length), file);
  return file;
}

Safetensors read_safetensors(const std::string& path) {
  return parse_safetensors(read_file(path), shown_path(path));
}

std::string safetensors_bytes(const NamedTensors& tensors,
                              const std::map<std::string, std::string>& metadata) {
  // Tensors with the largest elements come first, so the data of each tensor are aligned to its element size.
  std::vector<std::pair<std::string, Tensor>> order(tensors.begin(), tensors.end());
  for (const auto& [name, x] : order) {
    check(x.defined(), "save: the tensor \"", shown(name), "\" is undefined");
    check(name != kMetadata, "save: no tensor can be called ", kMetadata);
  }
  std::ranges::stable_sort(order, std::greater(), [](auto& item) { return row_of(item.second.dtype()); });

  std::string header, remarks, data;
  for (const auto& [key, value] : metadata)
    remarks += (remarks.empty() ? "" : ",") + quoted(key) + ":" + quoted(value);
  if (!metadata.empty()) header = quoted(kMetadata) + ":{" + remarks + "}";
  int64_t place = 0;
  for (const auto& [name, x] : order) {
    const int64_t end = place + x.numel() * item_size(x.dtype());
    header += (header.empty() ? "" : ",") + quoted(name) + ":{\"dtype\":\"" +
              std::string(row_of(x.dtype())->second) + "\",\"shape\":" + listed(x.sizes()) +
              ",\"data_offsets\":" + listed({place, end}) + "}";
    place = end;
  }
  header = "{" + header + "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');

  std::string bytes;
  bytes.reserve(kLengthBytes + header.size() + static_cast<size_t>(place));
  for (size_t i = 0; i < kLengthBytes; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  bytes += header;
  for (const auto& [name, x] : order) append_bytes(bytes, x);
  return bytes;
}

void write_safetensors(const std::string& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata) {
  replace_file(path, safetensors_bytes(tensors, metadata));
}

}  // namespace gradus
