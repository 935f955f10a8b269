// How often the two walks visit a node of b = a + a; c = b + b; …: the right recursion against the engine.

lab::LinePlot figure() {
  lab::Series recursion{"recursion, 2ⁿ⁺¹ - 1"}, engine{"engine, n + 1"};
  for (int doublings = 1; doublings <= 30; ++doublings) {
    recursion.x.push_back(doublings), recursion.y.push_back(std::pow(2, doublings + 1) - 1);
    engine.x.push_back(doublings), engine.y.push_back(doublings + 1);
  }
  return {"Why every node is taken once", "doublings", "visits", {recursion, engine}, false, /*log_y=*/true};
}
