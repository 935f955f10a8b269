// Reductions, and functions along a dimension: cumsum, softmax, layer norm.
#include <cmath>
#include <numeric>
#include <sstream>

#include "op_list.h"

namespace gradus::test {
namespace {

using Row = std::vector<double>;

double sum_of(const Row& x) {
  double sum = 0;
  for (double value : x) sum += value;
  return sum;
}
double mean_of(const Row& x) { return sum_of(x) / static_cast<double>(x.size()); }
double variance_of(const Row& x, bool unbiased) {
  const double mean = mean_of(x);
  double sum = 0;
  for (double value : x) sum += (value - mean) * (value - mean);
  return sum / (static_cast<double>(x.size()) - (unbiased ? 1 : 0));
}
double unbiased_variance(const Row& x) { return variance_of(x, true); }
double biased_variance(const Row& x) { return variance_of(x, false); }
double deviation_of(const Row& x) { return std::sqrt(variance_of(x, true)); }
double largest_of(const Row& x) { return *std::max_element(x.begin(), x.end()); }
double smallest_of(const Row& x) { return *std::min_element(x.begin(), x.end()); }
double log_sum_exp_of(const Row& x) {
  double sum = 0;
  for (double value : x) sum += std::exp(value);
  return std::log(sum);
}
double sum_of_squares_of(const Row& x) { return std::inner_product(x.begin(), x.end(), x.begin(), 0.0); }
double norm_of(const Row& x, double p) {
  if (std::isinf(p)) return std::max(largest_of(x), -smallest_of(x));
  double sum = 0;
  for (double value : x) sum += std::pow(std::fabs(value), p);
  return std::pow(sum, 1 / p);
}

double place_of_largest(const Row& x) {
  return static_cast<double>(std::max_element(x.begin(), x.end()) - x.begin());
}
double place_of_smallest(const Row& x) {
  return static_cast<double>(std::min_element(x.begin(), x.end()) - x.begin());
}

Row running_sums(const Row& x) {
  Row sums(x.size());
  std::partial_sum(x.begin(), x.end(), sums.begin());
  return sums;
}
Row softmax_of(const Row& x) {
  Row y;
  for (double value : x) y.push_back(std::exp(value - log_sum_exp_of(x)));
  return y;
}
Row log_softmax_of(const Row& x) {
  Row y;
  for (double value : x) y.push_back(value - log_sum_exp_of(x));
  return y;
}

/// A reference: f reduces the only input.
Reference reducing(std::vector<int64_t> dims, bool keepdim, double (*f)(const Row&)) {
  return [=](const Arrays& x) { return reduced(x[0], dims, keepdim, f); };
}
Reference reducing(double (*f)(const Row&)) { return reducing({}, false, f); }

/// A reference: the values and their positions, as max(x, dim) and min(x, dim) return them.
Reference choosing(int64_t dim, bool keepdim, double (*value)(const Row&), double (*place)(const Row&)) {
  return [=](const Arrays& x) {
    return Arrays{reduced(x[0], {dim}, keepdim, value), reduced(x[0], {dim}, keepdim, place)};
  };
}

double product_of(const Row& x) {
  double product = 1;
  for (double value : x) product *= value;
  return product;
}

std::vector<Op> products() {
  return {
      {.name = "prod",
       .inputs = {any({2, 3})},
       .call = [](Inputs x) { return prod(x[0]); },
       .reference = reducing(product_of)},
      {.name = "prod.of_no_dimensions",
       .inputs = {any({})},
       .call = [](Inputs x) { return prod(x[0]); },
       .reference = reducing(product_of)},
      {.name = "prod.dim",
       .inputs = {any({2, 5, 3})},
       .call = [](Inputs x) { return x[0].prod(1); },
       .reference = reducing({1}, false, product_of)},
      {.name = "prod.keepdim",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return prod(x[0], -1, true); },
       .reference = reducing({1}, true, product_of)},
      // Rows with none, one, two and three zeros: a rule cannot divide by x.
      {.name = "prod.with_zeros",
       .inputs = {exactly({4, 4}, {2, -1, 0.5, 3, 2, 0, 0.5, 3, 0, -1, 0, 3, 0, 0, 0.5, 0})},
       .call = [](Inputs x) { return prod(x[0], 1); },
       .reference = reducing({1}, false, product_of)},
      {.name = "prod.with_a_zero_of_all",
       .inputs = {exactly({5}, {2, -1, 0, 0.5, 3})},
       .call = [](Inputs x) { return prod(x[0]); },
       .reference = reducing(product_of)},
  };
}

std::vector<Op> sums() {
  return {
      {.name = "sum",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return sum(x[0]); },
       .reference = reducing(sum_of)},
      {.name = "sum.of_no_dimensions",
       .inputs = {any({})},
       .call = [](Inputs x) { return sum(x[0]); },
       .reference = reducing(sum_of)},
      {.name = "sum.dims",
       .inputs = {any({2, 3, 4}).expanding(1)},
       .call =
           [](Inputs x) {
             return sum(x[0], IntArrayRef({0, -1}));
           },
       .reference = reducing({0, 2}, false, sum_of)},
      {.name = "sum.keepdim",
       .inputs = {any({2, 3, 2})},
       .call = [](Inputs x) { return sum(x[0], 1, true); },
       .reference = reducing({1}, true, sum_of)},
      {.name = "sum_to_size",
       .inputs = {any({2, 3, 4})},
       .call =
           [](Inputs x) {
             return sum_to_size(x[0], {3, 1});
           },
       .reference =
           [](const Arrays& x) {
             Array y = reduced(x[0], {0, 2}, false, sum_of);
             y.sizes = {3, 1};
             return y;
           }},
      {.name = "sum.converted",
       .inputs = {any({3, 4})},
       .call =
           [](Inputs x) {
             return sum(x[0], IntArrayRef({0}), false, x[0].scalar_type()) + x[0].sum(x[0].scalar_type());
           },
       .reference =
           [](const Arrays& x) {
             Array y = reduced(x[0], {0}, false, sum_of);
             for (double& value : y.values) value += sum_of(x[0].values);
             return y;
           }},
      {.name = "mean",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return mean(x[0]); },
       .reference = reducing(mean_of)},
      {.name = "mean.dims",
       .inputs = {any({2, 3, 2})},
       .call =
           [](Inputs x) {
             return mean(x[0], {1, 2});
           },
       .reference = reducing({1, 2}, false, mean_of)},
      {.name = "var",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return var(x[0]); },
       .reference = reducing(unbiased_variance)},
      {.name = "var.biased",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return var(x[0], false); },
       .reference = reducing(biased_variance)},
      {.name = "var.dims",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return var(x[0], {0}, true, true); },
       .reference = reducing({0}, true, unbiased_variance)},
      {.name = "std",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return std(x[0]); },
       .reference = reducing(deviation_of)},
      // Dimension 0 is not reduced: along it expanded inputs have the deviation 0, where std has a kink.
      {.name = "std.dims",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return std(x[0], IntArrayRef(1)); },
       .reference = reducing({1}, false, deviation_of)},
      {.name = "logsumexp",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return logsumexp(x[0], 1); },
       .reference = reducing({1}, false, log_sum_exp_of)},
      {.name = "logsumexp.keepdim",
       .inputs = {any({2, 3, 2})},
       .call =
           [](Inputs x) {
             return logsumexp(x[0], IntArrayRef({0, 2}), true);
           },
       .reference = reducing({0, 2}, true, log_sum_exp_of)},
  };
}

