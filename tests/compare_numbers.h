// Compares numbers, by their names, with those of libtorch in tests/data/nn_reference.json.
#pragma once

#include <map>
#include <string>
#include <vector>

/// Fails the test for each number that is missing or differs.
void compare_with_libtorch(const std::map<std::string, std::vector<double>>& computed);
