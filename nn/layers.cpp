#include "nn/layers.h"

#include <cmath>

#include "nn/init.h"

namespace gradus::nn {

// ---- Linear -----------------------------------------------------------------------------------------------

LinearImpl::LinearImpl(const LinearOptions& options) : options(options) { LinearImpl::reset(); }

void LinearImpl::reset() {
  const int64_t in = options.in_features(), out = options.out_features();
  check(in > 0 && out > 0, "Linear: in_features and out_features must be at least 1, got ", in, " and ", out);
  weight = register_parameter("weight", empty({out, in}));
  bias = register_parameter("bias", options.bias() ? empty(out) : Tensor());
  reset_parameters();
}

void LinearImpl::reset_parameters() {
  init::kaiming_uniform_(weight, std::sqrt(5.0));  // a gain of √(1/3): uniform on ±1 / √in
  const double bound = 1 / std::sqrt(static_cast<double>(options.in_features()));
  if (bias.defined()) init::uniform_(bias, -bound, bound);
}

void LinearImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "gradus::nn::Linear(in_features=" << options.in_features()
      << ", out_features=" << options.out_features() << ", bias=" << options.bias() << ')';
}

// ---- Embedding --------------------------------------------------------------------------------------------

EmbeddingImpl::EmbeddingImpl(const EmbeddingOptions& options) : options(options) { EmbeddingImpl::reset(); }

void EmbeddingImpl::reset() {
  const int64_t count = options.num_embeddings(), width = options.embedding_dim();
  check(count > 0 && width > 0, "Embedding: num_embeddings and embedding_dim must be at least 1, got ", count,
        " and ", width);
  const Tensor& given = options._weight();
  check(!given.defined() || (given.dim() == 2 && given.size(0) == count && given.size(1) == width),
        "Shape of _weight does not match num_embeddings and embedding_dim");
  const int64_t padding = options.padding_idx().value_or(0);
  check(padding >= -count && padding < count, "Padding_idx must be within num_embeddings: it is ", padding,
        " of ", count, " rows");
  weight = register_parameter("weight", given.defined() ? given : empty({count, width}));
  if (!given.defined()) reset_parameters();
}

void EmbeddingImpl::reset_parameters() {
  init::normal_(weight);
  if (options.padding_idx()) init::zeros_(weight.detach()[*options.padding_idx()]);
}

void EmbeddingImpl::pretty_print(std::ostream& out) const {
  out << "gradus::nn::Embedding(num_embeddings=" << options.num_embeddings()
      << ", embedding_dim=" << options.embedding_dim();
  if (options.padding_idx()) out << ", padding_idx=" << *options.padding_idx();
  out << ')';
}

Embedding Embedding::from_pretrained(const Tensor& embeddings,
                                     const EmbeddingFromPretrainedOptions& options) {
  check(embeddings.dim() == 2, "Embeddings parameter is expected to be 2-dimensional, this one is ",
        text(embeddings.sizes()));
  Embedding layer(EmbeddingOptions(embeddings.size(0), embeddings.size(1))
                      ._weight(embeddings)
                      .padding_idx(options.padding_idx()));
  layer->weight.requires_grad_(!options.freeze());
  return layer;
}

// ---- Normalisation ----------------------------------------------------------------------------------------

LayerNormImpl::LayerNormImpl(const LayerNormOptions& options) : options(options) { LayerNormImpl::reset(); }

void LayerNormImpl::reset() {
  const bool affine = options.elementwise_affine();
  weight = register_parameter("weight", affine ? gradus::empty(options.normalized_shape()) : Tensor());
  bias = register_parameter("bias", affine ? gradus::empty(options.normalized_shape()) : Tensor());
  reset_parameters();
}

void LayerNormImpl::reset_parameters() {
  if (!options.elementwise_affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

Tensor LayerNormImpl::forward(const Tensor& x) {
  return functional::layer_norm(x, functional::LayerNormFuncOptions(options.normalized_shape())
                                       .weight(weight)
                                       .bias(bias)
                                       .eps(options.eps()));
}

void LayerNormImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "gradus::nn::LayerNorm(" << IntArrayRef(options.normalized_shape())
      << ", eps=" << options.eps() << ", elementwise_affine=" << options.elementwise_affine() << ')';
}

BatchNorm1dImpl::BatchNorm1dImpl(const BatchNormOptions& options) : options(options) {
  BatchNorm1dImpl::reset();
}

void BatchNorm1dImpl::reset() {
  const int64_t features = options.num_features();
  check(features > 0, "BatchNorm1d: num_features must be at least 1, got ", features);
  const auto make = [&](bool wanted) { return wanted ? empty(features) : Tensor(); };
  const bool affine = options.affine(), tracks = options.track_running_stats();
  weight = register_parameter("weight", make(affine));
  bias = register_parameter("bias", make(affine));
  running_mean = register_buffer("running_mean", make(tracks));
  running_var = register_buffer("running_var", make(tracks));
  num_batches_tracked = register_buffer("num_batches_tracked", tracks ? zeros({}, kInt64) : Tensor());
  reset_parameters();
}

void BatchNorm1dImpl::reset_parameters() {
  reset_running_stats();
  if (!options.affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void BatchNorm1dImpl::reset_running_stats() {
  if (!options.track_running_stats()) return;
  running_mean.zero_();
  running_var.fill_(1);
  num_batches_tracked.zero_();
}

Tensor BatchNorm1dImpl::forward(const Tensor& x) {
  check(x.dim() >= 2 && x.size(1) == options.num_features(), "BatchNorm1d: x is ", text(x.sizes()),
        ", but (N, ", options.num_features(), ") or (N, ", options.num_features(), ", L) is needed");
  auto batch = functional::BatchNormFuncOptions().weight(weight).bias(bias).eps(options.eps());
  batch.momentum(options.momentum()).training(is_training() || !running_mean.defined());
  if (is_training() && running_mean.defined()) {
    num_batches_tracked.add_(1);
    if (!options.momentum()) batch.momentum(1.0 / num_batches_tracked.item<double>());
  }
  return functional::batch_norm(x, running_mean, running_var, batch);
}

void BatchNorm1dImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "gradus::nn::BatchNorm1d(" << options.num_features() << ", eps=" << options.eps();
  if (options.momentum()) out << ", momentum=" << *options.momentum();
  out << ", affine=" << options.affine() << ", track_running_stats=" << options.track_running_stats() << ')';
}

// ---- Layers without parameters ----------------------------------------------------------------------------

DropoutImpl::DropoutImpl(const DropoutOptions& options) : options(options) {
  check(options.p() >= 0 && options.p() <= 1, "dropout probability has to be between 0 and 1, but got ",
        options.p());
}

Tensor DropoutImpl::forward(const Tensor& x) {
  return functional::dropout(
      x, functional::DropoutFuncOptions().p(options.p()).training(is_training()).inplace(options.inplace()));
}

void FlattenImpl::pretty_print(std::ostream& out) const {
  out << "gradus::nn::Flatten(start_dim=" << options.start_dim() << ", end_dim=" << options.end_dim() << ')';
}

}  // namespace gradus::nn