std::vector<Op> norms() {
  std::vector<Op> ops;
  ops.push_back({.name = "sum_of_squares",
                 .inputs = {any({3, 4})},
                 .call = [](Inputs x) { return sum_of_squares(x[0]); },
                 .reference = reducing({}, false, sum_of_squares_of)});
  for (const double p : {1.0, 1.5, 2.0, 3.0, HUGE_VAL}) {
    std::ostringstream name;
    name << "norm.p" << p;
    ops.push_back({.name = name.str(),
                   .inputs = {distinct({3, 4})},
                   .call = [p](Inputs x) { return norm(x[0], p); },
                   .reference =
                       [p](const Arrays& x) {
                         return reduced(x[0], {}, false, [p](const Row& row) { return norm_of(row, p); });
                       }});
    ops.push_back({.name = name.str() + "_of_columns",
                   .inputs = {distinct({3, 4})},
                   .call = [p](Inputs x) { return norm(x[0], p, {0}, /*keepdim=*/p > 2); },
                   .reference =
                       [p](const Arrays& x) {
                         return reduced(x[0], {0}, p > 2, [p](const Row& row) { return norm_of(row, p); });
                       }});
  }
  return ops;
}

std::vector<Op> extremes() {
  return {
      {.name = "max",
       .inputs = {distinct({3, 4})},
       .call = [](Inputs x) { return max(x[0]); },
       .reference = reducing(largest_of)},
      {.name = "min",
       .inputs = {distinct({3, 4})},
       .call = [](Inputs x) { return min(x[0]); },
       .reference = reducing(smallest_of)},
      {.name = "max.dim",
       .inputs = {distinct({3, 4})},
       .call = [](Inputs x) { return max(x[0], 1); },
       .reference = choosing(1, false, largest_of, place_of_largest)},
      {.name = "max.keepdim",
       .inputs = {distinct({2, 3, 2}).expanding(2)},
       .call = [](Inputs x) { return max(x[0], 0, true); },
       .reference = choosing(0, true, largest_of, place_of_largest)},
      {.name = "min.dim",
       .inputs = {distinct({3, 4}).expanding(1)},
       .call = [](Inputs x) { return min(x[0], 0); },
       .reference = choosing(0, false, smallest_of, place_of_smallest)},
      {.name = "amax",
       .inputs = {distinct({3, 4})},
       .call = [](Inputs x) { return amax(x[0]); },
       .reference = reducing(largest_of)},
      {.name = "amax.dims",
       .inputs = {distinct({2, 3, 2})},
       .call =
           [](Inputs x) {
             return amax(x[0], {0, 2});
           },
       .reference = reducing({0, 2}, false, largest_of)},
      {.name = "amin",
       .inputs = {distinct({3, 4})},
       .call = [](Inputs x) { return amin(x[0], 1, true); },
       .reference = reducing({1}, true, smallest_of)},
  };
}

