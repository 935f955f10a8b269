// The functions of tensors, each declared once. Each is defined next to its derivative rules, in the file of
// autograd/ops/ that the section names. Functions that no lab needs are defined in autograd/more_ops/ and
// autograd/linalg/. Most are also methods of Tensor, see tensor/methods.h.
//
// Shapes broadcast as in PyTorch: sizes are compared from the last dimension on, and a size of 1 is stretched.
//
// Dtypes promote as in PyTorch: bool < uint8 < int16 < int32 < int64 < float32 < float64, and the result has the
// larger dtype. A number, or a 0-d tensor, does not raise the dtype of a tensor with dimensions within a kind
// (bool, integer, floating point), only to the next kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "tensor/shape.h"

namespace gradus {

class Tensor;
using TensorList = ArrayRef<Tensor>;

// ---- pointwise.cpp: y = f(x) --------------------------------------------------------------------
Tensor neg(const Tensor& x);
Tensor abs(const Tensor& x);   // derivative sign(x): 0 at 0
Tensor sign(const Tensor& x);  // derivative 0
Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor expm1(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor rsqrt(const Tensor& x);  // 1 / √x
Tensor reciprocal(const Tensor& x);
Tensor square(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor sigmoid(const Tensor& x);
Tensor erf(const Tensor& x);
Tensor relu(const Tensor& x);   // derivative 0 at 0
Tensor round(const Tensor& x);  // halves to even; derivative 0, as of floor and ceil
Tensor floor(const Tensor& x);
Tensor ceil(const Tensor& x);
/// min(max(x, min), max). The derivative is 1 where min ≤ x ≤ max, else 0.
Tensor clamp(const Tensor& x, const std::optional<Scalar>& min, const std::optional<Scalar>& max = {});
Tensor clamp(const Tensor& x, const std::optional<Tensor>& min, const std::optional<Tensor>& max);
Tensor clamp_min(const Tensor& x, const Scalar& min);
Tensor clamp_max(const Tensor& x, const Scalar& max);
Tensor isnan(const Tensor& x);
Tensor isinf(const Tensor& x);
Tensor isfinite(const Tensor& x);
Tensor logical_not(const Tensor& x);

// ---- arithmetic.cpp: y = f(a, b), with broadcasting ---------------------------------------------
Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);  // a + alpha b
Tensor add(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha = 1);
Tensor sub(const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
Tensor mul(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Scalar& b);
Tensor div(const Tensor& a, const Tensor& b);  // integers give floating point
Tensor div(const Tensor& a, const Scalar& b);
Tensor remainder(const Tensor& a, const Tensor& b);  // has the sign of b, as Python's %
Tensor remainder(const Tensor& a, const Scalar& b);
Tensor remainder(const Scalar& a, const Tensor& b);
Tensor pow(const Tensor& base, const Scalar& exponent);
Tensor pow(const Tensor& base, const Tensor& exponent);
Tensor pow(const Scalar& base, const Tensor& exponent);
Tensor maximum(const Tensor& a, const Tensor& b);  // where a = b, each gets half of the gradient
Tensor minimum(const Tensor& a, const Tensor& b);
Tensor lerp(const Tensor& start, const Tensor& end, const Scalar& weight);  // start + weight (end - start)
Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight);
// A condition or a mask is bool or uint8; 0 is false.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b);
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b);
Tensor where(const Tensor& condition, const Scalar& a, const Scalar& b);
/// The coordinates of the true elements: one vector per dimension.
std::vector<Tensor> where(const Tensor& condition);
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value);  // x and mask broadcast
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value);  // value: 0-d
/// The lower (upper) triangle of each matrix in a batch, with zeros elsewhere. It includes the diagonal that is
/// `diagonal` places to the right of the main one.
Tensor tril(const Tensor& x, int64_t diagonal = 0);
Tensor triu(const Tensor& x, int64_t diagonal = 0);

// Comparisons compare values: a whole number and a real one without rounding the first to float32, as PyTorch does.
Tensor eq(const Tensor& a, const Tensor& b);
Tensor ne(const Tensor& a, const Tensor& b);
Tensor lt(const Tensor& a, const Tensor& b);
Tensor le(const Tensor& a, const Tensor& b);
Tensor gt(const Tensor& a, const Tensor& b);
Tensor ge(const Tensor& a, const Tensor& b);
Tensor eq(const Tensor& a, const Scalar& b);
Tensor ne(const Tensor& a, const Scalar& b);
Tensor lt(const Tensor& a, const Scalar& b);
Tensor le(const Tensor& a, const Scalar& b);
Tensor gt(const Tensor& a, const Scalar& b);
Tensor ge(const Tensor& a, const Scalar& b);
bool equal(const Tensor& a, const Tensor& b);
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
              bool equal_nan = false);

