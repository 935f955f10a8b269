// Tensors without the tape: creation, views, promotion, indexing, memory, and errors.
#include <gtest/gtest.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <cmath>

#include "expectations.h"
#include "gradus.h"

using namespace gradus;
using namespace gradus::indexing;

namespace {

template <class T>
std::vector<T> elements(const Tensor& x) {
  const Tensor dense = x.contiguous();
  return {dense.data_ptr<T>(), dense.data_ptr<T>() + dense.numel()};
}
std::vector<int64_t> integers(const Tensor& x) { return elements<int64_t>(x); }

using Numbers = std::vector<int64_t>;

// ---- Creation ------------------------------------------------------------------------------------------------------

TEST(Lerp, IsExactForWeights0And1) {
  const Tensor a = tensor({1e8f, -3.0f}), b = tensor({1.0f, 1e8f});
  EXPECT_TRUE(lerp(a, b, 0).equal(a));
  EXPECT_TRUE(lerp(a, b, 1).equal(b));  // a + 1 (b - a) would lose 1, since 1 - 1e8 rounds to -1e8
  EXPECT_TRUE(lerp(a, b, ones({2})).equal(b));
}

TEST(Creation, FromNestedBraces) {
  EXPECT_EQ(tensor({{1, 2}, {3, 4}, {5, 6}}).sizes(), IntArrayRef({3, 2}));
  EXPECT_EQ(integers(tensor({{1, 2}, {3, 4}})), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(tensor(7).dim(), 0);
  EXPECT_EQ(tensor({7}).sizes(), IntArrayRef(1));
  EXPECT_EQ(tensor({{{1.0}}}).sizes(), IntArrayRef({1, 1, 1}));
  EXPECT_EQ(tensor(std::vector<double>{1, 2, 3}).sizes(), IntArrayRef(3));
  EXPECT_ERROR(tensor({{1, 2}, {3}}), "tensor: rows of different shapes (2,) and (1,)");
  EXPECT_ERROR(tensor({{{{{{{{{1}}}}}}}}}), "at most 8 dimensions");
}

TEST(Creation, InfersTheDtype) {
  EXPECT_EQ(tensor({1, 2}).dtype(), kInt64);
  EXPECT_EQ(tensor({1, 2.5}).dtype(), kFloat32);
  EXPECT_EQ(tensor({true, false}).dtype(), kBool);
  EXPECT_EQ(tensor({true, true}).to(kInt64).sum().item<int64_t>(), 2);
  EXPECT_EQ(tensor(1.0).dtype(), kFloat32);
  EXPECT_EQ(tensor({1, 2}, kFloat64).dtype(), kFloat64);
  EXPECT_EQ(full({2}, 3).dtype(), kInt64);
  EXPECT_EQ(full({2}, 3.0).dtype(), kFloat32);
  EXPECT_EQ(arange(3).dtype(), kInt64);
  EXPECT_EQ(arange(0, 1, 0.25).dtype(), kFloat32);
  set_default_dtype(kFloat64);
  EXPECT_EQ(tensor(1.0).dtype(), kFloat64);
  EXPECT_EQ(zeros({2}).dtype(), kFloat64);
  set_default_dtype(kFloat32);
  EXPECT_ERROR(set_default_dtype(kInt64), "only floating-point types can be the default");
}

TEST(Creation, TakesOptions) {
  const Tensor x = zeros({2, 3}, TensorOptions().dtype(kFloat64).requires_grad(true));
  EXPECT_TRUE(x.dtype() == kFloat64 && x.requires_grad() && x.device().is_cpu());
  EXPECT_TRUE(ones({2}, requires_grad()).requires_grad());
  EXPECT_EQ(ones_like(x, kInt64).dtype(), kInt64);
  EXPECT_EQ(zeros_like(x).dtype(), kFloat64);
  EXPECT_FALSE(zeros_like(x).requires_grad());
  EXPECT_EQ(device(kCUDA).merge_in(kInt64).device(), kCUDA);  // an option that is not given is kept
  EXPECT_EQ(device(kCUDA).merge_in(kCPU).device(), kCPU);
  EXPECT_ERROR(zeros({2}, dtype(kInt64).requires_grad(true)), "only Tensors of floating point dtype");
  EXPECT_ERROR(zeros({2}, device("tpu")), "unknown device \"tpu\"");
}

TEST(Creation, OfSequences) {
  EXPECT_EQ(integers(arange(2, 9, 3)), (Numbers{2, 5, 8}));
  EXPECT_EQ(integers(arange(3, 0, -1)), (Numbers{3, 2, 1}));
  EXPECT_TRUE(linspace(0, 1, 5).equal(tensor({0, 0.25, 0.5, 0.75, 1.0})));
  EXPECT_EQ(linspace(0, 1, 7)[-1].item<double>(), 1);
  EXPECT_TRUE(eye(2, 3).equal(tensor({{1.0, 0, 0}, {0, 1.0, 0}})));
  EXPECT_EQ(linspace(3, 4, 1).item<double>(), 3);
  EXPECT_EQ(arange(0).numel(), 0);
  EXPECT_ERROR(arange(0, 3, -1), "steps of -1 do not lead from 0 to 3");
  EXPECT_ERROR(arange(0, 3, 0), "steps of 0 do not lead");
  EXPECT_ERROR(linspace(0, 1, -1), "must not be negative");
}

TEST(Creation, OfImpossibleSizesIsAnError) {
  EXPECT_ERROR(zeros({2, -1}), "a size cannot be negative: (2, -1)");
  EXPECT_ERROR(zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}), "a tensor has at most 8 dimensions, not 9");
  EXPECT_ERROR(zeros({int64_t{1} << 40, int64_t{1} << 40}), "the product of its sizes exceeds 2^63");
  EXPECT_ERROR(empty({int64_t{1} << 45}), "out of memory");
  EXPECT_ERROR(zeros({0, int64_t{1} << 40, int64_t{1} << 40}), "the product of its sizes exceeds 2^63");
  EXPECT_EQ(zeros({int64_t{1} << 40, 0}).numel(), 0);
  EXPECT_EQ(randperm(0).numel(), 0);
  EXPECT_ERROR(randperm(-1), "n must not be negative: -1");
}

