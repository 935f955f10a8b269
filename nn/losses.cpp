// The losses of functional.h.
#include <cmath>

#include "autograd/record.h"
#include "nn/functional.h"

namespace gradus::nn::functional {

using autograd::record;
using autograd::saved;
using autograd::wrt;

namespace {

Tensor reduce(const char* op, const Tensor& losses, LossReduction reduction) {
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

/// Refuses the (n, 1) against (n) that turns n differences into n².
void check_sizes(const char* op, const Tensor& x, const Tensor& y) {
  if (x.sizes() == y.sizes()) return;
  check(is_expandable_to(x.sizes(), y.sizes()) || is_expandable_to(y.sizes(), x.sizes()), op,
        ": the input is ", text(x.sizes()), " and the target ", text(y.sizes()),
        "; give them one shape, for example with target.reshape(input.sizes())");
}

}  // namespace

// ---- Distances --------------------------------------------------------------------------------------------

Tensor mse_loss(const Tensor& x, const Tensor& y, const MSELossOptions& options) {
  check_sizes("mse_loss", x, y);
  const Tensor difference = x - y;
  switch (options.reduction()) {
    case LossReduction::sum:
      return sum_of_squares(difference);
    case LossReduction::mean:
      return sum_of_squares(difference) / difference.numel();
    default:
      return reduce("mse_loss", difference.square(), options.reduction());
  }
}

Tensor l1_loss(const Tensor& x, const Tensor& y, const L1LossOptions& options) {
  check_sizes("l1_loss", x, y);
  return reduce("l1_loss", (x - y).abs(), options.reduction());
}

Tensor smooth_l1_loss(const Tensor& x, const Tensor& y, const SmoothL1LossOptions& options) {
  const double beta = options.beta();
  check(beta >= 0, "smooth_l1_loss: beta must not be negative, got ", beta);
  if (beta == 0) return l1_loss(x, y, options.reduction());
  check_sizes("smooth_l1_loss", x, y);
  const Tensor d = (x - y).abs();
  return reduce("smooth_l1_loss", where(d < beta, d.square() * (0.5 / beta), d - 0.5 * beta),
                options.reduction());
}

Tensor huber_loss(const Tensor& x, const Tensor& y, const HuberLossOptions& options) {
  const double delta = options.delta();
  check(delta > 0, "huber_loss: delta must be positive, got ", delta);
  check_sizes("huber_loss", x, y);
  const Tensor d = (x - y).abs();
  return reduce("huber_loss", where(d <= delta, d.square() * 0.5, (d - 0.5 * delta) * delta),
                options.reduction());
}

// ---- Classes ----------------------------------------------------------------------------------------------

namespace {

int64_t class_dim(const Tensor& x) { return x.dim() == 1 ? 0 : 1; }

/// (N, C), (C) or (N, C, d…) as (rows, C).
Tensor classes_last(const Tensor& x) {
  if (x.dim() == 2) return x;
  if (x.dim() == 1) return x.unsqueeze(0);
  std::vector<int64_t> dims{0};
  for (int64_t d = 2; d < x.dim(); ++d) dims.push_back(d);
  dims.push_back(1);
  return x.permute(dims).reshape({-1, x.size(1)});
}

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

/// Checks shape, dtype and range of class indices. True if any of them is to be ignored.
bool check_target(const char* op, const Tensor& x, const Tensor& target, int64_t ignore_index) {
  check(target.dtype() == kInt64, op, ": the target must hold class indices (int64), not ", target.dtype());
  check(x.dim() > 0, op, ": the input must be (N, C), (C) or (N, C, d…), not ", text(x.sizes()));
  Shape expected(x.raw());
  expected.erase(static_cast<int>(class_dim(x)));
  check(target.sizes() == IntArrayRef(expected), op, ": the input is ", text(x.sizes()), " and the target ",
        text(target.sizes()), ", but it must be ", expected.text(), ": one class per row of the input");
  const int64_t classes = x.size(class_dim(x));
  const Tensor here = target.detach().cpu().contiguous();
  const int64_t* labels = here.data_ptr<int64_t>();
  bool ignores = false;
  for (int64_t i = 0; i < here.numel(); ++i) {
    if (labels[i] >= 0 && labels[i] < classes && labels[i] != ignore_index) continue;
    if (labels[i] != ignore_index) report_target(op, here, i, classes);
    ignores = true;
  }
  return ignores;
}

void check_class_weight(const char* op, const Tensor& weight, int64_t classes) {
  check(!weight.defined() || (weight.dim() == 1 && weight.size(0) == classes), op,
        ": weight must hold one number per class, (", classes, ",), but is ",
        weight.defined() ? text(weight.sizes()) : ShapeText{});
}

/// -log p[target] of each row. x holds log p, or logits of which log p is still to be made.
enum class Given : uint8_t { log_p, logits };

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
    const Tensor log_p = given == Given::logits ? gradus::log_softmax(rows, 1) : rows;
    const Tensor all = class_weight.defined() ? log_p * class_weight : log_p;
    losses = losses * (1 - epsilon) - all.sum({1}) * (epsilon / static_cast<double>(classes));
  }
  if (ignores) {
    losses = losses.masked_fill(ignored, 0);
    weight = (weight.defined() ? weight : ones_like(losses)).masked_fill(ignored, 0);
  }
  if (options.reduction() == kNone) return losses.reshape(target.sizes());
  if (options.reduction() == kMean && weight.defined()) return losses.sum() / weight.sum();
  return reduce(op, losses, options.reduction());
}

Tensor class_probability_loss(const Tensor& log_p, const Tensor& target,
                              const CrossEntropyLossOptions& options) {
  check(target.is_floating_point(), "cross_entropy: a target of the logits' shape ", text(log_p.sizes()),
        " holds probabilities and must be floating point, not ", target.dtype());
  const Tensor rows = classes_last(log_p), q = classes_last(target);
  check_class_weight("cross_entropy", options.weight(), rows.size(1));
  const double epsilon = options.label_smoothing();
  const Tensor smoothed = epsilon > 0 ? q * (1 - epsilon) + epsilon / static_cast<double>(rows.size(1)) : q;
  const Tensor terms = options.weight().defined() ? smoothed * rows * options.weight() : smoothed * rows;
  const Tensor losses = -terms.sum({1});
  if (options.reduction() != kNone || log_p.dim() == 2)
    return reduce("cross_entropy", losses, options.reduction());
  Shape shape(log_p.raw());
  shape.erase(static_cast<int>(class_dim(log_p)));
  return losses.reshape(shape);
}

}  // namespace