/// The dtype of a result computed from both.
Dtype result_type(const Tensor& a, const Tensor& b);
Dtype result_type(const Tensor& a, const Scalar& b);

// ---- products.cpp -------------------------------------------------------------------------------
/// The product of vectors (dot), matrices, and batches of matrices, whose leading dimensions broadcast.
Tensor matmul(const Tensor& a, const Tensor& b);
Tensor mm(const Tensor& a, const Tensor& b);   // (m, k) × (k, n)
Tensor mv(const Tensor& a, const Tensor& x);   // (m, k) × (k)
Tensor dot(const Tensor& a, const Tensor& b);  // (n) · (n)
Tensor bmm(const Tensor& a, const Tensor& b);  // (b, m, k) × (b, k, n)
Tensor outer(const Tensor& a, const Tensor& b);
Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, const Scalar& beta = 1,
             const Scalar& alpha = 1);

// ---- reduce.cpp: over all elements, or over some dimensions -------------------------------------
// If a dtype is given, the elements are converted to it before they are reduced.
Tensor sum(const Tensor& x, std::optional<Dtype> dtype = {});  // bool and integers give int64
Tensor sum(const Tensor& x, IntArrayRef dims, bool keepdim = false, std::optional<Dtype> dtype = {});
Tensor sum_to_size(const Tensor& x, IntArrayRef sizes);  // undoes a broadcast: sums over stretched dimensions
Tensor mean(const Tensor& x, std::optional<Dtype> dtype = {});
Tensor mean(const Tensor& x, IntArrayRef dims, bool keepdim = false, std::optional<Dtype> dtype = {});
Tensor prod(const Tensor& x, std::optional<Dtype> dtype = {});  // bool and integers give int64
Tensor prod(const Tensor& x, int64_t dim, bool keepdim = false, std::optional<Dtype> dtype = {});
Tensor var(const Tensor& x, bool unbiased = true);  // Σ (x - mean)² / (n - 1), or / n if not unbiased
Tensor var(const Tensor& x, IntArrayRef dims, bool unbiased = true, bool keepdim = false);
Tensor std(const Tensor& x, bool unbiased = true);
Tensor std(const Tensor& x, IntArrayRef dims, bool unbiased = true, bool keepdim = false);
Tensor sum_of_squares(const Tensor& x);  // Σ x², without an x² in memory
/// (Σ |x|ᵖ)^(1/p) for any p. p = ∞: max |x|; p = -∞: min |x|; p = 0: the number of elements that are not 0. Its
/// derivative at zero is taken as 0. On a CUDA device it waits for the result if p = 2, as std does.
Tensor norm(const Tensor& x, const Scalar& p = 2);
Tensor norm(const Tensor& x, const Scalar& p, IntArrayRef dims, bool keepdim = false);
Tensor max(const Tensor& x);  // equal maxima share the gradient
Tensor min(const Tensor& x);
std::tuple<Tensor, Tensor> max(const Tensor& x, int64_t dim, bool keepdim = false);
std::tuple<Tensor, Tensor> min(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor amax(const Tensor& x, IntArrayRef dims = {}, bool keepdim = false);
Tensor amin(const Tensor& x, IntArrayRef dims = {}, bool keepdim = false);
Tensor argmax(const Tensor& x);  // an index into the flattened tensor; of equal maxima, the first
Tensor argmax(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor argmin(const Tensor& x);
Tensor argmin(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor all(const Tensor& x);  // bool; uint8 if x is uint8
Tensor all(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor any(const Tensor& x);
Tensor any(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor logsumexp(const Tensor& x, IntArrayRef dims, bool keepdim = false);
Tensor cumsum(const Tensor& x, int64_t dim, std::optional<Dtype> dtype = {});

// ---- softmax.cpp --------------------------------------------------------------------------------
Tensor softmax(const Tensor& x, int64_t dim);
Tensor log_softmax(const Tensor& x, int64_t dim);
/// -ln softmax(x)ₜ of each row, where t is the row's target. x (…, classes), target (…) int64; the result is (…).
/// nn::functional::cross_entropy is built on it.
Tensor cross_entropy_rows(const Tensor& x, const Tensor& target);
/// (x - mean) / √(variance + eps) of every row, which is along the last dimension.
Tensor layer_norm_rows(const Tensor& x, double eps);

// ---- views.cpp: tensors that share memory with x ------------------------------------------------
Tensor t(const Tensor& x);
Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1);
Tensor permute(const Tensor& x, IntArrayRef dims);
Tensor reshape(const Tensor& x, IntArrayRef sizes);
Tensor flatten(const Tensor& x, int64_t start_dim = 0, int64_t end_dim = -1);
Tensor unsqueeze(const Tensor& x, int64_t dim);
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, int64_t dim);
Tensor select(const Tensor& x, int64_t dim, int64_t index);
Tensor slice(const Tensor& x, int64_t dim = 0, int64_t start = 0, int64_t end = INT64_MAX, int64_t step = 1);
Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length);
// split, chunk and unbind make at most 2^26 parts.
/// `chunks` parts along dim, or fewer if x has fewer elements there. A dimension of size 0 gives empty parts.
std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t dim = 0);
/// Parts of `split_size` along dim. The last part may be shorter.
std::vector<Tensor> split(const Tensor& x, int64_t split_size, int64_t dim = 0);
std::vector<Tensor> unbind(const Tensor& x, int64_t dim = 0);  // every x[i]
Tensor diagonal(const Tensor& x, int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1);

// ---- copies.cpp: copy, convert, join ------------------------------------------------------------
Tensor clone(const Tensor& x);
Tensor cat(TensorList tensors, int64_t dim = 0);  // tensors of shape (0,) are skipped
Tensor stack(TensorList tensors, int64_t dim = 0);

// ---- rows.cpp: whole rows by their number. Indices may have any integer dtype -------------------
// Only x.index({…}) counts negative indices from the end. All other functions take 0 … size - 1.
Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index);
/// Rows of `weight` (count, width). The indices may have any shape; the result has shape (*indices, width). A row
/// that is chosen several times gets the sum of the gradients. The row padding_idx, if given, gets no gradient.
Tensor embedding(const Tensor& weight, const Tensor& indices, int64_t padding_idx = -1);

