// DistributedSampler: each rank takes every n-th example of an order that all ranks share.
//
//     nn::parallel::DistributedSampler sampler(dataset.size().value());
//     auto loader = data::make_data_loader(dataset, sampler, /*batch_size=*/16);
//
// With batches of b examples on n ranks, the k-th batches of all ranks together are the k-th batch of n b examples in
// the shared order. So n ranks make the steps of one process with batches of n b.
#pragma once

#include "nn/data/loader.h"
#include "nn/parallel/ranks.h"

namespace gradus::nn::parallel {

struct DistributedSamplerOptions {
  GRADUS_ARG(int64_t, num_replicas) = world_size();
  GRADUS_ARG(int64_t, rank) = parallel::rank();
  GRADUS_ARG(bool, shuffle) = true;
  /// Must be the same on all ranks.
  GRADUS_ARG(uint64_t, seed) = 0;
  /// All ranks get equally many examples. If the size is not a multiple of the number of ranks, drop_last(true) leaves
  /// out the last examples, and drop_last(false) repeats the first examples of the order at its end.
  GRADUS_ARG(bool, drop_last) = false;
};

/// The indices that PyTorch's torch.utils.data.DistributedSampler gives, number for number: epoch e is in the order of
/// randperm from a generator of its own with the seed `seed` + e. Each reset() begins the next epoch by itself, which
/// PyTorch's sampler does not do. set_epoch(e) chooses an epoch, for instance when training is resumed.
class DistributedSampler : public data::samplers::Sampler<> {
 public:
  /// Error unless size > 0 and 0 ≤ rank < num_replicas.
  explicit DistributedSampler(size_t size, const DistributedSamplerOptions& options = {});
  void reset(std::optional<size_t> new_size = {}) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  /// The next reset() begins epoch e, and the one after it epoch e + 1.
  void set_epoch(uint64_t e) { epoch_ = e; }
  /// The number of examples that each rank gets in an epoch.
  size_t size() const;

 private:
  size_t size_;  // of the dataset
  DistributedSamplerOptions options_;
  uint64_t epoch_ = 0;  // the next one
  std::vector<size_t> indices_;
  size_t position_ = 0;
};

}  // namespace gradus::nn::parallel
