// Feeding data to a training loop, as torch::data: a dataset gives examples by index, a sampler chooses the
// indices of each batch, a transform makes the examples one batch, and the loader joins the three.
//
//     struct Digits : data::datasets::Dataset<Digits> {
//       data::Example<> get(size_t index) override { return {images[index], labels[index]}; }
//       std::optional<size_t> size() const override { return images.size(0); }
//       Tensor images, labels;
//     };
//     auto loader = data::make_data_loader(Digits().map(data::transforms::Stack<>()), /*batch_size=*/64);
//     for (auto& batch : *loader) loss(net->forward(batch.data), batch.target)…      // one epoch
//
// Two tensors need no class: make_data_loader(data::datasets::TensorPairs(x, y), 64).
#pragma once

#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "tensor/argument.h"
#include "tensor/create.h"
#include "tensor/indexing.h"
#include "tensor/random.h"

namespace gradus {
using std::nullopt, std::optional;  // libtorch has them in its own namespace
}

namespace gradus::data {

/// One example, or a batch of them whose first dimension counts.
template <class Data = Tensor, class Target = Tensor>
struct Example {
  Data data;
  Target target;
};

/// An example without a target; it can stand wherever its data can.
template <class Data>
struct Example<Data, void> {
  Example() = default;
  Example(Data data) : data(std::move(data)) {}  // NOLINT
  operator Data&() { return data; }              // NOLINT
  operator const Data&() const { return data; }  // NOLINT
  Data data;
};
using TensorExample = Example<Tensor, void>;

// ---- Datasets ---------------------------------------------------------------------------------------------

namespace datasets {

template <class Source, class Transform>
class MapDataset;

/// Data that comes in batches. `Self` is the class that derives from this one.
template <class Self, class Batch = std::vector<Example<>>>
class BatchDataset {
 public:
  using BatchType = Batch;
  virtual ~BatchDataset() = default;
  virtual Batch get_batch(ArrayRef<size_t> indices) = 0;
  virtual std::optional<size_t> size() const = 0;

  /// This dataset, or a copy of it, with every batch passed through a transform.
  template <class Transform>
  MapDataset<Self, Transform> map(Transform transform) const& {
    return {static_cast<const Self&>(*this), std::move(transform)};
  }
  template <class Transform>
  MapDataset<Self, Transform> map(Transform transform) && {
    return {static_cast<Self&&>(*this), std::move(transform)};
  }
};

/// Data of which every example can be asked for alone.
template <class Self, class SingleExample = Example<>>
class Dataset : public BatchDataset<Self, std::vector<SingleExample>> {
 public:
  using ExampleType = SingleExample;
  virtual SingleExample get(size_t index) = 0;
  std::vector<SingleExample> get_batch(ArrayRef<size_t> indices) override {
    std::vector<SingleExample> batch;
    for (size_t index : indices) batch.push_back(get(index));
    return batch;
  }
};

/// The rows of a tensor, without targets.
struct TensorDataset : Dataset<TensorDataset, TensorExample> {
  explicit TensorDataset(Tensor rows) : tensor(std::move(rows)) {
    check(tensor.dim() > 0, "TensorDataset: a tensor without dimensions has no rows");
  }
  explicit TensorDataset(const std::vector<Tensor>& rows) : TensorDataset(stack(rows)) {}
  TensorExample get(size_t index) override { return tensor[static_cast<int64_t>(index)]; }
  std::optional<size_t> size() const override { return tensor.size(0); }
  Tensor tensor;
};

/// Row i of `data` with row i of `target`. A batch is taken at once and comes stacked. (libtorch has no such class.)
class TensorPairs : public BatchDataset<TensorPairs, Example<>> {
 public:
  TensorPairs(Tensor data, Tensor target) : data_(std::move(data)), target_(std::move(target)) {
    check(data_.dim() > 0 && target_.dim() > 0 && data_.size(0) == target_.size(0), "TensorPairs: data is ",
          text(data_.sizes()), " and target ", text(target_.sizes()), "; both must have as many rows");
  }
  Example<> get_batch(ArrayRef<size_t> indices) override {
    const Tensor rows = tensor(std::vector<int64_t>(indices.begin(), indices.end()), data_.device());
    return {data_.index_select(0, rows), target_.index_select(0, rows)};
  }
  std::optional<size_t> size() const override { return data_.size(0); }

