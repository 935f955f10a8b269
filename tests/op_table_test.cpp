// docs/ops.md: one line for every op, with its formula, its rule and what is checked about it. The checks
// come from the list of ops. The formulas come from comments: for unary ops in kernels/*formulas.h, for all
// others above the definitions in autograd/ops/, more_ops/ and linalg/. This command writes the page anew:
//
//     GRADUS_WRITE_OPS=1 build/release/tests/op_table_test
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "op_list.h"
#include "source_text.h"
#include "tensor/files/files.h"

namespace gradus::test {
namespace {

const std::string kRoot = GRADUS_SOURCE_DIR;
const std::string kPage = kRoot + "/docs/ops.md";

// ---- Reading the sources -----------------------------------------------------------------------------------------

using Lines = std::vector<std::string>;

/// The comment above a line, joined to one line; "" if there is none. Each of its lines begins with `mark`.
std::string comment_above(const Lines& lines, size_t line, const std::string& mark) {
  size_t first = line;
  while (first > 0 && lines[first - 1].starts_with(mark) && !lines[first - 1].starts_with("// ----")) --first;
  std::string comment;
  for (; first < line; ++first) comment += (comment.empty() ? "" : " ") + lines[first].substr(mark.size());
  return comment;
}

/// The definition of a function that returns tensors, with its formula.
struct Definition {
  std::string signature;  // "pow(Tensor, Scalar)"; of a method, the first parameter is *this
  std::string formula;    // "" for an overload without a formula of its own

