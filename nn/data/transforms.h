// Transforms of single examples, for dataset.map(…). nn/data/loader.h has Stack, which joins
// examples into a batch.
#pragma once

#include <functional>

#include "nn/data/loader.h"

namespace gradus::data::transforms {

/// Turns each example into another.
template <class Input, class Output = Input>
struct Transform : BatchTransform<std::vector<Input>, std::vector<Output>> {
  virtual Output apply(Input example) = 0;  // the transformed example
  /// Each example transformed.
  std::vector<Output> apply_batch(std::vector<Input> batch) override {
    std::vector<Output> result;
    for (Input& example : batch) result.push_back(apply(std::move(example)));
    return result;
  }
};

/// Applies a function to each example.
template <class Input, class Output = Input>
class Lambda : public Transform<Input, Output> {
 public:
  /// From any function of one example.
  explicit Lambda(std::function<Output(Input)> function) : function_(std::move(function)) {}
  Output apply(Input example) override { return function_(std::move(example)); }

 private:
  std::function<Output(Input)> function_;
};

/// Changes each example's data and keeps its target.
template <class Target = Tensor>
struct TensorTransform : Transform<Example<Tensor, Target>> {
  virtual Tensor operator()(Tensor data) = 0;  // the transformed data
  /// The example with its data transformed.
  Example<Tensor, Target> apply(Example<Tensor, Target> example) override {
    example.data = (*this)(std::move(example.data));
    return example;
  }
};

/// Applies a function to each example's data.
template <class Target = Tensor>
class TensorLambda : public TensorTransform<Target> {
 public:
  /// From any function of an example's data.
  explicit TensorLambda(std::function<Tensor(Tensor)> function) : function_(std::move(function)) {}
  Tensor operator()(Tensor data) override { return function_(std::move(data)); }

 private:
  std::function<Tensor(Tensor)> function_;
};

/// (x - mean) / stddev for images (C, H, W). Mean and deviation are given per channel, or once for all.
template <class Target = Tensor>
struct Normalize : TensorTransform<Target> {
  /// One number for each channel, or one for all.
  Normalize(ArrayRef<double> mean, ArrayRef<double> stddev)
      : mean(by_channel(mean)), stddev(by_channel(stddev)) {}
  Tensor operator()(Tensor x) override { return (x - mean) / stddev; }
  Tensor mean, stddev;  // (C, 1, 1)

 private:
  static Tensor by_channel(ArrayRef<double> values) {
    return tensor(values.vec(), kFloat32).unsqueeze(1).unsqueeze(2);
  }
};

}  // namespace gradus::data::transforms
