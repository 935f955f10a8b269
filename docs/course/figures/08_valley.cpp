// Forty steps of three optimisers in one valley, L = ½ (x² + 25 y²), from (-4, 1).

template <class MakeOptimizer>
lab::Series path(const char* name, MakeOptimizer make) {
  const Tensor p = tensor({-4., 1.}).to(kFloat64).requires_grad_();
  auto optimizer = make(p);
  lab::Series series{name};
  for (int step = 0; step <= 40; ++step) {
    series.x.push_back(p[0].item<double>()), series.y.push_back(p[1].item<double>());
    optimizer.zero_grad();
    (0.5 * (p[0].pow(2) + 25 * p[1].pow(2))).backward();
    optimizer.step();
  }
  return series;
}

/// An ellipse: on it, the loss is the same everywhere.
lab::Series line_of_equal_loss(double loss) {
  lab::Series line{"a line of equal loss", {}, {}, {}, /*dashed=*/true};
  for (int i = 0; i <= 60; ++i) {
    const double angle = 2 * M_PI * i / 60;
    line.x.push_back(std::sqrt(2 * loss) * std::cos(angle));
    line.y.push_back(std::sqrt(2 * loss / 25) * std::sin(angle));
  }
  return line;
}

lab::LinePlot figure() {
  const auto plain = [](const Tensor& p) { return optim::SGD({p}, 0.07); };
  const auto momentum = [](const Tensor& p) {
    return optim::SGD({p}, optim::SGDOptions(0.03).momentum(0.7));
  };
  const auto adam = [](const Tensor& p) { return optim::Adam({p}, 0.3); };
  return {"Forty steps in one valley",
          "x",
          "y",
          {path("plain, rate 0.07", plain), path("momentum 0.7, rate 0.03", momentum),
           path("Adam, rate 0.3", adam), line_of_equal_loss(6)}};
}
