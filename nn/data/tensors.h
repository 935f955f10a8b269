// Datasets made of tensors: TensorDataset has rows without targets, TensorPairs has rows and targets.
//
//     auto loader = data::make_data_loader(data::datasets::TensorPairs(x, y), /*batch_size=*/64);
#pragma once

#include "nn/data/loader.h"

namespace gradus::data {

/// An example without a target. It converts to its data.
template <class Data>
struct Example<Data, void> {
  Example() = default;
  Example(Data data) : data(std::move(data)) {}  // NOLINT
  operator Data&() { return data; }              // NOLINT
  operator const Data&() const { return data; }  // NOLINT
  Data data;                                     // what the model gets
};
using TensorExample = Example<Tensor, void>;

namespace datasets {

/// The rows of a tensor, without targets.
struct TensorDataset : Dataset<TensorDataset, TensorExample> {
  explicit TensorDataset(Tensor rows);
  explicit TensorDataset(const std::vector<Tensor>& rows);
  TensorExample get(size_t index) override { return tensor[static_cast<int64_t>(index)]; }
  std::optional<size_t> size() const override { return tensor.size(0); }
  Tensor tensor;  // its rows are the examples
};

/// Row i of `data` with row i of `target`. A whole batch is read at once and is already stacked.
/// (libtorch has no such class.)
class TensorPairs : public BatchDataset<TensorPairs, Example<>> {
 public:
  TensorPairs(Tensor data, Tensor target);
  Example<> get_batch(ArrayRef<size_t> indices) override;  // the chosen rows of both tensors
  std::optional<size_t> size() const override { return data_.size(0); }

 private:
  Tensor data_, target_;
};

}  // namespace datasets
}  // namespace gradus::data
