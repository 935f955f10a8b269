// Views, copies and joins. The references say where each element of the result comes from.
#include "op_list.h"

namespace gradus::test {
namespace {

/// A reference: the elements of the only input in the same row-major order, with other sizes.
Reference reshaping(Sizes sizes) {
  return [=](const Arrays& x) { return with_sizes(x[0], sizes); };
}

/// A reference: its element at i is the only input's element at source(i).
Reference taking(Sizes sizes, std::function<Index(const Index&)> source) {
  return [=](const Arrays& x) { return build(sizes, [&](const Index& i) { return x[0](source(i)); }); };
}

Array unchanged(const Arrays& x) { return x[0]; }

/// The inputs one after another along `dim`.
Array joined(const Arrays& inputs, int64_t dim) {
  Sizes sizes = inputs[0].sizes;
  sizes[dim] = 0;
  for (const Array& x : inputs) sizes[dim] += x.sizes[dim];
  return build(sizes, [&](Index index) {
    size_t part = 0;
    while (index[dim] >= inputs[part].sizes[dim]) index[dim] -= inputs[part++].sizes[dim];
    return inputs[part](index);
  });
}

Array stacked(Arrays inputs, int64_t dim) {
  for (Array& x : inputs) x.sizes.insert(x.sizes.begin() + dim, 1);
  return joined(inputs, dim);
}

std::vector<Op> rearrangements() {
  return {
      {.name = "t",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return t(x[0]); },
       .reference = taking({4, 3},
                           [](const Index& i) {
                             return Index{i[1], i[0]};
                           })},
      {.name = "transpose",
       .inputs = {any({2, 3, 4})},
       .call = [](Inputs x) { return transpose(x[0], 0, -1); },
       .reference = taking({4, 3, 2},
                           [](const Index& i) {
                             return Index{i[2], i[1], i[0]};
                           })},
      {.name = "permute",
       .inputs = {any({2, 3, 4})},
       .call =
           [](Inputs x) {
             return permute(x[0], {2, 0, 1});
           },
       .reference = taking({4, 2, 3},
                           [](const Index& i) {
                             return Index{i[1], i[2], i[0]};
                           })},
      {.name = "reshape",
       .inputs = {any({3, 4})},
       .call =
           [](Inputs x) {
             return reshape(x[0], {2, -1});
           },
       .reference = reshaping({2, 6})},
      {.name = "view",
       .inputs = {any({3, 4})},
       .call =
           [](Inputs x) {
             return x[0].contiguous().view({4, 3});
           },
       .reference = reshaping({4, 3})},
      // A view that is possible with any strides.
      {.name = "view.split_dimension",
       .inputs = {any({3, 4})},
       .call =
           [](Inputs x) {
             return x[0].view({3, 2, 1, 2});
           },
       .reference = reshaping({3, 2, 1, 2})},
      {.name = "flatten",
       .inputs = {any({2, 3, 2})},
       .call = [](Inputs x) { return flatten(x[0], 1); },
       .reference = reshaping({2, 6})},
      {.name = "unsqueeze",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return unsqueeze(x[0], -2); },
       .reference = reshaping({3, 1, 4})},
      {.name = "squeeze",
       .inputs = {any({1, 3, 1, 2}).expanding(1)},
       .call = [](Inputs x) { return squeeze(x[0]); },
       .reference = reshaping({3, 2}),
       .covers = "squeeze(Tensor)"},
      {.name = "squeeze.dim",
       .inputs = {any({1, 3, 1}).expanding(1)},
       .call = [](Inputs x) { return squeeze(x[0], 2); },
       .reference = reshaping({1, 3}),
       .covers = "squeeze(Tensor, int64_t)"},
      {.name = "expand",
       .inputs = {any({3, 1})},
       .call =
           [](Inputs x) {
             return x[0].expand({2, -1, 4});
           },
       .reference = taking({2, 3, 4},
                           [](const Index& i) {
                             return Index{i[1], 0};
                           })},
      {.name = "expand_as",
       .inputs = {any({4}), mask({3, 4})},
       .call = [](Inputs x) { return x[0].expand_as(x[1]); },
       .reference = taking({3, 4}, [](const Index& i) { return Index{i[1]}; })},
  };
}

