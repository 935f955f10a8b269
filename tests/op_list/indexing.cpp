// Indexing by integers, slices, masks and index tensors; sorting.
#include "op_list.h"

namespace gradus::test {
namespace {

using indexing::Ellipsis;
using indexing::None;
using indexing::Slice;

int64_t whole(double value) { return static_cast<int64_t>(value); }
int64_t wrapped(double index, int64_t size) { return whole(index) + (index < 0 ? size : 0); }

/// A reference: its element at i is the first input's element at source(i, all inputs).
Reference taking(Sizes sizes, std::function<Index(const Index&, const Arrays&)> source) {
  return [=](const Arrays& x) { return build(sizes, [&](const Index& i) { return x[0](source(i, x)); }); };
}

std::vector<Op> by_integers_and_slices() {
  return {
      {.name = "index.integer",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return x[0].index({-1}); },
       .reference = taking({4},
                           [](const Index& i, const Arrays&) {
                             return Index{2, i[0]};
                           })},
      {.name = "index.slices",
       .inputs = {any({5, 6})},
       .call =
           [](Inputs x) {
             return x[0].index({Slice(1, None, 2), Slice(None, -2)});
           },
       .reference = taking({2, 4},
                           [](const Index& i, const Arrays&) {
                             return Index{1 + 2 * i[0], i[1]};
                           })},
      {.name = "index.ellipsis",
       .inputs = {any({2, 3, 4})},
       .call =
           [](Inputs x) {
             return x[0].index({"...", 1}) + x[0].index({Ellipsis, Slice(2, 3)}).squeeze(-1);
           },
       .reference =
           [](const Arrays& x) {
             return build({2, 3}, [&](const Index& i) {
               return x[0]({i[0], i[1], 1}) + x[0]({i[0], i[1], 2});
             });
           }},
      {.name = "index.none",
       .inputs = {any({3, 4})},
       .call =
           [](Inputs x) {
             return x[0].index({Slice(), None, 2});
           },
       .reference = taking({3, 1},
                           [](const Index& i, const Arrays&) {
                             return Index{i[0], 2};
                           })},
      {.name = "index.true",
       .inputs = {any({3})},
       .call = [](Inputs x) { return x[0].index({true}); },
       .reference = taking({1, 3}, [](const Index& i, const Arrays&) { return Index{i[1]}; })},
  };
}

std::vector<Op> by_tensors() {
  return {
      {.name = "index.tensor",
       .inputs = {any({4, 3}), indices({2, 3}, -4, 4)},
       .call = [](Inputs x) { return x[0].index({x[1]}); },
       .reference = taking({2, 3, 3},
                           [](const Index& i, const Arrays& x) {
                             return Index{wrapped(x[1]({i[0], i[1]}), 4), i[2]};
                           })},
      {.name = "index.two_tensors",
       .inputs = {any({4, 3}), indices({5}, 0, 4), indices({2, 1}, 0, 3)},
       .call =
           [](Inputs x) {
             return x[0].index({x[1], x[2]});
           },
       .reference = taking({2, 5},
                           [](const Index& i, const Arrays& x) {
                             return Index{whole(x[1]({i[1]})), whole(x[2]({i[0], 0}))};
                           })},
      // A permutation of columns, as in x.index({Slice(), order}).
      {.name = "index.slice_and_tensor",
       .inputs = {any({3, 4}), indices({5}, -4, 4)},
       .call =
           [](Inputs x) {
             return x[0].index({Slice(), x[1]});
           },
       .reference = taking({3, 5},
                           [](const Index& i, const Arrays& x) {
                             return Index{i[0], wrapped(x[1]({i[1]}), 4)};
                           })},
      // There is a slice between the index tensors. Then their shape comes first in the result.
      {.name = "index.tensors_apart",
       .inputs = {any({3, 4, 3}), indices({2}, 0, 3), indices({2}, 0, 3)},
       .call =
           [](Inputs x) {
             return x[0].index({x[1], Slice(1, 4), x[2]});
           },
       .reference = taking({2, 3},
                           [](const Index& i, const Arrays& x) {
                             return Index{whole(x[1]({i[0]})), i[1] + 1, whole(x[2]({i[0]}))};
                           })},
      {.name = "index.integer_and_tensor",
       .inputs = {any({2, 3, 4}), indices({2}, 0, 4)},
       .call =
           [](Inputs x) {
             return x[0].index({1, Slice(), x[1]});
           },
       .reference = taking({3, 2},
                           [](const Index& i, const Arrays& x) {
                             return Index{1, i[0], whole(x[1]({i[1]}))};
                           })},
      {.name = "index.mask",
       .inputs = {any({3, 4}), mask({3, 4})},
       .call = [](Inputs x) { return x[0].index({x[1]}); },
       .reference =
           [](const Arrays& x) {
             Array chosen{{0}, {}};
             for (size_t i = 0; i < x[0].values.size(); ++i)
               if (x[1].values[i] != 0) chosen.values.push_back(x[0].values[i]);
             chosen.sizes[0] = static_cast<int64_t>(chosen.values.size());
             return chosen;
           }},
      {.name = "index.mask_of_rows",
       .inputs = {any({4, 2}), mask({4})},
       .call =
           [](Inputs x) {
             return x[0].index({x[1], 1});
           },
       .reference =
           [](const Arrays& x) {
             Array chosen{{0}, {}};
             for (int64_t row = 0; row < 4; ++row)
               if (x[1]({row}) != 0) chosen.values.push_back(x[0]({row, 1}));
             chosen.sizes[0] = static_cast<int64_t>(chosen.values.size());
             return chosen;
           }},
      {.name = "index.int32",
       .inputs = {any({3, 4}), exactly({3}, {2, 0, 3}, kInt32)},
       .call =
           [](Inputs x) {
             return x[0].index({Slice(), x[1]});
           },
       .reference = taking({3, 3},
                           [](const Index& i, const Arrays& x) {
                             return Index{i[0], whole(x[1]({i[1]}))};
                           })},
      {.name = "index_select",
       .inputs = {any({2, 4, 3}), indices({5}, 0, 4)},
       .call = [](Inputs x) { return index_select(x[0], 1, x[1]); },
       .reference = taking({2, 5, 3},
                           [](const Index& i, const Arrays& x) {
                             return Index{i[0], whole(x[1]({i[1]})), i[2]};
                           })},
      {.name = "gather",
       .inputs = {any({4, 3}), indices({2, 3}, 0, 4)},
       .call = [](Inputs x) { return gather(x[0], 0, x[1]); },
       .reference = taking({2, 3},
                           [](const Index& i, const Arrays& x) {
                             return Index{whole(x[1](i)), i[1]};
                           })},
      {.name = "gather.last",
       .inputs = {any({3, 4}), indices({2, 6}, 0, 4)},
       .call = [](Inputs x) { return x[0].gather(-1, x[1]); },
       .reference = taking({2, 6},
                           [](const Index& i, const Arrays& x) {
                             return Index{i[0], whole(x[1](i))};
                           })},
      {.name = "masked_select",
       .inputs = {any({3, 4}), mask({4})},
       .call = [](Inputs x) { return masked_select(x[0], x[1]); },
       .reference =
           [](const Arrays& x) {
             Array chosen{{0}, {}};
             for_each_index({3, 4}, [&](const Index& i) {
               if (x[1](shrunk(i, x[1].sizes)) != 0) chosen.values.push_back(x[0](i));
             });
             chosen.sizes[0] = static_cast<int64_t>(chosen.values.size());
             return chosen;
           }},
      {.name = "embedding",
       .inputs = {any({5, 3}), indices({2, 4}, 0, 5)},
       .call = [](Inputs x) { return embedding(x[0], x[1]); },
       .reference = taking({2, 4, 3},
                           [](const Index& i, const Arrays& x) {
                             return Index{whole(x[1]({i[0], i[1]})), i[2]};
                           })},
  };
}

/// A reference: the first input y after y[goes_to(i, all inputs)] += scale · v[i] for all i, where v is
/// the last input.
Reference adding(std::function<Index(const Index&, const Arrays&)> goes_to, double scale = 1) {
  return [=](const Arrays& x) {
    Array y = x[0];
    for_each_index(x.back().sizes, [&](const Index& i) { y(goes_to(i, x)) += scale * x.back()(i); });
    return y;
  };
}

std::vector<Op> additions() {
  const auto to_column = [](const Index& i, const Arrays& x) { return Index{i[0], whole(x[1](i))}; };
  const auto to_row = [](const Index& i, const Arrays& x) { return Index{whole(x[1]({i[0]})), i[1]}; };
  return {
      {.name = "scatter_add",
       .inputs = {any({3, 4}), indices({3, 5}, 0, 4), any({3, 5})},
       .call = [](Inputs x) { return scatter_add(x[0], 1, x[1], x[2]); },
       .reference = adding(to_column)},
      {.name = "scatter_add.index_smaller_than_source",
       .inputs = {any({3, 4}), indices({2, 3}, 0, 4), any({3, 5})},
       .call = [](Inputs x) { return x[0].scatter_add(-1, x[1], x[2]); },
       .reference =
           [](const Arrays& x) {
             Array y = x[0];
             for_each_index({2, 3}, [&](const Index& i) { y({i[0], whole(x[1](i))}) += x[2](i); });
             return y;
           }},
      {.name = "scatter_add_",
       .inputs = {any({3, 4}), indices({3, 5}, 0, 4), any({3, 5})},
       .call = [](Inputs x) { return target(x[0]).scatter_add_(1, x[1], x[2]); },
       .reference = adding(to_column)},
      {.name = "index_add",
       .inputs = {any({4, 3}), indices({6}, 0, 4), any({6, 3})},
       .call = [](Inputs x) { return index_add(x[0], 0, x[1], x[2]); },
       .reference = adding(to_row)},
      {.name = "index_add.scaled_columns",
       .inputs = {any({3, 4}), indices({6}, 0, 4), any({3, 6})},
       .call = [](Inputs x) { return x[0].index_add(1, x[1], x[2], -1.5); },
       .reference = adding(
           [](const Index& i, const Arrays& x) {
             return Index{i[0], whole(x[1]({i[1]}))};
           },
           -1.5)},
      {.name = "index_add_",
       .inputs = {any({4, 3}), indices({6}, 0, 4), any({6, 3})},
       .call = [](Inputs x) { return target(x[0]).index_add_(0, x[1], x[2], 2); },
       .reference = adding(to_row, 2)},
      {.name = "index_put_.accumulate",
       .inputs = {any({4, 3}), indices({6}, 0, 4), any({6, 3})},
       .call = [](Inputs x) { return target(x[0]).index_put_({x[1]}, x[2], true); },
       .reference = adding(to_row)},
#ifndef GRADUS_LIBTORCH  // its index_put_ takes slices only if it does not accumulate
      {.name = "index_put_.accumulate_in_slices",
       .inputs = {any({4, 5}), indices({6}, 0, 2), any({4, 6})},
       .call =
           [](Inputs x) {
             return target(x[0]).index_put_({Slice(), x[1]}, x[2], true);
           },
       .reference = adding([](const Index& i, const Arrays& x) {
         return Index{i[0], whole(x[1]({i[1]}))};
       })},
#endif
      {.name = "index_put",
       .inputs = {any({4, 3}), exactly({2}, {2, 0}, kInt64), any({2, 3})},
       .call = [](Inputs x) { return x[0].index_put({x[1]}, x[2]); },
       .reference =
           [](const Arrays& x) {
             Array y = x[0];
             for_each_index({2, 3}, [&](const Index& i) { y({i[0] == 0 ? 2 : 0, i[1]}) = x[2](i); });
             return y;
           }},
      {.name = "masked_fill_",
       .inputs = {any({3, 4}), mask({4}), any({})},
       .call = [](Inputs x) { return target(x[0]).masked_fill_(x[1], x[2]).masked_fill_(x[1], 0) + x[0]; },
       .reference = [](double a, double c, double) { return c != 0 ? a : 2 * a; }},
  };
}

/// A reference: the rows along dim sorted, and the position that each element had before.
Reference sorting(int64_t dim, bool descending) {
  return [=](const Arrays& x) {
    const auto order_of = [&](const std::vector<double>& row) {
      std::vector<double> order(row.size());
      std::iota(order.begin(), order.end(), 0.0);
      std::stable_sort(order.begin(), order.end(), [&](double a, double b) {
        const double first = row[static_cast<size_t>(a)], second = row[static_cast<size_t>(b)];
        return descending ? first > second : first < second;
      });
      return order;
    };
    const auto sorted = [&](const std::vector<double>& row) {
      std::vector<double> values;
      for (double place : order_of(row)) values.push_back(row[static_cast<size_t>(place)]);
      return values;
    };
    return Arrays{along(x[0], dim, sorted), along(x[0], dim, order_of)};
  };
}

/// A reference: the first k elements along dim of the results of another reference.
Reference first_of(const Reference& whole, int64_t dim, int64_t k) {
  return [=](const Arrays& x) {
    Arrays first;
    for (const Array& y : whole(x)) {
      Sizes sizes = y.sizes;
      sizes[static_cast<size_t>(dim)] = k;
      first.push_back(build(sizes, [&](const Index& i) { return y(i); }));
    }
    return first;
  };
}

std::vector<Op> by_order() {
  return {
      {.name = "sort",
       .inputs = {distinct({3, 5})},
       .call = [](Inputs x) { return sort(x[0]); },
       .reference = sorting(1, false)},
      {.name = "sort.descending",
       .inputs = {distinct({5, 3}).expanding(1)},
       .call = [](Inputs x) { return sort(x[0], 0, true); },
       .reference = sorting(0, true)},
      {.name = "topk",
       .inputs = {distinct({3, 5})},
       .call = [](Inputs x) { return topk(x[0], 2); },
       .reference = first_of(sorting(1, true), 1, 2)},
      {.name = "topk.smallest",
       .inputs = {distinct({5, 3}).expanding(1)},
       .call = [](Inputs x) { return x[0].topk(3, 0, false); },
       .reference = first_of(sorting(0, false), 0, 3)},
  };
}

}  // namespace

std::vector<Op> indexing_ops() {
  std::vector<Op> ops = by_integers_and_slices();
  for (const auto& part : {by_tensors(), additions(), by_order()})
    ops.insert(ops.end(), part.begin(), part.end());
  return ops;
}

}  // namespace gradus::test
