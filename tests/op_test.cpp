// Tests every op. Each entry in the list of ops becomes one test for each device, dtype, memory layout and
// check, with a name like Ops.matmul.batches/float64/transposed/gradcheck. This runs a part of them:
//
//     build/release/tests/op_test --gtest_filter='Ops.matmul*gradgradcheck'
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "autograd/tools/gradcheck.h"
#include "beside_tests.h"
#include "op_list.h"
#include "source_text.h"

namespace gradus::test {

Device tested_device();  // in tested_device.cpp: the CPU for op_test, CUDA for op_cuda_test

namespace {

using autograd::gradcheck;
using autograd::gradgradcheck;

// ---- Devices, dtypes and layouts ---------------------------------------------------------------------------------

const Device kDevice = tested_device();

enum class Layout { contiguous, transposed, expanded, offset };
const std::pair<Layout, const char*> kLayouts[] = {{Layout::contiguous, "contiguous"},
                                                   {Layout::transposed, "transposed"},
                                                   {Layout::expanded, "expanded"},
                                                   {Layout::offset, "offset"}};

/// One combination of device, dtype and layout.
struct Setting {
  Device device;
  Dtype dtype;
  Layout layout;
};

// ---- Making inputs -----------------------------------------------------------------------------------------------

/// One input: the leaf tensor, the sizes to which the op's argument expands it, and the elements
/// for the reference.
struct LaidOut {
  Tensor leaf;
  Sizes sizes;
  Array elements;
};

/// The value of the memory around an input, which no op may read.
Scalar poison(Dtype dtype) {
  if (dtype == kBool) return true;
  if (is_small_integer(dtype)) return 99;
  if (!is_floating_point(dtype)) return int64_t{1} << 40;
  return std::numeric_limits<double>::quiet_NaN();
}

/// A tensor of these sizes with the setting's memory layout.
Tensor place_for(const Sizes& sizes, const Setting& setting, Dtype dtype) {
  const TensorOptions options = TensorOptions(dtype).device(setting.device);
  const auto dim = static_cast<int64_t>(sizes.size());
  if (setting.layout == Layout::transposed && dim >= 2) {
    std::vector<int64_t> backwards(sizes.size());
    for (int64_t d = 0; d < dim; ++d) backwards[d] = dim - 1 - d;
    return full(Sizes(sizes.rbegin(), sizes.rend()), poison(dtype), options).permute(backwards);
  }
  if (setting.layout == Layout::transposed && dim == 1)  // one column of a matrix
    return full({sizes[0], 3}, poison(dtype), options).select(1, 1);
  if (setting.layout == Layout::offset) {  // the middle of a larger tensor
    Sizes larger = sizes;
    for (int64_t& size : larger) size += 2;
    Tensor x = full(larger, poison(dtype), options);
    for (int64_t d = 0; d < dim; ++d) x = x.narrow(d, 1, sizes[d]);
    return x;
  }
  return empty(sizes, options);
}

Tensor lay_out(const Array& elements, const Setting& setting, Dtype dtype) {
  const NoGradGuard no_grad;
  Tensor x = place_for(elements.sizes, setting, dtype);
  if (!elements.values.empty()) x.copy_(tensor(elements.values, kFloat64).view(elements.sizes));
  return x;
}

LaidOut make_input(const Input& input, const Setting& setting, Random& random) {
  Array small{input.sizes, {}};
  if (setting.layout == Layout::expanded && input.expanded_dim >= 0 && !input.sizes.empty())
    small.sizes[input.expanded_dim] = 1;
  small.values = input.draw(count_of(small.sizes), random);
  for (double& value : small.values) value = static_cast<float>(value);  // equal in float32 and float64
  const Dtype dtype = input.dtype == kFloat64 ? setting.dtype : input.dtype;
  Tensor leaf = lay_out(small, setting, dtype);
  if (leaf.is_floating_point()) leaf.requires_grad_();
  return {leaf, input.sizes, expanded(small, input.sizes)};
}

/// The leaves of an op's inputs, and the op as a function of these leaves.
struct Prepared {
  variable_list leaves;
  std::function<variable_list(const variable_list&)> function;
  Arrays elements;
};

Prepared prepare(const Op& op, const Setting& setting, uint32_t draw = 0) {
  Random random(static_cast<uint32_t>(std::hash<std::string>()(op.name)) + draw);
  Prepared prepared;
  std::vector<Sizes> sizes;
  for (const Input& input : op.inputs) {
    const LaidOut x = make_input(input, setting, random);
    prepared.leaves.push_back(x.leaf);
    prepared.elements.push_back(x.elements);
    sizes.push_back(x.sizes);
  }
  prepared.function = [call = op.call, sizes](const variable_list& leaves) {
    variable_list inputs;
    for (size_t i = 0; i < leaves.size(); ++i)
      inputs.push_back(leaves[i].sizes() == IntArrayRef(sizes[i]) ? leaves[i] : leaves[i].expand(sizes[i]));
    return call(inputs);
  };
  return prepared;
}

// ---- The checks --------------------------------------------------------------------------------------------------

double tolerance_of(const Op& op, Dtype dtype) { return dtype == kFloat64 ? op.tolerance : 2e-5; }

void check_forward(const Op& op, const Setting& setting) {
  const Prepared prepared = prepare(op, setting);
  const variable_list outputs = prepared.function(prepared.leaves);
  const Arrays wanted = op.reference(prepared.elements);
  ASSERT_EQ(outputs.size(), wanted.size());
  for (size_t o = 0; o < outputs.size(); ++o) {
    const std::string what = "output " + std::to_string(o);
    EXPECT_EQ(outputs[o].sizes().vec(), wanted[o].sizes) << what;
    EXPECT_EQ(outputs[o].device(), setting.device) << what;
    EXPECT_TRUE(outputs[o].dtype() == setting.dtype || outputs[o].dtype() == kInt64) << what;
    EXPECT_EQ(outputs[o].requires_grad(), outputs[o].is_floating_point()) << what;
    expect_close(elements_of(outputs[o]), wanted[o].values, tolerance_of(op, setting.dtype), what);
  }
}

variable_list gradients_of(const Op& op, const Setting& setting) {
  const Prepared prepared = prepare(op, setting);
  return weighted_gradients(prepared.function(prepared.leaves), prepared.leaves);
}

/// Compares the gradients of float32 with those of float64, which gradcheck compares with finite differences.
void check_backward(const Op& op, const Setting& setting) {
  const variable_list got = gradients_of(op, setting);
  const variable_list wanted = gradients_of(op, {setting.device, kFloat64, setting.layout});
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].dtype(), setting.dtype);
    expect_close(elements_of(got[i]), elements_of(wanted[i]), 2e-4, "gradient " + std::to_string(i));
  }
}

