#include "nn/functional.h"

#include "autograd/grad_mode.h"

namespace gradus::nn::functional {

// ---- Layers -----------------------------------------------------------------------------------------------

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(weight.dim() == 2 && x.dim() > 0 && x.size(-1) == weight.size(1), "linear: x is ", text(x.sizes()),
        " and the weight (out, in) is ", text(weight.sizes()), ": x's last size must equal in");
  if (!bias.defined()) return matmul(x, weight.t());
  return x.dim() == 2 ? addmm(bias, x, weight.t()) : matmul(x, weight.t()) + bias;
}

Tensor embedding(const Tensor& indices, const Tensor& weight, const EmbeddingFuncOptions& options) {
  if (!options.padding_idx()) return gradus::embedding(weight, indices);
  check(weight.dim() == 2, "embedding: the table must be (rows, width), not ", text(weight.sizes()));
  const int64_t row = *options.padding_idx(), rows = weight.size(0);
  check(row >= -rows && row < rows, "Padding_idx must be within num_embeddings: it is ", row, " of ", rows,
        " rows");
  return gradus::embedding(weight, indices, row < 0 ? row + rows : row);
}

Tensor one_hot(const Tensor& labels, int64_t num_classes) {
  check(labels.dtype() == kInt64, "one_hot: labels must be int64, not ", labels.dtype());
  check(labels.numel() > 0 || num_classes > 0,
        "one_hot: the number of classes cannot be found from no labels");
  const int64_t largest = labels.numel() ? labels.max().item<int64_t>() : -1;
  const int64_t classes = num_classes == -1 ? largest + 1 : num_classes;
  check(classes > largest && (labels.numel() == 0 || labels.min().item<int64_t>() >= 0),
        "one_hot: labels must be in [0, ", classes, "), but there are ", labels.min().item<int64_t>(), " to ",
        largest);
  return eq(labels.unsqueeze(-1), arange(classes, TensorOptions(labels.device()))).to(kInt64);
}

Tensor dropout(const Tensor& x, const DropoutFuncOptions& options) {
  const double p = options.p();
  check(p >= 0 && p <= 1, "dropout probability has to be between 0 and 1, but got ", p);
  if (p == 0 || !options.training() || x.numel() == 0) return x;
  const Tensor mask = p == 1 ? zeros_like(x) : empty_like(x).bernoulli_(1 - p).div_(1 - p);
  return options.inplace() ? x.mul_(mask) : x * mask;
}

Tensor layer_norm(const Tensor& x, const LayerNormFuncOptions& options) {
  const IntArrayRef shape = options.normalized_shape();
  const int64_t count = static_cast<int64_t>(shape.size()), first = x.dim() - count;
  check(count > 0 && first >= 0 && std::equal(shape.begin(), shape.end(), x.sizes().begin() + first),
        "layer_norm: x is ", text(x.sizes()), ", whose last sizes must be the normalized_shape ",
        text(shape));
  Tensor y = count == 1 ? layer_norm_rows(x, options.eps())
                        : layer_norm_rows(x.flatten(first), options.eps()).view(x.sizes());
  if (options.weight().defined()) y = y * options.weight();
  return options.bias().defined() ? y + options.bias() : y;
}

namespace {

/// running ← (1 - m) running + m new, outside the graph.
void move_towards(const Tensor& running, const Tensor& latest, double momentum) {
  if (!running.defined()) return;
  const NoGradGuard no_grad;
  running.mul_(1 - momentum).add_(latest, momentum);
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options) {
  check(x.dim() == 2 || x.dim() == 3, "batch_norm: x must be (N, C) or (N, C, L), not ", text(x.sizes()));
  const std::vector<int64_t> dims = x.dim() == 2 ? std::vector<int64_t>{0} : std::vector<int64_t>{0, 2};
  const auto along_features = [&](const Tensor& t) { return x.dim() == 2 ? t : t.unsqueeze(-1); };
  Tensor mean = running_mean, var = running_var;
  if (options.training()) {
    const int64_t n = x.numel() / std::max<int64_t>(x.size(1), 1);
    check(n > 1, "batch_norm: Expected more than 1 value per channel when training, got input size ",
          text(x.sizes()));
    mean = x.mean(dims);
    var = x.var(dims, /*unbiased=*/false);
    const double momentum = options.momentum().value_or(0),
                 unbias = static_cast<double>(n) / static_cast<double>(n - 1);
    move_towards(running_mean, mean.detach(), momentum);
    move_towards(running_var, var.detach() * unbias, momentum);
  }
  check(mean.defined() && var.defined(),
        "batch_norm: outside training it needs running_mean and running_var");
  Tensor y = (x - along_features(mean)) * along_features(rsqrt(var + options.eps()));
  if (options.weight().defined()) y = y * along_features(options.weight());
  return options.bias().defined() ? y + along_features(options.bias()) : y;
}

}  // namespace gradus::nn::functional
