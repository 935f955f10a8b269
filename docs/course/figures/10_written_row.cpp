// The tape of a matrix after its first row has been written into.

Tensor figure() {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}}, requires_grad()), w = tensor(10., requires_grad());
  const Tensor y = x * 2, row = y[0];
  row.mul_(w);
  return y;
}