autograd::GradcheckOptions options_for(const Op& op) {
  return {.eps = op.eps, .atol = 1e-6, .rtol = 1e-5, .name = op.name};
}

void check_gradient(const Op& op, const Setting& setting) {
  const Prepared prepared = prepare(op, setting);
  EXPECT_TRUE(gradcheck(prepared.function, prepared.leaves, options_for(op)));
}

/// Checks second derivatives. The incoming gradients have the same layout as the inputs.
void check_second_derivative(const Op& op, const Setting& setting) {
  const Prepared prepared = prepare(op, setting);
  variable_list incoming;
  Random random(1);
  for (const Tensor& y : prepared.function(prepared.leaves))
    if (y.requires_grad())
      incoming.push_back(make_input(any(y.sizes().vec()).not_expanding(), setting, random).leaf);
  EXPECT_TRUE(gradgradcheck(prepared.function, prepared.leaves, incoming, options_for(op)));
}

/// Can the inputs of the entry have any shape?
bool takes_any_shape(const Op& op) {
  bool same = op.reference.is_pointwise() && op.inputs[0].sizes == Sizes{3, 4};
  for (const Input& input : op.inputs) same &= input.sizes == op.inputs[0].sizes;
  return same;
}

/// Checks pointwise ops on enough elements for all loops of a kernel: several vectors at once,
/// threads, the remainder.
void check_large(const Op& op, const Setting& setting) {
  Op large = op;
  for (Input& input : large.inputs) input.sizes = {257, 131};
  check_forward(large, setting);
  if (setting.dtype != kFloat64) return;
  const Prepared prepared = prepare(large, setting);
  autograd::GradcheckOptions options = options_for(op);
  options.fast_mode = true;
  EXPECT_TRUE(gradcheck(prepared.function, prepared.leaves, options));
}