 private:
  Tensor data_, target_;
};

template <class Source, class Transform>
class MapDataset : public BatchDataset<MapDataset<Source, Transform>, typename Transform::OutputBatchType> {
 public:
  MapDataset(Source source, Transform transform)
      : source_(std::move(source)), transform_(std::move(transform)) {}
  typename Transform::OutputBatchType get_batch(ArrayRef<size_t> indices) override {
    return transform_.apply_batch(source_.get_batch(indices));
  }
  std::optional<size_t> size() const override { return source_.size(); }
  const Source& dataset() const { return source_; }
  const Transform& transform() const { return transform_; }

 private:
  Source source_;
  Transform transform_;
};

}  // namespace datasets

// ---- Transforms -------------------------------------------------------------------------------------------

namespace transforms {

/// Makes another batch of a batch.
template <class InputBatch, class OutputBatch>
struct BatchTransform {
  using OutputBatchType = OutputBatch;
  virtual ~BatchTransform() = default;
  virtual OutputBatch apply_batch(InputBatch batch) = 0;
};

/// Makes another example of each example.
template <class Input, class Output = Input>
struct Transform : BatchTransform<std::vector<Input>, std::vector<Output>> {
  virtual Output apply(Input example) = 0;
  std::vector<Output> apply_batch(std::vector<Input> batch) override {
    std::vector<Output> result;
    for (Input& example : batch) result.push_back(apply(std::move(example)));
    return result;
  }
};

/// A function of each example.
template <class Input, class Output = Input>
class Lambda : public Transform<Input, Output> {
 public:
  explicit Lambda(std::function<Output(Input)> function) : function_(std::move(function)) {}
  Output apply(Input example) override { return function_(std::move(example)); }

 private:
  std::function<Output(Input)> function_;
};

/// Changes each example's data, and leaves its target.
template <class Target = Tensor>
struct TensorTransform : Transform<Example<Tensor, Target>> {
  virtual Tensor operator()(Tensor data) = 0;
  Example<Tensor, Target> apply(Example<Tensor, Target> example) override {
    example.data = (*this)(std::move(example.data));
    return example;
  }
};

/// A function of each example's data.
template <class Target = Tensor>
class TensorLambda : public TensorTransform<Target> {
 public:
  explicit TensorLambda(std::function<Tensor(Tensor)> function) : function_(std::move(function)) {}
  Tensor operator()(Tensor data) override { return function_(std::move(data)); }

 private:
  std::function<Tensor(Tensor)> function_;
};

/// (x - mean) / stddev, channel by channel of images (C, H, W), or with one mean and one deviation for all.
template <class Target = Tensor>
struct Normalize : TensorTransform<Target> {
  Normalize(ArrayRef<double> mean, ArrayRef<double> stddev)
      : mean(by_channel(mean)), stddev(by_channel(stddev)) {}
  Tensor operator()(Tensor x) override { return (x - mean) / stddev; }
  Tensor mean, stddev;

