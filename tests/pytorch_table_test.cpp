// docs/pytorch.md lists the names of PyTorch and libtorch with those of Gradus. The tables are made from the list of
// ops and from the headers. The rest of the page is written by hand. This command writes the tables anew:
//
//     GRADUS_WRITE_PYTORCH=1 build/release/tests/pytorch_table_test
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "op_list.h"
#include "source_text.h"
#include "tensor/files/files.h"

namespace gradus::test {
namespace {

// Ops whose call in PyTorch has another name or place than `torch.NAME(…)`, and ops that do more or less than there.
struct Other {
  std::string pytorch, difference = "";
};
const std::map<std::string, Other> kOthers = {
    {"cross_entropy_rows", {"F.cross_entropy(…, reduction=\"none\")", "the kernel of `cross_entropy`"}},
    {"det", {"torch.det(x)", "singular matrices have their gradient, too"}},
    {"div", {"torch.div(a, b)", "no `rounding_mode`"}},
    {"elu", {"F.elu(x)", "also takes the scales of `torch.ops.aten.elu`"}},
    {"embedding", {"F.embedding(indices, table)", "`embedding(table, indices)`; no `sparse`, no `max_norm`"}},
    {"index", {"x[…]", "`x.index({1, Slice(), \"...\", None, mask})`, as in libtorch"}},
    {"index_put_", {"x[…] = values", "`x.index_put_({…}, values)`, as in libtorch"}},
    {"layer_norm_rows", {"F.layer_norm(x, x.shape[-1:])", "the kernel of `layer_norm`"}},
    {"linalg_qr", {"torch.linalg.qr(A)", "mode \"r\" has a gradient, too"}},
    {"log_sigmoid", {"F.logsigmoid(x)", "libtorch has both names"}},
    {"mul_", {"x.mul_(y)", "`x.mul_(x)` has the right gradient instead of an error"}},
    {"operator-", {"a - b"}},
    {"operator/", {"a / b"}},
    {"operator[]", {"x[i]"}},
    {"qr", {"torch.qr(A)"}},
    {"remainder", {"torch.remainder(a, b)", "`5.0 % x` has a gradient, too"}},
    {"scatter_add", {"torch.scatter_add(…)", "has a gradient even if the source is larger than the index"}},
    {"slice", {"x[a:b]", "`x.slice(dim, start, end, step)`, as in libtorch"}},
    {"sum_of_squares", {"x.square().sum()", "one pass over memory; scaled, so that it cannot overflow"}},
    {"sum_to_size", {"x.sum_to_size(…)"}},
    {"svd", {"torch.svd(A)", "returns (U, S, V); `linalg::svd` returns (U, S, Vᴴ)"}},
};

std::string name_of(const Op& op) {
  const std::string name = op.covers.empty() ? op.name.substr(0, op.name.find('.')) : op.covers;
  return name.substr(0, name.find('('));
}

/// The names that a header declares with a given indentation, of functions that return tensors.
std::set<std::string> declared_in(const std::string& header, const std::string& indentation) {
  const std::regex declaration("^" + indentation +
                               R"re((?:inline )?(?:Tensor&?|std::\S+<.*>) (operator\S+?|\w+)\(.*)re");
  std::set<std::string> names;
  for (const std::string& line : lines_of(header))
    if (std::smatch match; std::regex_match(line, match, declaration)) names.insert(match[1]);
  return names;
}

/// What Gradus offers for each name.
struct Offers {
  std::set<std::string> functions, linalg, methods;