/// For inputs that the entry was not written for: the op must work, forward and backward, or raise an Error
/// with a text.
void expect_result_or_error(const Op& op, const Setting& setting) {
  try {
    const Prepared prepared = prepare(op, setting);
    variable_list outputs;
    for (const Tensor& y : prepared.function(prepared.leaves))
      if (y.requires_grad()) outputs.push_back(y.sum());
    if (!outputs.empty()) autograd::backward(outputs);
    for (const Tensor& x : prepared.leaves) EXPECT_TRUE(!x.grad().defined() || x.grad().sizes() == x.sizes());
  } catch (const Error& error) {
    EXPECT_GT(std::string(error.what()).size(), 10u) << error.what();
  }
}

/// `input` with other sizes. It draws as many elements as these need, even if the entry lists fewer.
Input resized(const Input& input, Sizes sizes) {
  Input changed = input;
  changed.sizes = std::move(sizes);
  changed.draw = [draw = input.draw](int64_t count, Random& random) {
    std::vector<double> values = draw(std::max<int64_t>(count, 1), random);
    values.resize(static_cast<size_t>(count), 0.5);
    return values;
  };
  return changed;
}

/// Checks empty inputs: each size in turn is replaced by 0 in all inputs.
void check_empty(const Op& op, const Setting& setting) {
  for (const Input& chosen : op.inputs)
    for (const int64_t size : chosen.sizes) {
      Op empty = op;
      for (Input& input : empty.inputs) {
        Sizes sizes = input.sizes;
        std::replace(sizes.begin(), sizes.end(), size, int64_t{0});
        input = resized(input, sizes);
      }
      expect_result_or_error(empty, setting);
      if (takes_any_shape(op)) check_forward(empty, setting);
    }
}

/// Checks inputs of random shapes, up to four dimensions of sizes 0 to 3. They need not fit together.
void check_odd_shapes(const Op& op, const Setting& setting) {
  Random random(7);
  for (int round = 0; round < 25; ++round) {
    Op odd = op;
    for (Input& input : odd.inputs) {
      Sizes sizes(random() % 5);
      for (int64_t& size : sizes) size = static_cast<int64_t>(random() % 4);
      input = resized(input, sizes).not_expanding();
    }
    expect_result_or_error(odd, setting);
  }
}

/// Puts one input on the CPU and the others on the device. Numbers and indices may be on the CPU: then the
/// results must be right. In all other cases the op must raise an Error, since a kernel cannot read the
/// other side's memory.
void check_mixed_devices(const Op& op, const Setting& setting) {
  const Arrays wanted = op.reference(prepare(op, setting).elements);
  const variable_list wanted_gradients = gradients_of(op, setting);
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    Prepared prepared = prepare(op, setting);
    Tensor& moved = prepared.leaves[i];
    moved = moved.detach().cpu().requires_grad_(moved.requires_grad());
    const std::string what = "input " + std::to_string(i) + " on the cpu";
    try {
      const variable_list outputs = prepared.function(prepared.leaves);
      for (size_t o = 0; o < outputs.size(); ++o)
        expect_close(elements_of(outputs[o]), wanted[o].values, op.tolerance, what);
      const variable_list gradients = weighted_gradients(outputs, prepared.leaves);
      for (size_t g = 0; g < gradients.size(); ++g)
        expect_close(elements_of(gradients[g]), elements_of(wanted_gradients[g]), 1e-9, what + ": gradient");
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("on the same device"), std::string::npos)
          << what << ": " << error.what();
    }
  }
}

