// says: the message does not say where the op was recorded: anomaly mode was off then
// looks like: the guard begins after loss() has run: it must live while the ops are recorded
#include "course.h"

std::string what_went_wrong(const std::function<Tensor()>& loss) {
  const Tensor value = loss();
  try {
    const autograd::DetectAnomalyGuard detect_anomaly;
    value.backward();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Tensor distances(const Tensor& points) {
  const Tensor rows = points.unsqueeze(1), columns = points.unsqueeze(0),
               squares = (rows - columns).pow(2).sum(2);
  const Tensor is_zero = squares == 0;
  return squares.masked_fill(is_zero, 1).sqrt().masked_fill(is_zero, 0);
}
