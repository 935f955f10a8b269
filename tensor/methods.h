// The ops as methods of Tensor: x.exp() is exp(x), x.mm(y) is mm(x, y).
//
// Each method is one line that calls the function of the same name. The declaration of that function, in
// tensor/functions.h, says what it does. Methods without such a function are in tensor/tensor.h.
#pragma once

#include "tensor/functions.h"

namespace gradus {

/// The base of Tensor. A template, because a base class is defined before the class derived from it: the bodies below
/// are compiled when they are called, and by then Tensor is known.
template <class Tensor>
class Methods {
 public:
  // ---- Moving and converting ---------------------------------------------------------
  Tensor clone() const { return gradus::clone(self()); }

  // ---- Views: no element moves -------------------------------------------------------
  Tensor reshape(IntArrayRef sizes) const { return gradus::reshape(self(), sizes); }
  Tensor flatten(int64_t start_dim = 0, int64_t end_dim = -1) const {
    return gradus::flatten(self(), start_dim, end_dim);
  }
  Tensor t() const { return gradus::t(self()); }
  Tensor transpose(int64_t dim0, int64_t dim1) const { return gradus::transpose(self(), dim0, dim1); }
  Tensor permute(IntArrayRef dims) const { return gradus::permute(self(), dims); }
  Tensor unsqueeze(int64_t dim) const { return gradus::unsqueeze(self(), dim); }
  Tensor squeeze() const { return gradus::squeeze(self()); }
  Tensor squeeze(int64_t dim) const { return gradus::squeeze(self(), dim); }
  Tensor select(int64_t dim, int64_t index) const { return gradus::select(self(), dim, index); }
  Tensor slice(int64_t dim = 0, int64_t start = 0, int64_t end = INT64_MAX, int64_t step = 1) const {
    return gradus::slice(self(), dim, start, end, step);
  }
  Tensor narrow(int64_t dim, int64_t start, int64_t length) const {
    return gradus::narrow(self(), dim, start, length);
  }
  std::vector<Tensor> chunk(int64_t chunks, int64_t dim = 0) const {
    return gradus::chunk(self(), chunks, dim);
  }
  std::vector<Tensor> split(int64_t split_size, int64_t dim = 0) const {
    return gradus::split(self(), split_size, dim);
  }
  std::vector<Tensor> unbind(int64_t dim = 0) const { return gradus::unbind(self(), dim); }
  Tensor diagonal(int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1) const {
    return gradus::diagonal(self(), offset, dim1, dim2);
  }

  // ---- Indexing ----------------------------------------------------------------------
  Tensor index_select(int64_t dim, const Tensor& index) const {
    return gradus::index_select(self(), dim, index);
  }
  Tensor gather(int64_t dim, const Tensor& index) const { return gradus::gather(self(), dim, index); }
  Tensor index_add(int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha = 1) const {
    return gradus::index_add(self(), dim, index, source, alpha);
  }
  Tensor scatter_add(int64_t dim, const Tensor& index, const Tensor& source) const {
    return gradus::scatter_add(self(), dim, index, source);
  }
  Tensor masked_fill(const Tensor& mask, const Scalar& value) const {
    return gradus::masked_fill(self(), mask, value);
  }
  Tensor masked_fill(const Tensor& mask, const Tensor& value) const {
    return gradus::masked_fill(self(), mask, value);
  }
  Tensor masked_select(const Tensor& mask) const { return gradus::masked_select(self(), mask); }
  Tensor nonzero() const { return gradus::nonzero(self()); }
  Tensor where(const Tensor& condition, const Tensor& other) const {
    return gradus::where(condition, self(), other);
  }
  Tensor where(const Tensor& condition, const Scalar& other) const {
    return gradus::where(condition, self(), other);
  }
  Tensor tril(int64_t diagonal = 0) const { return gradus::tril(self(), diagonal); }
  Tensor triu(int64_t diagonal = 0) const { return gradus::triu(self(), diagonal); }