TEST(Creation, OnBorrowedMemory) {
  std::vector<double> memory = {1, 2, 3, 4, 5, 6};
  int released = 0;
  {
    Tensor view;
    {
      const Tensor x = from_blob(
          memory.data(), {2, 3}, [&](void*) { ++released; }, kFloat64);
      EXPECT_EQ(x.data_ptr(), memory.data());
      x[1][2] = 60;
      view = x[0];
    }
    EXPECT_EQ(released, 0);
    EXPECT_EQ(view.sum().item<double>(), 6);
  }
  EXPECT_EQ(released, 1);
  EXPECT_EQ(memory[5], 60);
  const Tensor columns = from_blob(memory.data(), {3, 2}, IntArrayRef({1, 3}), kFloat64);
  EXPECT_EQ(elements<double>(columns), (std::vector<double>{1, 4, 2, 5, 3, 60}));
  EXPECT_ERROR(from_blob(memory.data(), {3, 2}, IntArrayRef(1), kFloat64), "2 sizes but 1 strides");
}

// ---- Views ---------------------------------------------------------------------------------------------------------

TEST(Views, ShareMemory) {
  const Tensor x = arange(12).view({3, 4});
  const auto at = [&](int64_t place) { return x.data_ptr<int64_t>() + place; };
  const std::vector<std::pair<Tensor, int64_t>> views = {{x[1], 4},
                                                         {x.select(1, 2), 2},
                                                         {x.t(), 0},
                                                         {x.slice(0, 1, 3), 4},
                                                         {x.slice(1, 3, 4), 3},
                                                         {x.narrow(1, 1, 2), 1},
                                                         {x.diagonal(1), 1},
                                                         {x.view({2, 6}), 0},
                                                         {x.reshape({-1}), 0},
                                                         {x.unsqueeze(1), 0},
                                                         {x.expand({2, 3, 4}), 0},
                                                         {x.chunk(3)[2], 8},
                                                         {x.index({2, Slice(1, None)}), 9},
                                                         {x.index({"...", 3}), 3},
                                                         {x.permute({1, 0}), 0},
                                                         {x.detach(), 0}};
  for (const auto& [view, place] : views) {
    EXPECT_TRUE(view.is_alias_of(x));
    EXPECT_EQ(view.data_ptr<int64_t>(), at(place));
    EXPECT_EQ(view.storage_offset(), place);
  }
  x.t()[3].fill_(-1);
  EXPECT_EQ(integers(x), (Numbers{0, 1, 2, -1, 4, 5, 6, -1, 8, 9, 10, -1}));
}

