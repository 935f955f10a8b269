#include "tests/compare_numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

void compare_with_libtorch(const std::map<std::string, std::vector<double>>& computed) {
  std::ifstream file(GRADUS_TEST_DATA "/nn_reference.json");
  const nlohmann::json expected = nlohmann::json::parse(file);
  // libtorch computes these in float32, or with a float32 constant.
  const std::map<std::string, double> tolerances = {
      {"Linear forward", 1e-6},
      {"bce at the ends/gradient", 1e-8},
      {"LBFGS strong wolfe far", 1e-10}};  // this one amplifies rounding errors
  for (const auto& [name, values] : computed) {
    ASSERT_TRUE(expected.contains(name)) << name;
    const auto wanted = expected[name].get<std::vector<double>>();
    ASSERT_EQ(values.size(), wanted.size()) << name;
    const double tolerance = tolerances.contains(name) ? tolerances.at(name) : 1e-12;
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(values[i], wanted[i], tolerance * (1 + std::abs(wanted[i]))) << name << ", number " << i;
  }
}
