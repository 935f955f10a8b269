// The functions of sheet 003: users and movies as short vectors, whose dot product is the user's rating of the movie.
//
// These functions use only names that libtorch has too, so they also compile with it: see labs/common/framework.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "labs/common/framework.h"
#include "labs/common/progress.h"
#include "labs/common/repeated.h"

namespace lab {

namespace F = gradus::nn::functional;

// ---- The worksheet --------------------------------------------------------------------------------------------------

/// Random embeddings of five users (5, 3) and three movies (3, 3), rounded to whole numbers.
inline std::pair<Tensor, Tensor> worksheet_embeddings() {
  Tensor U = randn({5, 3}).round(), M = randn({3, 3}).round();
  return {U, M};
}

/// Centres each row, which holds the ratings of one user, by subtracting the row's mean.
inline Tensor centre_rows(const Tensor& ratings) { return ratings - ratings.mean({-1}, /*keepdim=*/true); }

/// (u·v - rating)²
inline Tensor squared_error(const Tensor& u, const Tensor& v, double rating) {
  return (matmul(u, v) - rating).pow(2);
}

/// The loss (target - u1 m1)² for a user u1 and a movie m1, and its derivative with respect to m1.
inline std::pair<double, double> loss_and_m1_grad(double u1, double m1_value, double target) {
  Tensor m1 = tensor(m1_value).requires_grad_(true);
  Tensor pred = u1 * m1;
  Tensor diff = target - pred;
  Tensor loss = diff.pow(2);
  loss.backward();
  return {loss.item<double>(), m1.grad().item<double>()};
}

// ---- Embeddings that are learnt -------------------------------------------------------------------------------------

/// n ratings. user and movie: (n) int64, row numbers in the embeddings; stars: (n) floating point.
struct Ratings {
  Tensor user, movie, stars;

  int64_t size() const { return stars.size(0); }
  Ratings at(const Tensor& rows) const {
    return {user.index_select(0, rows), movie.index_select(0, rows), stars.index_select(0, rows)};
  }
  Ratings to(const Device& device, Dtype dtype) const {
    return {user.to(device), movie.to(device), stars.to(device, dtype)};
  }
};

/// rating = μ + b_user + b_movie + p_user · q_movie
///
/// μ is the mean of the training ratings and stays fixed. The biases b say how far a user's and a movie's ratings are
/// from μ. The embeddings p and q say how well the movie suits the user.
/// Source: Koren, Bell & Volinsky, "Matrix Factorization Techniques for Recommender Systems" (2009).
struct Recommender : nn::Module {
  Recommender(int64_t n_users, int64_t n_movies, int64_t rank, double mean_stars)
      : users(register_module("users", nn::Embedding(n_users, rank))),
        movies(register_module("movies", nn::Embedding(n_movies, rank))),
        user_bias(register_module("user_bias", nn::Embedding(n_users, 1))),
        movie_bias(register_module("movie_bias", nn::Embedding(n_movies, 1))),
        mean(mean_stars) {
    // nn::Embedding draws from N(0, 1). A tenth of that makes the first predictions close to the mean.
    NoGradGuard no_grad;
    for (const Tensor& table : parameters()) table.mul_(0.1);
  }

  Tensor forward(const Tensor& user, const Tensor& movie) {
    Tensor p = users(user), q = movies(movie);
    Tensor b = (user_bias(user) + movie_bias(movie)).squeeze(1);
    return mean + b + (p * q).sum({1});
  }

  /// The mean squared error plus λ times the mean squared length of the embeddings and biases in the batch. The second
  /// term keeps a few ratings from making an embedding large.
  virtual Tensor loss(const Ratings& batch, double lambda) {
    Tensor error = F::mse_loss(forward(batch.user, batch.movie), batch.stars);
    Tensor lengths = users(batch.user).pow(2).sum({1}) + movies(batch.movie).pow(2).sum({1}) +
                     user_bias(batch.user).pow(2).squeeze(1) + movie_bias(batch.movie).pow(2).squeeze(1);
    return error + lambda * lengths.mean();
  }