TEST(Views, AreCopiesOnlyWhereNecessary) {
  const Tensor x = arange(6).view({2, 3});
  EXPECT_FALSE(x.clone().is_alias_of(x));
  EXPECT_FALSE(x.t().contiguous().is_alias_of(x));
  EXPECT_TRUE(x.contiguous().is_same(x));
  EXPECT_FALSE(x.t().reshape({6}).is_alias_of(x));
  EXPECT_FALSE(x.index({tensor({0, 1})}).is_alias_of(x));
  EXPECT_TRUE(x.to(kInt64).is_same(x));
  EXPECT_EQ(integers(x.t().reshape({6})), (Numbers{0, 3, 1, 4, 2, 5}));
  EXPECT_ERROR(x.t().view({6}), "use reshape()");
}

TEST(Views, KnowTheirStrides) {
  const Tensor x = zeros({2, 3, 4});
  EXPECT_EQ(x.strides(), IntArrayRef({12, 4, 1}));
  EXPECT_EQ(x.transpose(0, 2).strides(), IntArrayRef({1, 4, 12}));
  EXPECT_FALSE(x.transpose(0, 2).is_contiguous());
  EXPECT_TRUE(x.slice(0, 1, 2).is_contiguous());
  EXPECT_EQ(x.expand({5, 2, 3, 4}).stride(0), 0);
  EXPECT_EQ(x.size(-1), 4);
  EXPECT_ERROR(x.size(3), "Dimension out of range (expected to be in range of [-3, 2], but got 3)");
}

TEST(Views, MistakesAreNamed) {
  const Tensor x = zeros({2, 3});
  EXPECT_ERROR(x.view({4}), "invalid for a tensor of 6 elements");
  EXPECT_ERROR(x.view({-1, -1}), "only one dimension can be inferred");
  EXPECT_ERROR(x.view({-1, 4}), "invalid for a tensor of 6 elements");
  EXPECT_ERROR(x.view({-2, -3}), "invalid size -2");
  EXPECT_ERROR(x[2], "index 2 is out of bounds for dimension 0 with size 2");
  EXPECT_ERROR(x[0][-4], "index -4 is out of bounds for dimension 0 with size 3");
  EXPECT_ERROR(tensor(1)[0], "no dimensions");
  EXPECT_ERROR(x.expand({3, 3}), "cannot be expanded to (3, 3)");
  EXPECT_ERROR(x.expand({3}), "cannot be expanded to the shorter (3,)");
  EXPECT_ERROR(x.expand({-1, 2, 3}), "-1 keeps an existing size");
  EXPECT_ERROR(x.permute({0, 0}), "given twice");
  EXPECT_ERROR(x.permute({0}), "1 dimensions given");
  EXPECT_ERROR(x.narrow(1, 2, 2), "narrow: start (2) + length (2) exceeds dimension size (3)");
  EXPECT_ERROR(zeros({2, 2, 2}).t(), "t() expects a tensor with <= 2 dimensions");
  EXPECT_ERROR(x.transpose(0, 2), "Dimension out of range");
  EXPECT_ERROR(zeros({1, 1, 1, 1, 1, 1, 1, 1}).unsqueeze(0), "at most 8 dimensions");
  EXPECT_ERROR(x.expand({1, 1, 1, 1, 1, 1, 1, 2, 3}), "at most 8 dimensions");
  EXPECT_ERROR(x.flatten(1, 0), "comes after");
  EXPECT_ERROR(x.slice(0, 0, 2, 0), "step must be positive");
  EXPECT_ERROR(x.chunk(0), "must be positive");
  EXPECT_ERROR(x.diagonal(0, 1, -1), "the same dimension");
  EXPECT_ERROR(x.narrow(0, 1, INT64_MAX), "exceeds dimension size (2)");
  EXPECT_ERROR(ones(1).expand({-2}), "cannot be negative");
  EXPECT_ERROR(tensor(1).size(0), "no dimensions");
  EXPECT_ERROR(tensor(1).stride(0), "no dimensions");
}

