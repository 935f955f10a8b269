// The list of ops against PyTorch: values and gradients of every entry as data/op_values.json has them. PyTorch wrote
// them once (data/make_op_values.py says how) and is not needed here. Not part of the default build and tests:
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

/// Both sides compute in float64; what is left are roundings, one or two per operation.
constexpr double kTolerance = 1e-12;

const std::vector<Op>& ops() {
  static const std::vector<Op> list = op_list();
  return list;
}

/// By the name of the entry: {"inputs", "outputs": [{"dtype", "sizes", "values"}], "gradients": [values]}.
const json& stored() {
  static const json all = json::parse(std::ifstream(GRADUS_TEST_DATA "/op_values.json"));
  return all.at("ops");
}

/// One input as it was stored, if it still is what the entry asks for.
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

TEST(PyTorch, NothingIsStoredForWhatIsNotInTheList) {
  std::set<std::string> names;
  for (const Op& op : ops()) names.insert(op.name);
  for (const auto& [name, values] : stored().items()) EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_EQ(registered, static_cast<int>(names.size()));
}

// The first step towards the data: what every entry draws, in multiples of 1/1024, which are short in decimals.
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