  double rmse(const Ratings& ratings) {
    NoGradGuard no_grad;
    return F::mse_loss(forward(ratings.user, ratings.movie), ratings.stars).sqrt().item<double>();
  }

  nn::Embedding users, movies, user_bias, movie_bias;
  double mean;
};

/// The ratings, split at random: to train on, to choose the best epoch with, and to measure the final error on.
struct Split {
  Ratings train, validation, test;
};

inline Split split(const Ratings& all) {
  Tensor order = randperm(all.size()).to(all.user.device());
  const int64_t n_test = all.size() / 5, n_validation = all.size() / 10;
  return {all.at(order.slice(0, n_test + n_validation)),
          all.at(order.slice(0, n_test, n_test + n_validation)), all.at(order.slice(0, 0, n_test))};
}

/// A function that trains the model on a batch: on the ratings with these row numbers.
inline auto training_step(Recommender& model, const Ratings& ratings, double lambda,
                          optim::Optimizer& optimizer) {
  return repeated([&, lambda](const Tensor& rows) {
    Tensor loss = model.loss(ratings.at(rows), lambda);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  });
}

/// One pass over the n ratings in random order, in batches of n / 200 ratings, but at least 16.
template <class Step>
void train_epoch(const Ratings& ratings, Step& step) {
  const int64_t n = ratings.size(), batch_size = std::max<int64_t>(16, n / 200);
  Tensor order = randperm(n).to(ratings.user.device());
  for (int64_t start = 0; start < n; start += batch_size)
    step(order.slice(0, start, std::min(start + batch_size, n)));
}

/// Root mean squared errors after each epoch. Entry 0 is the error before training. The validation error is smallest
/// after best_epoch epochs.
struct TrainingErrors {
  std::vector<double> train, validation, test;
  size_t best_epoch = 0;
};

/// Trains the model, then restores its parameters from the epoch with the smallest validation error. Later epochs only
/// memorise the noise of the training ratings.
inline TrainingErrors train_recommender(Recommender& model, const Split& ratings, double lambda = 0.05,
                                        double lr = 0.01, int64_t epochs = 100) {
  optim::Adam adam(model.parameters(), lr);
  auto step = training_step(model, ratings.train, lambda, adam);
  TrainingErrors errors;
  std::vector<Tensor> best;
  auto measure = [&] {
    errors.train.push_back(model.rmse(ratings.train));
    errors.validation.push_back(model.rmse(ratings.validation));
    errors.test.push_back(model.rmse(ratings.test));
    if (errors.train.size() > 1 && errors.validation.back() >= errors.validation[errors.best_epoch]) return;
    errors.best_epoch = errors.train.size() - 1;
    best.clear();
    for (const Tensor& table : model.parameters()) best.push_back(table.detach().clone());
  };
  measure();
  for ([[maybe_unused]] int64_t epoch : progress(epochs, "embeddings")) {
    train_epoch(ratings.train, step);
    measure();
  }
  NoGradGuard no_grad;
  for (size_t i = 0; i < best.size(); ++i) model.parameters()[i].copy_(best[i]);
  return errors;
}

/// Ratings with a structure that can be learnt. Every user and every movie has two traits from N(0, 1). The stars, 1 to
/// 5, are 3 plus the dot product of the traits plus a little noise, rounded. Each user has rated about half the movies.
inline Ratings made_up_ratings(int64_t n_users, int64_t n_movies) {
  Tensor likes = matmul(randn({n_users, 2}), randn({2, n_movies})) + 0.3 * randn({n_users, n_movies});
  Tensor rated = (rand({n_users, n_movies}) < 0.5).nonzero();
  Tensor user = rated.select(1, 0), movie = rated.select(1, 1);
  Tensor stars = (3 + likes).round().clamp(1, 5).index({user, movie});
  return {user, movie, stars};
}

/// The first two principal components of the rows of x (n, k), k ≥ 2. Returns (n, 2).
inline Tensor principal_plane(const Tensor& x) {
  Tensor centred = x - x.mean({0});
  auto [U, S, V] = svd(centred);
  return matmul(centred, V.slice(1, 0, 2));
}

}  // namespace lab