// ---- Promotion -----------------------------------------------------------------------------------------------------

TEST(Promotion, OfTensorsWithDimensions) {
  const Dtype order[] = {kBool, kInt64, kFloat32, kFloat64};
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      const Tensor a = ones({2}, order[i]), b = ones({2}, order[j]);
      EXPECT_EQ((a + b).dtype(), order[std::max(i, j)]);
      EXPECT_EQ(result_type(a, b), order[std::max(i, j)]);
      EXPECT_EQ((a * b).sum().item<double>(), 2);
      EXPECT_EQ((a == b).dtype(), kBool);
    }
}

TEST(Promotion, NumbersRaiseOnlyTheKind) {
  const Tensor f = ones({2}), d = ones({2}, kFloat64), i = ones({2}, kInt64), b = ones({2}, kBool);
  EXPECT_EQ((f + 1.5).dtype(), kFloat32);
  EXPECT_EQ((f * 2).dtype(), kFloat32);
  EXPECT_EQ((d * 2.5).dtype(), kFloat64);
  EXPECT_EQ((i + 2).dtype(), kInt64);
  EXPECT_EQ((i + 2.5).dtype(), kFloat32);
  EXPECT_EQ((b + 2).dtype(), kInt64);
  EXPECT_EQ((b + true).dtype(), kBool);
  EXPECT_EQ((b * false).any().item<bool>(), false);
  EXPECT_EQ((2 - i).dtype(), kInt64);
  EXPECT_EQ((i > 0.5).dtype(), kBool);
  EXPECT_EQ(add(i, 3, 2).dtype(), kInt64);
  EXPECT_EQ(add(i, i, 2).dtype(), kInt64);
  // A tensor without dimensions counts as a number.
  EXPECT_EQ((f + scalar_tensor(1, kFloat64)).dtype(), kFloat32);
  EXPECT_EQ((i + scalar_tensor(1, kFloat64)).dtype(), kFloat64);
  EXPECT_EQ((scalar_tensor(1, kFloat32) + scalar_tensor(1, kFloat64)).dtype(), kFloat64);
}

