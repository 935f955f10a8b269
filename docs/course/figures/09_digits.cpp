// The confusion matrix of the lab's digits after five epochs.

lab::HeatMap figure() {
  const auto data = std::filesystem::path(__FILE__).parent_path() / "../../../labs/data/digits.csv";
  const CsvTable table = read_csv(data.string(), {.label = kLastColumn});
  manual_seed(0);
  const lab::Examples all{table.values / 16, table.labels};
  const auto [train, test] = lab::shuffle_and_split(all, all.size() - all.size() / 5);
  nn::Sequential net = lab::digit_classifier(64, 10);
  lab::train_digits(net, train, test, 0.003, 5);
  const Tensor counts = lab::confusion_matrix(test.y, lab::predict(net, test.x), 10);
  lab::HeatMap map{"What is taken for what", "predicted digit", "true digit"};
  for (int64_t i = 0; i < 10; ++i) {
    map.columns.push_back(std::to_string(i)), map.rows.push_back(std::to_string(i));
    map.values.emplace_back();
    for (int64_t j = 0; j < 10; ++j) map.values.back().push_back(counts[i][j].item<double>());
  }
  return map;
}
