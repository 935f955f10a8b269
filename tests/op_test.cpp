// Tests every op. Each entry in the list of ops becomes one test for each device, dtype, memory layout and
// check, with a name like Ops.matmul.batches/float64/transposed/gradcheck. This runs a part of them:
//
//     build/release/tests/op_test --gtest_filter='Ops.matmul*gradgradcheck'
#include <gtest/gtest.h>

#include <algorithm>

#include "autograd/tools/gradcheck.h"
#include "beside_tests.h"
#include "op_list.h"
#include "op_list/replay.h"

namespace gradus::test {

Device tested_device();  // in tested_device.cpp: the CPU for op_test, CUDA for op_cuda_test

namespace {

using autograd::gradcheck;
using autograd::gradgradcheck;

const Device kDevice = tested_device();

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

/// Compiles a group of entries. Each group has one dtype and layout, which change from group to group, and the compiler
/// optimises little, which takes a third of the time. If GRADUS_COMPILE_ALL is set, each group is compiled with every
/// dtype and layout, at full optimisation.
class CompiledTest : public testing::Test {
 public:
  CompiledTest(std::vector<const Op*> entries, const Setting& setting)
      : entries_(std::move(entries)), setting_(setting) {}
  void TestBody() override {
    std::erase_if(entries_,
                  [](const Op* op) { return !can_be_replayed(*op) || !op->available(kernels_for(kCPU)); });
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
[[maybe_unused]] const int registered = register_all();

}  // namespace
}  // namespace gradus::test
