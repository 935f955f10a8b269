// The page of a run: index.html in the folder of --out. It shows what each part has printed, its figures and its
// tapes, and the table of --check. Everything that it shows lies in the same folder, so the folder can be moved.
#pragma once

#include <filesystem>
#include <iostream>
#include <streambuf>
#include <string>
#include <vector>

namespace lab {

/// What a part of a lab leaves on the page.
struct PartRecord {
  std::string heading, text = "";
  std::vector<std::string> figures = {}, tapes = {};  // NAME stands for NAME.svg or NAME.html
};

/// One line of --check: |got - expected| ≤ tolerance, or got ≥ expected, or got ≤ expected.
struct Check {
  std::string name, relation;  // "=", ">=" or "<="
  double got = 0;              // NaN if the result was never set
  double expected = 0, tolerance = 0;
  bool pass = false;
};

struct RunRecord {
  std::string lab, summary, command;
  double seconds = 0;
  std::vector<PartRecord> parts;
  std::vector<Check> checks;
};

/// Writes folder/index.html. Throws if it cannot be written.
void write_page(const std::filesystem::path& folder, const RunRecord& run);

/// "0.1219": six digits, as in the table of --check.
std::string digits(double value);

/// While it lives, what is printed to std::cout is also added to `text`.
class Transcript final : std::streambuf {
 public:
  explicit Transcript(std::string& text) : text_(text), screen_(std::cout.rdbuf(this)) {}
  ~Transcript() override { std::cout.rdbuf(screen_); }
  Transcript(const Transcript&) = delete;
  Transcript& operator=(const Transcript&) = delete;

 private:
  int_type overflow(int_type c) override {
    text_ += traits_type::to_char_type(c);
    return screen_ ? screen_->sputc(traits_type::to_char_type(c)) : c;
  }
  std::streamsize xsputn(const char* letters, std::streamsize count) override {
    text_.append(letters, static_cast<size_t>(count));
    return screen_ ? screen_->sputn(letters, count) : count;
  }
  int sync() override { return screen_ ? screen_->pubsync() : 0; }

  std::string& text_;
  std::streambuf* screen_;  // nullptr under --quiet
};

}  // namespace lab