TEST(Promotion, OfResults) {
  const Tensor i = tensor({1, 2, 4}), b = tensor({true, false, true});
  EXPECT_EQ((i / 2).dtype(), kFloat32);
  EXPECT_EQ((i / i).dtype(), kFloat32);
  EXPECT_TRUE((i / 2).equal(tensor({0.5, 1.0, 2.0})));
  EXPECT_EQ(i.exp().dtype(), kFloat32);
  EXPECT_EQ(i.sum().dtype(), kInt64);
  EXPECT_EQ(b.sum().dtype(), kInt64);
  EXPECT_EQ(b.sum().item<int64_t>(), 2);
  EXPECT_EQ(i.pow(2).dtype(), kInt64);
  EXPECT_EQ(i.max().item<int64_t>(), 4);
  EXPECT_EQ(integers(i % 3), (Numbers{1, 2, 1}));
  EXPECT_EQ(integers(-i % 3), (Numbers{2, 1, 2}));
  EXPECT_TRUE((tensor({-5.5}) % 2).equal(tensor({0.5})));
  EXPECT_EQ((b & ~b).any().item<bool>(), false);
  EXPECT_TRUE(equal(~tensor({0, 5, -1}), tensor({-1, -6, 0})));
  EXPECT_ERROR(~tensor({0.5}), "must be bool or an integer one");
  EXPECT_EQ(pow(tensor({3}), 2.0).dtype(), kFloat32);
  EXPECT_EQ((b ^ ones_like(b)).sum().item<int64_t>(), 1);
  EXPECT_ERROR(b - b, "Subtraction, the `-` operator, with a bool tensor is not supported");
  EXPECT_ERROR(i.mean(), "mean: the input must be floating point, not int64");
  EXPECT_ERROR(i % 0, "by zero");
  EXPECT_ERROR(mm(ones({2, 2}), ones({2, 2}, kFloat64)), "a is float32 and b is float64");
}

TEST(Promotion, ConversionsFollowCpp) {
  EXPECT_EQ(integers(tensor({1.9, -1.9, 0.5}).to(kInt64)), (Numbers{1, -1, 0}));
  EXPECT_EQ(integers(tensor({0.0, -2.0, 0.1}).to(kBool).to(kInt64)), (Numbers{0, 1, 1}));
  EXPECT_EQ(tensor({1.5f, 2.0f}, kFloat64)[0].item<double>(), 1.5);
}

// ---- Indexing ------------------------------------------------------------------------------------------------------

TEST(Indexing, WritesThroughTemporariesAndRebindsVariables) {
  const Tensor x = zeros({2, 3}, kInt64);
  x[0] = tensor({1, 2, 3});
  x[1][2] = 9;
  x[1] += 1;
  EXPECT_EQ(integers(x), (Numbers{1, 2, 3, 1, 1, 10}));
  Tensor row = x[0];
  row = tensor({7, 7, 7});  // `row` now names another tensor; x does not change
  EXPECT_EQ(x[0][0].item<int64_t>(), 1);
  x.index({Slice(), 1}) = 5;
  x.index({"...", Slice(None, None, 2)}) = x.index({"...", Slice(None, None, 2)}) * 2;
  EXPECT_EQ(integers(x), (Numbers{2, 5, 6, 2, 5, 20}));
}

TEST(Indexing, PutsValues) {
  const Tensor x = zeros({3, 4}, kInt64);
  x.index_put_({1}, 1);
  x.index_put_({Slice(), 3}, tensor({7, 8, 9}));
  x.index_put_({tensor({0, 2}), tensor({1, -4})}, tensor({5, 6}));
  EXPECT_EQ(integers(x), (Numbers{0, 5, 0, 7, 1, 1, 1, 8, 6, 0, 0, 9}));
  x.index_put_({x > 5}, -1);
  EXPECT_EQ(integers(x), (Numbers{0, 5, 0, -1, 1, 1, 1, -1, -1, 0, 0, -1}));
  x.t().index_put_({tensor({0})}, tensor({100, 101, 102}));  // into a view
  EXPECT_EQ(integers(x.select(1, 0)), (Numbers{100, 101, 102}));
  x.index_put_({Slice(1, None), tensor({1, 2})}, 50);
  EXPECT_EQ(integers(x.index({Slice(), Slice(1, 3)})), (Numbers{5, 0, 50, 50, 50, 50}));
  x.index_put_({Ellipsis}, 0.5);  // converted to int64, as copy_ does
  EXPECT_EQ(x.sum().item<int64_t>(), 0);
}