// ---- gather.cpp: single elements by their number. Indices may have any integer dtype ------------
/// out[i][j] = x[index[i][j]][j] for dim 0, and so on. index has x's number of dimensions.
Tensor gather(const Tensor& x, int64_t dim, const Tensor& index);
// source has x's dtype. A number counts as a vector of one element.
/// A copy of x with source[i][j] added to x[index[i][j]][j] for dim 0, and so on.
Tensor scatter_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source);
/// A copy of x with alpha · source[i] added to x[index[i]] for dim 0, and so on.
Tensor index_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source,
                 const Scalar& alpha = 1);

// ---- indexing.cpp: by lists and masks -----------------------------------------------------------
/// The elements of x where mask is true, as a vector.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// (count, dim) int64: the coordinates of the elements that are not 0.
Tensor nonzero(const Tensor& x);

// ---- sort.cpp -----------------------------------------------------------------------------------
std::tuple<Tensor, Tensor> sort(const Tensor& x, int64_t dim = -1, bool descending = false);  // stable
Tensor argsort(const Tensor& x, int64_t dim = -1, bool descending = false);  // the indices of sort
/// The k largest (or smallest) elements along dim and their indices. They are always sorted; `sorted` has no effect.
std::tuple<Tensor, Tensor> topk(const Tensor& x, int64_t k, int64_t dim = -1, bool largest = true,
                                bool sorted = true);

// ---- linalg.cpp, factorisations.cpp: matrices ---------------------------------------------------
/// A vector as the diagonal of a square matrix, or the diagonal of a matrix as a vector.
Tensor diag(const Tensor& x, int64_t diagonal = 0);
Tensor trace(const Tensor& x);

/// Singular value decomposition  A = U diag(S) Vᵀ  of each matrix in a batch, as torch::svd.
///
/// A: (…, m, n), float32 or float64. With k = min(m, n): U (…, m, k), S (…, k) descending and ≥ 0, V (…, n, k).
/// If singular values are equal or 0, the gradient is right for the functions that autograd/linalg/linalg.h lists, and
/// backward throws Error for others. Throws Error if A has fewer than two dimensions or holds NaN or infinity. LAPACK
/// gesdd on the CPU. Source: Townsend, "Differentiating the Singular Value Decomposition" (2016).
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& A);

// linalg::inv, det, slogdet, cholesky and qr of linalg.h under libtorch's older names.
Tensor inverse(const Tensor& A);
Tensor det(const Tensor& A);
std::tuple<Tensor, Tensor> slogdet(const Tensor& A);
Tensor cholesky(const Tensor& A, bool upper = false);  // upper: U with Uᵀ U = A, from A's upper triangle
std::tuple<Tensor, Tensor> qr(const Tensor& A, bool some = true);  // some: "reduced", else "complete"

}  // namespace gradus
