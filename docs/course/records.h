// The lines in which grade, its graders and report.cpp speak to each other: fields with a tab between them. In a field,
// a tab, a newline and a backslash are written as \t, \n and \\.
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace course {

using Record = std::vector<std::string>;

inline std::string text_of(const Record& record) {
  std::string line;
  for (const std::string& field : record) {
    if (&field != &record.front()) line += '\t';
    for (const char c : field)
      line += c == '\t' ? "\\t" : c == '\n' ? "\\n" : c == '\\' ? "\\\\" : std::string(1, c);
  }
  return line + '\n';
}

/// The records of complete lines. A line that was not finished is left out.
inline std::vector<Record> records_of(const std::string& text) {
  std::vector<Record> records;
  Record record(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      records.push_back(record);
      record.assign(1, "");
    } else if (text[i] == '\t') {
      record.emplace_back();
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      const char next = text[++i];
      record.back() += next == 't' ? '\t' : next == 'n' ? '\n' : next;
    } else {
      record.back() += text[i];
    }
  }
  return records;
}

/// The number, or "" for what JSON has no number for.
inline std::string number_text(double number, int digits = 6) {
  if (!(number - number == 0)) return "";
  std::ostringstream out;
  out.precision(digits);
  out << number;
  return out.str();
}

}  // namespace course
