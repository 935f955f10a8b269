// Functions that are compositions of other ops, and the sums of products of einsum.
#include <algorithm>
#include <cmath>

#include "op_list.h"

namespace gradus::test {
namespace {

Array reversed(const Array& x, bool rows, bool columns) {
  return build(x.sizes, [&](Index i) {
    if (rows) i[0] = x.sizes[0] - 1 - i[0];
    if (columns) i[1] = x.sizes[1] - 1 - i[1];
    return x(i);
  });
}

/// The elements from `first` on, `count` of them, along dimension d.
Array part(const Array& x, size_t d, int64_t first, int64_t count) {
  Sizes sizes = x.sizes;
  sizes[d] = count;
  return build(sizes, [&](Index i) {
    i[d] += first;
    return x(i);
  });
}

double lower_median(std::vector<double> elements) {
  std::ranges::sort(elements);
  return elements[(elements.size() - 1) / 2];
}

/// The medians along dimension 1, and their places.
Arrays medians(const Array& x, bool keepdim) {
  const Array median = reduced(x, {1}, keepdim, lower_median);
  const Array place = reduced(x, {1}, keepdim, [](const std::vector<double>& row) {
    return static_cast<double>(std::ranges::find(row, lower_median(row)) - row.begin());
  });
  return {median, place};
}

std::vector<double> running_products(std::vector<double> row) {
  for (size_t i = 1; i < row.size(); ++i) row[i] *= row[i - 1];
  return row;
}

double mean_of(const std::vector<double>& x) {
  double sum = 0;
  for (const double value : x) sum += value;
  return sum / static_cast<double>(x.size());
}
double variance_of(const std::vector<double>& x) {
  double sum = 0;
  for (const double value : x) sum += (value - mean_of(x)) * (value - mean_of(x));
  return sum / static_cast<double>(x.size() - 1);
}
double deviation_of(const std::vector<double>& x) { return std::sqrt(variance_of(x)); }

/// β C + α Σₖ A B, of every matrix in a batch
Array batch_sum(const Arrays& x, double beta, double alpha) {
  const auto& [c, a, b] = std::tie(x[0], x[1], x[2]);
  return build({a.sizes[0], a.sizes[1], b.sizes[2]}, [&](const Index& i) {
    double sum = 0;
    for (int64_t k = 0; k < a.sizes[2]; ++k) sum += a({i[0], i[1], k}) * b({i[0], k, i[2]});
    return beta * c(shrunk(i, c.sizes)) + alpha * sum;
  });
}

std::vector<Op> by_element() {
  return {
      {.name = "nan_to_num",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return nan_to_num(log(x[0]), 0.5); },
       .reference = [](double x) { return x < 0 ? 0.5 : std::log(x); }},
      {.name = "addcmul",
       .inputs = {any({3, 4}), any({4}), any({3, 1})},
       .call = [](Inputs x) { return addcmul(x[0], x[1], x[2], 0.5); },
       .reference = [](double x, double a, double b) { return x + 0.5 * a * b; }},
      {.name = "addcdiv",
       .inputs = {any({3, 4}), any({4}), any({3, 1})},
       .call = [](Inputs x) { return addcdiv(x[0], x[1], x[2], -2); },
       .reference = [](double x, double a, double b) { return x - 2 * a / b; }},
  };
}

std::vector<Op> reductions() {
  return {
      {.name = "var_mean",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return var_mean(x[0]); },
       .reference =
           [](const Arrays& x) {
             return Arrays{reduced(x[0], {}, false, variance_of), reduced(x[0], {}, false, mean_of)};
           }},
      {.name = "std_mean",  // along 1: expanded inputs have the deviation 0 along 0, a kink
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return std_mean(x[0], {1}, true, true); },
       .reference =
           [](const Arrays& x) {
             return Arrays{reduced(x[0], {1}, true, deviation_of), reduced(x[0], {1}, true, mean_of)};
           }},
      {.name = "median",
       .inputs = {distinct({3, 4}).not_expanding()},
       .call = [](Inputs x) { return median(x[0]); },
       .reference = [](const Arrays& x) { return reduced(x[0], {}, false, lower_median); },
       .covers = "median(Tensor)"},
      {.name = "median.dim",
       .inputs = {distinct({3, 5})},
       .call = [](Inputs x) { return median(x[0], 1); },
       .reference = [](const Arrays& x) { return medians(x[0], false); },
       .covers = "median(Tensor, int64_t, bool)"},
      {.name = "median.keepdim",
       .inputs = {distinct({3, 4})},
       .call = [](Inputs x) { return median(x[0], -1, true); },
       .reference = [](const Arrays& x) { return medians(x[0], true); },
       .covers = "median(Tensor, int64_t, bool)"},
      {.name = "cumprod",
       .inputs = {any({3, 5})},
       .call = [](Inputs x) { return cumprod(x[0], 1); },
       .reference = [](const Arrays& x) { return along(x[0], 1, running_products); }},
      {.name = "cumprod.first",
       .inputs = {any({4, 3})},
       .call = [](Inputs x) { return cumprod(x[0], 0); },
       .reference = [](const Arrays& x) { return along(x[0], 0, running_products); }},
  };
}

