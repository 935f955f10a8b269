// The error of the difference quotient of eˣ at 1 against ε: mathematics on the right arm, rounding on the left.

template <class Number>
double error_of_quotient(double eps, bool both_sides) {
  const Number x = 1, e = static_cast<Number>(eps), below = both_sides ? x - e : x;
  const Number quotient = (std::exp(x + e) - std::exp(below)) / (both_sides ? 2 * e : e);
  return std::abs(static_cast<double>(quotient) - std::exp(1.0));
}

lab::LinePlot figure() {
  lab::Series one{"one side"}, two{"two sides"}, coarse{"two sides, float32"};
  for (double k = 1; k <= 12; k += 0.25) {
    const double eps = std::pow(10, -k);
    one.x.push_back(eps), one.y.push_back(error_of_quotient<double>(eps, false));
    two.x.push_back(eps), two.y.push_back(error_of_quotient<double>(eps, true));
    if (k <= 7) coarse.x.push_back(eps), coarse.y.push_back(error_of_quotient<float>(eps, true));
  }
  return {"How good is a difference quotient?", "ε", "error", {one, two, coarse}, true, true};
}
