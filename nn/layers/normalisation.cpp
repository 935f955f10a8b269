#include "nn/layers/normalisation.h"

#include <algorithm>

#include "autograd/grad_mode.h"
#include "autograd/ops/reduce.h"
#include "nn/init.h"

namespace gradus {

Tensor layer_norm(const Tensor& x, IntArrayRef normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps) {
  return nn::functional::layer_norm(
      x, nn::functional::LayerNormFuncOptions(normalized_shape.vec()).weight(weight).bias(bias).eps(eps));
}

}  // namespace gradus

// ---- Functions --------------------------------------------------------------------------------------------

namespace gradus::nn::functional {

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

/// running ← (1 - momentum) running + momentum · latest, without recording.
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
        "batch_norm: running_mean and running_var must be defined, unless training(true)");
  const Tensor r = rsqrt(var + options.eps());
  Tensor y;
  if (options.training() && squares_left_range(reciprocal(r.detach()))) {
    // Layer norm of the features as rows does not leave the range. It is slower for such rows.
    const Tensor features = x.transpose(0, 1);
    y = layer_norm_rows(features.flatten(1), options.eps())
            .view(features.sizes())
            .transpose(0, 1)
            .contiguous();
  } else {
    y = (x - along_features(mean)) * along_features(r);
  }
  if (options.weight().defined()) y = y * along_features(options.weight());
  return options.bias().defined() ? y + along_features(options.bias()) : y;
}

}  // namespace gradus::nn::functional

// ---- Layers -----------------------------------------------------------------------------------------------

namespace gradus::nn {

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
        ", but must be (N, ", options.num_features(), ") or (N, ", options.num_features(), ", L)");
  auto batch = functional::BatchNormFuncOptions().weight(weight).bias(bias).eps(options.eps());
  batch.momentum(options.momentum()).training(is_training() || !running_mean.defined());
  if (is_training() && running_mean.defined()) {
    num_batches_tracked.add_(1);
    if (!options.momentum()) batch.momentum(1.0 / num_batches_tracked.item<double>());
  }
  return functional::batch_norm(x, running_mean, running_var, batch);
}

}  // namespace gradus::nn
