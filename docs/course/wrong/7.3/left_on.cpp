// says: anomaly mode is still on after your function, and slows all that comes
// looks like: set_enabled(true), and never false again; a guard switches it off when it ends
#include "course.h"

std::string what_went_wrong(const std::function<Tensor()>& loss) {
  autograd::AnomalyMode::set_enabled(true);
  try {
    loss().backward();
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