TEST(Indexing, ShapesFollowNumpy) {
  const Tensor x = arange(24).view({2, 3, 4}), i = tensor({{0, 1}, {1, 0}}), row = tensor({0, 2});
  EXPECT_EQ(x.index({i}).sizes(), IntArrayRef({2, 2, 3, 4}));
  EXPECT_EQ(x.index({Slice(), row}).sizes(), IntArrayRef({2, 2, 4}));
  EXPECT_EQ(x.index({0, Slice(), i}).sizes(), IntArrayRef({3, 2, 2}));
  EXPECT_EQ(x.index({i, Slice(), row}).sizes(), IntArrayRef({2, 2, 3}));
  EXPECT_EQ(x.index({None, "...", 0}).sizes(), IntArrayRef({1, 2, 3}));
  EXPECT_EQ(x.index({x > 20}).sizes(), IntArrayRef(3));
  EXPECT_EQ(x.index({tensor({false, true})}).sizes(), IntArrayRef({1, 3, 4}));
  EXPECT_EQ(x.index({tensor(1)}).sizes(), IntArrayRef({3, 4}));
  EXPECT_EQ(x.index({false}).sizes(), IntArrayRef({0, 2, 3, 4}));
  EXPECT_EQ(x.index({tensor(true)}).sizes(), IntArrayRef({1, 2, 3, 4}));
  EXPECT_EQ(x.index({tensor(false), 1}).sizes(), IntArrayRef({0, 3, 4}));
  EXPECT_EQ(x.index({zeros({0}, kInt64)}).sizes(), IntArrayRef({0, 3, 4}));
  EXPECT_EQ(x.index({Slice(5, 9)}).sizes(), IntArrayRef({0, 3, 4}));
  EXPECT_EQ(x.index({Slice(-1, None), Slice(None, -1, 2)}).sizes(), IntArrayRef({1, 1, 4}));
  EXPECT_EQ(x.nonzero().sizes(), IntArrayRef({23, 3}));
}

TEST(Indexing, MistakesAreNamed) {
  const Tensor x = arange(10).view({2, 5});
  EXPECT_ERROR(x.index({0, 5}), "index 5 is out of bounds for dimension 1 with size 5");
  EXPECT_ERROR(x.index({0, tensor({5})}), "index 5 is out of bounds for dimension 1 with size 5");
  EXPECT_ERROR(x.index({None, "...", -6}), "index -6 is out of bounds for dimension 1 with size 5");
  EXPECT_ERROR(x.index({0, 0, 0}), "too many indices for tensor of dimension 2");
  EXPECT_ERROR(x.index({Slice(), tensor({0, 5})}), "index 5 is out of bounds for dimension 1 with size 5");
  EXPECT_ERROR(x.index({tensor({-3})}), "index -3 is out of bounds for dimension 0 with size 2");
  EXPECT_ERROR(x.index({tensor({0.5})}), "must be integers or bool, not float32");
  EXPECT_ERROR(x.index({ones({3}, kBool)}), "does not match the shape of the indexed tensor");
  EXPECT_ERROR(x.index({tensor({0, 1}), tensor({0, 1, 2})}), "sizes 2 and 3");
  EXPECT_ERROR(x.index({"abc"}), "the only text allowed is \"...\"");
  EXPECT_ERROR(x.index({"...", 0, "..."}), "an index can only have one ellipsis");
  EXPECT_ERROR(x.index({Slice(0, 1, -1)}), "step must be greater than zero");
  EXPECT_ERROR(x.index({Slice(0, 1, 0)}), "step must be greater than zero");
  EXPECT_ERROR(x.index({Tensor()}), "undefined");
  EXPECT_ERROR(x.clone().index_put_({tensor({0, 1})}, zeros({3, 5})), "index_put");
  EXPECT_ERROR(x.index_select(0, tensor({2})), "index_select: index 2 is out of bounds");
  EXPECT_ERROR(x.gather(0, tensor({{7}})), "gather: index 7 is out of bounds");
  EXPECT_ERROR(x.gather(0, tensor({0})), "same number of dimensions");
  EXPECT_ERROR(x.gather(0, zeros({1, 6}, kInt64)), "index is (1, 6), larger than x, (2, 5), in dimension 1");
  EXPECT_ERROR(x.masked_select(x), "the mask must be bool");
  EXPECT_ERROR(x.masked_fill(ones({3}, kBool), 0), "masked_fill: a is (3,) and b is (2, 5): sizes 3 and 5");
  EXPECT_ERROR(embedding(ones({5, 2}), tensor({{1}, {0}, {7}})),
               "embedding: index 7 at position (2, 0) is out of range for a table of 5 rows");
}

