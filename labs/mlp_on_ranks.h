// The digits of mlp.h on several ranks. Each rank takes its part of every batch, so n ranks make the steps of one
// process, to rounding.
#pragma once

#include "labs/checkpoint.h"
#include "labs/mlp.h"
#if GRADUS_HAVE_MPI
#include "nn/parallel/distributed.h"
#endif

namespace lab {

#if GRADUS_HAVE_MPI

namespace parallel = gradus::nn::parallel;

/// The logits of the rows of `part`. Dropout draws a number for each row and hidden unit. A rank also draws the numbers
/// of all other rows, and does not use them. So all ranks together drop the same units as one process.
inline Tensor logits_of_part(nn::Sequential& net, const Tensor& x, const parallel::Part& part) {
  const auto skip = [&](int64_t rows) {
    net[2]->as<nn::Dropout>()->forward(ones({rows, net[0]->as<nn::Linear>()->options.out_features()}));
  };
  skip(part.begin);
  Tensor logits = net->forward(x.slice(0, part.begin, part.end));
  skip(x.size(0) - part.end);
  return logits;
}

/// train_epoch of mlp.h, on all ranks.
template <class Loader>
double train_epoch_on_ranks(nn::Sequential& net, Loader& loader, optim::Optimizer& optimizer) {
  net->train();
  Tensor total = zeros({}, kFloat64);
  int64_t batches = 0;
  for (auto& batch : loader) {
    const parallel::Part part = parallel::part_of(batch.data.size(0));
    Tensor loss =
        F::cross_entropy(logits_of_part(net, batch.data, part), batch.target.slice(0, part.begin, part.end));
    loss = loss * part.weight;
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    total += loss.detach().cpu();
    ++batches;
  }
  parallel::sum(total);
  return total.item<double>() / static_cast<double>(batches * parallel::world_size());
}

#endif

/// train_digits of mlp.h, on the ranks that mpirun has started, or with --checkpoint.
inline LearningCurve train_digits_on_ranks([[maybe_unused]] const Session& session, nn::Sequential& net,
                                           const Examples& train, const Examples& test, double lr,
                                           int64_t epochs) {
#if GRADUS_HAVE_MPI
  if (parallel::world_size() > 1 || session.options().checkpoint) {
    const std::string content = parallel::digest(train.x) + "\n" + parallel::digest(train.y) + "\n" +
                                parallel::digest(test.x) + "\n" + parallel::digest(test.y);
    parallel::require_same("the data", content);
    const parallel::DistributedDataParallel averages_gradients(net);
    auto loader = data::make_data_loader(Rows(train).map(data::transforms::Stack<>()), /*batch_size=*/64);
    optim::Adam adam(net->parameters(), lr);
    LearningCurve curve;
    Checkpoint checkpoint(session, *net, adam,
                          "digits with the checksum " + std::to_string(parallel::checksum(content)),
                          {&curve.loss, &curve.train_accuracy, &curve.test_accuracy});
    for ([[maybe_unused]] int64_t epoch : progress(epochs - checkpoint.epochs_done(), "digits")) {
      curve.loss.push_back(train_epoch_on_ranks(net, *loader, adam));
      curve.train_accuracy.push_back(accuracy(predict(net, train.x), train.y));
      curve.test_accuracy.push_back(accuracy(predict(net, test.x), test.y));
      checkpoint.save();
    }
    return curve;
  }
#endif
  return train_digits(net, train, test, lr, epochs);
}

}  // namespace lab
