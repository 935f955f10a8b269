// The loss of the sheet's matrix against the epoch, and the bound of rank 2.

lab::LinePlot figure() {
  const Tensor A = tensor({{0.3374, 0.6005, 0.1735}, {3.3359, 0.0492, 1.8374}, {2.9407, 0.5301, 2.2620}});
  const auto [left, values, right] = svd(A.to(kFloat64));
  const double bound = std::pow(values[2].item<double>(), 2);
  lab::Series loss{"loss"}, best{"σ₃², the best of rank 2", {}, {}, {}, /*dashed=*/true};
  for (int epochs = 0; epochs <= 300; epochs += 5) {
    manual_seed(0);
    const auto [U, V] = lab::sgd_factorise(A, 2, epochs);
    loss.x.push_back(epochs), loss.y.push_back((A - U.mm(V.t())).pow(2).sum().item<double>());
    best.x.push_back(epochs), best.y.push_back(bound);
  }
  return {"Two rows of numbers learn a matrix", "epoch", "loss", {loss, best}, false, /*log_y=*/true};
}
