// The recommender of embeddings.h on several ranks.
#pragma once

#include "labs/embeddings.h"
#if GRADUS_HAVE_MPI
#include "nn/parallel/distributed.h"
#endif

namespace lab {

#if GRADUS_HAVE_MPI

namespace parallel = gradus::nn::parallel;

/// A rank computes the loss of its part of each batch. As long as the model lives, the gradients of the ranks are
/// averaged. So n ranks make the same steps as one process, up to rounding.
struct RecommenderOnRanks : Recommender {
  using Recommender::Recommender;

  Tensor loss(const Ratings& batch, double lambda) override {
    const parallel::Part part = parallel::part_of(batch.size());
    const auto own = [&](const Tensor& x) { return x.slice(0, part.begin, part.end); };
    return part.weight * Recommender::loss({own(batch.user), own(batch.movie), own(batch.stars)}, lambda);
  }

  parallel::DistributedDataParallel averages_gradients{*this};
};

#endif

/// A model to be trained on these ratings, with train_recommender, on the ranks that mpirun has started.
inline std::unique_ptr<Recommender> recommender_on_ranks([[maybe_unused]] const Ratings& ratings,
                                                         int64_t n_users, int64_t n_movies, int64_t rank,
                                                         double mean_stars) {
#if GRADUS_HAVE_MPI
  if (parallel::world_size() > 1) {
    parallel::require_same("the ratings", parallel::digest(ratings.user) + "\n" +
                                              parallel::digest(ratings.movie) + "\n" +
                                              parallel::digest(ratings.stars));
    return std::make_unique<RecommenderOnRanks>(n_users, n_movies, rank, mean_stars);
  }
#endif
  return std::make_unique<Recommender>(n_users, n_movies, rank, mean_stars);
}

}  // namespace lab
