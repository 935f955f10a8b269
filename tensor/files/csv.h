// Tables of numbers in CSV files (RFC 4180), read into tensors and written from them.
//
//     CsvTable iris = read_csv("iris.csv", {.label = "species"});
//     iris.values              // (150, 4) float32
//     iris.labels              // (150,) int64: 0, 1 or 2
//     iris.classes             // "setosa", "versicolor", "virginica"
//     iris.column("sepal_width")
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

/// The last column, whatever its name: {.label = kLastColumn}.
inline constexpr const char* kLastColumn = "(last column)";

struct CsvOptions {
  Dtype dtype = get_default_dtype();  // of the values: float32, float64 or int64
  /// Does the first row hold the column names? By default it does if none of its fields is a number. A number in quotes
  /// may be a name, too, if the field below it has no quotes. Without such a row the columns are named "1", "2", ….
  std::optional<bool> header = std::nullopt;
  std::vector<std::string> columns = {};  // the columns to read, in this order; all of them if empty
  std::string label = {};                 // the text column that is read into `labels` instead of `values`
  bool allow_missing = false;             // reads empty fields and "nan" as NaN; otherwise they are an Error
};

struct CsvTable {
  std::vector<std::string> columns;  // the names of the columns of `values`
  Tensor values;                     // (rows, columns)
  Tensor labels;  // (rows,) int64, indices into `classes`; undefined if no label was asked for
  std::vector<std::string> classes;  // the different labels, in the order in which they first appear
  std::string source;                // the file, for messages

  int64_t rows() const { return values.size(0); }
  /// One column of the values, (rows,): a view. If no column has that name, the Error lists the columns.
  Tensor column(std::string_view name) const;
};

/// Reads a table. Fields may be quoted. Lines end in LF, CRLF or CR. Empty lines and a byte-order mark are
/// skipped. An Error says where the table cannot be read:
///
///     iris.csv, line 38, column 3 (petal_length): expected a number, found "n/a"
CsvTable read_csv(const std::string& path, const CsvOptions& options = {});

/// Reads a table from a text in memory. `source` names it in errors.
CsvTable parse_csv(std::string_view text, const std::string& source, const CsvOptions& options = {});

/// Writes a matrix, or a vector as one column, under the given column names (none: no header row). Names that could be
/// taken for values are quoted. Reading a number back gives the same bits. The file is replaced whole or, on an Error,
/// not at all.
void write_csv(const std::string& path, const Tensor& values, const std::vector<std::string>& columns = {});

}  // namespace gradus