  Offers() : linalg(declared_in("autograd/linalg/linalg.h", "")) {
    for (const char* header :
         {"tensor/functions.h", "tensor/operators.h", "autograd/more_ops/activations.h",
          "autograd/more_ops/functions.h", "autograd/ops/rows.h", "autograd/linalg/linalg.h"})
      if (std::filesystem::exists(kSource / header)) functions.merge(declared_in(header, ""));
    for (const char* header : {"tensor/methods.h", "tensor/tensor.h"})
      methods.merge(declared_in(header, "  "));
  }
  static inline const std::filesystem::path kSource = GRADUS_SOURCE_DIR;
};

/// "`exp(x)`, `x.exp()`, `x.exp_()`"
std::string forms_of(const std::string& name, const Offers& offers) {
  if (name.starts_with("linalg_")) return "`linalg::" + name.substr(7) + "`";
  if (name.starts_with("operator")) return "`" + name.substr(8) + "`";
  std::string forms;
  const auto add = [&](bool has, const std::string& form) {
    if (has) forms += (forms.empty() ? "`" : ", `") + form + "`";
  };
  add(offers.functions.contains(name), name);
  add(offers.methods.contains(name), "x." + name);
  add(offers.methods.contains(name + "_"), "x." + name + "_");
  return forms;
}

std::string pytorch_of(const std::string& name, const std::string& family, const Offers& offers) {
  if (const auto other = kOthers.find(name); other != kOthers.end()) return other->second.pytorch;
  if (name.starts_with("linalg_")) return "torch.linalg." + name.substr(7) + "(…)";
  if (!offers.functions.contains(name)) return "x." + name + "(…)";
  return (family == "Activations" ? "F." : "torch.") + name + "(…)";
}

std::string table_of_ops() {
  const Offers offers;
  std::ostringstream table;
  std::set<std::string> seen;
  table << "| Gradus | PyTorch | differs |\n|---|---|---|\n";
  for (const auto& [family, ops] : op_families())
    for (const Op& op : ops) {
      const std::string name = name_of(op);
      if (!seen.insert(name).second) continue;
      if (name.ends_with("_") && seen.contains(name.substr(0, name.size() - 1)) && !kOthers.contains(name))
        continue;  // its form is in the line of the op without the underscore
      const std::string forms = forms_of(name, offers);
      EXPECT_NE(forms, "") << name << " is in the list of ops, but no header that this test reads has it";
      const auto other = kOthers.find(name);
      table << "| " << forms << " | `" << pytorch_of(name, family, offers) << "` | "
            << (other == kOthers.end() ? "" : other->second.difference) << " |\n";
    }
  for (const auto& [name, other] : kOthers)
    EXPECT_TRUE(seen.contains(name)) << "kOthers has " << name << ", which the list of ops does not have";
  return table.str();
}

/// The names that match a pattern in all headers of a folder, in alphabetical order: "`Adam`, `SGD`".
std::string list_of(const std::string& folder, const std::string& pattern) {
  std::set<std::string> names;
  const std::regex line_pattern(pattern);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(Offers::kSource / folder))
    if (entry.path().extension() == ".h")
      for (const std::string& line : lines_of(entry.path()))
        if (std::smatch match; std::regex_search(line, match, line_pattern)) names.insert(match[1]);
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "`" : ", `") + name + "`";
  EXPECT_NE(list, "") << folder << " has no name of this kind";
  return list;
}

std::string table_of_classes() {
  const std::string layer =
      R"re(^(?:GRADUS_LAYER\(|using |struct )(\w+)(?:,| = ModuleHolder<| : ModuleHolder<))re";
  std::ostringstream table;
  table << "| PyTorch | Gradus has |\n|---|---|\n"
        << "| `torch.nn` | " << list_of("nn", layer) << " |\n"
        << "| `torch.nn.init` | "
        << list_of("nn", R"re(^Tensor (uniform_|normal_|constant_|ones_|zeros_|\w+_)\()re") << " |\n"
        << "| `torch.optim` | "
        << list_of(
               "optim",
               R"re(^class (?!Per)(\w+) (?:final )?: public (?:PerParameterOptimizer<|Optimizer |Adam ))re")
        << " |\n"
        << "| `torch.optim.lr_scheduler` | "
        << list_of("optim/schedules", R"re(^(?:class|struct|using) (ReduceLROnPlateau|\w+LR) )re") << " |\n"
        << "| `torch.utils.data` | "
        << list_of("nn/data", R"re(^(?:class|struct) ((?!\w*(?:Options|Batch))\w+)(?: (?:final )?:| \{))re")
        << " |\n";
  return table.str();
}

/// The page with a table of its own between "<!-- made: NAME -->" and "<!-- end -->".
std::string with_table(const std::string& page, const std::string& name, const std::string& table) {
  const std::string begin = "<!-- made: " + name + " -->\n\n", end = "\n<!-- end -->";
  const size_t from = page.find(begin), to = page.find(end, from);
  if (from == std::string::npos || to == std::string::npos) {
    ADD_FAILURE() << "docs/pytorch.md has no place for the table " << name;
    return page;
  }
  return page.substr(0, from + begin.size()) + table + page.substr(to);
}

TEST(PyTorchTable, IsUpToDate) {
  const std::string before = text_of("docs/pytorch.md");
  const std::string page =
      with_table(with_table(before, "ops", table_of_ops()), "classes", table_of_classes());
  if (std::getenv("GRADUS_WRITE_PYTORCH"))
    replace_file(std::string(GRADUS_SOURCE_DIR) + "/docs/pytorch.md", page);
  EXPECT_TRUE(text_of("docs/pytorch.md") == page)
      << "docs/pytorch.md is out of date. To write its tables anew: "
      << "GRADUS_WRITE_PYTORCH=1 build/release/tests/pytorch_table_test";
}

}  // namespace
}  // namespace gradus::test