/// Entries that read elements on the host to know the shape of the result, so they cannot be captured.
const std::set<std::string> kReadOnHost = {"index.mask", "index.mask_of_rows", "index_put_.mask",
                                           "index_put_.mask_number", "masked_select"};
/// Entries that treat negative indices apart. The other inputs may have some where the captured ones have none.
const std::set<std::string> kDecideOnHost = {"index.slice_and_tensor"};

/// Weights for the elements of y, which differ from each other: sin 1, sin 2, …
Tensor weights_for(const Tensor& y) {
  return sin(arange(1, y.numel() + 1, y.options().dtype(kFloat64))).to(y.dtype()).view(y.sizes());
}

/// The outputs of the op, then first and second derivatives of their weighted sum.
variable_list results_of(const Op& op, const Prepared& prepared) {
  variable_list results = prepared.function(prepared.leaves), wanted, totals;
  for (const Tensor& x : prepared.leaves)
    if (x.requires_grad()) wanted.push_back(x);
  for (const Tensor& y : results)
    if (y.requires_grad()) totals.push_back((y * weights_for(y)).sum());
  for (int order = 1; order <= op.order && !totals.empty(); ++order) {
    const variable_list gradients = autograd::grad(totals, wanted, {}, true, order < op.order, true);
    totals.clear();
    for (const Tensor& gradient : gradients) {
      if (!gradient.defined()) continue;
      results.push_back(gradient);
      if (gradient.requires_grad()) totals.push_back((gradient * weights_for(gradient)).sum());
    }
  }
  return results;
}

/// Captures the op with its derivatives, changes the inputs, replays, and compares with the op itself: bit for bit.
void check_replay(const Op& op, const Setting& setting) {
  const Prepared captured = prepare(op, setting), other = prepare(op, setting, 1);
  variable_list replayed;
  Program program;
  try {
    program = capture([&] { replayed = results_of(op, captured); });
  } catch (const Error& error) {
    const bool moves = op.name == "cpu" && kDevice.is_cuda();
    EXPECT_TRUE(moves || kReadOnHost.contains(op.name)) << error.what();
    EXPECT_NE(std::string(error.what()).find("must not read or write elements on the host"),
              std::string::npos)
        << error.what();
    return;
  }
  EXPECT_FALSE(kReadOnHost.contains(op.name));
  {
    const NoGradGuard no_grad;
    for (size_t i = 0; i < captured.leaves.size(); ++i) captured.leaves[i].detach().copy_(other.leaves[i]);
  }
  try {
    program.replay();
  } catch (const Error& error) {
    EXPECT_TRUE(kDecideOnHost.contains(op.name)) << error.what();
    EXPECT_NE(std::string(error.what()).find("takes another way"), std::string::npos) << error.what();
    return;
  }
  const variable_list wanted = results_of(op, other);
  ASSERT_EQ(replayed.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::vector<double> got = elements_of(replayed[i]), right = elements_of(wanted[i]);
    ASSERT_EQ(got.size(), right.size());
    EXPECT_EQ(std::memcmp(got.data(), right.data(), got.size() * sizeof(double)), 0)
        << "result " << i << " of the replay\n"
        << replayed[i] << "\nand of the op\n"
        << wanted[i] << program;
  }
}

// ---- Compiled programs -------------------------------------------------------------------------------------------

