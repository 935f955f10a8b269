// Data for a training loop, as in torch::data. A dataset returns examples by index. A sampler chooses the
// indices of each batch. A transform joins the examples into one batch. The loader connects the three.
//
//     struct Digits : data::datasets::Dataset<Digits> {
//       data::Example<> get(size_t index) override { return {images[index], labels[index]}; }
//       std::optional<size_t> size() const override { return images.size(0); }
//       Tensor images, labels;
//     };
//     auto loader = data::make_data_loader(Digits().map(data::transforms::Stack<>()), /*batch_size=*/64);
//     for (auto& batch : *loader) loss(net->forward(batch.data), batch.target)…      // one epoch
//
// nn/data/tensors.h has datasets made of tensors, which need no class of their own. nn/data/transforms.h has
// transforms of single examples.
#pragma once

#include <concepts>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "tensor/argument.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus {
using std::nullopt, std::optional;  // libtorch has them in its own namespace
}

namespace gradus::data {

/// One example, or a batch of them along the first dimension.
template <class Data = Tensor, class Target = Tensor>
struct Example {
  Data data;      // what the model gets
  Target target;  // what it should answer
};

// ---- Datasets ---------------------------------------------------------------------------------------------

namespace datasets {

template <class Source, class Transform>
class MapDataset;

/// Data that is read in batches. `Self` is the class that derives from this one.
template <class Self, class Batch = std::vector<Example<>>>
class BatchDataset {
 public:
  using BatchType = Batch;
  virtual ~BatchDataset() = default;
  virtual Batch get_batch(ArrayRef<size_t> indices) = 0;  // the examples with these indices
  virtual std::optional<size_t> size() const = 0;         // the number of examples, if it is known

  /// A copy of this dataset that passes every batch through a transform.
  template <class Transform>
  MapDataset<Self, Transform> map(Transform transform) const& {
    return {static_cast<const Self&>(*this), std::move(transform)};
  }
  template <class Transform>
  MapDataset<Self, Transform> map(Transform transform) && {
    return {static_cast<Self&&>(*this), std::move(transform)};
  }
};

/// Data that is read one example at a time.
template <class Self, class SingleExample = Example<>>
class Dataset : public BatchDataset<Self, std::vector<SingleExample>> {
 public:
  using ExampleType = SingleExample;
  virtual SingleExample get(size_t index) = 0;  // the example with this index
  /// The examples one after another.
  std::vector<SingleExample> get_batch(ArrayRef<size_t> indices) override {
    std::vector<SingleExample> batch;
    for (size_t index : indices) batch.push_back(get(index));
    return batch;
  }
};

/// A dataset whose batches pass through a transform: what map() returns.
template <class Source, class Transform>
class MapDataset : public BatchDataset<MapDataset<Source, Transform>, typename Transform::OutputBatchType> {
 public:
  MapDataset(Source source, Transform transform)
      : source_(std::move(source)), transform_(std::move(transform)) {}
  typename Transform::OutputBatchType get_batch(ArrayRef<size_t> indices) override {
    return transform_.apply_batch(source_.get_batch(indices));
  }
  std::optional<size_t> size() const override { return source_.size(); }
  const Source& dataset() const { return source_; }  // the dataset below
  const Transform& transform() const { return transform_; }

 private:
  Source source_;
  Transform transform_;
};

}  // namespace datasets

// ---- Transforms -------------------------------------------------------------------------------------------

namespace transforms {

/// Turns one batch into another.
template <class InputBatch, class OutputBatch>
struct BatchTransform {
  using OutputBatchType = OutputBatch;
  virtual ~BatchTransform() = default;
  virtual OutputBatch apply_batch(InputBatch batch) = 0;  // the transformed batch
};

/// Joins a list of examples into one, along a new first dimension of its tensors.
template <class E = Example<>>
struct Stack : BatchTransform<std::vector<E>, E> {
  /// The examples as one batch.
  E apply_batch(std::vector<E> examples) override {
    const auto stacked = [&](Tensor E::*member) {
      std::vector<Tensor> tensors;
      for (const E& example : examples) tensors.push_back(example.*member);
      return stack(tensors);
    };
    if constexpr (requires { &E::target; })
      return {stacked(&E::data), stacked(&E::target)};
    else
      return stacked(&E::data);
  }
};

}  // namespace transforms

// ---- Samplers ---------------------------------------------------------------------------------------------

namespace samplers {

/// Returns the indices of one epoch, a batch at a time. reset() begins the next epoch.
template <class BatchRequest = std::vector<size_t>>
class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual void reset(std::optional<size_t> new_size) = 0;  // begins an epoch, of another size if one is given
  /// The next batch_size indices, or fewer at the end of the epoch, or nothing after it.
  virtual std::optional<BatchRequest> next(size_t batch_size) = 0;
};

/// 0, 1, 2, …
class SequentialSampler : public Sampler<> {
 public:
  explicit SequentialSampler(size_t size) : size_(size) {}
  void reset(std::optional<size_t> new_size = {}) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  size_t index() const noexcept { return position_; }

