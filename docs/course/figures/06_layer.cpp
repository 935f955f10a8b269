// The tape of a layer, X W + b, with the shapes. b is stretched over the rows, so its gradient is summed over them.

Tensor figure() {
  const Tensor X = ones({8, 2}), W = full({2, 3}, 0.5, requires_grad()), b = zeros({3}, requires_grad());
  return X.mm(W) + b;
}
