// says: the gradient of √x · 0 is nan at x = 0, and you say that all is well
// looks like: you look at the value of the loss: it is a good number, and its gradient is nan
#include "course.h"

std::string what_went_wrong(const std::function<Tensor()>& loss) {
  const Tensor value = loss();
  return value.isnan().any().item<bool>() ? "the loss is nan" : "";
}

Tensor distances(const Tensor& points) {
  const Tensor rows = points.unsqueeze(1), columns = points.unsqueeze(0),
               squares = (rows - columns).pow(2).sum(2);
  const Tensor is_zero = squares == 0;
  return squares.masked_fill(is_zero, 1).sqrt().masked_fill(is_zero, 0);
}
