// The inputs at which edge_values_test.cpp compares every op with PyTorch.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "op_list.h"

namespace gradus::test {

/// One call of an entry: the elements of its inputs, and what is special about them.
struct EdgeCase {
  std::string label;
  Arrays inputs;
};

struct Special {
  const char* name;
  double value;
};

/// The special values of a dtype. The square of `huge` overflows, that of `tiny` is 0.
template <class T>
std::vector<Special> special_values() {
  using Limits = std::numeric_limits<T>;
  constexpr double infinity = Limits::infinity();
  return {{"0", 0.0},
          {"-0", -0.0},
          {"1", 1},
          {"-1", -1},
          {"tiny", Limits::min()},
          {"-tiny", -Limits::min()},
          {"huge", Limits::max() / 2},
          {"-huge", -Limits::max() / 2},
          {"inf", infinity},
          {"-inf", -infinity},
          {"nan", Limits::quiet_NaN()},
          {"subnormal", Limits::denorm_min()},
          {"2", 2},
          {"-0.5", -0.5},
          {"30", 30},
          {"-30", -30},
          {"100", 100},
          {"-100", -100}};
}

namespace edges {

inline bool is_real(const Input& input) { return input.dtype == kFloat64; }

/// Every combination of special values, as one call, for a function of numbers.
inline EdgeCase grid(const Op& op, const std::vector<Special>& specials) {
  const size_t n = op.inputs.size();
  const size_t used = n == 1 ? specials.size() : n == 2 ? 11 : 6;
  static constexpr size_t of_three[] = {0, 2, 3, 6, 8, 10};  // 0, 1, -1, huge, inf, nan
  size_t count = 1;
  for (size_t i = 0; i < n; ++i) count *= used;
  EdgeCase result{"grid", Arrays(n, Array{{static_cast<int64_t>(count)}, std::vector<double>(count)})};
  for (size_t place = 0; place < count; ++place)
    for (size_t i = 0, rest = place; i < n; ++i, rest /= used)
      result.inputs[i].values[place] = specials[n == 3 ? of_three[rest % used] : rest % used].value;
  return result;
}

/// The inputs with every size `from` replaced by `to`, and the elements repeated or left out.
inline Arrays resized(const Arrays& inputs, int64_t from, int64_t to) {
  Arrays result = inputs;
  for (Array& x : result) {
    std::replace(x.sizes.begin(), x.sizes.end(), from, to);
    x.values.resize(static_cast<size_t>(count_of(x.sizes)), x.values.empty() ? 0 : x.values[0]);
  }
  return result;
}

}  // namespace edges

/// The cases of an entry whose ordinary inputs are `base`. Matrix functions get no NaN and no numbers whose squares leave
/// the range, because only some versions of LAPACK notice them.
template <class T>
std::vector<EdgeCase> edge_cases(const Op& op, const Arrays& base, bool is_matrix_function) {
  const std::vector<Special> specials = special_values<T>();
  std::vector<EdgeCase> cases;
  bool is_grid = op.reference.is_pointwise();
  for (const Input& input : op.inputs) is_grid &= edges::is_real(input) && input.sizes == op.inputs[0].sizes;
  if (is_grid) {
    cases.push_back(edges::grid(op, specials));
  } else {
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      if (!edges::is_real(op.inputs[i]) || base[i].values.empty()) continue;
      const std::string name = "x" + std::to_string(i);
      for (size_t s = 0; s < 11; ++s) {
        if (std::fabs(specials[s].value) == 1 || (is_matrix_function && s > 1)) continue;
        cases.push_back({name + " has " + specials[s].name, base});
        cases.back().inputs[i].values[1 % base[i].values.size()] = specials[s].value;
      }
      for (const size_t s : {0, 2, 9}) {  // all equal: 0, 1, -inf
        if (is_matrix_function && s == 9) continue;
        cases.push_back({name + " is " + specials[s].name, base});
        for (double& value : cases.back().inputs[i].values) value = specials[s].value;
      }
    }
  }
  std::vector<int64_t> sizes;  // the different sizes
  for (const Array& x : base)
    for (const int64_t size : x.sizes)
      if (std::find(sizes.begin(), sizes.end(), size) == sizes.end()) sizes.push_back(size);
  for (const int64_t size : sizes)
    for (const int64_t to : {0, 1})
      if (size != to)
        cases.push_back(
            {std::to_string(size) + " becomes " + std::to_string(to), edges::resized(base, size, to)});
  if (op.inputs.size() == 1 && is_grid) cases.push_back({"no dimensions", {Array{{}, {0.5}}}});
  return cases;
}

}  // namespace gradus::test
