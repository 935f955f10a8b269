// The diamond: y is used twice.

Tensor figure() {
  const Tensor x = tensor(2., requires_grad()), y = 3 * x;
  return 2 * y + 5 * y;
}
