// Two ways to write ln(1 + eˣ), and how far each is from it in float32. Beyond x = 88 the first one is inf.

lab::LinePlot figure() {
  lab::Series first{"log(1 + exp(x))"}, second{"max(x, 0) + log1p(exp(-|x|))"};
  for (double at = -24; at <= 16; at += 0.125) {
    const auto x = static_cast<float>(at);
    const double exact = std::max(at, 0.0) + std::log1p(std::exp(-std::abs(at)));
    const auto add = [&](lab::Series& series, float value) {
      // A logarithmic axis has no place for an error of 0.
      series.x.push_back(at), series.y.push_back(std::max(std::abs(value - exact) / exact, 1e-9));
    };
    add(first, std::log(1 + std::exp(x)));
    add(second, std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x))));
  }
  return {"How many digits of ln(1 + eˣ) are right?",
          "x",
          "relative error",
          {first, second},
          false,
          /*log_y=*/true};
}
