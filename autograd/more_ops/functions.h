// Functions that users of libtorch look for and no lab needs. Most are a few lines on other ops, and so are their
// derivatives.
#pragma once

#include "tensor/tensor.h"

namespace gradus {

using ScalarType = Dtype;  // libtorch's name

// ---- pointwise.cpp: y = f(x) --------------------------------------------------------------------
Tensor tan(const Tensor& x);
Tensor asin(const Tensor& x);
Tensor acos(const Tensor& x);
Tensor atan(const Tensor& x);
Tensor sinh(const Tensor& x);
Tensor cosh(const Tensor& x);
Tensor log2(const Tensor& x);
Tensor log10(const Tensor& x);

// ---- composed.cpp: element by element -----------------------------------------------------------
// The result is bool. An element counts as true if it is not 0.
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);
/// |a - b| ≤ atol + rtol |b|, or a = b. With equal_nan two NaN are close, too.
Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
               bool equal_nan = false);
/// x with other numbers in the place of NaN, ∞ and -∞: those given, or else 0, the largest and the lowest number of
/// x's dtype. What was replaced has the derivative 0.
Tensor nan_to_num(const Tensor& x, std::optional<double> nan = {}, std::optional<double> posinf = {},
                  std::optional<double> neginf = {});
Tensor addcmul(const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& value = 1);  // x + value a b
Tensor addcdiv(const Tensor& x, const Tensor& a, const Tensor& b,
               const Scalar& value = 1);  // x + value a / b
/// beta C + alpha A B of batches of matrices: C broadcasts to (b, m, n), A is (b, m, k), and B (b, k, n). If beta is 0,
/// C's values are not used, not even NaN.
Tensor baddbmm(const Tensor& C, const Tensor& A, const Tensor& B, const Scalar& beta = 1,
               const Scalar& alpha = 1);

// ---- composed.cpp: reductions -------------------------------------------------------------------
std::tuple<Tensor, Tensor> var_mean(const Tensor& x, bool unbiased = true);
std::tuple<Tensor, Tensor> var_mean(const Tensor& x, IntArrayRef dims, bool unbiased = true,
                                    bool keepdim = false);
std::tuple<Tensor, Tensor> std_mean(const Tensor& x, bool unbiased = true);
std::tuple<Tensor, Tensor> std_mean(const Tensor& x, IntArrayRef dims, bool unbiased = true,
                                    bool keepdim = false);
/// The element in the middle of x's elements in order: of an even number of them the lower one. It is NaN if any element
/// is, or if there are none. Elements that equal the median share the gradient.
Tensor median(const Tensor& x);
/// The medians along dim, and their places there, which get the gradients. Error if dim is empty.
std::tuple<Tensor, Tensor> median(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor cumprod(const Tensor& x, int64_t dim);  // yᵢ = x₀ x₁ … xᵢ

// ---- composed.cpp: the same elements in other places --------------------------------------------
Tensor flip(const Tensor& x, IntArrayRef dims);  // counts the dimensions given from their ends
/// Moves the elements by `shifts` along `dims`. What leaves at the end comes in at the front. Without dims, x is rolled
/// as a vector of all its elements.
Tensor roll(const Tensor& x, IntArrayRef shifts, IntArrayRef dims = {});
/// x, repeated times[d] times along dimension d. Missing dimensions of x or of `times` are put in front, with size 1.
Tensor tile(const Tensor& x, IntArrayRef times);
/// Parts of these sizes along dim. The sizes must add up to x's.
std::vector<Tensor> split(const Tensor& x, IntArrayRef sizes, int64_t dim = 0);
std::vector<Tensor> split_with_sizes(const Tensor& x, IntArrayRef sizes, int64_t dim = 0);
Tensor hstack(TensorList tensors);  // cat along dimension 1; of vectors and numbers along dimension 0
Tensor vstack(TensorList tensors);  // cat along dimension 0, where a vector is one row

// ---- einsum.cpp ---------------------------------------------------------------------------------
/// Sums of products, in Einstein's notation: einsum("bij,bjk->bik", {A, B}) is bmm(A, B). A letter names a dimension of
/// the operands. Dimensions of one name have one size (or 1, which is stretched) and run together. Those that are not
/// named after the arrow are summed over. Without an arrow, the result has the names that occur once, in alphabetical
/// order. "..." stands for any number of further dimensions, which broadcast. A name twice in one operand takes the
/// diagonal. Letters are a to z and A to Z; spaces are skipped.
///
/// Operands are multiplied from left to right, each time by one batch of matrix products.
/// Error if the equation does not fit the operands.
Tensor einsum(std::string_view equation, TensorList operands);

}  // namespace gradus