  // ---- Maths, element by element ------------------------------------------------------------
  Tensor add(const Tensor& other, const Scalar& alpha = 1) const { return gradus::add(self(), other, alpha); }
  Tensor add(const Scalar& other, const Scalar& alpha = 1) const { return gradus::add(self(), other, alpha); }
  Tensor sub(const Tensor& other, const Scalar& alpha = 1) const { return gradus::sub(self(), other, alpha); }
  Tensor sub(const Scalar& other, const Scalar& alpha = 1) const { return gradus::sub(self(), other, alpha); }
  Tensor mul(const Tensor& other) const { return gradus::mul(self(), other); }
  Tensor mul(const Scalar& other) const { return gradus::mul(self(), other); }
  Tensor div(const Tensor& other) const { return gradus::div(self(), other); }
  Tensor div(const Scalar& other) const { return gradus::div(self(), other); }
  Tensor remainder(const Tensor& other) const { return gradus::remainder(self(), other); }
  Tensor remainder(const Scalar& other) const { return gradus::remainder(self(), other); }
  Tensor pow(const Scalar& exponent) const { return gradus::pow(self(), exponent); }
  Tensor pow(const Tensor& exponent) const { return gradus::pow(self(), exponent); }
  Tensor maximum(const Tensor& other) const { return gradus::maximum(self(), other); }
  Tensor minimum(const Tensor& other) const { return gradus::minimum(self(), other); }
  Tensor neg() const { return gradus::neg(self()); }
  Tensor abs() const { return gradus::abs(self()); }
  Tensor sign() const { return gradus::sign(self()); }
  Tensor exp() const { return gradus::exp(self()); }
  Tensor log() const { return gradus::log(self()); }
  Tensor log1p() const { return gradus::log1p(self()); }
  Tensor expm1() const { return gradus::expm1(self()); }
  Tensor sqrt() const { return gradus::sqrt(self()); }
  Tensor rsqrt() const { return gradus::rsqrt(self()); }
  Tensor reciprocal() const { return gradus::reciprocal(self()); }
  Tensor square() const { return gradus::square(self()); }
  Tensor sin() const { return gradus::sin(self()); }
  Tensor cos() const { return gradus::cos(self()); }
  Tensor tanh() const { return gradus::tanh(self()); }
  Tensor sigmoid() const { return gradus::sigmoid(self()); }
  Tensor relu() const { return gradus::relu(self()); }
  Tensor erf() const { return gradus::erf(self()); }
  Tensor round() const { return gradus::round(self()); }
  Tensor floor() const { return gradus::floor(self()); }
  Tensor ceil() const { return gradus::ceil(self()); }
  Tensor clamp(const std::optional<Scalar>& min, const std::optional<Scalar>& max = {}) const {
    return gradus::clamp(self(), min, max);
  }
  Tensor clamp(const std::optional<Tensor>& min, const std::optional<Tensor>& max = {}) const {
    return gradus::clamp(self(), min, max);
  }
  Tensor clamp_min(const Scalar& min) const { return gradus::clamp_min(self(), min); }
  Tensor clamp_max(const Scalar& max) const { return gradus::clamp_max(self(), max); }
  Tensor lerp(const Tensor& end, const Scalar& weight) const { return gradus::lerp(self(), end, weight); }
  Tensor lerp(const Tensor& end, const Tensor& weight) const { return gradus::lerp(self(), end, weight); }
  Tensor logical_not() const { return gradus::logical_not(self()); }
  Tensor isnan() const { return gradus::isnan(self()); }
  Tensor isinf() const { return gradus::isinf(self()); }
  Tensor isfinite() const { return gradus::isfinite(self()); }
  Tensor eq(const Tensor& other) const { return gradus::eq(self(), other); }
  Tensor eq(const Scalar& other) const { return gradus::eq(self(), other); }
  Tensor ne(const Tensor& other) const { return gradus::ne(self(), other); }
  Tensor ne(const Scalar& other) const { return gradus::ne(self(), other); }
  Tensor lt(const Tensor& other) const { return gradus::lt(self(), other); }
  Tensor lt(const Scalar& other) const { return gradus::lt(self(), other); }
  Tensor le(const Tensor& other) const { return gradus::le(self(), other); }
  Tensor le(const Scalar& other) const { return gradus::le(self(), other); }
  Tensor gt(const Tensor& other) const { return gradus::gt(self(), other); }
  Tensor gt(const Scalar& other) const { return gradus::gt(self(), other); }
  Tensor ge(const Tensor& other) const { return gradus::ge(self(), other); }
  Tensor ge(const Scalar& other) const { return gradus::ge(self(), other); }
  bool equal(const Tensor& other) const { return gradus::equal(self(), other); }
  bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const {
    return gradus::allclose(self(), other, rtol, atol, equal_nan);
  }

  // ---- Products ----------------------------------------------------------------------
  Tensor matmul(const Tensor& other) const { return gradus::matmul(self(), other); }
  Tensor mm(const Tensor& other) const { return gradus::mm(self(), other); }
  Tensor mv(const Tensor& vector) const { return gradus::mv(self(), vector); }
  Tensor bmm(const Tensor& other) const { return gradus::bmm(self(), other); }
  Tensor dot(const Tensor& other) const { return gradus::dot(self(), other); }
  Tensor outer(const Tensor& other) const { return gradus::outer(self(), other); }
  Tensor addmm(const Tensor& a, const Tensor& b, const Scalar& beta = 1, const Scalar& alpha = 1) const {
    return gradus::addmm(self(), a, b, beta, alpha);
  }

