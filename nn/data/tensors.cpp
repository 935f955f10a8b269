#include "nn/data/tensors.h"

namespace gradus::data::datasets {

TensorDataset::TensorDataset(Tensor rows) : tensor(std::move(rows)) {
  check(tensor.dim() > 0, "TensorDataset: a tensor without dimensions has no rows");
}

TensorDataset::TensorDataset(const std::vector<Tensor>& rows) : TensorDataset(stack(rows)) {}

TensorPairs::TensorPairs(Tensor data, Tensor target) : data_(std::move(data)), target_(std::move(target)) {
  check(data_.dim() > 0 && target_.dim() > 0 && data_.size(0) == target_.size(0), "TensorPairs: data is ",
        text(data_.sizes()), " and target ", text(target_.sizes()), "; they must have equally many rows");
}

Example<> TensorPairs::get_batch(ArrayRef<size_t> indices) {
  const Tensor rows = tensor(std::vector<int64_t>(indices.begin(), indices.end()), data_.device());
  return {data_.index_select(0, rows), target_.index_select(0, rows)};
}

}  // namespace gradus::data::datasets