Tensor nll_loss(const Tensor& log_p, const Tensor& target, const NLLLossOptions& options) {
  return class_index_loss("nll_loss", log_p, Given::log_p, target,
                          CrossEntropyLossOptions()
                              .weight(options.weight())
                              .ignore_index(options.ignore_index())
                              .reduction(options.reduction()));
}

Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyLossOptions& options) {
  check(logits.dim() > 0, "cross_entropy: the logits must be (N, C), (C) or (N, C, d…), not ",
        text(logits.sizes()));
  const double epsilon = options.label_smoothing();
  check(epsilon >= 0 && epsilon <= 1, "label_smoothing must be between 0.0 and 1.0. Got: ", epsilon);
  if (logits.sizes() != target.sizes())
    return class_index_loss("cross_entropy", logits, Given::logits, target, options);
  return class_probability_loss(gradus::log_softmax(logits, class_dim(logits)), target, options);
}

// ---- Two classes ------------------------------------------------------------------------------------------

namespace {

Tensor weighted(const Tensor& losses, const Tensor& weight) {
  return weight.defined() ? losses * weight : losses;
}

Tensor cut_log(const Tensor& x) { return clamp_min(log(x), -100); }

}  // namespace

// ℓ = -(y ln p + (1 - y) ln(1 - p))        p̄ = ℓ̄ (p - y) / (p (1 - p))        ȳ = ℓ̄ (ln(1 - p) - ln p)
// With the denominator at least 1e-12, the gradient leads back from where the logarithm was cut off.
Tensor binary_cross_entropy(const Tensor& p, const Tensor& y, const BCELossOptions& options) {
  check(p.sizes() == y.sizes(), "binary_cross_entropy: the input is ", text(p.sizes()), " and the target ",
        text(y.sizes()), "; they must have one shape");
  check(all((p >= 0) & (p <= 1)).item<bool>(),
        "binary_cross_entropy: all elements of input should be between 0 and 1; ",
        "for logits use binary_cross_entropy_with_logits");
  const auto value = [&] {
    const NoGradGuard no_grad;
    return -(y * cut_log(p) + (1 - y) * cut_log(1 - p));
  };
  const Tensor losses =
      record("binary_cross_entropy", value(),
             wrt(p,
                 saved(p, y),
                 [](const Tensor& g, const Tensor& p, const Tensor& y) {
                   return g * (p - y) / clamp_min(p * (1 - p), 1e-12);
                 }),
             wrt(y, saved(p), [](const Tensor& g, const Tensor& p) { return g * (cut_log(1 - p) - cut_log(p)); }));
  return reduce("binary_cross_entropy", weighted(losses, options.weight()), options.reduction());
}