 private:
  size_t size_, position_ = 0;
};

/// A new order in every epoch, drawn by randperm from the generator that manual_seed sets.
class RandomSampler : public Sampler<> {
 public:
  /// Draws an order, as libtorch does, so that the same random numbers follow. A loader draws a new order
  /// for its first epoch.
  explicit RandomSampler(int64_t size);
  void reset(std::optional<size_t> new_size = {}) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  size_t index() const noexcept { return positions_.index(); }

 private:
  Tensor order_;
  SequentialSampler positions_;
};

}  // namespace samplers

// ---- The loader -------------------------------------------------------------------------------------------

struct DataLoaderOptions {
  DataLoaderOptions(size_t batch_size = 1) : batch_size_(batch_size) {}  // NOLINT
  GRADUS_ARG(size_t, batch_size);                                        // 1 if not given
  /// Leave out the last batch if it is smaller than the others.
  GRADUS_ARG(bool, drop_last) = false;
};

/// Every begin() starts an epoch: for (auto& batch : *loader). Only one epoch can run at a time.
template <class Dataset, class Sampler>
class DataLoader {
 public:
  using BatchType = typename Dataset::BatchType;

  DataLoader(Dataset dataset, Sampler sampler, DataLoaderOptions options)
      : dataset_(std::move(dataset)), sampler_(std::move(sampler)), options_(options) {
    check(options.batch_size() > 0, "make_data_loader: batch_size must be at least 1");
  }

  /// The place in an epoch. It reads the next batch when it is incremented.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = BatchType;
    using pointer = BatchType*;
    using reference = BatchType&;

    /// The current batch. Error after the last one.
    BatchType& operator*() const {
      check(!at_end(), "Attempted to dereference iterator that was past the end");
      return *loader_->batch_;
    }
    BatchType* operator->() const { return &**this; }
    /// Reads the next batch. Error after the last one.
    Iterator& operator++() {
      check(!at_end(), "Attempted to increment iterator past the end");
      loader_->advance();
      return *this;
    }
    /// Equal to end() when the epoch is over.
    bool operator==(const Iterator& other) const { return at_end() == other.at_end(); }

   private:
    friend class DataLoader;
    explicit Iterator(DataLoader* loader) : loader_(loader) {}
    bool at_end() const { return !loader_ || !loader_->batch_; }
    DataLoader* loader_;
  };

  /// Begins an epoch: draws its order and reads the first batch.
  Iterator begin() {
    sampler_.reset();
    advance();
    return Iterator(this);
  }
  Iterator end() { return Iterator(nullptr); }
  const DataLoaderOptions& options() const { return options_; }

 private:
  void advance() {
    batch_.reset();
    const auto indices = sampler_.next(options_.batch_size());
    if (!indices || (options_.drop_last() && indices->size() < options_.batch_size())) return;
    batch_ = dataset_.get_batch(*indices);
  }

  Dataset dataset_;
  Sampler sampler_;
  DataLoaderOptions options_;
  std::optional<BatchType> batch_;
};

/// A loader of batches in the order of a sampler.
template <class Dataset, class Sampler>
requires std::derived_from<Sampler, samplers::Sampler<>> std::unique_ptr<DataLoader<Dataset, Sampler>>
make_data_loader(Dataset dataset, Sampler sampler, DataLoaderOptions options) {
  return std::make_unique<DataLoader<Dataset, Sampler>>(std::move(dataset), std::move(sampler), options);
}

/// A loader in random order. For sequential order call
/// make_data_loader<samplers::SequentialSampler>(dataset, batch_size).
template <class Sampler = samplers::RandomSampler, class Dataset>
std::unique_ptr<DataLoader<Dataset, Sampler>> make_data_loader(Dataset dataset,
                                                               DataLoaderOptions options = {}) {
  const std::optional<size_t> size = dataset.size();
  check(size.has_value(), "Expected the dataset to be sized in order to construct the Sampler");
  return std::make_unique<DataLoader<Dataset, Sampler>>(std::move(dataset), Sampler(*size), options);
}

}  // namespace gradus::data
