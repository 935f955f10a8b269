#include <charconv>
#include <cmath>
#include <concepts>

#include "tensor/files/csv.h"
#include "tensor/files/files.h"

namespace gradus {
namespace {

/// Would a reader take the name without quotes for a value, or for a missing value?
bool looks_like_a_value(const std::string& name) {
  const size_t first = name.find_first_not_of(" \t+");
  if (first == name.npos) return true;
  double value;
  const char* end = name.data() + name.find_last_not_of(" \t") + 1;
  return std::from_chars(name.data() + first, end, value).ptr == end;
}

std::string quoted_if_needed(const std::string& name) {
  if (name.find_first_of(",\"\r\n") == name.npos && !looks_like_a_value(name)) return name;
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

/// The shortest digits that mean exactly this value.
template <class T>
void append_number(std::string& text, T value) {
  if constexpr (std::floating_point<T>)
    if (std::isnan(value)) {
      text += "nan";  // to_chars would show the sign of a NaN
      return;
    }
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

void write_csv(const std::string& path, const Tensor& values, const std::vector<std::string>& columns) {
  check(values.dim() == 1 || values.dim() == 2,
        "write_csv: expected a vector or a matrix, not a tensor of shape ", text(values.sizes()));
  const Tensor host = values.detach().to(kCPU);
  const View& x = host.raw();
  const int64_t width = x.dim == 2 ? x.sizes[1] : 1;
  const int64_t stride = x.dim == 2 ? x.strides[1] : 0;
  check(columns.empty() || static_cast<int64_t>(columns.size()) == width, "write_csv: ", columns.size(),
        " column names for ", width, " columns");

  std::string csv;
  for (size_t i = 0; i < columns.size(); ++i) csv += (i == 0 ? "" : ",") + quoted_if_needed(columns[i]);
  if (!columns.empty()) csv += '\n';
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    using Number = std::conditional_t<std::same_as<T, bool>, int, T>;  // bools are written 0 and 1
    for (int64_t row = 0; row < x.sizes[0]; ++row)
      for (int64_t i = 0; i < width; ++i) {
        append_number(csv, static_cast<Number>(x.as<T>()[row * x.strides[0] + i * stride]));
        csv += i + 1 < width ? ',' : '\n';
      }
  });
  replace_file(path, csv);
}

}  // namespace gradus
