// docs/ops.md: every op with its formula, its rule and what is checked about it, one line each. The checks come from
// the list of ops, the formulas from the comments above the definitions in autograd/ops/, more_ops/ and linalg/. Write the page anew with
//
//     GRADUS_WRITE_OPS=1 build/release/tests/op_table_test
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "op_list.h"
#include "tensor/files/files.h"

namespace gradus::test {
namespace {

const std::string kRoot = GRADUS_SOURCE_DIR;
const std::string kPage = kRoot + "/docs/ops.md";

// ---- What the sources say ----------------------------------------------------------------------------------------

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// The name of the function whose definition begins in this line, or "".
std::string defined_name(const std::string& line) {
  bool returns_tensors = false;
  for (const char* type : {"Tensor ", "Tensor& ", "std::tuple<", "std::vector<Tensor>", "static Tensor "})
    returns_tensors |= line.starts_with(type);
  const size_t end = line.find('(');
  if (!returns_tensors || end == std::string::npos) return "";
  const std::string before = line.substr(0, end);
  return before.substr(before.find_last_of(" :") + 1);
}

/// The formulas of a file: the comment above each definition, in one line.
void read_formulas(const std::filesystem::path& path, std::map<std::string, std::string>& formulas) {
  const std::vector<std::string> lines = lines_of(path);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string name = defined_name(lines[i]);
    size_t first = i;
    while (first > 0 && lines[first - 1].starts_with("// ") && !lines[first - 1].starts_with("// ----"))
      --first;
    if (name.empty() || first == i) continue;
    std::string& formula = formulas[name];  // of several overloads, one after another
    for (size_t line = first; line < i; ++line)
      formula += (formula.empty() ? "" : line == first ? "  " : " ") + lines[line].substr(3);
  }
}

std::map<std::string, std::string> formulas_of_ops() {
  std::set<std::filesystem::path> paths;
  for (const char* folder : {"/autograd/ops", "/autograd/more_ops", "/autograd/linalg"})
    for (const auto& entry : std::filesystem::directory_iterator(kRoot + folder))
      if (entry.path().extension() == ".cpp") paths.insert(entry.path());
  std::map<std::string, std::string> formulas;
  for (const auto& path : paths) read_formulas(path, formulas);
  return formulas;
}

// ---- The page ----------------------------------------------------------------------------------------------------

/// One line of the table: all entries of one function.
struct Line {
  int cases = 0, order = 2;
  std::string reason;
  bool on_cuda = true;
};

/// A comment for a cell: the parts that stand apart in it are set apart by semicolons.
std::string as_cell(const std::string& comment) {
  std::string cell;
  for (size_t i = 0; i < comment.size(); ++i) {
    if (comment.compare(i, 2, "  ") == 0) {
      while (i + 1 < comment.size() && comment[i + 1] == ' ') ++i;
      const char last = cell.empty() ? ';' : cell.back();
      cell += last == ';' || last == ',' || last == ':' || last == '.' ? " " : "; ";
    } else {
      cell += comment[i] == '|' ? std::string("\\|") : std::string(1, comment[i]);
    }
  }
  return cell;
}

// Methods that are defined where they are declared.
const std::map<std::string, std::string> kInline = {{"cpu", "to(kCPU)"},
                                                    {"expand_as", "expand(other.sizes())"}};

std::string cell_of(const std::string& function, const std::map<std::string, std::string>& formulas) {
  if (kInline.contains(function)) return "`" + kInline.at(function) + "`";
  const std::string name = function.starts_with("linalg_") ? function.substr(7) : function;
  if (formulas.contains(name)) return as_cell(formulas.at(name));
  if (const std::string plain = name.substr(0, name.size() - 1);
      name.ends_with("_") && formulas.contains(plain))
    return "x ← `" + plain + "(x)`";
  ADD_FAILURE() << function
                << " is in the list of ops: write its formula, as a comment that begins with // y = or the "
                << "like, above its definition in autograd/ops/";
  return "?";
}

void add_family(std::ostream& page, const char* title, const std::vector<Op>& ops,
                const std::map<std::string, std::string>& formulas) {
  std::vector<std::string> order;
  std::map<std::string, Line> lines;
  for (const Op& op : ops) {
    const std::string function = op.covers.empty() ? op.name.substr(0, op.name.find('.')) : op.covers;
    if (!lines.contains(function)) order.push_back(function);
    Line& line = lines[function];
    ++line.cases;
    line.on_cuda &= op.available(kernels_for(DeviceType::CUDA));
    if (op.order < line.order) line.order = op.order, line.reason = " (" + op.reason + ")";
  }
  page << "\n## " << title
       << "\n\n| op | formula and rule | entries | orders | devices |\n|---|---|---|---|---|\n";
  for (const std::string& function : order) {
    const Line& line = lines[function];
    page << "| `" << function << "` | " << cell_of(function, formulas) << " | " << line.cases << " | "
         << line.order << line.reason << " | " << (line.on_cuda ? "cpu, cuda" : "cpu") << " |\n";
  }
}

std::string page_of_ops() {
  const std::map<std::string, std::string> formulas = formulas_of_ops();
  std::ostringstream page;
  page << "# The ops and their derivatives\n\n"
          "Made by `tests/op_table_test.cpp` from `tests/op_list.h` and from the formulas in "
          "`autograd/ops/`.\n\n"
          "ȳ is the gradient that arrives at y, x̄ the one that goes on to x. Every entry runs in float32 and "
          "float64,\n"
          "on contiguous, transposed, expanded and offset inputs, on empty ones and on shapes it was not "
          "written for:\n"
          "the values against plain loops, the first derivative against central differences, and the second\n"
          "(orders: 2) against central differences of the first.\n";
  const std::tuple<const char*, std::vector<Op>> families[] = {{"Pointwise", pointwise_ops()},
                                                               {"Activations", activation_ops()},
                                                               {"Arithmetic", arithmetic_ops()},
                                                               {"Products", product_ops()},
                                                               {"Reductions and rows", reduction_ops()},
                                                               {"Views and copies", view_ops()},
                                                               {"Indexing", indexing_ops()},
                                                               {"Matrices", linalg_ops()},
                                                               {"In place", in_place_ops()}};
  for (const auto& [title, ops] : families) add_family(page, title, ops, formulas);
  return page.str();
}

TEST(OpTable, InTheDocumentationIsUpToDate) {
  if (!cuda::is_available()) GTEST_SKIP() << "the page tells of devices that this build does not have";
  const std::string page = page_of_ops();
  if (std::getenv("GRADUS_WRITE_OPS")) replace_file(kPage, page);
  std::ifstream file(kPage);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == page)
      << "docs/ops.md is not what the list of ops says: GRADUS_WRITE_OPS=1 build/release/tests/op_table_test";
}

}  // namespace
}  // namespace gradus::test
