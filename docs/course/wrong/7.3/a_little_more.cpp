// says: the distances of (0, 0), (3, 4) and (3, 0) are
// says: 0 5 3 5 0 4 3 4 0, and yours are
// says: 0.0001 5 3 5 0.0001 4 3 4 0.0001
// looks like: a small number under the root: no nan, but all distances have changed
#include "course.h"

std::string what_went_wrong(const std::function<Tensor()>& loss) {
  try {
    const autograd::DetectAnomalyGuard detect_anomaly;
    loss().backward();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Tensor distances(const Tensor& points) {
  const Tensor rows = points.unsqueeze(1), columns = points.unsqueeze(0);
  return ((rows - columns).pow(2).sum(2) + 1e-8).sqrt();
}
