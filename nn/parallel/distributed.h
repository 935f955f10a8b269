// Data parallelism: every rank has the whole network and a part of each batch. The gradients of the ranks are averaged,
// so all ranks make the same step and keep the same parameters.
//
//     nn::parallel::DistributedDataParallel parallel(net);
//     optim::Adam adam(net->parameters(), 0.003);
//     for (…) {
//       adam.zero_grad();
//       auto loss = F::cross_entropy(net->forward(my_rows), my_targets);
//       loss.backward();     // afterwards .grad is the mean over the ranks
//       adam.step();
//     }
//
// A gradient is complete long before backward ends: the last layer's is the first one. So it travels while the
// gradients of the other layers are computed. docs/parallel.md explains the method and measures it.
// Source: Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training" (VLDB 2020).
#pragma once

#include <memory>
#include <vector>

#include "autograd/watch.h"
#include "nn/module.h"
#include "nn/parallel/ranks.h"
#include "tensor/argument.h"
#include "tensor/scoped_value.h"

namespace gradus::nn::parallel {

struct DistributedDataParallelOptions {
  /// A message is sent once it holds gradients of so many MiB. Small messages start early, large ones waste less time
  /// on latency. PyTorch has 25, which suits GPUs.
  GRADUS_ARG(double, bucket_cap_mb) = 4;
};

/// While it lives, each backward() on this thread that reaches the module's parameters replaces their .grad by the mean
/// over all ranks. All ranks must call backward() equally often. The parameters are those that require grad when this
/// object is made. Gradients of grad() and of backward(…, inputs) stay local. The graph of a gradient (create_graph)
/// does not lead to other ranks.
class DistributedDataParallel : autograd::Watch {
 public:
  /// Overwrites the parameters and buffers of all ranks with those of rank 0. Error, on every rank, if the names,
  /// shapes, dtypes or options differ between the ranks.
  explicit DistributedDataParallel(const Module& module, const DistributedDataParallelOptions& options = {});
  template <class M>
  explicit DistributedDataParallel(const ModuleHolder<M>& module,
                                   const DistributedDataParallelOptions& options = {})
      : DistributedDataParallel(*module, options) {}
  ~DistributedDataParallel();

  /// In its scope gradients only add up in .grad, on each rank. The first backward() after the scope averages the sums:
  ///
  ///     { auto local = parallel.no_sync(); loss_of(first_half).backward(); }
  ///     loss_of(second_half).backward();
  [[nodiscard]] ScopedValue<bool> no_sync() { return {synchronises_, false}; }

  /// Overwrites the buffers of all ranks, such as BatchNorm's running means, with those of rank 0. Between two calls
  /// each rank's buffers follow its own batches. For evaluation, and before saving.
  void broadcast_buffers() const;

  /// The number of messages for each backward(); 0 before the first one.
  size_t bucket_count() const { return buckets_.size(); }
  /// How many of them have been sent in the current backward(), or in the last one.
  size_t sent_count() const { return sent_; }

 private:
  /// Some parameters' gradients, one after another in one message. The last elements count the ranks on which each
  /// parameter has a gradient.
  struct Bucket {
    std::vector<size_t> members;  // indices into parameters_
    std::vector<Tensor> slots;    // the members' places in the message, in the members' shapes
    Tensor message, counts;
    uint64_t ready = 0;  // in the current pass: the gradients are complete once this node's rules have run
    std::unique_ptr<PendingSum> sum;
  };

  void begins(autograd::BackwardPass& pass) override;
  void complete(autograd::Node& node) override;
  void ends(autograd::BackwardPass& pass) override;

  std::vector<uint64_t> first_uses(const autograd::BackwardPass& pass) const;
  void make_buckets(const std::vector<uint64_t>& first_use);
  Bucket make_bucket(std::vector<size_t> members) const;
  void send(Bucket& bucket) const;
  void receive(Bucket& bucket) const;

  std::vector<Tensor> parameters_, buffers_;
  const int64_t bucket_bytes_;
  bool synchronises_ = true;
  const autograd::BackwardPass* pass_ = nullptr;  // the pass whose gradients are averaged
  int inner_passes_ = 0;                          // those that run within it
  size_t sent_ = 0;                               // messages, in this pass
  std::vector<Bucket> buckets_;
};

}  // namespace gradus::nn::parallel