std::vector<Op> rows() {
  std::vector<Op> ops;
  for (const int64_t dim : {0, 1, 2}) {
    const std::string suffix = ".dim" + std::to_string(dim);
    const auto add = [&](const char* name, Tensor (*f)(const Tensor&, int64_t),
                         Row (*reference)(const Row&)) {
      ops.push_back({.name = name + suffix,
                     .inputs = {any({2, 3, 2})},
                     .call = [=](Inputs x) { return f(x[0], dim); },
                     .reference = [=](const Arrays& x) { return along(x[0], dim, reference); }});
    };
    add(
        "cumsum", [](const Tensor& x, int64_t dim) { return cumsum(x, dim); }, running_sums);
    add("softmax", softmax, softmax_of);
    add("log_softmax", log_softmax, log_softmax_of);
  }
  ops.push_back(
      {.name = "cross_entropy_rows",
       .inputs = {any({3, 4}), indices({3}, 0, 4)},
       .call = [](Inputs x) { return cross_entropy_rows(x[0], x[1]); },
       .reference =
           [](const Arrays& x) {
             const Array log_p = along(x[0], 1, log_softmax_of);
             return build({3}, [&](const Index& i) { return -log_p({i[0], static_cast<int64_t>(x[1](i))}); });
           }});
  ops.push_back({.name = "layer_norm_rows",
                 .inputs = {distinct({2, 3, 4})},
                 .call = [](Inputs x) { return layer_norm_rows(x[0], 0.1); },
                 .reference =
                     [](const Arrays& x) {
                       return along(x[0], 2, [](const Row& row) {
                         Row y;
                         for (double value : row)
                           y.push_back((value - mean_of(row)) / std::sqrt(variance_of(row, false) + 0.1));
                         return y;
                       });
                     }});
  return ops;
}

}  // namespace

std::vector<Op> reduction_ops() {
  std::vector<Op> ops = sums();
  for (const auto& part : {products(), norms(), extremes(), rows()})
    ops.insert(ops.end(), part.begin(), part.end());
  return ops;
}

}  // namespace gradus::test
