// The tape of a factorisation's loss.

Tensor figure() {
  const Tensor A = tensor({{0.3374, 0.6005, 0.1735}, {3.3359, 0.0492, 1.8374}, {2.9407, 0.5301, 2.2620}});
  manual_seed(0);
  const Tensor U = rand({3, 2}, requires_grad()), V = rand({3, 2}, requires_grad());
  return (U.mm(V.t()) - A).pow(2).sum();
}
