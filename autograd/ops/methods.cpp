// The methods of Tensor: each is the free function of the same name, which is defined beside its rules in
// this folder.
#include "autograd/ops/ops.h"

namespace gradus {

Tensor Tensor::operator-() const { return gradus::neg(*this); }
Tensor Tensor::operator~() const {  // every bit turned over: in two's complement that is -1 - x
  check(!is_floating_point(), "~: the tensor must be bool or an integer one, not ", dtype(),
        "; logical_not(x) takes any");
  return dtype() == kBool ? gradus::logical_not(*this) : -1 - *this;
}
Tensor Tensor::clone() const { return gradus::clone(*this); }
Tensor Tensor::reshape(IntArrayRef sizes) const { return gradus::reshape(*this, sizes); }
Tensor Tensor::flatten(int64_t start_dim, int64_t end_dim) const {
  return gradus::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::t() const { return gradus::t(*this); }
Tensor Tensor::transpose(int64_t dim0, int64_t dim1) const { return gradus::transpose(*this, dim0, dim1); }
Tensor Tensor::permute(IntArrayRef dims) const { return gradus::permute(*this, dims); }
Tensor Tensor::unsqueeze(int64_t dim) const { return gradus::unsqueeze(*this, dim); }
Tensor Tensor::squeeze() const { return gradus::squeeze(*this); }
Tensor Tensor::squeeze(int64_t dim) const { return gradus::squeeze(*this, dim); }
Tensor Tensor::select(int64_t dim, int64_t index) const { return gradus::select(*this, dim, index); }
Tensor Tensor::slice(int64_t dim, int64_t start, int64_t end, int64_t step) const {
  return gradus::slice(*this, dim, start, end, step);
}
Tensor Tensor::narrow(int64_t dim, int64_t start, int64_t length) const {
  return gradus::narrow(*this, dim, start, length);
}
std::vector<Tensor> Tensor::chunk(int64_t chunks, int64_t dim) const {
  return gradus::chunk(*this, chunks, dim);
}
std::vector<Tensor> Tensor::split(int64_t split_size, int64_t dim) const {
  return gradus::split(*this, split_size, dim);
}
std::vector<Tensor> Tensor::unbind(int64_t dim) const { return gradus::unbind(*this, dim); }
Tensor Tensor::diagonal(int64_t offset, int64_t dim1, int64_t dim2) const {
  return gradus::diagonal(*this, offset, dim1, dim2);
}
Tensor Tensor::index_select(int64_t dim, const Tensor& index) const {
  return gradus::index_select(*this, dim, index);
}
Tensor Tensor::gather(int64_t dim, const Tensor& index) const { return gradus::gather(*this, dim, index); }
Tensor Tensor::masked_fill(const Tensor& mask, const Scalar& value) const {
  return gradus::masked_fill(*this, mask, value);
}
Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const {
  return gradus::masked_fill(*this, mask, value);
}
// x ← m ? v : x
Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) const {
  return copy_(gradus::masked_fill(*this, mask, value));
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const {
  return copy_(gradus::masked_fill(*this, mask, value));
}
Tensor Tensor::index_add(int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) const {
  return gradus::index_add(*this, dim, index, source, alpha);
}
Tensor Tensor::scatter_add(int64_t dim, const Tensor& index, const Tensor& source) const {
  return gradus::scatter_add(*this, dim, index, source);
}
Tensor Tensor::where(const Tensor& condition, const Tensor& other) const {
  return gradus::where(condition, *this, other);
}
Tensor Tensor::where(const Tensor& condition, const Scalar& other) const {
  return gradus::where(condition, *this, other);
}
Tensor Tensor::tril(int64_t diagonal) const { return gradus::tril(*this, diagonal); }
Tensor Tensor::triu(int64_t diagonal) const { return gradus::triu(*this, diagonal); }
Tensor Tensor::masked_select(const Tensor& mask) const { return gradus::masked_select(*this, mask); }
Tensor Tensor::nonzero() const { return gradus::nonzero(*this); }
Tensor Tensor::add(const Tensor& other, const Scalar& alpha) const {
  return gradus::add(*this, other, alpha);
}
Tensor Tensor::add(const Scalar& other, const Scalar& alpha) const {
  return gradus::add(*this, other, alpha);
}
Tensor Tensor::sub(const Tensor& other, const Scalar& alpha) const {
  return gradus::sub(*this, other, alpha);
}
Tensor Tensor::sub(const Scalar& other, const Scalar& alpha) const {
  return gradus::sub(*this, other, alpha);
}
Tensor Tensor::mul(const Tensor& other) const { return gradus::mul(*this, other); }
Tensor Tensor::mul(const Scalar& other) const { return gradus::mul(*this, other); }
Tensor Tensor::div(const Tensor& other) const { return gradus::div(*this, other); }
Tensor Tensor::div(const Scalar& other) const { return gradus::div(*this, other); }
Tensor Tensor::remainder(const Tensor& other) const { return gradus::remainder(*this, other); }
Tensor Tensor::remainder(const Scalar& other) const { return gradus::remainder(*this, other); }
Tensor Tensor::pow(const Scalar& exponent) const { return gradus::pow(*this, exponent); }
Tensor Tensor::pow(const Tensor& exponent) const { return gradus::pow(*this, exponent); }
Tensor Tensor::maximum(const Tensor& other) const { return gradus::maximum(*this, other); }
Tensor Tensor::minimum(const Tensor& other) const { return gradus::minimum(*this, other); }
Tensor Tensor::neg() const { return gradus::neg(*this); }
Tensor Tensor::abs() const { return gradus::abs(*this); }
Tensor Tensor::sign() const { return gradus::sign(*this); }
Tensor Tensor::exp() const { return gradus::exp(*this); }
Tensor Tensor::log() const { return gradus::log(*this); }
Tensor Tensor::log1p() const { return gradus::log1p(*this); }
Tensor Tensor::expm1() const { return gradus::expm1(*this); }
Tensor Tensor::sqrt() const { return gradus::sqrt(*this); }
Tensor Tensor::rsqrt() const { return gradus::rsqrt(*this); }
Tensor Tensor::reciprocal() const { return gradus::reciprocal(*this); }
Tensor Tensor::square() const { return gradus::square(*this); }
Tensor Tensor::sin() const { return gradus::sin(*this); }
Tensor Tensor::cos() const { return gradus::cos(*this); }
Tensor Tensor::tanh() const { return gradus::tanh(*this); }
Tensor Tensor::sigmoid() const { return gradus::sigmoid(*this); }
Tensor Tensor::relu() const { return gradus::relu(*this); }
Tensor Tensor::erf() const { return gradus::erf(*this); }
Tensor Tensor::round() const { return gradus::round(*this); }
Tensor Tensor::floor() const { return gradus::floor(*this); }
Tensor Tensor::ceil() const { return gradus::ceil(*this); }
Tensor Tensor::clamp(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
  return gradus::clamp(*this, min, max);
}
Tensor Tensor::clamp(const std::optional<Tensor>& min, const std::optional<Tensor>& max) const {
  return gradus::clamp(*this, min, max);
}
Tensor Tensor::clamp_min(const Scalar& min) const { return gradus::clamp_min(*this, min); }
Tensor Tensor::clamp_max(const Scalar& max) const { return gradus::clamp_max(*this, max); }
Tensor Tensor::lerp(const Tensor& end, const Scalar& weight) const {
  return gradus::lerp(*this, end, weight);
}
Tensor Tensor::lerp(const Tensor& end, const Tensor& weight) const {
  return gradus::lerp(*this, end, weight);
}
Tensor Tensor::logical_not() const { return gradus::logical_not(*this); }
Tensor Tensor::isnan() const { return gradus::isnan(*this); }
Tensor Tensor::isinf() const { return gradus::isinf(*this); }
Tensor Tensor::isfinite() const { return gradus::isfinite(*this); }
Tensor Tensor::eq(const Tensor& other) const { return gradus::eq(*this, other); }
Tensor Tensor::eq(const Scalar& other) const { return gradus::eq(*this, other); }
Tensor Tensor::ne(const Tensor& other) const { return gradus::ne(*this, other); }
Tensor Tensor::ne(const Scalar& other) const { return gradus::ne(*this, other); }
Tensor Tensor::lt(const Tensor& other) const { return gradus::lt(*this, other); }
Tensor Tensor::lt(const Scalar& other) const { return gradus::lt(*this, other); }
Tensor Tensor::le(const Tensor& other) const { return gradus::le(*this, other); }
Tensor Tensor::le(const Scalar& other) const { return gradus::le(*this, other); }
Tensor Tensor::gt(const Tensor& other) const { return gradus::gt(*this, other); }
Tensor Tensor::gt(const Scalar& other) const { return gradus::gt(*this, other); }
Tensor Tensor::ge(const Tensor& other) const { return gradus::ge(*this, other); }
Tensor Tensor::ge(const Scalar& other) const { return gradus::ge(*this, other); }
bool Tensor::equal(const Tensor& other) const { return gradus::equal(*this, other); }
bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return gradus::allclose(*this, other, rtol, atol, equal_nan);
}
Tensor Tensor::matmul(const Tensor& other) const { return gradus::matmul(*this, other); }
Tensor Tensor::mm(const Tensor& other) const { return gradus::mm(*this, other); }
Tensor Tensor::mv(const Tensor& vector) const { return gradus::mv(*this, vector); }
Tensor Tensor::bmm(const Tensor& other) const { return gradus::bmm(*this, other); }
Tensor Tensor::dot(const Tensor& other) const { return gradus::dot(*this, other); }
Tensor Tensor::outer(const Tensor& other) const { return gradus::outer(*this, other); }
Tensor Tensor::addmm(const Tensor& a, const Tensor& b, const Scalar& beta, const Scalar& alpha) const {
  return gradus::addmm(*this, a, b, beta, alpha);
}
Tensor Tensor::sum(std::optional<Dtype> dtype) const { return gradus::sum(*this, dtype); }
Tensor Tensor::sum(IntArrayRef dims, bool keepdim, std::optional<Dtype> dtype) const {
  return gradus::sum(*this, dims, keepdim, dtype);
}
Tensor Tensor::mean(std::optional<Dtype> dtype) const { return gradus::mean(*this, dtype); }
Tensor Tensor::mean(IntArrayRef dims, bool keepdim, std::optional<Dtype> dtype) const {
  return gradus::mean(*this, dims, keepdim, dtype);
}
Tensor Tensor::prod(std::optional<Dtype> dtype) const { return gradus::prod(*this, dtype); }
Tensor Tensor::prod(int64_t dim, bool keepdim, std::optional<Dtype> dtype) const {
  return gradus::prod(*this, dim, keepdim, dtype);
}
Tensor Tensor::var(bool unbiased) const { return gradus::var(*this, unbiased); }
Tensor Tensor::var(IntArrayRef dims, bool unbiased, bool keepdim) const {
  return gradus::var(*this, dims, unbiased, keepdim);
}
Tensor Tensor::std(bool unbiased) const { return gradus::std(*this, unbiased); }
Tensor Tensor::std(IntArrayRef dims, bool unbiased, bool keepdim) const {
  return gradus::std(*this, dims, unbiased, keepdim);
}
Tensor Tensor::norm(const Scalar& p) const { return gradus::norm(*this, p); }
Tensor Tensor::norm(const Scalar& p, IntArrayRef dims, bool keepdim) const {
  return gradus::norm(*this, p, dims, keepdim);
}
Tensor Tensor::max() const { return gradus::max(*this); }
Tensor Tensor::min() const { return gradus::min(*this); }
std::tuple<Tensor, Tensor> Tensor::max(int64_t dim, bool keepdim) const {
  return gradus::max(*this, dim, keepdim);
}
std::tuple<Tensor, Tensor> Tensor::min(int64_t dim, bool keepdim) const {
  return gradus::min(*this, dim, keepdim);
}
Tensor Tensor::amax(IntArrayRef dims, bool keepdim) const { return gradus::amax(*this, dims, keepdim); }
Tensor Tensor::amin(IntArrayRef dims, bool keepdim) const { return gradus::amin(*this, dims, keepdim); }
Tensor Tensor::argmax() const { return gradus::argmax(*this); }
Tensor Tensor::argmax(int64_t dim, bool keepdim) const { return gradus::argmax(*this, dim, keepdim); }
Tensor Tensor::argmin() const { return gradus::argmin(*this); }
Tensor Tensor::argmin(int64_t dim, bool keepdim) const { return gradus::argmin(*this, dim, keepdim); }
Tensor Tensor::all() const { return gradus::all(*this); }
Tensor Tensor::all(int64_t dim, bool keepdim) const { return gradus::all(*this, dim, keepdim); }
Tensor Tensor::any() const { return gradus::any(*this); }
Tensor Tensor::any(int64_t dim, bool keepdim) const { return gradus::any(*this, dim, keepdim); }
Tensor Tensor::logsumexp(IntArrayRef dims, bool keepdim) const {
  return gradus::logsumexp(*this, dims, keepdim);
}
Tensor Tensor::softmax(int64_t dim) const { return gradus::softmax(*this, dim); }
Tensor Tensor::log_softmax(int64_t dim) const { return gradus::log_softmax(*this, dim); }
Tensor Tensor::cumsum(int64_t dim, std::optional<Dtype> dtype) const {
  return gradus::cumsum(*this, dim, dtype);
}
std::tuple<Tensor, Tensor> Tensor::sort(int64_t dim, bool descending) const {
  return gradus::sort(*this, dim, descending);
}
Tensor Tensor::argsort(int64_t dim, bool descending) const { return gradus::argsort(*this, dim, descending); }
std::tuple<Tensor, Tensor> Tensor::topk(int64_t k, int64_t dim, bool largest, bool sorted) const {
  return gradus::topk(*this, k, dim, largest, sorted);
}
Tensor Tensor::diag(int64_t diagonal) const { return gradus::diag(*this, diagonal); }
Tensor Tensor::trace() const { return gradus::trace(*this); }
Tensor Tensor::inverse() const { return gradus::inverse(*this); }
Tensor Tensor::det() const { return gradus::det(*this); }
std::tuple<Tensor, Tensor> Tensor::slogdet() const { return gradus::slogdet(*this); }
Tensor Tensor::cholesky(bool upper) const { return gradus::cholesky(*this, upper); }
std::tuple<Tensor, Tensor> Tensor::qr(bool some) const { return gradus::qr(*this, some); }
std::tuple<Tensor, Tensor, Tensor> Tensor::svd() const { return gradus::svd(*this); }

}  // namespace gradus
