#include "nn/losses.h"

#include <cmath>
#include <vector>

#include "autograd/ops/reduce.h"

namespace gradus {

/// Σ xᵢ² / n. If the squares leave the range, (‖x‖ / √n)²: the norm scales its squares.
static Tensor mean_of_squares(const Tensor& x) {
  const Tensor y = sum_of_squares(x) / x.numel();
  return overflowed(y) ? square(norm(x) / std::sqrt(x.numel())) : y;
}

Tensor mse_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction) {
  nn::check_loss_sizes("mse_loss", x, y);
  const auto [a, b] = nn::in_floating_point(x, y);
  const Tensor difference = a - b;
  if (reduction == nn::LossReduction::sum) return sum_of_squares(difference);
  if (reduction == nn::LossReduction::mean) return mean_of_squares(difference);
  return nn::reduce_losses("mse_loss", difference.square(), reduction);
}

}  // namespace gradus

namespace gradus::nn {

Tensor reduce_losses(const char* op, const Tensor& losses, LossReduction reduction) {
  switch (reduction) {
    case LossReduction::none:
      return losses;
    case LossReduction::mean:
      return losses.mean();
    case LossReduction::sum:
      return losses.sum();
    case LossReduction::batch_mean:
      break;
  }
  fail(op, ": the reduction kBatchMean exists for kl_div only");
}

void check_loss_sizes(const char* op, const Tensor& x, const Tensor& y) {
  if (x.sizes() == y.sizes()) return;
  check(is_expandable_to(x.sizes(), y.sizes()) || is_expandable_to(y.sizes(), x.sizes()), op,
        ": the input is ", text(x.sizes()), " and the target ", text(y.sizes()),
        "; give them one shape, for example with target.reshape(input.sizes())");
}

// ---- Classes ----------------------------------------------------------------------------------------------

Tensor classes_last(const Tensor& x) {
  if (x.dim() == 2) return x;
  if (x.dim() == 1) return x.unsqueeze(0);
  std::vector<int64_t> dims{0};
  for (int64_t d = 2; d < x.dim(); ++d) dims.push_back(d);
  dims.push_back(1);
  return x.permute(dims).reshape({-1, x.size(1)});
}

namespace {

[[noreturn]] void report_target(const char* op, const Tensor& target, int64_t position, int64_t classes) {
  const int64_t label = target.reshape({-1})[position].item<int64_t>();
  if (target.dim() <= 1)
    fail(op, ": target ", label, " at position ", position, " is out of range for ", classes, " classes");
  std::vector<int64_t> coordinates(target.dim());
  for (int64_t d = target.dim() - 1, rest = position; d >= 0; rest /= target.size(d--))
    coordinates[d] = rest % target.size(d);
  fail(op, ": target ", label, " at position ", text(coordinates), " is out of range for ", classes,
       " classes");
}

/// Checks shape, dtype and range of class indices. Returns whether any of them equals ignore_index.
bool check_target(const char* op, const Tensor& x, const Tensor& target, int64_t ignore_index) {
  check(target.dtype() == kInt64, op, ": the target must hold class indices (int64), not ", target.dtype());
  check(x.dim() > 0, op, ": the input must be (N, C), (C) or (N, C, d…), not ", text(x.sizes()));
  Shape expected(x.raw());
  expected.erase(static_cast<int>(class_dim(x)));
  check(target.sizes() == IntArrayRef(expected), op, ": the input is ", text(x.sizes()), " and the target ",
        text(target.sizes()), ", but the target must be ", expected.text(),
        ": one class per row of the input");
  const int64_t classes = x.size(class_dim(x));
  return decide_on_host(kernels_of(target), op, [=] {
    const Tensor here = target.detach().cpu().contiguous();
    const int64_t* labels = here.data_ptr<int64_t>();
    bool ignores = false;
    for (int64_t i = 0; i < here.numel(); ++i) {
      if (labels[i] >= 0 && labels[i] < classes && labels[i] != ignore_index) continue;
      if (labels[i] != ignore_index) report_target(op, here, i, classes);
      ignores = true;
    }
    return ignores;
  });
}

}  // namespace

Tensor class_index_loss(const char* op, const Tensor& x, Given given, const Tensor& target,
                        const CrossEntropyLossOptions& options) {
  const int64_t classes = x.size(class_dim(x));
  const Tensor& class_weight = options.weight();
  const bool ignores = check_target(op, x, target, options.ignore_index());
  check_class_weight(op, class_weight, classes);

  const Tensor rows = classes_last(x), labels = target.reshape({-1});
  const Tensor ignored = ignores ? eq(labels, options.ignore_index()) : Tensor();
  const Tensor index = ignores ? labels.masked_fill(ignored, 0) : labels;
  Tensor losses = given == Given::logits ? cross_entropy_rows(rows, index)
                                         : -gather(rows, 1, index.unsqueeze(1)).squeeze(1);
  Tensor weight = class_weight.defined() ? class_weight.index_select(0, index) : Tensor();
  if (weight.defined()) losses = losses * weight;
  if (const double epsilon = options.label_smoothing(); epsilon > 0) {
    const Tensor log_p = given == Given::logits ? log_softmax(rows, 1) : rows;
    const Tensor all = class_weight.defined() ? log_p * class_weight : log_p;
    losses = losses * (1 - epsilon) - all.sum({1}) * (epsilon / static_cast<double>(classes));
  }
  if (ignores) {
    losses = losses.masked_fill(ignored, 0);
    weight = (weight.defined() ? weight : ones_like(losses)).masked_fill(ignored, 0);
  }
  if (options.reduction() == kNone) return losses.reshape(target.sizes());
  if (options.reduction() == kMean && weight.defined()) return losses.sum() / weight.sum();
  return reduce_losses(op, losses, options.reduction());
}

Tensor CrossEntropyLossOptions::operator()(const Tensor& logits, const Tensor& target) const {
  check(logits.dim() > 0, "cross_entropy: the logits must be (N, C), (C) or (N, C, d…), not ",
        text(logits.sizes()));
  const double epsilon = label_smoothing_;
  check(epsilon >= 0 && epsilon <= 1, "label_smoothing must be between 0.0 and 1.0. Got: ", epsilon);
  if (logits.sizes() != target.sizes())
    return class_index_loss("cross_entropy", logits, Given::logits, target, *this);
  return class_probability_loss(log_softmax(logits, class_dim(logits)), target, *this);
}

}  // namespace gradus::nn