 private:
  static Tensor by_channel(ArrayRef<double> values) {
    return tensor(values.vec(), kFloat32).unsqueeze(1).unsqueeze(2);
  }
};

/// A list of examples as one: their tensors along a new first dimension.
template <class E = Example<>>
struct Stack : BatchTransform<std::vector<E>, E> {
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

/// Gives the indices of one epoch, some at a time; reset() begins the next epoch.
template <class BatchRequest = std::vector<size_t>>
class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual void reset(std::optional<size_t> new_size) = 0;
  /// The next up to batch_size indices, or nothing at the end.
  virtual std::optional<BatchRequest> next(size_t batch_size) = 0;
};

/// 0, 1, 2, …
class SequentialSampler : public Sampler<> {
 public:
  explicit SequentialSampler(size_t size) : size_(size) {}
  void reset(std::optional<size_t> new_size = {}) override {
    size_ = new_size.value_or(size_);
    position_ = 0;
  }
  std::optional<std::vector<size_t>> next(size_t batch_size) override {
    if (position_ == size_) return std::nullopt;
    std::vector<size_t> batch;
    while (batch.size() < batch_size && position_ < size_) batch.push_back(position_++);
    return batch;
  }
  size_t index() const noexcept { return position_; }

 private:
  size_t size_, position_ = 0;
};

/// A new order in every epoch, drawn by randperm from the generator that manual_seed sets.
class RandomSampler : public Sampler<> {
 public:
  /// Draws an order, as libtorch's does, although a loader draws another when its first epoch begins.
  explicit RandomSampler(int64_t size) : order_(randperm(size)), positions_(size) {}
  void reset(std::optional<size_t> new_size = {}) override {
    const size_t size = new_size.value_or(order_.numel());
    order_ = randperm(static_cast<int64_t>(size));
    positions_ = SequentialSampler(size);
  }
  std::optional<std::vector<size_t>> next(size_t batch_size) override {
    auto batch = positions_.next(batch_size);
    if (batch)
      for (size_t& index : *batch) index = order_.data_ptr<int64_t>()[index];
    return batch;
  }
  size_t index() const noexcept { return positions_.index(); }

 private:
  Tensor order_;
  SequentialSampler positions_;
};

}  // namespace samplers

// ---- The loader -------------------------------------------------------------------------------------------

struct DataLoaderOptions {
  DataLoaderOptions(size_t batch_size = 1) : batch_size_(batch_size) {}  // NOLINT
  GRADUS_ARG(size_t, batch_size);
  GRADUS_ARG(bool, drop_last) = false;  // leave out the last batch if it is smaller than the others
};

/// Every begin() starts an epoch: for (auto& batch : *loader). One epoch at a time.
template <class Dataset, class Sampler>
class DataLoader {
 public:
  using BatchType = typename Dataset::BatchType;

  DataLoader(Dataset dataset, Sampler sampler, DataLoaderOptions options)
      : dataset_(std::move(dataset)), sampler_(std::move(sampler)), options_(options) {
    check(options.batch_size() > 0, "make_data_loader: batch_size must be at least 1");
  }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = BatchType;
    using pointer = BatchType*;
    using reference = BatchType&;

    BatchType& operator*() const {
      check(!at_end(), "Attempted to dereference iterator that was past the end");
      return *loader_->batch_;
    }
    BatchType* operator->() const { return &**this; }
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

template <class Dataset, class Sampler>
requires std::derived_from<Sampler, samplers::Sampler<>> std::unique_ptr<DataLoader<Dataset, Sampler>>
make_data_loader(Dataset dataset, Sampler sampler, DataLoaderOptions options) {
  return std::make_unique<DataLoader<Dataset, Sampler>>(std::move(dataset), std::move(sampler), options);
}

/// A loader in random order, or make_data_loader<samplers::SequentialSampler>(dataset, batch_size).
template <class Sampler = samplers::RandomSampler, class Dataset>
std::unique_ptr<DataLoader<Dataset, Sampler>> make_data_loader(Dataset dataset,
                                                               DataLoaderOptions options = {}) {
  const std::optional<size_t> size = dataset.size();
  check(size.has_value(), "Expected the dataset to be sized in order to construct the Sampler");
  return std::make_unique<DataLoader<Dataset, Sampler>>(std::move(dataset), Sampler(*size), options);
}

}  // namespace gradus::data