/// Expects the same bits. A library that was compiled with fused multiply-adds may differ from the text in last digits.
void expect_same_bits(const Tensor& got, const Tensor& wanted, const std::string& what) {
  const std::vector<double> a = elements_of(got), b = elements_of(wanted);
  ASSERT_EQ(a.size(), b.size()) << what;
#ifdef __FP_FAST_FMA
  expect_close(a, b, got.dtype() == kFloat64 ? 1e-12 : 1e-4, what);
#else
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(double)), 0) << what << ": compiled\n"
                                                                           << got << "\nand the op\n"
                                                                           << wanted;
#endif
}

/// Captures several entries with their derivatives as one program, since calling the compiler takes a second. Changes the
/// inputs, runs the compiled program, and compares with the ops themselves.
void check_compiled(const std::vector<const Op*>& entries, const Setting& setting) {
  std::vector<Prepared> captured, other;
  for (const Op* op : entries) {
    captured.push_back(prepare(*op, setting));
    other.push_back(prepare(*op, setting, 1));
  }
  std::vector<variable_list> results(entries.size());
  Program program = capture([&] {
    for (size_t i = 0; i < entries.size(); ++i) results[i] = results_of(*entries[i], captured[i]);
  });
  {
    const NoGradGuard no_grad;
    for (size_t i = 0; i < entries.size(); ++i)
      for (size_t l = 0; l < captured[i].leaves.size(); ++l)
        captured[i].leaves[l].detach().copy_(other[i].leaves[l]);
  }
  const Compilation compilation = program.compile();
  ASSERT_TRUE(compilation.done) << compilation;
  program.replay();
  for (size_t i = 0; i < entries.size(); ++i) {
    const variable_list wanted = results_of(*entries[i], other[i]);
    ASSERT_EQ(results[i].size(), wanted.size());
    for (size_t r = 0; r < wanted.size(); ++r)
      expect_same_bits(results[i][r], wanted[r], entries[i]->name + ": result " + std::to_string(r));
  }
}

// ---- Registration ------------------------------------------------------------------------------------------------

using Check = void (*)(const Op&, const Setting&);

class OpTest : public testing::Test {
 public:
  OpTest(Check check, const Op& op, const Setting& setting) : check_(check), op_(op), setting_(setting) {}
  void TestBody() override {
    if (setting_.device.is_cuda() && !cuda::is_available()) GTEST_SKIP() << "there is no cuda device";
    if (!op_.available(kernels_for(setting_.device.type())))
      GTEST_SKIP() << op_.name << " is not in this build";
    check_(op_, setting_);
  }

 private:
  const Check check_;
  const Op& op_;
  const Setting setting_;
};

const std::vector<Op>& ops() {
  static const std::vector<Op> list = op_list();
  return list;
}

bool differentiable(const Op& op) {
  bool any = false;
  for (const Input& input : op.inputs) any |= input.dtype == kFloat64;
  return any;
}

std::vector<std::pair<const char*, Check>> checks_for(const Op& op, Dtype dtype, Layout layout) {
  std::vector<std::pair<const char*, Check>> checks = {{"forward", check_forward}};
  if (takes_any_shape(op)) checks.emplace_back("large", check_large);
  checks.emplace_back("replay", check_replay);
  checks.emplace_back("empty", check_empty);
  checks.emplace_back("odd_shapes", check_odd_shapes);
  if (kDevice.is_cuda() && op.inputs.size() > 1 && dtype == kFloat64 && layout == Layout::contiguous)
    checks.emplace_back("mixed_devices", check_mixed_devices);
  if (!differentiable(op) || op.order < 1) return checks;
  if (dtype == kFloat32) {
    checks.emplace_back("backward", check_backward);
  } else {
    checks.emplace_back("gradcheck", check_gradient);
    if (op.order >= 2) checks.emplace_back("gradgradcheck", check_second_derivative);
  }
  return checks;
}

