// The functions of sheet 003: users and movies as short vectors, whose dot product is the user's rating of the movie.
//
// Only names that libtorch has too are used, so the same functions compile against it: labs/common/framework.h.
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

namespace lab {

namespace F = gradus::nn::functional;

// ---- The worksheet --------------------------------------------------------------------------------------------------

/// Five users and three movies in whole numbers.
inline std::pair<Tensor, Tensor> worksheet_embeddings() {
  Tensor U = randn({5, 3}).round(), M = randn({3, 3}).round();
  return {U, M};
}

/// Subtracts from each user's ratings, a row, their mean.
inline Tensor centre_rows(const Tensor& ratings) { return ratings - ratings.mean({-1}, /*keepdim=*/true); }

/// (u·v - rating)²
inline Tensor squared_error(const Tensor& u, const Tensor& v, double rating) {
  return (matmul(u, v) - rating).pow(2);
}

/// The squared error of one number for the user and one for the movie, and its derivative by the movie's.
inline std::pair<double, double> loss_and_m1_grad(double u1, double m1_value, double target) {
  Tensor m1 = tensor(m1_value).requires_grad_(true);
  Tensor pred = u1 * m1;
  Tensor diff = target - pred;
  Tensor loss = diff.pow(2);
  loss.backward();
  return {loss.item<double>(), m1.grad().item<double>()};
}

// ---- Embeddings that are learnt -------------------------------------------------------------------------------------

/// Who gave which movie how many stars: user and movie (n) int64, rows of the embeddings; stars (n) floating point.
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
/// μ, the mean of the ratings to learn from, is fixed; the fit learns how far a user and a movie are from it (b),
/// and the taste they share or not (p and q). Source: Koren, Bell & Volinsky, "Matrix Factorization Techniques for
/// Recommender Systems" (2009).
struct Recommender : nn::Module {
  Recommender(int64_t n_users, int64_t n_movies, int64_t rank, double mean_stars)
      : users(register_module("users", nn::Embedding(n_users, rank))),
        movies(register_module("movies", nn::Embedding(n_movies, rank))),
        user_bias(register_module("user_bias", nn::Embedding(n_users, 1))),
        movie_bias(register_module("movie_bias", nn::Embedding(n_movies, 1))),
        mean(mean_stars) {
    NoGradGuard
        no_grad;  // layers start at N(0, 1), but next to nothing is known of a user before the first rating
    for (const Tensor& table : parameters()) table.mul_(0.1);
  }

  Tensor forward(const Tensor& user, const Tensor& movie) {
    Tensor p = users(user), q = movies(movie);
    Tensor b = (user_bias(user) + movie_bias(movie)).squeeze(1);
    return mean + b + (p * q).sum({1});
  }

  /// The mean squared error, and λ times the squared lengths of what it was computed from: an embedding grows only as
  /// far as several ratings agree.
  Tensor loss(const Ratings& batch, double lambda) {
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

/// Three parts of the ratings, drawn at random: to learn from, to say when to stop, and to judge the result by.
struct Split {
  Ratings train, validation, test;
};

inline Split split(const Ratings& all) {
  Tensor order = randperm(all.size()).to(all.user.device());
  const int64_t n_test = all.size() / 5, n_validation = all.size() / 10;
  return {all.at(order.slice(0, n_test + n_validation)),
          all.at(order.slice(0, n_test, n_test + n_validation)), all.at(order.slice(0, 0, n_test))};
}

/// One pass over the ratings in random order, in batches so large that there are about 200 of them.
inline void train_epoch(Recommender& model, const Ratings& ratings, double lambda,
                        optim::Optimizer& optimizer) {
  const int64_t n = ratings.size(), batch_size = std::max<int64_t>(16, n / 200);
  Tensor order = randperm(n).to(ratings.user.device());
  for (int64_t start = 0; start < n; start += batch_size) {
    Tensor loss = model.loss(ratings.at(order.slice(0, start, std::min(start + batch_size, n))), lambda);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
}

/// Root mean squared errors after each epoch, the first before any, and which epoch was the best.
struct Course {
  std::vector<double> train, validation, test;
  size_t best_epoch = 0;
};

/// Trains, and leaves the model as it was after the epoch with the smallest error on the validation ratings: later ones
/// only learn the noise of the training ratings by heart.
inline Course train_recommender(Recommender& model, const Split& ratings, double lambda = 0.05,
                                double lr = 0.01, int64_t epochs = 100) {
  optim::Adam adam(model.parameters(), lr);
  Course course;
  std::vector<Tensor> best;
  auto note = [&] {
    course.train.push_back(model.rmse(ratings.train));
    course.validation.push_back(model.rmse(ratings.validation));
    course.test.push_back(model.rmse(ratings.test));
    if (course.train.size() > 1 && course.validation.back() >= course.validation[course.best_epoch]) return;
    course.best_epoch = course.train.size() - 1;
    best.clear();
    for (const Tensor& table : model.parameters()) best.push_back(table.detach().clone());
  };
  note();
  for ([[maybe_unused]] int64_t epoch : progress(epochs, "embeddings")) {
    train_epoch(model, ratings.train, lambda, adam);
    note();
  }
  NoGradGuard no_grad;
  for (size_t i = 0; i < best.size(); ++i) model.parameters()[i].copy_(best[i]);
  return course;
}

/// Ratings that have something to be learnt: every user and every movie has two traits, N(0, 1), whose products and a
/// little noise decide about the stars, 1 to 5. Each user has rated about half of the movies.
inline Ratings made_up_ratings(int64_t n_users, int64_t n_movies) {
  Tensor likes = matmul(randn({n_users, 2}), randn({2, n_movies})) + 0.3 * randn({n_users, n_movies});
  Tensor rated = (rand({n_users, n_movies}) < 0.5).nonzero();
  Tensor user = rated.select(1, 0), movie = rated.select(1, 1);
  Tensor stars = (3 + likes).round().clamp(1, 5).index({user, movie});
  return {user, movie, stars};
}

/// The rows of x (n, k) in the plane where they spread the most: (n, 2), k ≥ 2. For k = 2 that is only a rotation.
inline Tensor principal_plane(const Tensor& x) {
  Tensor centred = x - x.mean({0});
  auto [U, S, V] = svd(centred);
  return matmul(centred, V.slice(1, 0, 2));
}

}  // namespace lab