// -(w y ln σ(x) + (1 - y) ln(1 - σ(x))) = (1 - y) x + (1 + (w - 1) y) (-ln σ(x))
Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& y,
                                        const BCEWithLogitsLossOptions& options) {
  check(x.sizes() == y.sizes(), "Target size (", IntArrayRef(y.sizes()), ") must be the same as input size (",
        IntArrayRef(x.sizes()), ")");
  Tensor term = -logsigmoid(x);
  if (options.pos_weight().defined()) term = term * (1 + (options.pos_weight() - 1) * y);
  return reduce("binary_cross_entropy_with_logits", weighted((1 - y) * x + term, options.weight()),
                options.reduction());
}

Tensor kl_div(const Tensor& x, const Tensor& y, const KLDivLossOptions& options) {
  check_sizes("kl_div", x, y);
  // q log q is 0 at q = 0; the inner where keeps log(0) out of the gradient.
  const Tensor losses =
      options.log_target() ? exp(y) * (y - x) : where(y > 0, y * log(where(y > 0, y, 1)), 0) - y * x;
  if (options.reduction() == kBatchMean) return losses.sum() / x.size(0);
  return reduce("kl_div", losses, options.reduction());
}

// ---- Pairs and margins ------------------------------------------------------------------------------------

Tensor hinge_embedding_loss(const Tensor& x, const Tensor& y, const HingeEmbeddingLossOptions& options) {
  check_sizes("hinge_embedding_loss", x, y);
  const Tensor alike = where(y != -1, x, 0), apart = where(y != 1, clamp_min(options.margin() - x, 0), 0);
  return reduce("hinge_embedding_loss", alike + apart, options.reduction());
}

Tensor margin_ranking_loss(const Tensor& a, const Tensor& b, const Tensor& y,
                           const MarginRankingLossOptions& options) {
  check(a.dim() == b.dim() && a.dim() == y.dim(),
        "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: ",
        text(a.sizes()), ", input2: ", text(b.sizes()), ", target: ", text(y.sizes()));
  return reduce("margin_ranking_loss", clamp_min(options.margin() - y * (a - b), 0), options.reduction());
}

Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& y,
                             const CosineEmbeddingLossOptions& options) {
  check(a.sizes() == b.sizes() && (a.dim() == 1 || a.dim() == 2) && y.dim() == a.dim() - 1 &&
            (y.dim() == 0 || y.size(0) == a.size(0)),
        "cosine_embedding_loss: the inputs are ", text(a.sizes()), " and ", text(b.sizes()),
        " and the target ", text(y.sizes()), "; they must be (N, D), (N, D) and (N), or (D), (D) and ()");
  const auto along = [](const Tensor& product) { return product.sum({-1}); };
  const double tiny = 1e-12;  // so that a vector of zeros has a cosine: 0
  const Tensor cosine = along(a * b) * rsqrt((along(a.square()) + tiny) * (along(b.square()) + tiny));
  const Tensor alike = where(y == 1, 1 - cosine, 0),
               apart = where(y == -1, clamp_min(cosine - options.margin(), 0), 0);
  return reduce("cosine_embedding_loss", alike + apart, options.reduction());
}

}  // namespace gradus::nn::functional
