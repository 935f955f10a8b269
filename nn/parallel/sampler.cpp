#include "nn/parallel/sampler.h"

#include <algorithm>
#include <numeric>

#include "kernels/random.h"

namespace gradus::nn::parallel {

DistributedSampler::DistributedSampler(size_t size, const DistributedSamplerOptions& options)
    : size_(size), options_(options) {
  check(size > 0, "DistributedSampler: the dataset is empty");
  check(0 <= options.rank() && options.rank() < options.num_replicas(),
        "DistributedSampler: the rank must be from 0 to ", options.num_replicas() - 1, ", but is ",
        options.rank());
}

size_t DistributedSampler::size() const {
  const size_t n = static_cast<size_t>(options_.num_replicas());
  return options_.drop_last() ? size_ / n : (size_ + n - 1) / n;
}

void DistributedSampler::reset(std::optional<size_t> new_size) {
  if (new_size) size_ = *new_size;
  const Tensor order = arange(static_cast<int64_t>(size_), kInt64);
  Generator generator(options_.seed() + epoch_++);
  if (options_.shuffle()) draw::permutation(generator, order.raw());
  const int64_t* at = order.data_ptr<int64_t>();
  indices_.clear();
  position_ = 0;
  const size_t n = static_cast<size_t>(options_.num_replicas()), rank = static_cast<size_t>(options_.rank());
  // The examples after the last one are the first ones again.
  for (size_t i = 0; i < size(); ++i) indices_.push_back(static_cast<size_t>(at[(i * n + rank) % size_]));
}

std::optional<std::vector<size_t>> DistributedSampler::next(size_t batch_size) {
  if (position_ == indices_.size()) return std::nullopt;
  const size_t end = std::min(position_ + batch_size, indices_.size());
  std::vector<size_t> batch(indices_.begin() + static_cast<int64_t>(position_),
                            indices_.begin() + static_cast<int64_t>(end));
  position_ = end;
  return batch;
}

}  // namespace gradus::nn::parallel