/// Compiles the entries in groups. Each group is tested with one dtype and layout, which change from group to group, and
/// with little optimisation, which takes a third of the time. If GRADUS_COMPILE_ALL is set, with all of them.
class CompiledTest : public testing::Test {
 public:
  CompiledTest(std::vector<const Op*> entries, const Setting& setting)
      : entries_(std::move(entries)), setting_(setting) {}
  void TestBody() override {
    std::erase_if(entries_, [](const Op* op) {
      return kReadOnHost.contains(op->name) || kDecideOnHost.contains(op->name) ||
             !op->available(kernels_for(kCPU));
    });
    check_compiled(entries_, setting_);
  }

 private:
  std::vector<const Op*> entries_;
  const Setting setting_;
};

void register_compiled() {
  constexpr size_t at_once = 20, layouts = std::size(kLayouts), settings = 2 * layouts;
  const bool all = std::getenv("GRADUS_COMPILE_ALL") != nullptr;
  if (!all) setenv("GRADUS_CXXFLAGS", "-O1", 0);
  for (size_t begin = 0; begin < ops().size(); begin += at_once) {
    std::vector<const Op*> entries;
    for (size_t i = begin; i < std::min(begin + at_once, ops().size()); ++i) entries.push_back(&ops()[i]);
    for (size_t s = 0; s < settings; ++s) {
      if (!all && s != begin / at_once % settings) continue;
      const auto& [layout, layout_name] = kLayouts[s % layouts];
      const Setting setting{kCPU, s < layouts ? kFloat32 : kFloat64, layout};
      const std::string name =
          entries[0]->name + "_and_more/" + name_of(setting.dtype) + "/" + layout_name + "/compiled";
      testing::RegisterTest("Ops", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [=]() -> testing::Test* { return new CompiledTest(entries, setting); });
    }
  }
}

int register_all() {
  if (kDevice.is_cpu()) register_compiled();
  for (const Op& op : ops())
    for (const Dtype dtype : {kFloat32, kFloat64})
      for (const auto& [layout, layout_name] : kLayouts)
        for (const auto& [check_name, check] : checks_for(op, dtype, layout)) {
          const std::string name = op.name + "/" + name_of(dtype) + "/" + layout_name + "/" + check_name;
          const Setting setting{kDevice, dtype, layout};
          testing::RegisterTest(
              "Ops", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
              [=, check = check, &op = op]() -> testing::Test* { return new OpTest(check, op, setting); });
        }
  return static_cast<int>(ops().size());
}
const int registered = register_all();

// ---- Is the list complete? ---------------------------------------------------------------------------------------

// Functions that need no entry, and the reason.
const std::map<std::string, const char*> kWithoutEntry = {
    {"isnan", "bool result"},
    {"isinf", "bool result"},
    {"isfinite", "bool result"},
    {"logical_not", "bool result"},
    {"operator~", "bool result"},
    {"eq", "bool result"},
    {"ne", "bool result"},
    {"lt", "bool result"},
    {"le", "bool result"},
    {"gt", "bool result"},
    {"ge", "bool result"},
    {"equal", "bool result"},
    {"allclose", "bool result"},
    {"all", "bool result"},
    {"any", "bool result"},
    {"operator&", "bools and integers only"},
    {"operator|", "bools and integers only"},
    {"operator^", "bools and integers only"},
    {"argmax", "indices have no derivative"},
    {"argmin", "indices have no derivative"},
    {"argsort", "indices have no derivative"},
    {"nonzero", "indices have no derivative"},
    {"cuda", "moves to a device that may not exist; cuda_device_test.cpp tests it"},
    {"uniform_", "draws random numbers, outside the graph"},
    {"normal_", "draws random numbers, outside the graph"},
    {"random_", "draws random numbers, outside the graph"},
    {"bernoulli_", "draws random numbers, outside the graph"},
    {"exponential_", "draws random numbers, outside the graph"},
};

