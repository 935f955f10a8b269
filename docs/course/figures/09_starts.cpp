// The net of the lab on the irises, from twenty seeds: its accuracy in training after 100 epochs, and after 1000.

std::vector<double> twenty_runs(int64_t epochs) {
  const auto data = std::filesystem::path(__FILE__).parent_path() / "../../../labs/data/iris.csv";
  const CsvTable table = read_csv(data.string(), {.label = kLastColumn});
  std::vector<double> accuracies;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    manual_seed(seed);
    const auto train = lab::shuffle_and_split({lab::standardise(table.values), table.labels}, 100).first;
    const lab::Weights w = lab::mlp(train.x, train.y, 3, 0.01, epochs);
    accuracies.push_back(100 * lab::accuracy(lab::mlp_logits(train.x, w).argmax(1), train.y));
  }
  return accuracies;
}

lab::Histogram figure() {
  return {"Twenty starts of one net",
          "accuracy in training, in %",
          "runs",
          {{"after 100 epochs", twenty_runs(100)}, {"after 1000 epochs", twenty_runs(1000)}},
          12};
}