std::vector<Op> moving() {
  return {
      {.name = "flip",
       .inputs = {any({3, 4})},
       .call =
           [](Inputs x) {
             return flip(x[0], {0, -1});
           },
       .reference = [](const Arrays& x) { return reversed(x[0], true, true); }},
      {.name = "flip.rows",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return flip(x[0], {0}); },
       .reference = [](const Arrays& x) { return reversed(x[0], true, false); }},
      {.name = "roll",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return roll(x[0], {-5}); },  // 7 to the right
       .reference =
           [](const Arrays& x) {
             Array y = x[0];
             std::ranges::rotate(y.values, y.values.begin() + 5);
             return y;
           }},
      {.name = "roll.dims",
       .inputs = {any({3, 4})},
       .call =
           [](Inputs x) {
             return roll(x[0], {1, -5}, {0, 1});
           },
       .reference =
           [](const Arrays& x) {
             return build({3, 4}, [&](const Index& i) { return x[0]({(i[0] + 2) % 3, (i[1] + 5) % 4}); });
           }},
      {.name = "tile",
       .inputs = {any({2, 3})},
       .call =
           [](Inputs x) {
             return tile(x[0], {2, 1, 3});
           },
       .reference =
           [](const Arrays& x) {
             return build({2, 2, 9}, [&](const Index& i) { return x[0]({i[1], i[2] % 3}); });
           }},
      {.name = "split_with_sizes",
       .inputs = {any({5, 3}).expanding(1)},
       .call =
           [](Inputs x) {
             return split_with_sizes(x[0], {1, 0, 4});
           },
       .reference =
           [](const Arrays& x) {
             return Arrays{part(x[0], 0, 0, 1), part(x[0], 0, 1, 0), part(x[0], 0, 1, 4)};
           }},
      {.name = "split_with_sizes.last",
       .inputs = {any({3, 5})},
       .call =
           [](Inputs x) {
             return split(x[0], {2, 3}, -1);
           },
       .reference =
           [](const Arrays& x) {
             return Arrays{part(x[0], 1, 0, 2), part(x[0], 1, 2, 3)};
           }},
      {.name = "hstack",
       .inputs = {any({2, 3}), any({2, 1})},
       .call = [](Inputs x) { return hstack(x); },
       .reference =
           [](const Arrays& x) {
             return build({2, 4}, [&](const Index& i) { return i[1] < 3 ? x[0](i) : x[1]({i[0], 0}); });
           }},
      {.name = "vstack",
       .inputs = {any({3}), any({2, 3})},
       .call = [](Inputs x) { return vstack(x); },
       .reference =
           [](const Arrays& x) {
             return build({3, 3}, [&](const Index& i) {
               return i[0] == 0 ? x[0]({i[1]}) : x[1]({i[0] - 1, i[1]});
             });
           }},
  };
}

std::vector<Op> sums_of_products() {
  return {
      {.name = "baddbmm",
       .inputs = {any({2, 3, 5}), any({2, 3, 4}), any({2, 4, 5})},
       .call = [](Inputs x) { return baddbmm(x[0], x[1], x[2]); },
       .reference = [](const Arrays& x) { return batch_sum(x, 1, 1); }},
      {.name = "baddbmm.scaled",
       .inputs = {any({5}), any({2, 3, 4}), any({2, 4, 5})},
       .call = [](Inputs x) { return baddbmm(x[0], x[1], x[2], 0.5, -2); },
       .reference = [](const Arrays& x) { return batch_sum(x, 0.5, -2); }},
      {.name = "einsum",
       .inputs = {any({2, 3, 4}), any({2, 4, 5})},
       .call =
           [](Inputs x) {
             return einsum("bij,bjk->kbi", {x[0], x[1]});
           },
       .reference =
           [](const Arrays& x) {
             return build({5, 2, 3}, [&](const Index& i) {
               double sum = 0;
               for (int64_t j = 0; j < 4; ++j) sum += x[0]({i[1], i[2], j}) * x[1]({i[1], j, i[0]});
               return sum;
             });
           }},
      {.name = "einsum.dots",  // the vectors of a broadcast batch, and a form between them
       .inputs = {any({2, 3, 4}), any({4, 5}), any({3, 5})},
       .call =
           [](Inputs x) {
             return einsum("...i, ij, ...j", {x[0], x[1], x[2]});
           },
       .reference =
           [](const Arrays& x) {
             return build({2, 3}, [&](const Index& b) {
               double sum = 0;
               for (int64_t i = 0; i < 4; ++i)
                 for (int64_t j = 0; j < 5; ++j)
                   sum += x[0]({b[0], b[1], i}) * x[1]({i, j}) * x[2]({b[1], j});
               return sum;
             });
           }},
      {.name = "einsum.diagonal",
       .inputs = {any({3, 2, 3})},
       .call = [](Inputs x) { return einsum("iji->ji", {x[0]}); },
       .reference =
           [](const Arrays& x) {
             return build({2, 3}, [&](const Index& i) { return x[0]({i[1], i[0], i[1]}); });
           }},
      {.name = "einsum.outer",
       .inputs = {any({2, 3}), any({4})},
       .call =
           [](Inputs x) {
             return einsum("ki,j->ij", {x[0], x[1]});
           },
       .reference =
           [](const Arrays& x) {
             return build({3, 4}, [&](const Index& i) {
               return (x[0]({0, i[0]}) + x[0]({1, i[0]})) * x[1]({i[1]});
             });
           }},
  };
}

}  // namespace

std::vector<Op> composed_ops() {
  std::vector<Op> ops = by_element();
  for (const auto& part : {reductions(), moving(), sums_of_products()})
    ops.insert(ops.end(), part.begin(), part.end());
  return ops;
}

}  // namespace gradus::test
