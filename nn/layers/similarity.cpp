#include "nn/layers/similarity.h"

namespace gradus {

Tensor normalize(const Tensor& x, double p, int64_t dim, double eps) {
  return x / clamp_min(norm(x, p, {dim}, /*keepdim=*/true), eps);
}

Tensor cosine_similarity(const Tensor& a, const Tensor& b, int64_t dim, double eps) {
  return (normalize(a, 2, dim, eps) * normalize(b, 2, dim, eps)).sum({dim});
}

Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p, double eps, bool keepdim) {
  return norm(a - b + eps, p, {-1}, keepdim);
}

}  // namespace gradus
