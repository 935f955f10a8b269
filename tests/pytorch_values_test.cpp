// Compares values and gradients of every entry in the list of ops with PyTorch's. These are stored in
// data/op_values.json, which data/make_op_values.py wrote, so the test does not need PyTorch. It is not part
// of the default build. To run it:
//
//     ./tests/run --pytorch -R pytorch_values
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "op_list.h"

namespace gradus::test {
namespace {

using nlohmann::json;

/// Both sides compute in float64, so results differ only by one or two roundings for each operation.
constexpr double kTolerance = 1e-12;

const std::vector<Op>& ops() {
  static const std::vector<Op> list = op_list();
  return list;
}

/// The stored values by the name of the entry: {"inputs", "outputs": [{"dtype", "sizes",
/// "values"}], "gradients": [values]}.
const json& stored() {
  static const json all = json::parse(std::ifstream(GRADUS_TEST_DATA "/op_values.json"));
  return all.at("ops");
}

/// The stored input. It is an Error if its shape or dtype is not that of the entry.
Tensor make_input(const Input& input, const json& x) {
  check(x.at("sizes") == json(input.sizes) && x.at("dtype") == name_of(input.dtype),
        "the entry's inputs have changed since its values were stored; run data/make_op_values.py");
  Tensor made = tensor(x.at("values").get<std::vector<double>>(), kFloat64).view(input.sizes).to(input.dtype);
  return made.requires_grad_(made.is_floating_point());
}

class ValuesTest : public testing::Test {
 public:
  explicit ValuesTest(const Op& op) : op_(op) {}

  void TestBody() override {
    if (!op_.available(kernels_for(kCPU))) GTEST_SKIP() << op_.name << " is not in this build";
    ASSERT_TRUE(stored().contains(op_.name)) << "no values are stored; run data/make_op_values.py";
    const json& wanted = stored().at(op_.name);
    ASSERT_EQ(wanted.at("inputs").size(), op_.inputs.size());
    variable_list inputs;
    for (size_t i = 0; i < op_.inputs.size(); ++i)
      inputs.push_back(make_input(op_.inputs[i], wanted.at("inputs")[i]));
    const variable_list outputs = op_.call(inputs);
    expect_outputs(outputs, wanted.at("outputs"));
    expect_gradients(weighted_gradients(outputs, inputs), wanted.at("gradients"));
  }

 private:
  void expect_outputs(const variable_list& outputs, const json& wanted) {
    ASSERT_EQ(outputs.size(), wanted.size());
    for (size_t o = 0; o < outputs.size(); ++o) {
      EXPECT_EQ(json(name_of(outputs[o].dtype())), wanted[o].at("dtype"));
      EXPECT_EQ(json(outputs[o].sizes().vec()), wanted[o].at("sizes"));
      expect_close(elements_of(outputs[o]), wanted[o].at("values"), kTolerance,
                   "output " + std::to_string(o));
    }
  }

  void expect_gradients(const variable_list& gradients, const json& wanted) {
    ASSERT_EQ(gradients.size(), wanted.size());
    for (size_t i = 0; i < gradients.size(); ++i)
      expect_close(elements_of(gradients[i]), wanted[i], kTolerance, "gradient " + std::to_string(i));
  }

  const Op& op_;
};

int register_all() {
  for (const Op& op : ops())
    testing::RegisterTest("PyTorch", op.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [&op]() -> testing::Test* { return new ValuesTest(op); });
  return static_cast<int>(ops().size());
}
const int registered = register_all();

TEST(PyTorch, EveryStoredNameIsInTheList) {
  std::set<std::string> names;
  for (const Op& op : ops()) names.insert(op.name);
  for (const auto& [name, values] : stored().items()) EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_EQ(registered, static_cast<int>(names.size()));
}

// The first step of making the data: writes the inputs that every entry draws. They are rounded to multiples
// of 1/1024, which have few digits.
TEST(PyTorch, WritesInputs) {
  const char* path = std::getenv("GRADUS_WRITE_OP_INPUTS");
  if (path == nullptr) GTEST_SKIP() << "GRADUS_WRITE_OP_INPUTS names no file";
  json all;
  for (const Op& op : ops()) {
    Random random(static_cast<uint32_t>(std::hash<std::string>()(op.name)));
    for (const Input& input : op.inputs) {
      std::vector<double> values = input.draw(count_of(input.sizes), random);
      for (double& value : values) value = std::round(value * 1024) / 1024;
      all[op.name].push_back({{"dtype", name_of(input.dtype)}, {"sizes", input.sizes}, {"values", values}});
    }
  }
  std::ofstream file(path);
  file << all;
  EXPECT_TRUE(file.good()) << path;
}

}  // namespace
}  // namespace gradus::test
