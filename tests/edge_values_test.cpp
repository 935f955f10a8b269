// Compares every entry in the list of ops with PyTorch at the edges: 0, -0, ±1, tiny, huge, ±inf, NaN, equal
// elements, no elements, one element, no dimensions; values, first and second derivatives; float32 and float64.
// data/edge_values.json has PyTorch's numbers; data/make_edge_values.py wrote it. docs/edges.md lists where
// Gradus differs on purpose. This command writes that page anew:
//
//     GRADUS_WRITE_EDGES=1 build/release/tests/edge_values_test
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "edge_cases.h"
#include "tensor/files/files.h"

namespace gradus::test {
namespace {

using nlohmann::json;

/// PyTorch's results by entry, dtype and case: lists of the orders 0, 1 and 2.
const json& stored() {
  static const json all = json::parse(std::ifstream(GRADUS_TEST_DATA "/edge_values.json"));
  return all.at("ops");
}

/// The ordinary inputs of an entry: multiples of 1/1024, the same on every machine.
Arrays base_of(const Op& op) {
  uint32_t seed = 0;
  for (const char c : op.name) seed = seed * 31 + static_cast<uint32_t>(c);
  Random random(seed);
  Arrays inputs;
  for (const Input& input : op.inputs) {
    inputs.push_back({input.sizes, input.draw(count_of(input.sizes), random)});
    for (double& value : inputs.back().values) value = std::round(value * 1024) / 1024;
  }
  return inputs;
}

std::vector<EdgeCase> cases_of(const Op& op, Dtype dtype) {
  static const std::set<std::string> matrix_functions = [] {
    std::set<std::string> names;
    for (const Op& op : linalg_ops()) names.insert(op.name);
    return names;
  }();
  const bool of_matrices = matrix_functions.contains(op.name);
  return dtype == kFloat32 ? edge_cases<float>(op, base_of(op), of_matrices)
                           : edge_cases<double>(op, base_of(op), of_matrices);
}

// ---- Computing ---------------------------------------------------------------------------------------------------

/// The elements of the outputs, of the gradients, and of the gradients of the gradients; or an error.
struct Order {
  std::vector<double> values;
  std::string error = {};
};
using Orders = std::vector<Order>;

/// The gradients of Σ wᵢ yᵢ, while recording.
variable_list gradients(const variable_list& outputs, const variable_list& leaves) {
  variable_list floating, weights;
  int64_t phase = 0;
  for (const Tensor& y : outputs) {
    if (!y.is_floating_point()) continue;
    floating.push_back(y);
    std::vector<double> weight;
    for (int64_t i = 0; i < y.numel(); ++i) weight.push_back(std::sin(static_cast<double>(++phase)));
    weights.push_back(tensor(weight, kFloat64).view(y.sizes()).to(y.dtype()));
  }
  variable_list result = autograd::grad(floating, leaves, weights, true, /*create_graph=*/true, true);
  for (size_t i = 0; i < leaves.size(); ++i)
    if (!result[i].defined()) result[i] = zeros_like(leaves[i]);
  return result;
}

void append(Order& order, const variable_list& tensors) {
  for (const Tensor& x : tensors)
    for (const double value : elements_of(x)) order.values.push_back(value);
}

Orders computed(const Op& op, const EdgeCase& edge, Dtype dtype) {
  Orders orders(3);
  variable_list inputs, leaves;
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    const Dtype own = op.inputs[i].dtype == kFloat64 ? dtype : op.inputs[i].dtype;
    Tensor x = tensor(edge.inputs[i].values, kFloat64).view(edge.inputs[i].sizes).to(own);
    if (x.is_floating_point()) leaves.push_back(x.requires_grad_());
    inputs.push_back(x);
  }
  variable_list outputs;
  for (size_t order = 0; order < 3; ++order) try {
      outputs = order == 0 ? op.call(inputs) : gradients(outputs, leaves);
      append(orders[order], outputs);
      if (order == 1)  // without a path to an input its derivative is 0
        for (Tensor& g : outputs)
          if (!g.requires_grad()) g = g + leaves[0].sum() * 0;
    } catch (const Error& error) {
      for (; order < 3; ++order) orders[order].error = error.what();
    }
  return orders;
}

// ---- Comparing ---------------------------------------------------------------------------------------------------

double number(const json& x) {
  return x.is_string() ? std::strtod(x.get<std::string>().c_str(), nullptr) : x.get<double>();
}

bool alike(double got, double wanted, double tolerance, double floor, bool signed_zero) {
  if (std::isnan(wanted) || std::isnan(got)) return std::isnan(wanted) && std::isnan(got);
  if (got == wanted) return !signed_zero || got != 0 || std::signbit(got) == std::signbit(wanted);
  return std::fabs(got - wanted) <= tolerance * std::max(std::fabs(wanted), floor);
}

/// Describes the difference for the page; "" if there is none.
std::string difference(const Order& got, const json& wanted, Dtype dtype, bool is_grid, bool is_value) {
  const bool wanted_error = wanted.is_string();
  if (wanted_error || !got.error.empty())
    return wanted_error == !got.error.empty() ? ""
           : wanted_error                     ? "an error in PyTorch"
                                              : "an Error: " + got.error;
  if (got.values.size() != wanted.size()) return "another number of elements";
  const double tolerance = dtype == kFloat32 ? 2e-4 : 2e-5;
  const double floor = is_grid ? (dtype == kFloat32 ? 1e-37 : 1e-300) : dtype == kFloat32 ? 1e-2 : 1e-3;
  std::ostringstream text;
  int count = 0;
  for (size_t i = 0; i < wanted.size(); ++i)
    if (!alike(got.values[i], number(wanted[i]), tolerance, floor, is_value && is_grid))
      if (++count <= 3)
        text << (count > 1 ? ", " : "") << "[" << i << "] " << got.values[i] << " not " << number(wanted[i]);
  if (count > 3) text << ", … " << count;
  return text.str();
}

// ---- Differences on purpose --------------------------------------------------------------------------------------

/// Entries, cases and orders (as regular expressions) at which Gradus differs, and why.
struct OnPurpose {
  const char *entries, *cases, *orders, *reason;
};

const OnPurpose kOnPurpose[] = {
    {"abs_?|norm\\.p(1|inf).*|linalg_(matrix_)?norm.*", ".*", "2",
     "The second derivative of a piecewise linear function is 0; "
     "PyTorch raises an error, since the slope has no path to x."},
    {"abs_?|relu_?|hardtanh|relu6|hardshrink|softshrink|threshold|leaky_relu", "grid|nan", "1",
     "At NaN the gradient is not 0, so that the NaN does not go unnoticed."},
    {"sign", "grid", "0", "The sign of NaN is NaN; PyTorch's is 0."},
    {"relu_?|relu6|clamp_min|softplus|log_sigmoid|celu|selu|elu|threshold", "grid", "0",
     "Zeros have another sign: relu(-0) is 0, "
     "and ln σ(x) of a large x is a negative number that is rounded to -0."},
    {"clamp.*", "grid|no dimensions|.* becomes .*", "1",
     "The ends belong to the range, as in PyTorch 1.13: there the slope of clamp is 1."},
    {"clamp.between_tensors", ".* nan", "1", "A NaN bound makes y NaN, and the gradient goes to this bound."},
    {"expm1|sigmoid_?|log_sigmoid|softplus|gelu.*|silu|mish|tanh_?|erf|elu|celu|selu|softmax.*|log_softmax.*|"
     "cross_entropy.*",
     "grid|x0 has -?huge|x0 is .*", "0|1|2",
     "Gradus keeps digits of the value or the slope. "
     "PyTorch computes them from y and loses these digits, or gets NaN from 0 · ∞ where Gradus has 0."},
    {"elu|celu|selu", "grid", "1|2", "At 0 the derivatives are those of the side below 0."},
    {"sub.alpha|add.alpha|sub_.*|add_.*", "grid|.* has .*", "0",
     "α b is rounded before it is added, and may overflow; PyTorch's vectors use a fused multiply-add."},
    {"remainder.*", "grid|.* has .*", "0|1|2",
     "The remainder is exact even if the quotient is large or overflows. "
     "The remainder by 0 is NaN, and so is its slope."},
    {"lerp.*", ".*", "1|2", "A term that the result does not use adds no NaN and no infinity."},
    {"pow.*", ".*", "1|2",
     "If the exponent or the base is 0, Gradus differentiates the power itself, and PyTorch a masked 0."},
    {"(var|std).*", ".*", "0|1|2",
     "Squares may leave the range. At an infinite element the value is NaN, and so is the slope. "
     "At 0 std has a kink."},
    {"logsumexp.*", "x0 is -inf", "1|2",
     "If all inputs are -∞, the derivative is 0 in Gradus and NaN in PyTorch."},
    {"prod.*|cumprod.*", ".*", "1|2",
     "The slope is the product of the other elements, without a division. "
     "The order of the factors decides which products overflow on the way."},
    {"norm.*|linalg_(vector|matrix)?_?norm.*", ".*", "0|1|2",
     "Powers do not leave the range. At 0, where a norm has a kink, all derivatives are taken as 0."},
    {"amax.*|amin.*|max.*|min.*", ".* nan", "1",
     "The gradient of a maximum that is NaN goes to the NaN elements."},
    {"layer_norm_rows", "x0 has -?huge", "0|1|2", "Squares may leave the range."},
    {"log10", "grid", "1", "A slope that is subnormal keeps the digits that it has; PyTorch's is 0."},
    {"addcdiv", "x2 .*", "2", "Terms are differentiated one by one, and none is 0 · ∞."},
    {"scatter_add.*|index_add.*", ".* becomes .*", "0|1|2",
     "Indices are checked even if there is nothing to add. "
     "An index that is smaller than the source has a gradient."},
    {"topk.*|sort.*", "x0 is .*", "0|1|2", "The first of equal elements are taken."},
    {"(linalg_)?(svd|svdvals|eigh|eigvalsh|qr|pinv|cholesky|solve|inv|inverse|det|slogdet|matrix_norm|norm)."
     "*",
     ".*", "0|1|2",
     "With equal values or dependent columns Gradus raises an Error if there is no derivative, "
     "and returns finite numbers if there is one. "
     "The signs of singular vectors and the bases of equal values are arbitrary."},
};

/// The first reason that covers a difference; -1 if none does.
int reason_of(const Op& op, const std::string& edge, size_t order) {
  const auto matches = [](const std::string& text, const char* pattern) {
    return std::regex_match(text, std::regex(pattern));
  };
  for (size_t i = 0; i < std::size(kOnPurpose); ++i) {
    const OnPurpose& why = kOnPurpose[i];
    if (matches(op.name, why.entries) && matches(edge, why.cases) &&
        matches(std::to_string(order), why.orders))
      return static_cast<int>(i);
  }
  return -1;
}

const char* const kPage = GRADUS_SOURCE_DIR "/docs/edges.md";

std::string page_of(const std::map<int, std::map<std::string, int>>& found, int64_t compared) {
  std::ostringstream page;
  page << R"(# Where Gradus differs from PyTorch at the edges

`tests/edge_values_test.cpp` makes this page. It compares every entry in the list of ops with PyTorch at 0, -0, ±1, tiny,
huge, ±inf, NaN, equal elements, no elements, one element and no dimensions: values, first and second derivatives, in
float32 and float64. PyTorch's numbers are in `tests/data/edge_values.json`. The test fails at a difference that no line
here explains.

)" << compared
       << " results of " << stored().size() << R"( entries were compared.

| entries | results that differ | why |
|---|--:|---|
)";
  for (const auto& [reason, entries] : found) {
    int count = 0;
    std::string names;
    for (const auto& [name, results] : entries) {
      const std::string function = name.substr(0, name.find('.'));
      if (names.find("`" + function + "`") == std::string::npos)
        names += (names.empty() ? "`" : ", `") + function + "`";
      count += results;
    }
    page << "| " << names << " | " << count << " | " << kOnPurpose[reason].reason << " |\n";
  }
  return page.str();
}