  // ---- Reductions --------------------------------------------------------------------
  Tensor sum(std::optional<Dtype> dtype = {}) const { return gradus::sum(self(), dtype); }
  Tensor sum(IntArrayRef dims, bool keepdim = false, std::optional<Dtype> dtype = {}) const {
    return gradus::sum(self(), dims, keepdim, dtype);
  }
  Tensor mean(std::optional<Dtype> dtype = {}) const { return gradus::mean(self(), dtype); }
  Tensor mean(IntArrayRef dims, bool keepdim = false, std::optional<Dtype> dtype = {}) const {
    return gradus::mean(self(), dims, keepdim, dtype);
  }
  Tensor prod(std::optional<Dtype> dtype = {}) const { return gradus::prod(self(), dtype); }
  Tensor prod(int64_t dim, bool keepdim = false, std::optional<Dtype> dtype = {}) const {
    return gradus::prod(self(), dim, keepdim, dtype);
  }
  Tensor var(bool unbiased = true) const { return gradus::var(self(), unbiased); }
  Tensor var(IntArrayRef dims, bool unbiased = true, bool keepdim = false) const {
    return gradus::var(self(), dims, unbiased, keepdim);
  }
  Tensor var(int dim) const { return gradus::var(self(), IntArrayRef(int64_t{dim})); }
  Tensor std(bool unbiased = true) const { return gradus::std(self(), unbiased); }
  Tensor std(int dim) const { return gradus::std(self(), IntArrayRef(int64_t{dim})); }
  Tensor std(IntArrayRef dims, bool unbiased = true, bool keepdim = false) const {
    return gradus::std(self(), dims, unbiased, keepdim);
  }
  Tensor norm(const Scalar& p = 2) const { return gradus::norm(self(), p); }
  Tensor norm(const Scalar& p, IntArrayRef dims, bool keepdim = false) const {
    return gradus::norm(self(), p, dims, keepdim);
  }
  Tensor max() const { return gradus::max(self()); }
  Tensor min() const { return gradus::min(self()); }
  std::tuple<Tensor, Tensor> max(int64_t dim, bool keepdim = false) const {
    return gradus::max(self(), dim, keepdim);
  }
  std::tuple<Tensor, Tensor> min(int64_t dim, bool keepdim = false) const {
    return gradus::min(self(), dim, keepdim);
  }
  Tensor max(const Tensor& other) const { return gradus::maximum(self(), other); }
  Tensor min(const Tensor& other) const { return gradus::minimum(self(), other); }
  Tensor amax(IntArrayRef dims = {}, bool keepdim = false) const {
    return gradus::amax(self(), dims, keepdim);
  }
  Tensor amin(IntArrayRef dims = {}, bool keepdim = false) const {
    return gradus::amin(self(), dims, keepdim);
  }
  Tensor argmax() const { return gradus::argmax(self()); }
  Tensor argmax(int64_t dim, bool keepdim = false) const { return gradus::argmax(self(), dim, keepdim); }
  Tensor argmin() const { return gradus::argmin(self()); }
  Tensor argmin(int64_t dim, bool keepdim = false) const { return gradus::argmin(self(), dim, keepdim); }
  Tensor all() const { return gradus::all(self()); }
  Tensor all(int64_t dim, bool keepdim = false) const { return gradus::all(self(), dim, keepdim); }
  Tensor any() const { return gradus::any(self()); }
  Tensor any(int64_t dim, bool keepdim = false) const { return gradus::any(self(), dim, keepdim); }
  Tensor logsumexp(IntArrayRef dims, bool keepdim = false) const {
    return gradus::logsumexp(self(), dims, keepdim);
  }
  Tensor softmax(int64_t dim) const { return gradus::softmax(self(), dim); }
  Tensor log_softmax(int64_t dim) const { return gradus::log_softmax(self(), dim); }
  Tensor cumsum(int64_t dim, std::optional<Dtype> dtype = {}) const {
    return gradus::cumsum(self(), dim, dtype);
  }
  std::tuple<Tensor, Tensor> sort(int64_t dim = -1, bool descending = false) const {
    return gradus::sort(self(), dim, descending);
  }
  Tensor argsort(int64_t dim = -1, bool descending = false) const {
    return gradus::argsort(self(), dim, descending);
  }
  std::tuple<Tensor, Tensor> topk(int64_t k, int64_t dim = -1, bool largest = true,
                                  bool sorted = true) const {
    return gradus::topk(self(), k, dim, largest, sorted);
  }

  // ---- Matrices ----------------------------------------------------------------------
  Tensor diag(int64_t diagonal = 0) const { return gradus::diag(self(), diagonal); }
  Tensor trace() const { return gradus::trace(self()); }
  Tensor inverse() const { return gradus::inverse(self()); }
  Tensor det() const { return gradus::det(self()); }
  std::tuple<Tensor, Tensor> slogdet() const { return gradus::slogdet(self()); }
  Tensor cholesky(bool upper = false) const { return gradus::cholesky(self(), upper); }
  std::tuple<Tensor, Tensor> qr(bool some = true) const { return gradus::qr(self(), some); }
  std::tuple<Tensor, Tensor, Tensor> svd() const { return gradus::svd(self()); }

 private:
  const Tensor& self() const { return static_cast<const Tensor&>(*this); }
};

}  // namespace gradus
