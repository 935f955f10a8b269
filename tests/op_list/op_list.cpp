// The list of all families, and the functions that draw inputs.
#include "op_list.h"

#include <cmath>

namespace gradus::test {

std::vector<std::pair<const char*, std::vector<Op>>> op_families() {
  return {{"Pointwise", pointwise_ops()},
          {"Activations", activation_ops()},
          {"Arithmetic", arithmetic_ops()},
          {"Products", product_ops()},
          {"Reductions and rows", reduction_ops()},
          {"Views and copies", view_ops()},
          {"Indexing", indexing_ops()},
          {"Matrices", linalg_ops()},
          {"In place", in_place_ops()},
          {"Composed of other ops", composed_ops()}};
}

std::vector<Op> op_list() {
  std::vector<Op> all;
  auto families = op_families();
  for (auto& [title, family] : families)
    for (Op& op : family) all.push_back(std::move(op));
  return all;
}

namespace {

/// An input whose elements are drawn independently.
template <class Draw>
Input each(Sizes sizes, Dtype dtype, Draw draw) {
  return {std::move(sizes),
          [draw](int64_t count, Random& random) {
            std::vector<double> values;
            for (int64_t i = 0; i < count; ++i) values.push_back(draw(random));
            return values;
          },
          dtype};
}

double uniform(Random& random, double low, double high) {
  return low + (high - low) * (static_cast<double>(random()) / static_cast<double>(Random::max()));
}

int64_t below(Random& random, int64_t bound) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
}

}  // namespace

Input between(Sizes sizes, double low, double high) {
  return each(std::move(sizes), kFloat64, [=](Random& random) { return uniform(random, low, high); });
}
Input any(Sizes sizes) {
  return each(std::move(sizes), kFloat64,
              [](Random& random) { return uniform(random, 0.2, 2) * (random() % 2 ? 1 : -1); });
}
Input positive(Sizes sizes) { return between(std::move(sizes), 0.3, 2); }

Input distinct(Sizes sizes, double shift) {
  const auto draw = [shift](int64_t count, Random& random) {
    std::vector<double> values;
    const double step = 4 / static_cast<double>(count);
    for (int64_t i = 0; i < count; ++i)  // + ¼: no element is 0, where |x| has its kink
      values.push_back(step * (static_cast<double>(i - count / 2) + 0.25 + shift));
    for (int64_t i = count - 1; i > 0; --i) std::swap(values[i], values[below(random, i + 1)]);
    return values;
  };
  return {std::move(sizes), draw};
}

Input between_steps(Sizes sizes) {
  return each(std::move(sizes), kFloat64, [](Random& random) {
    return 0.5 * static_cast<double>(below(random, 12) - 6) + uniform(random, 0.1, 0.4);
  });
}
Input one_of(Sizes sizes, std::vector<double> list) {
  return each(std::move(sizes), kFloat64,
              [list](Random& random) { return list[below(random, static_cast<int64_t>(list.size()))]; });
}
Input exactly(Sizes sizes, std::vector<double> values, Dtype dtype) {
  return {std::move(sizes), [values](int64_t, Random&) { return values; }, dtype, -1};
}

Input indices(Sizes sizes, int64_t low, int64_t high) {
  return each(std::move(sizes), kInt64,
              [=](Random& random) { return static_cast<double>(low + below(random, high - low)); });
}
Input mask(Sizes sizes) {
  const auto draw = [](int64_t count, Random& random) {
    std::vector<double> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i < 2 ? i % 2 : random() % 2));
    return values;
  };
  return {std::move(sizes), draw, kBool};
}

Input spread_matrix(Sizes sizes) {
  const int64_t rows = sizes.at(sizes.size() - 2), columns = sizes.back();
  const auto draw = [=](int64_t count, Random& random) {
    std::vector<double> values;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = i / columns % rows, column = i % columns;
      values.push_back((row == column ? 1.5 * static_cast<double>(row + 1) : 0) + uniform(random, -0.5, 0.5));
    }
    return values;
  };
  return {std::move(sizes), draw, kFloat64, sizes.size() > 2 ? 0 : -1};
}

}  // namespace gradus::test
