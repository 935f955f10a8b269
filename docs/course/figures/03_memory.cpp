// Six numbers in memory, and the order in which five views read them. A row is a view, a column is a place in memory,
// and the square says when it is read first: 1 for the first element, 0 for never.

lab::HeatMap figure() {
  const Tensor x = arange(1, 7, kFloat32).view({2, 3});
  lab::HeatMap map{"Five ways to read six numbers", "place in memory", "view"};
  for (int place = 0; place < 6; ++place) map.columns.push_back(std::to_string(place));
  const auto row = [&](const std::string& name, const Tensor& view) {
    map.rows.push_back(name);
    map.values.emplace_back(6, 0);
    const Tensor flat = view.reshape({-1});  // its elements are 1 more than their places
    for (int64_t i = flat.numel() - 1; i >= 0; --i)
      map.values.back()[static_cast<size_t>(flat[i].item<double>()) - 1] = static_cast<double>(i + 1);
  };
  row("x", x);
  row("x.t()", x.t());
  row("x[1]", x[1]);
  row("x.slice(1, 0, 3, 2)", x.slice(1, 0, 3, 2));
  row("x[0].expand({2, 3})", x[0].expand({2, 3}));
  return map;
}