TEST(EdgeValues, AreThoseOfPyTorchOrDifferOnPurpose) {
  int64_t compared = 0;
  std::map<int, std::map<std::string, int>> found;
  for (const Op& op : op_list())
    for (const Dtype dtype : {kFloat32, kFloat64}) {
      if (!op.available(kernels_for(kCPU))) continue;
      ASSERT_TRUE(stored().contains(op.name))
          << "no values of " << op.name << " are stored: run data/make_edge_values.py";
      for (const EdgeCase& edge : cases_of(op, dtype)) {
        const Orders got = computed(op, edge, dtype);
        const json& wanted = stored().at(op.name).at(name_of(dtype)).at(edge.label);
        for (size_t order = 0; order < 3; ++order, ++compared) {
          const std::string differs =
              difference(got[order], wanted[order], dtype, edge.label == "grid", order == 0);
          if (differs.empty()) continue;
          const int reason = reason_of(op, edge.label, order);
          EXPECT_GE(reason, 0) << op.name << ", " << dtype << ", " << edge.label << ", order " << order
                               << ": " << differs;
          if (reason >= 0) ++found[reason][op.name];
        }
      }
    }
#if GRADUS_HAVE_FAST
  const bool has_fast = true;
#else
  const bool has_fast = false;  // the page has the counts of the fast kernels
#endif
  const std::string page = page_of(found, compared);
  if (std::getenv("GRADUS_WRITE_EDGES")) replace_file(kPage, page);
  EXPECT_TRUE(!has_fast || read_file(kPage) == page)
      << "docs/edges.md is out of date. To write it anew: GRADUS_WRITE_EDGES=1 "
         "build/release/tests/edge_values_test";
}

// The first step of making the data: writes the inputs of all cases.
TEST(EdgeValues, WritesInputs) {
  const char* path = std::getenv("GRADUS_WRITE_EDGE_INPUTS");
  if (path == nullptr) GTEST_SKIP() << "GRADUS_WRITE_EDGE_INPUTS names no file";
  json all;
  for (const Op& op : op_list())
    for (const Dtype dtype : {kFloat32, kFloat64})
      for (const EdgeCase& edge : cases_of(op, dtype)) {
        json inputs;
        for (size_t i = 0; i < edge.inputs.size(); ++i) {
          json values = json::array();
          for (const double value : edge.inputs[i].values) {
            std::ostringstream text;
            text.precision(17);
            text << value;
            values.push_back(text.str());
          }
          const Dtype own = op.inputs[i].dtype == kFloat64 ? dtype : op.inputs[i].dtype;
          inputs.push_back({{"dtype", name_of(own)}, {"sizes", edge.inputs[i].sizes}, {"values", values}});
        }
        all[op.name][name_of(dtype)].push_back({{"label", edge.label}, {"inputs", inputs}});
      }
  std::ofstream file(path);
  file << all;
  EXPECT_TRUE(file.good()) << path;
}

}  // namespace
}  // namespace gradus::test
