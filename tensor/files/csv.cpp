#include "tensor/files/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "kernels/text_stream.h"
#include "tensor/files/files.h"

namespace gradus {
namespace {

// ---- From bytes to fields -----------------------------------------------------------------------

struct Field {
  std::string text;
  int64_t line = 0;  // where it begins; quoted fields may hold line breaks
  bool quoted = false;
};

/// Reads the records of a CSV text one after another.
class RecordReader {
 public:
  RecordReader(std::string_view text, const std::string& source) : text_(text), source_(source) {
    if (text_.starts_with("\xEF\xBB\xBF")) place_ = 3;  // the byte-order mark of UTF-8
  }

  /// Overwrites `fields` with the next record; false if there is none. Empty lines are skipped.
  bool next(std::vector<Field>& fields) {
    while (ends_line()) take_line_end();
    if (place_ == text_.size()) return false;
    size_t count = 0;
    do {
      if (count == fields.size()) fields.emplace_back();
      take_field(fields[count], count);
      ++count;
    } while (take(','));
    take_line_end();
    fields.resize(count);
    return true;
  }

 private:
  bool at(char c) const { return place_ < text_.size() && text_[place_] == c; }
  bool ends_line() const { return at('\n') || at('\r'); }
  bool take(char c) {
    const bool found = at(c);
    place_ += found;
    return found;
  }
  void take_line_end() {  // LF, CRLF or CR
    const bool cr = take('\r'), lf = take('\n');
    line_ += cr || lf;
  }

  void take_field(Field& field, size_t index) {
    field.line = line_;
    field.quoted = take('"');
    if (field.quoted) return take_quoted(field, index);
    const size_t end = std::min(text_.find_first_of(",\r\n", place_), text_.size());
    field.text.assign(text_.substr(place_, end - place_));
    place_ = end;
  }

  /// The rest of a quoted field. A quote within it is written twice.
  void take_quoted(Field& field, size_t index) {
    field.text.clear();
    do {
      const size_t quote = text_.find('"', place_);
      check(quote != text_.npos, source_, ", line ", field.line, ", column ", index + 1,
            ": the quote that opens here is never closed");
      const std::string_view part = text_.substr(place_, quote - place_);
      field.text += part;
      line_ += std::ranges::count(part, '\n');
      place_ = quote + 1;
      if (at('"')) field.text += '"';
    } while (take('"'));
    check(place_ == text_.size() || at(',') || ends_line(), source_, ", line ", line_, ", column ", index + 1,
          ": expected a comma or the end of the line after the closing quote");
  }

  std::string_view text_;
  const std::string& source_;
  size_t place_ = 0;
  int64_t line_ = 1;
};

// ---- From fields to numbers ---------------------------------------------------------------------

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view()
                            : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

enum class Parsed { number, missing, not_a_number, out_of_range };

/// Reads all of `text` as a T. from_chars ignores the locale and is several times as fast as strtod.
template <class T>
Parsed parse(std::string_view text, T& value) {
  text = trimmed(text);
  if (text.empty()) return Parsed::missing;
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return Parsed::not_a_number;
  if (error == std::errc::result_out_of_range) {
    // from_chars does not say whether the number is too small or too large. A stream reads a too small one as 0, and
    // fails on a too large one.
    TextStream stream;
    stream << text;
    if (!(stream >> value)) return Parsed::out_of_range;
  }
  if constexpr (std::floating_point<T>)
    if (std::isnan(value)) return Parsed::missing;
  return Parsed::number;
}

bool is_empty(const Field& field) { return trimmed(field.text).empty(); }

bool is_number(std::string_view text) {
  double value;
  return parse(text, value) != Parsed::not_a_number && !trimmed(text).empty();
}

/// Do the fields look like column names? Names are not numbers, and at least one is not empty. If quotes distinguish
/// the first row from the second, as write_csv's quotes do, then quoted fields are names whatever they hold.
bool look_like_names(const std::vector<Field>& first, const std::vector<Field>& second) {
  bool quotes_count = second.empty();
  for (size_t i = 0; i < std::min(first.size(), second.size()); ++i)
    quotes_count |= first[i].quoted && !second[i].quoted;
  const auto is_name = [&](const Field& field) { return quotes_count && field.quoted; };
  return std::ranges::all_of(first,
                             [&](const Field& field) { return is_name(field) || !is_number(field.text); }) &&
         std::ranges::any_of(first, [&](const Field& field) { return is_name(field) || !is_empty(field); });
}

// ---- A table ------------------------------------------------------------------------------------

/// "a", "b", "c": the first few names.
std::string quoted_list(const std::vector<std::string>& names) {
  constexpr size_t kMost = 12;
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), kMost); ++i)
    list += (i == 0 ? "\"" : ", \"") + shown(names[i]) + '"';
  return list + (names.size() > kMost ? ", …" : "");
}

/// The index of the column with that name; Error if no column has it, or more than one.
size_t find_column(const std::string& source, const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  check(found != names.end(), source, ": there is no column \"", shown(name), "\"; there are ",
        quoted_list(names));
  check(std::find(found + 1, names.end(), name) == names.end(), source, ": two columns are called \"",
        shown(name), '"');
  return static_cast<size_t>(found - names.begin());
}

