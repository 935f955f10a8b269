// says: the errors are 2, 3, 4: epoch 0 is the best, counted from 0, and you say 1
// looks like: the start is not measured: if training makes things worse, nothing is left of it
#include "course.h"

int train_and_keep_best(const std::vector<Tensor>& parameters, int epochs,
                        const std::function<void()>& train_epoch, const std::function<double()>& error) {
  int best_epoch = 0;
  double least = INFINITY;
  std::vector<Tensor> best;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    train_epoch();
    const double now = error();
    if (now >= least) continue;
    best_epoch = epoch, least = now;
    best.clear();
    for (const Tensor& p : parameters) best.push_back(p.detach().clone());
  }
  const NoGradGuard no_grad;
  for (size_t i = 0; i < best.size(); ++i) Tensor(parameters[i]).copy_(best[i]);
  return best_epoch;
}