// ---- Errors of ops -------------------------------------------------------------------------------------------------

TEST(Errors, NameShapesAndTheWayOut) {
  const Tensor a = ones({3, 4}), b = ones({3, 2});
  EXPECT_ERROR(mm(a, b), "mm: a is (3, 4) and b is (3, 2): a's columns (4) must equal b's rows (3)");
  EXPECT_ERROR(matmul(ones({2, 3, 4}), ones({3, 5})), "a's columns (4) must equal b's rows (3)");
  EXPECT_ERROR(matmul(ones({2, 3, 4}), ones({3, 4, 5})),
               "matmul, batch dimensions: a is (2,) and b is (3,): sizes 2 and 3 of dimension -1 differ");
  EXPECT_ERROR(a + b, "add: a is (3, 4) and b is (3, 2): sizes 4 and 2 of dimension -1 differ");
  EXPECT_ERROR(dot(ones({3}), ones({4})), "dot: a is (3,) and b is (4,)");
  EXPECT_ERROR(mv(a, ones({3})), "mv: a is (3, 4) and x is (3,)");
  EXPECT_ERROR(bmm(a, b), "bmm:");
  EXPECT_ERROR(matmul(tensor(1.0), a), "at least one dimension");
  EXPECT_ERROR(cat({a, b}), "cat: (3, 2) does not fit beside (3, 4)");
  EXPECT_ERROR(cat(std::vector<Tensor>{}), "the list of tensors is empty");
  EXPECT_ERROR(stack({a, b}), "stack: all tensors must have one shape");
  EXPECT_ERROR(where(a, a, a), "where: the mask must be bool, not float32");
  EXPECT_ERROR(a.sum(2), "Dimension out of range");
  EXPECT_ERROR(a.sum({0, 0}), "dimension 0 is given twice");
  EXPECT_ERROR(a.softmax(2), "Dimension out of range");
  EXPECT_ERROR(zeros({0}).max(), "max");
  EXPECT_ERROR(zeros({0}).argmax(), "empty");
  EXPECT_ERROR(zeros({0, 2}).max(0), "is empty");
  EXPECT_ERROR(norm(a, NAN), "the order p must be a number");
  EXPECT_ERROR(clamp(a, std::optional<Scalar>()), "at least one of min and max");
  EXPECT_ERROR(arange(3) & ones({3}), "bit_and");
  EXPECT_ERROR(mm(ones({2, 2}, kBool), ones({2, 2}, kBool)), "matmul has no cpu kernel for bool");
  EXPECT_ERROR(svd(ones({3})), "svd: The input tensor A must have at least 2 dimensions");
  EXPECT_ERROR(svd(full({2, 2}, NAN)), "holds NaN or infinity");
  EXPECT_ERROR(Tensor() + a, "undefined");
  EXPECT_ERROR(a + Tensor(), "undefined");
  EXPECT_ERROR(mm(a, Tensor()), "undefined");
  EXPECT_ERROR(Tensor().sizes(), "undefined");
}