/// Reads the rows of one file, with values of type T.
template <class T>
class TableReader {
 public:
  TableReader(std::string_view text, const std::string& source, const CsvOptions& options)
      : source_(source), options_(options), records_(text, source) {}

  CsvTable read() {
    check(records_.next(fields_), source_, ": the file is empty");
    take_names();
    choose_columns();
    bool more = !has_header_ || records_.next(fields_);
    check(more, source_, ": there are column names, but no rows below them");
    for (; more; more = records_.next(fields_)) take_row();
    return finished();
  }

 private:
  void take_names() {
    RecordReader ahead = records_;
    std::vector<Field> second;
    if (!options_.header) ahead.next(second);
    has_header_ = options_.header.value_or(look_like_names(fields_, second));
    for (size_t i = 0; i < fields_.size(); ++i)
      names_.push_back(has_header_ ? std::string(trimmed(fields_[i].text)) : std::to_string(i + 1));
  }

  void choose_columns() {
    if (options_.label == kLastColumn)
      label_ = names_.size() - 1;
    else if (!options_.label.empty())
      label_ = find_column(source_, names_, options_.label);
    for (const std::string& name : options_.columns) chosen_.push_back(find_column(source_, names_, name));
    if (options_.columns.empty())
      for (size_t i = 0; i < names_.size(); ++i)
        if (i != label_) chosen_.push_back(i);
    for (const size_t i : chosen_) table_.columns.push_back(names_[i]);
  }

  void take_row() {
    check(fields_.size() == names_.size(), source_, ", line ", fields_[0].line, ": expected ", names_.size(),
          names_.size() == 1 ? " field" : " fields", ", found ", fields_.size());
    for (const size_t i : chosen_) values_.push_back(value(i));
    if (label_) labels_.push_back(label(*label_));
    ++rows_;
  }

  T value(size_t i) const {
    T value{};
    switch (parse(fields_[i].text, value)) {
      case Parsed::number:
        return value;
      case Parsed::out_of_range:
        fail_expecting(i, "a number that fits ", dtype_of<T>());
      case Parsed::not_a_number:
        fail_expecting(i, std::integral<T> ? "a whole number" : "a number");
      case Parsed::missing:
        break;
    }
    if (!options_.allow_missing) fail_expecting(i, std::integral<T> ? "a whole number" : "a number");
    return std::numeric_limits<T>::quiet_NaN();
  }

  int64_t label(size_t i) {
    const std::string_view name = trimmed(fields_[i].text);
    if (name.empty()) fail_expecting(i, "a label");
    const auto [entry, is_new] = places_.try_emplace(std::string(name), table_.classes.size());
    if (is_new) table_.classes.emplace_back(name);
    return static_cast<int64_t>(entry->second);
  }

  template <class... Parts>
  [[noreturn]] void fail_expecting(size_t i, const Parts&... expected) const {
    const std::string name = has_header_ ? " (" + shown(names_[i]) + ")" : "";
    fail(source_, ", line ", fields_[i].line, ", column ", i + 1, name, ": expected ", expected...,
         ", found \"", shown(fields_[i].text, 40), '"');
  }

  CsvTable finished() {
    table_.source = source_;
    table_.values = tensor_of(values_, {rows_, static_cast<int64_t>(chosen_.size())});
    if (label_) table_.labels = tensor_of(labels_, {rows_});
    return std::move(table_);
  }

  template <class Element>
  static Tensor tensor_of(const std::vector<Element>& list, IntArrayRef sizes) {
    Tensor x = allocate(sizes, dtype_of<Element>());
    std::ranges::copy(list, x.data_ptr<Element>());
    return x;
  }

  const std::string& source_;
  const CsvOptions& options_;
  RecordReader records_;
  std::vector<Field> fields_;  // of the current record
  bool has_header_ = false;
  std::vector<std::string> names_;
  std::vector<size_t> chosen_;
  std::optional<size_t> label_;
  std::vector<T> values_;
  std::vector<int64_t> labels_;
  std::unordered_map<std::string, size_t> places_;
  int64_t rows_ = 0;
  CsvTable table_;
};

}  // namespace

Tensor CsvTable::column(std::string_view name) const {
  return values.select(1, static_cast<int64_t>(find_column(source, columns, name)));
}

CsvTable parse_csv(std::string_view text, const std::string& source, const CsvOptions& options) {
  check(is_floating_point(options.dtype) || options.dtype == kInt64,
        "read_csv: values are read as float32, float64 or int64, not as ", options.dtype);
  check(!options.allow_missing || is_floating_point(options.dtype),
        "read_csv: missing values become NaN, which int64 does not have; ask for float32 or float64");
  switch (options.dtype) {
    case kFloat64:
      return TableReader<double>(text, source, options).read();
    case kInt64:
      return TableReader<int64_t>(text, source, options).read();
    default:
      return TableReader<float>(text, source, options).read();
  }
}

CsvTable read_csv(const std::string& path, const CsvOptions& options) {
  return parse_csv(read_file(path), shown_path(path), options);
}

}  // namespace gradus
