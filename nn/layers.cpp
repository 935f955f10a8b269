#include "nn/layers.h"

#include <cmath>

#include "nn/init.h"

namespace gradus {

// ---- Functions --------------------------------------------------------------------------------------------

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check((weight.dim() == 2 || weight.dim() == 1) && x.dim() > 0 && x.size(-1) == weight.size(-1),
        "linear: x is ", text(x.sizes()), " and the weight (out, in) is ", text(weight.sizes()),
        ": x's last size must equal in");
  if (!bias.defined()) return matmul(x, weight.t());
  return x.dim() == 2 && weight.dim() == 2 ? addmm(bias, x, weight.t()) : matmul(x, weight.t()) + bias;
}

Tensor one_hot(const Tensor& labels, int64_t num_classes) {
  check(labels.dtype() == kInt64, "one_hot: labels must be int64, not ", labels.dtype());
  check(labels.numel() > 0 || num_classes > 0, "one_hot: without labels, num_classes must be given");
  const int64_t classes = decide_on_host(kernels_of(labels), "one_hot", [=] {
    const bool any = labels.numel() > 0;
    const int64_t least = any ? labels.min().item<int64_t>() : 0,
                  most = any ? labels.max().item<int64_t>() : -1;
    check(least >= 0 && (num_classes == -1 ? most < INT64_MAX : most < num_classes),
          "one_hot: labels must be in [0, ", num_classes == -1 ? INT64_MAX : num_classes,
          "), but they range from ", least, " to ", most);
    return num_classes == -1 ? most + 1 : num_classes;
  });
  return eq(labels.unsqueeze(-1), arange(classes, TensorOptions(labels.device()))).to(kInt64);
}

Tensor dropout(const Tensor& x, double p, bool train) {
  return nn::functional::dropout(x, nn::functional::DropoutFuncOptions().p(p).training(train));
}

}  // namespace gradus

namespace gradus::nn {

Tensor functional::dropout(const Tensor& x, const DropoutFuncOptions& options) {
  const double p = options.p();
  check(p >= 0 && p <= 1, "dropout probability has to be between 0 and 1, but got ", p);
  if (p == 0 || !options.training() || x.numel() == 0) return x;
  const Tensor mask = p == 1 ? zeros_like(x) : empty_like(x).bernoulli_(1 - p).div_(1 - p);
  return options.inplace() ? x.mul_(mask) : x * mask;
}

Tensor functional::embedding(const Tensor& indices, const Tensor& weight,
                             const EmbeddingFuncOptions& options) {
  if (!options.padding_idx()) return gradus::embedding(weight, indices);
  check(weight.dim() == 2, "embedding: the table must be (rows, width), not ", text(weight.sizes()));
  const int64_t row = *options.padding_idx(), rows = weight.size(0);
  check(row >= -rows && row < rows, "Padding_idx must be within num_embeddings: it is ", row,
        ", and the table has ", rows, " rows");
  return gradus::embedding(weight, indices, row < 0 ? row + rows : row);
}

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
  init::kaiming_uniform_(weight, std::sqrt(5.0));  // this slope gives the gain √(1/3): uniform on ±1 / √in
  const double bound = 1 / std::sqrt(static_cast<double>(options.in_features()));
  if (bias.defined()) init::uniform_(bias, -bound, bound);
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
        ", and the table has ", count, " rows");
  weight = register_parameter("weight", given.defined() ? given : empty({count, width}));
  if (!given.defined()) reset_parameters();
}

void EmbeddingImpl::reset_parameters() {
  init::normal_(weight);
  if (options.padding_idx()) init::zeros_(weight.detach()[*options.padding_idx()]);
}

Tensor EmbeddingImpl::forward(const Tensor& indices) {
  using functional::EmbeddingFuncOptions;
  return functional::embedding(indices, weight, EmbeddingFuncOptions().padding_idx(options.padding_idx()));
}

// ---- Dropout ----------------------------------------------------------------------------------------------

DropoutImpl::DropoutImpl(const DropoutOptions& options) : options(options) {
  check(options.p() >= 0 && options.p() <= 1, "dropout probability has to be between 0 and 1, but got ",
        options.p());
}

Tensor DropoutImpl::forward(const Tensor& x) {
  using functional::DropoutFuncOptions;
  return functional::dropout(
      x, DropoutFuncOptions().p(options.p()).training(is_training()).inplace(options.inplace()));
}

}  // namespace gradus::nn