  /// How many tensors the function takes; SIZE_MAX if it takes a list.
  size_t tensors() const {
    if (signature.find("List") != std::string::npos || signature.find("_list<") != std::string::npos ||
        signature.find("ArrayRef<") != std::string::npos)
      return SIZE_MAX;
    size_t count = 0;
    for (size_t at = 0; (at = signature.find("Tensor", at)) != std::string::npos; ++at) ++count;
    return count;
  }
};
/// By name. Names of functions in autograd/linalg/ begin with "linalg_".
using Definitions = std::map<std::string, std::vector<Definition>>;

/// "Tensor, optional<Scalar>" for "const Tensor& x, const std::optional<Scalar>& min = {}".
std::string types_of(const std::string& parameters) {
  std::string types = std::regex_replace(parameters, std::regex(R"(\s*=\s*[^,]*|const |std::|&)"), "");
  types = std::regex_replace(types, std::regex(R"(\s+\w+\s*(,|$))"), "$1");
  return std::regex_replace(types, std::regex(R"(,\s*)"), ", ");
}

/// Reads the functions of a file that return tensors, with the comments above them.
void read_definitions(const std::filesystem::path& path, const std::map<std::string, std::string>& unaries,
                      Definitions& definitions) {
  static const std::regex start(
      R"(^(?:static )?(?:Tensor&?|std::tuple<.*>|std::vector<Tensor>) (Tensor::)?(operator\S+?|\w+)\((.*))");
  static const std::regex one_unary(R"(unary<formulas::(\w+)>)");
  const std::string prefix = path.parent_path().filename() == "linalg" ? "linalg_" : "";
  const Lines lines = lines_of(path);
  for (size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    if (!std::regex_match(lines[i], match, start)) continue;
    std::string parameters = match[3];
    for (size_t next = i + 1; parameters.find(')') == std::string::npos && next < lines.size(); ++next)
      parameters += lines[next];
    std::string types = types_of(parameters.substr(0, parameters.find(')')));
    if (match[1].matched) types = types.empty() ? "Tensor" : "Tensor, " + types;
    std::smatch formula;
    const std::string name = prefix + match[2].str();
    const std::string comment = std::regex_search(lines[i], formula, one_unary)
                                    ? unaries.at(formula[1])
                                    : comment_above(lines, i, "// ");
    definitions[name].push_back({name + "(" + types + ")", comment});
  }
}

/// The comments of the formulas, by the names of their structs: "Tanh" has "y = tanh x          x̄ = ȳ (1 - y²)".
std::map<std::string, std::string> comments_of_formulas() {
  static const std::regex start(R"(^struct (\w+) : .*)");
  std::map<std::string, std::string> comments;
  for (const char* header : {"/kernels/formulas.h", "/kernels/more_formulas.h"}) {
    const Lines lines = lines_of(kRoot + header);
    for (size_t i = 0; i < lines.size(); ++i)
      if (std::smatch match; std::regex_match(lines[i], match, start))
        comments[match[1]] = comment_above(lines, i, "/// ");
  }
  return comments;
}

Definitions read_sources() {
  std::set<std::filesystem::path> paths;
  for (const char* folder : {"/autograd/ops", "/autograd/more_ops", "/autograd/linalg"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(kRoot + folder))
      if (entry.path().extension() == ".cpp") paths.insert(entry.path());
  const std::map<std::string, std::string> unaries = comments_of_formulas();
  Definitions definitions;
  for (const auto& path : paths) read_definitions(path, unaries, definitions);
  return definitions;
}

// ---- The page ----------------------------------------------------------------------------------------------------

/// A comment for a cell of the table: several spaces become a semicolon.
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

// Functions that only call another one and are defined in a header.
const std::map<std::string, std::string> kInline = {{"cpu", "to(kCPU)"},
                                                    {"expand_as", "expand(other.sizes())"},
                                                    {"max(Tensor, Tensor)", "maximum(a, b)"},
                                                    {"min(Tensor, Tensor)", "minimum(a, b)"}};

std::string name_of(const std::string& function) { return function.substr(0, function.find('(')); }

/// The formula for an entry; "" if there is none. If the entry gives a signature, it is the formula of this
/// overload, else the only formula among all overloads, which they share. Then no entry may have more inputs
/// than an overload takes.
std::string find_formula(const std::string& function, size_t inputs,
                         const std::vector<Definition>& overloads) {
  std::string formula;
  size_t formulas = 0, most_tensors = 0;
  for (const Definition& definition : overloads) {
    if (definition.signature == function) return definition.formula;
    most_tensors = std::max(most_tensors, definition.tensors());
    if (!definition.formula.empty() && formulas++ == 0) formula = definition.formula;
  }
  if (function != name_of(function)) return "";
  EXPECT_LE(formulas, 1u) << function
                          << " has several formulas: say in .covers which overload an entry calls, "
                          << "for instance \"" << overloads.front().signature << "\"";
  const bool in_place = function.ends_with("_");  // such an op is called on a copy of one of the inputs
  EXPECT_TRUE(in_place || inputs <= most_tensors)
      << "an entry of " << function << " has " << inputs
      << " inputs, more than an overload with this formula takes: "
      << "say in .covers which overload it calls";
  return formula;
}

std::string cell_of(const std::string& function, size_t inputs, const Definitions& definitions) {
  if (kInline.contains(function)) return "`" + kInline.at(function) + "`";
  for (const std::string& name : {name_of(function), "linalg_" + name_of(function)})
    if (definitions.contains(name))
      if (const std::string formula = find_formula(function, inputs, definitions.at(name)); !formula.empty())
        return as_cell(formula);
  const std::string plain = function.substr(0, function.size() - 1);
  if (function.ends_with("_") && definitions.contains(plain)) return "x ← `" + plain + "(x)`";
  ADD_FAILURE() << function << " is in the list of ops, but has no formula: write a comment such as // y = … "
                << "above its definition in autograd/ops/";
  return "?";
}

/// One line of the table: all entries of one function.
struct Line {
  int cases = 0, order = 2;
  size_t inputs = 0;  // of the entry with the most inputs
  std::string reason;
};

void add_family(std::ostream& page, const char* title, const std::vector<Op>& ops,
                const Definitions& definitions) {
  std::vector<std::string> order;
  std::map<std::string, Line> lines;
  for (const Op& op : ops) {
    const std::string function = op.covers.empty() ? op.name.substr(0, op.name.find('.')) : op.covers;
    if (!lines.contains(function)) order.push_back(function);
    Line& line = lines[function];
    ++line.cases;
    line.inputs = std::max(line.inputs, op.inputs.size());
    if (op.order < line.order) line.order = op.order, line.reason = " (" + op.reason + ")";
  }
  page << "\n## " << title << "\n\n| op | formula and rule | entries | orders |\n|---|---|---|---|\n";
  for (const std::string& function : order) {
    const Line& line = lines[function];
    page << "| `" << function << "` | " << cell_of(function, line.inputs, definitions) << " | " << line.cases
         << " | " << line.order << line.reason << " |\n";
  }
}

constexpr const char* kHead = R"(# The ops and their derivatives

`tests/op_table_test.cpp` makes this page from `tests/op_list.h` and from the formulas in
`kernels/formulas.h`, `kernels/more_formulas.h`, `autograd/ops/`, `autograd/more_ops/` and
`autograd/linalg/`.

ȳ is the gradient that arrives at y, x̄ the one that goes on to x. A function stands here by its name, or by
its signature if its overloads have different formulas.

Every entry runs on the CPU and on CUDA, in float32 and float64, on contiguous, transposed, expanded and
offset inputs, on empty ones and on shapes it was not written for. The values are compared with plain loops,
the first derivative with central differences, and the second (orders: 2) with central differences of the
first.
)";

std::string page_of_ops() {
  const Definitions definitions = read_sources();
  std::ostringstream page;
  page << kHead;
  for (const auto& [title, ops] : op_families()) add_family(page, title, ops, definitions);
  return page.str();
}

TEST(OpTable, IsUpToDate) {
  const std::string page = page_of_ops();
  if (std::getenv("GRADUS_WRITE_OPS")) replace_file(kPage, page);
  std::ifstream file(kPage);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == page)
      << "docs/ops.md is out of date. To write it anew: GRADUS_WRITE_OPS=1 build/release/tests/op_table_test";
}

TEST(OpTable, HasOnlyOpsOfBothDevices) {
  for (const Op& op : op_list()) {
    EXPECT_TRUE(op.available(kernels_for(DeviceType::CPU))) << op.name;
    if (!cuda::is_available()) continue;
    EXPECT_TRUE(op.available(kernels_for(DeviceType::CUDA))) << op.name;
  }
}

TEST(OpTable, TakesTheFormulaOfTheOverloadThatIsCalled) {
  const Definitions definitions = read_sources();
  EXPECT_EQ(cell_of("max(Tensor, Tensor)", 2, definitions), "`maximum(a, b)`");
  EXPECT_NE(cell_of("pow(Scalar, Tensor)", 1, definitions), cell_of("pow(Tensor, Scalar)", 1, definitions));
  EXPECT_NE(cell_of("norm", 1, definitions), cell_of("linalg_norm", 1, definitions));
  EXPECT_EQ(cell_of("sin", 1, definitions), "y = sin x; x̄ = ȳ cos x");  // from kernels/more_formulas.h
}

TEST(OpTable, DetectsTheFormulaOfAnotherOverload) {
  static const Definitions definitions = read_sources();
  EXPECT_NONFATAL_FAILURE(cell_of("max", 2, definitions), "say in .covers which overload it calls");
  EXPECT_NONFATAL_FAILURE(cell_of("pow", 1, definitions), "pow has several formulas");
}

}  // namespace
}  // namespace gradus::test
