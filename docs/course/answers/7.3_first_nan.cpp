// 7.3  The first nan                                                                    25 minutes, chapter 7
//
// A net of about thirty ops moves points about in a plane. Its loss is made of the distances between them. The loss is a
// good number, and all gradients are nan. First write the function that finds the op. The check calls it on the net with
// your `distances`, and shows you what it found. So a first version of `distances` may well be the one that is broken.
#include "course.h"

/// Runs loss() and its backward pass in anomaly mode. Returns the message of the Error, or "" if there was none.
/// Afterwards, anomaly mode is off again.
std::string what_went_wrong(const std::function<Tensor()>& loss) {  // your part
  try {
    const autograd::DetectAnomalyGuard detect_anomaly;
    loss().backward();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// The distance of every point from every other. points: (n, 2); the result: (n, n), with zeros on its diagonal, whose
/// gradient should be 0. In the net that is broken, this is
///
///     const Tensor rows = points.unsqueeze(1), columns = points.unsqueeze(0);
///     return (rows - columns).pow(2).sum(2).sqrt();
Tensor distances(const Tensor& points) {  // your part
  const Tensor rows = points.unsqueeze(1), columns = points.unsqueeze(0),
               squares = (rows - columns).pow(2).sum(2);
  const Tensor is_zero = squares == 0;
  return squares.masked_fill(is_zero, 1).sqrt().masked_fill(is_zero, 0);
}
