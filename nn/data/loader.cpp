#include "nn/data/loader.h"

#include "tensor/random.h"

namespace gradus::data::samplers {

void SequentialSampler::reset(std::optional<size_t> new_size) {
  size_ = new_size.value_or(size_);
  position_ = 0;
}

std::optional<std::vector<size_t>> SequentialSampler::next(size_t batch_size) {
  if (position_ == size_) return std::nullopt;
  std::vector<size_t> batch;
  while (batch.size() < batch_size && position_ < size_) batch.push_back(position_++);
  return batch;
}

RandomSampler::RandomSampler(int64_t size) : order_(randperm(size)), positions_(size) {}

void RandomSampler::reset(std::optional<size_t> new_size) {
  const size_t size = new_size.value_or(order_.numel());
  order_ = randperm(static_cast<int64_t>(size));
  positions_ = SequentialSampler(size);
}

std::optional<std::vector<size_t>> RandomSampler::next(size_t batch_size) {
  auto batch = positions_.next(batch_size);
  if (batch)
    for (size_t& index : *batch) index = order_.data_ptr<int64_t>()[index];
  return batch;
}

}  // namespace gradus::data::samplers