std::vector<Op> windows() {
  return {
      {.name = "select",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return select(x[0], 1, -2); },
       .reference = taking({3},
                           [](const Index& i) {
                             return Index{i[0], 2};
                           })},
      {.name = "operator[]",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return x[0][1][2] * x[0][2]; },
       .reference =
           [](const Arrays& x) {
             return build({4}, [&](const Index& i) { return x[0]({1, 2}) * x[0]({2, i[0]}); });
           }},
      {.name = "slice",
       .inputs = {any({5, 3})},
       .call = [](Inputs x) { return slice(x[0], 0, 1, -1); },
       .reference = taking({3, 3},
                           [](const Index& i) {
                             return Index{i[0] + 1, i[1]};
                           })},
      {.name = "slice.step",
       .inputs = {any({3, 7})},
       .call = [](Inputs x) { return slice(x[0], 1, 1, 7, 3); },
       .reference = taking({3, 2},
                           [](const Index& i) {
                             return Index{i[0], 1 + 3 * i[1]};
                           })},
      {.name = "narrow",
       .inputs = {any({3, 5})},
       .call = [](Inputs x) { return narrow(x[0], 1, 2, 2); },
       .reference = taking({3, 2},
                           [](const Index& i) {
                             return Index{i[0], i[1] + 2};
                           })},
      {.name = "chunk",
       .inputs = {any({5, 2})},
       .call = [](Inputs x) { return chunk(x[0], 2); },
       .reference =
           [](const Arrays& x) {
             return Arrays{build({3, 2}, [&](const Index& i) { return x[0](i); }),
                           build({2, 2}, [&](const Index& i) {
                             return x[0]({i[0] + 3, i[1]});
                           })};
           }},
      {.name = "split",
       .inputs = {any({5, 2})},
       .call = [](Inputs x) { return split(x[0], 3); },
       .reference =
           [](const Arrays& x) {
             return Arrays{build({3, 2}, [&](const Index& i) { return x[0](i); }),
                           build({2, 2}, [&](const Index& i) {
                             return x[0]({i[0] + 3, i[1]});
                           })};
           }},
      {.name = "unbind",
       .inputs = {any({3, 2}).not_expanding()},
       .call = [](Inputs x) { return unbind(x[0], 1); },
       .reference =
           [](const Arrays& x) {
             return Arrays{build({3},
                                 [&](const Index& i) {
                                   return x[0]({i[0], 0});
                                 }),
                           build({3}, [&](const Index& i) {
                             return x[0]({i[0], 1});
                           })};
           }},
      {.name = "diagonal",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return diagonal(x[0]); },
       .reference = taking({3},
                           [](const Index& i) {
                             return Index{i[0], i[0]};
                           })},
      {.name = "diagonal.above",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return diagonal(x[0], 2); },
       .reference = taking({2},
                           [](const Index& i) {
                             return Index{i[0], i[0] + 2};
                           })},
      {.name = "diagonal.below_in_batch",
       .inputs = {any({2, 3, 3})},
       // The last dimension has the rows of the matrices, the first the columns.
       .call = [](Inputs x) { return diagonal(x[0], -1, -1, 0); },
       .reference = taking({3, 2},
                           [](const Index& i) {
                             return Index{i[1], i[0], i[1] + 1};
                           })},
  };
}

std::vector<Op> copies() {
  return {
      {.name = "clone",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return clone(x[0]); },
       .reference = unchanged},
      {.name = "contiguous",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return x[0].t().contiguous(); },
       .reference = taking({4, 3},
                           [](const Index& i) {
                             return Index{i[1], i[0]};
                           })},
      // float32 rounds x. So the step of finite differences is large; a small one would not show the slope of 1.
      {.name = "to",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return x[0].to(kFloat32).to(x[0].dtype()); },
       .reference = unchanged,
       .eps = 0.5},
      {.name = "cpu",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return (x[0] * 1).cpu().to(x[0].device()); },
       .reference = unchanged},
      {.name = "cat",
       .inputs = {any({2, 3}), any({1, 3}), any({3, 3})},
       .call = [](Inputs x) { return cat(x); },
       .reference = [](const Arrays& x) { return joined(x, 0); }},
      {.name = "cat.last",
       .inputs = {any({2, 3}), any({2, 1})},
       .call =
           [](Inputs x) {
             return cat({x[0], x[1], x[0]}, -1);
           },
       .reference =
           [](const Arrays& x) {
             return joined({x[0], x[1], x[0]}, 1);
           }},
      {.name = "stack",
       .inputs = {any({2, 3}), any({2, 3})},
       .call = [](Inputs x) { return stack(x); },
       .reference = [](const Arrays& x) { return stacked(x, 0); }},
      {.name = "stack.last",
       .inputs = {any({2, 3}), any({2, 3})},
       .call = [](Inputs x) { return stack(x, -1); },
       .reference = [](const Arrays& x) { return stacked(x, 2); }},
  };
}

}  // namespace

std::vector<Op> view_ops() {
  std::vector<Op> ops = rearrangements();
  for (const auto& part : {windows(), copies()}) ops.insert(ops.end(), part.begin(), part.end());
  return ops;
}

}  // namespace gradus::test