TEST(Item, OfOneElement) {
  EXPECT_EQ(tensor({{2.5}}).item<double>(), 2.5);
  EXPECT_EQ(tensor(2.5).item<int64_t>(), 2);
  EXPECT_EQ(tensor({1, 2, 3})[1].item<int64_t>(), 2);
  EXPECT_TRUE(tensor(true).item<bool>());
  EXPECT_ERROR(ones({2, 2}).item<double>(), "only a tensor of one element can be converted to a number");
  EXPECT_ERROR(zeros({0}).item<double>(), "(0,)");
  EXPECT_ERROR(ones({2}).data_ptr<double>(), "expected scalar type float64 but found float32");
  EXPECT_ERROR(Tensor().item<double>(), "undefined");
}

TEST(Comparison, OfWholeTensors) {
  const Tensor x = tensor({1.0, NAN});
  EXPECT_FALSE(x.equal(x));
  EXPECT_TRUE(x.allclose(x, 1e-5, 1e-8, /*equal_nan=*/true));
  EXPECT_FALSE(ones({2}).equal(ones({1})));
  EXPECT_TRUE(zeros({0}).equal(zeros({0})));
  EXPECT_TRUE(tensor({1.0, HUGE_VAL}).allclose(tensor({1.0 + 1e-7, HUGE_VAL})));
  EXPECT_FALSE(tensor({HUGE_VAL}).allclose(tensor({-HUGE_VAL})));
  EXPECT_FALSE(tensor({HUGE_VAL}).allclose(tensor({1.0})));
  EXPECT_FALSE(tensor({1.0}).allclose(tensor({HUGE_VAL})));
}

// ---- Memory --------------------------------------------------------------------------------------------------------

TEST(Memory, IsAligned) {
  for (const int64_t n : {1, 17, 1000, 1 << 16})
    EXPECT_EQ(reinterpret_cast<uintptr_t>(empty({n}).data_ptr()) % 64, 0u);
}

TEST(Memory, OfATrainingLoopIsConstantAfterTheSecondIteration) {
#if defined(__GLIBC__)
  const Tensor x = rand({64, 10}), w = rand({10, 300}, requires_grad()), v = rand({300, 1}, requires_grad());
  size_t in_use = 0;
  for (int iteration = 0; iteration < 1000; ++iteration) {
    x.mm(w).tanh().mm(v).square().mean().backward();
    {
      const NoGradGuard no_grad;
      w.sub_(w.grad(), 0.01);
      v.sub_(v.grad(), 0.01);
    }
    w.mutable_grad().reset();
    v.mutable_grad().reset();
    const struct mallinfo2 info = mallinfo2();
    if (iteration == 1) in_use = info.uordblks + info.hblkhd;
    // Libraries may allocate a few bytes for themselves. One tensor kept in each iteration would
    // be 64,000 bytes.
    if (iteration > 1) {
      ASSERT_LE(info.uordblks + info.hblkhd, in_use + 4096) << "in iteration " << iteration;
    }
  }
#else
  GTEST_SKIP() << "needs glibc's mallinfo2";
#endif
}

TEST(Memory, RunningOutIsAnErrorAndTheProcessStaysUsable) {
  EXPECT_ERROR(zeros({int64_t{1} << 44}, kFloat64), "out of memory");
  EXPECT_ERROR(ones(1).expand({int64_t{1} << 62}) + 1, "out of memory");  // 2⁶⁴ bytes must not wrap to 0
  EXPECT_EQ(ones({3}).sum().item<double>(), 3);
}

TEST(Memory, ARecordedCopyMakesNoIntermediateTensor) {
  const Tensor leaf = zeros({1 << 20}).requires_grad_(), x = leaf * 1, values = ones({1 << 20});
  empty_block_cache();
  x.copy_(values);
  EXPECT_LT(block_cache::lists.bytes, size_t{1} << 16) << "copy_ made and released an intermediate tensor";
  EXPECT_EQ(x[0].item<float>(), 1);
  x.sum().backward();
  EXPECT_EQ(leaf.grad().sum().item<float>(), 0);
}

}  // namespace
