// The loss of the lab's fifth matrix against the iteration: with singular values d², which cannot change their sign, and
// with singular values d, which can.

std::vector<double> losses(const Tensor& M, bool squared) {
  manual_seed(314);
  const auto guess = [](IntArrayRef sizes) { return rand(sizes).to(kFloat64).requires_grad_(); };
  const Tensor U = guess({4, 3}), d = guess({3}), V = guess({3, 3}), I = eye(3, M.options());
  std::vector<double> result;
  for (int step = 0; step < 3000; ++step) {
    const Tensor S = squared ? d * d : d, wrong = (U * S).mm(V.t()) - M;
    const Tensor tilted = (U.t().mm(U) - I).pow(2).mean() + (V.t().mm(V) - I).pow(2).mean();
    const Tensor loss = wrong.pow(2).mean() + tilted / 100;
    result.push_back(loss.item<double>());
    loss.backward();
    const NoGradGuard no_grad;
    for (const Tensor& x : {U, d, V}) {
      x.sub_(0.9 * x.grad());
      x.grad().mul_(0.9);
    }
  }
  return result;
}

lab::LinePlot figure() {
  manual_seed(317);
  const Tensor M = rand({4, 3}).to(kFloat64);
  const double bound = std::pow(std::get<1>(svd(M))[2].item<double>(), 2) / 12;
  const std::vector<double> squared = losses(M, true), free = losses(M, false);
  lab::Series stuck{"s = d²"}, found{"s = d"}, best{"σ₃² / 12", {}, {}, {}, /*dashed=*/true};
  for (size_t i = 0; i < squared.size(); i += 10) {
    for (lab::Series* series : {&stuck, &found, &best}) series->x.push_back(static_cast<double>(i));
    stuck.y.push_back(squared[i]);
    found.y.push_back(std::max(free[i], 1e-16));
    best.y.push_back(bound);
  }
  return {"The fifth matrix", "iteration", "loss", {stuck, found, best}, false, /*log_y=*/true};
}