/// How often each function or method that returns tensors is declared. Inline functions do not count:
/// they call others.
std::map<std::string, int> declared_in(const std::string& text) {
  static const std::regex declaration(
      R"(\n *(?:Tensor&?|std::tuple<Tensor[^>]*>|std::vector<Tensor>) (operator\S+?|\w+)\((?:[^{;]|\{[^};]*\})*?\)(?: const)?;)");
  std::map<std::string, int> declared;
  for (std::sregex_iterator match(text.begin(), text.end(), declaration), end; match != end; ++match)
    ++declared[(*match)[1]];
  return declared;
}

std::map<std::string, int> entries_by_function() {
  std::map<std::string, int> entries;
  for (const Op& op : ops()) {
    const std::string function = op.covers.empty() ? op.name.substr(0, op.name.find('.')) : op.covers;
    ++entries[function.substr(0, function.find('('))];
  }
  return entries;
}

/// Expects an entry for every overload of every function that a header declares. In an entry, the function's
/// name has the prefix.
void expect_entries(const char* header, const std::string& prefix, size_t at_least) {
  const std::map<std::string, int> declared = declared_in(text_of(header));
  const std::map<std::string, int> entries = entries_by_function();
  EXPECT_GT(declared.size(), at_least) << "the test found too few declarations in " << header;
  for (const auto& [function, overloads] : declared) {
    const std::string name = prefix + function;
    if (kWithoutEntry.contains(name)) continue;
    const int found = entries.contains(name) ? entries.at(name) : 0;
    EXPECT_GE(found, overloads) << header << " declares " << overloads << " overloads of " << function
                                << ": add an entry for each to tests/op_list, or a reason to kWithoutEntry";
  }
}

TEST(OpList, HasEveryFunction) {
  expect_entries("tensor/functions.h", "", 90);
  expect_entries("autograd/linalg/linalg.h", "linalg_", 14);
}

TEST(OpList, HasEveryRecordedMethod) {
  const std::string text = text_of("tensor/tensor.h");
  const size_t begin = text.find("// ---- Recorded methods without a function"),
               end = text.find("// ---- The tape");
  ASSERT_TRUE(begin < end && end != std::string::npos);
  const std::map<std::string, int> declared = declared_in(text.substr(begin, end - begin));
  const std::map<std::string, int> entries = entries_by_function();
  EXPECT_GT(declared.size(), 30u) << "the test found too few declarations in tensor/tensor.h";
  for (const auto& [name, overloads] : declared)
    EXPECT_TRUE(entries.contains(name) || kWithoutEntry.contains(name) || name.starts_with("operator"))
        << "Tensor::" << name << " has no entry in tests/op_list";
}

// If a view did not know its base, a write through the view would not be recorded for the base.
TEST(OpList, ViewsKnowTheirBase) {
  int views = 0;
  for (const Op& op : ops()) {
    if (!op.available(kernels_for(kCPU))) continue;
    const Prepared prepared = prepare(op, {kCPU, kFloat64, Layout::contiguous});
    variable_list inputs;
    for (const Tensor& x : prepared.leaves) inputs.push_back(x.requires_grad() ? x * 1 : x);
    for (const Tensor& y : prepared.function(inputs))
      for (const Tensor& x : inputs) {
        if (!y.is_alias_of(x) || y.is_same(x)) continue;
        ++views;
        EXPECT_EQ(y.impl().base.get(), &x.impl()) << op.name << " returns a view that view_of() has not made";
      }
  }
  EXPECT_GT(views, 10);
}

TEST(OpList, NamesAreUniqueAndLowerOrdersHaveReasons) {
  std::set<std::string> names;
  for (const Op& op : ops()) {
    EXPECT_TRUE(names.insert(op.name).second) << "two entries are called " << op.name;
    EXPECT_EQ(op.order < 2, !op.reason.empty()) << op.name;
  }
  EXPECT_EQ(registered, static_cast<int>(names.size()));
}

}  // namespace
}  // namespace gradus::test
