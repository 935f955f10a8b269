// Lab: embeddings. Parts 1 to 3 are sheet 003's examples with a few numbers: dot products, an SVD, one step of gradient
// descent. Part 4 learns embeddings of users and movies from the ratings of sheet 002, or from a file in MovieLens'
// format. Part 5 learns them from made-up ratings. The functions are in embeddings.h.
//
// What to expect. Each of sheet 002's 20×10 ratings was drawn at random, independently of the others. So 160 of them
// say nothing about the other 40, and in the long run no predictor beats the mean. A model that is trained for long
// memorises its training ratings, and is then far worse than the mean on the others. Therefore a tenth of the ratings
// is used for validation: it decides which epoch's model is kept. In part 5, two hidden traits decide the ratings, and
// embeddings of width 2 find most of them.
#include "labs/embeddings.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <string>

#include "kernels/text_stream.h"
#include "labs/common/lab.h"
#include "labs/common/tensors.h"
#include "labs/embeddings_in_shards.h"
#include "labs/embeddings_on_ranks.h"
#include "tensor/files/csv.h"
#include "tensor/print.h"

namespace {

using namespace lab;

/// x as Python prints a float: 1.0, 0.25.
std::string as_python(double x) {
  gradus::TextStream text;
  text << x;
  return text.str() + (text.str().find_first_of(".en") == std::string::npos ? ".0" : "");
}

// ---- Part 1: dot products -------------------------------------------------------------------------------------------

void dot_part(Session& session) {
  manual_seed(session.seed());
  auto [U, M] = worksheet_embeddings();
  U = U.to(device_of(session), dtype_of(session));
  M = M.to(device_of(session), dtype_of(session));
  std::cout << M << "\n\n";
  const struct {
    int user, movie;  // counted from 1
    double sheet_value;
  } pairs[] = {{2, 1, 1}, {1, 2, -2}, {4, 3, -1}};
  for (const auto& [user, movie, sheet_value] : pairs) {
    const double product = dot(U[user - 1], M[movie - 1]).item<double>();
    std::cout << "dot(user " << user << ", movie " << movie << ") = " << as_python(product) << "\n";
    const std::string name = "dot.user" + std::to_string(user) + "_movie" + std::to_string(movie);
    session.set(name, product);
    if (session.seed() == 0) session.expect(name, sheet_value, 0);  // the sheet's seed
  }
}

// ---- Part 2: embeddings by hand, and by SVD -------------------------------------------------------------------------

void svd_part(Session& session) {
  const TensorOptions options = TensorOptions().device(device_of(session)).dtype(dtype_of(session));
  std::cout << "Targets:\n\n";
  const Tensor uu = tensor({{1.0, -0.5}, {0.0, 1.0}}, options);
  const Tensor vv = tensor({{1.0, 1.0}, {0.0, 1.0}}, options);
  std::cout << "uu @ vv.T\n" << matmul(uu, vv.t()) << "\n\n";

  const Tensor ratings = tensor({{1.0, 0.0, -1.0}, {0.0, -1.0, 1.0}}, options);
  const Tensor ratings_centered = centre_rows(ratings);
  std::cout << "ratings_centered\n" << ratings_centered << "\n\n";
  const auto [U, S, V] = svd(ratings_centered);
  std::cout
      << "svd_result\nU=" << U << "\nS=" << S << "\nV=" << V
      << "\n\nA column of U and the same column of V may both change sign: the product stays the same.\n"
         "So the first columns may have other signs here than on the sheet.\n";
  session.set("svd.s0", S[0].item<double>());
  session.set("svd.s1", S[1].item<double>());
  // With X the centred ratings, X Xᵀ = [[2, -1], [-1, 2]] has the eigenvalues 3 and 1. The sheet prints 1.7321.
  session.expect("svd.s0", std::sqrt(3), 1e-5);
  session.expect("svd.s1", 1, 1e-5);
}

// ---- Part 3: one step of gradient descent ---------------------------------------------------------------------------

void step_part(Session& session) {
  const TensorOptions options = TensorOptions().device(device_of(session)).dtype(dtype_of(session));
  const Tensor U = tensor({{1.0}, {-1.0}}, options);
  const Tensor V = zeros({3, 1}, options).requires_grad_(true);
  std::cout << "U[0] @ V[0]\n" << matmul(U[0], V[0]) << "\n\n";
  Tensor loss = squared_error(U[0], V[0], 1.0);
  std::cout << "loss = (U[0] @ V[0] - 1.0) ** 2\n" << loss << "\n\n";
  session.set("step.loss_before", loss.item<double>());
  if (session.options().tape)
    show_tape(session, "tape_step", [&] { return squared_error(U[0], V[0], 1.0); });
  else
    loss.backward();
  std::cout << "V.grad\n" << V.grad() << "\n\n";
  session.set("step.grad", V.grad()[0][0].item<double>());

  V.set_data(V - 0.1 * V.grad());
  loss = squared_error(U[0], V[0], 1.0);
  std::cout << "V.data -= 0.1 * V.grad; the loss is then\n" << loss << "\n\nV\n" << V << "\n\n";
  session.set("step.loss_after", loss.item<double>());

  const auto [scalar_loss, scalar_grad] = loss_and_m1_grad(1.0, 0.5, 1.0);
  std::cout << "loss_and_m1_grad(1.0, 0.5, 1.0)\n(" << as_python(scalar_loss) << ", "
            << as_python(scalar_grad) << ")\n";
  session.set("scalar.loss", scalar_loss);
  session.set("scalar.grad", scalar_grad);

  session.expect("step.loss_before", 1, 0);
  session.expect("step.grad", -2, 0);
  session.expect("step.loss_after", 0.64, 1e-6);
  session.expect("scalar.loss", 0.25, 0);
  session.expect("scalar.grad", -1, 0);
}

// ---- Part 4: embeddings learnt from ratings -------------------------------------------------------------------------

/// Ratings, and the ids of the users and movies. Row i of an embedding belongs to users[i] or movies[i].
struct Catalogue {
  Ratings ratings;
  std::vector<int64_t> users, movies;  // ids in ascending order

  int64_t user_count() const { return static_cast<int64_t>(users.size()); }
  int64_t movie_count() const { return static_cast<int64_t>(movies.size()); }
};

/// The distinct ids in ascending order, and the index of each entry of `ids` among them.
std::pair<std::vector<int64_t>, Tensor> unique_with_inverse(const Tensor& ids) {
  const Tensor packed = ids.contiguous();
  const int64_t* id = packed.data_ptr<int64_t>();
  std::vector<int64_t> unique(id, id + packed.numel());
  std::ranges::sort(unique);
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  const Tensor inverse = empty_like(packed);
  std::transform(id, id + packed.numel(), inverse.data_ptr<int64_t>(),
                 [&](int64_t x) { return std::ranges::lower_bound(unique, x) - unique.begin(); });
  return {unique, inverse};
}

/// Reads a file in the format of MovieLens' ratings.csv: userId,movieId,rating,timestamp. Ids may be any whole numbers.
/// The timestamp is ignored.
Catalogue read_movielens(const std::filesystem::path& path) {
  const CsvTable ids = read_csv(path, {.dtype = kInt64, .columns = {"userId", "movieId"}});
  const CsvTable stars = read_csv(path, {.columns = {"rating"}});
  check(isfinite(stars.values).all().item<bool>(), path.string(), ": holds an infinite rating");
  auto [users, user] = unique_with_inverse(ids.column("userId"));
  auto [movies, movie] = unique_with_inverse(ids.column("movieId"));
  return {{user, movie, stars.column("rating").contiguous()}, users, movies};
}

/// Reads the sheet's table, one row per user and one column per movie. Users and movies are numbered from 1.
Catalogue read_table(const std::filesystem::path& path) {
  const Tensor table = read_csv(path).values;
  const Tensor user_and_movie = isfinite(table).nonzero();
  Catalogue all{
      {user_and_movie.select(1, 0).contiguous(), user_and_movie.select(1, 1).contiguous(), table.flatten()},
      std::vector<int64_t>(table.size(0)),
      std::vector<int64_t>(table.size(1))};
  std::iota(all.users.begin(), all.users.end(), 1);
  std::iota(all.movies.begin(), all.movies.end(), 1);
  return all;
}

/// Coordinates (n, 2) for drawing the rows of an embedding (n, k): for k = 2 the rows themselves, for k > 2 their first
/// two principal components, for k = 1 each row and its bias.
Tensor plane_coordinates(const Tensor& embedding, const Tensor& bias) {
  if (embedding.size(1) == 1) return cat({embedding, bias}, 1);
  return embedding.size(1) == 2 ? embedding : principal_plane(embedding);
}

Series points(const std::string& name, const Tensor& plane, const std::vector<int64_t>& ids, bool labelled) {
  Series group{.name = name};
  for (int64_t i = 0; i < plane.size(0); ++i) {
    group.x.push_back(plane[i][0].item<double>());
    group.y.push_back(plane[i][1].item<double>());
    if (labelled) group.labels.push_back(std::to_string(ids[static_cast<size_t>(i)]));
  }
  return group;
}

/// Draws users and movies in one figure. A user likes movies whose points are in the direction of the user's point.
void draw_embeddings(Session& session, const std::string& name, Recommender& model, const Catalogue& all) {
  const Tensor embedding = cat({model.users->weight, model.movies->weight}).detach().cpu();
  const Tensor bias = cat({model.user_bias->weight, model.movie_bias->weight}).detach().cpu();
  const Tensor plane = plane_coordinates(embedding, bias);
  const int64_t n = all.user_count();
  const bool labelled = plane.size(0) <= 40;
  const int64_t rank = embedding.size(1);
  session.figure(name + "_embedding",
                 ScatterPlot{.title = "Users and movies in the space of their embeddings",
                             .x_label = rank > 2 ? "first principal component" : "first dimension",
                             .y_label = rank > 2    ? "second principal component"
                                        : rank == 2 ? "second dimension"
                                                    : "bias",
                             .groups = {points("users", plane.slice(0, 0, n), all.users, labelled),
                                        points("movies", plane.slice(0, n), all.movies, labelled)}});
}

void draw_errors(Session& session, const std::string& name, const TrainingErrors& errors, double mean_rmse) {
  session.figure(name + "_error",
                 LinePlot{.title = "Error of the predicted ratings after each epoch",
                          .x_label = "epoch",
                          .y_label = "root mean squared error",
                          .series = {{.name = "training", .y = errors.train},
                                     {.name = "validation", .y = errors.validation},
                                     {.name = "held out", .y = errors.test},
                                     {.name = "held out, mean predictor",
                                      .y = std::vector<double>(errors.test.size(), mean_rmse)}}});
}

/// Trains embeddings on the catalogue, prints and draws the errors, and sets NAME.rmse and NAME.mean_rmse. Returns
/// NAME.mean_rmse, the held-out error of predicting the mean.
double learn(Session& session, const std::string& name, Catalogue all) {
  const Options& options = session.options();
  const int64_t rank = options.rank.value_or(2);
  all.ratings = all.ratings.to(device_of(session), dtype_of(session));
  const Split parts = split(all.ratings);
  const double mean = parts.train.stars.mean().item<double>();
  const auto owner = recommender_on_ranks(all.ratings, all.user_count(), all.movie_count(), rank, mean);
  Recommender& model = *owner;
  model.to(device_of(session), dtype_of(session));
  std::cout << all.user_count() << " users, " << all.movie_count() << " movies, " << all.ratings.size()
            << " ratings: " << parts.train.size() << " for training, " << parts.validation.size()
            << " for validation, " << parts.test.size() << " held out\n";
  const double lambda = 0.05, lr = options.lr.value_or(0.01);
  if (options.tape) show_tape(session, "tape_" + name, [&] { return model.loss(parts.train, lambda); });

  const TrainingErrors errors = train_recommender(model, parts, lambda, lr, options.epochs.value_or(100));
  require_finite(errors.train.back(), lr);
  const double mean_rmse = (parts.test.stars - mean).pow(2).mean().sqrt().item<double>();
  const double rmse = model.rmse(parts.test);
  std::cout << "rank " << rank << ": after " << errors.train.size() - 1 << " epochs the training error is "
            << errors.train.back() << " and the held-out error " << errors.test.back()
            << "; the validation error was smallest after epoch " << errors.best_epoch
            << "\n\nRMSE on held-out ratings\n  mean predictor " << mean_rmse << "\n  embeddings     " << rmse
            << "\n";
  session.set(name + ".rmse", rmse);
  session.set(name + ".mean_rmse", mean_rmse);
  draw_errors(session, name, errors, mean_rmse);
  draw_embeddings(session, name, model, all);
  return mean_rmse;
}

Catalogue read_ratings(const Session& session) {
  const auto& data = session.options().data;
  return data ? read_movielens(*data) : read_table(data_file("ratings_20x10.csv"));
}

void require_rank(const Session& session, const std::string& part, int64_t users, int64_t movies) {
  const int64_t rank = session.options().rank.value_or(1), most = std::min(users, movies);
  check(rank <= most, "--rank: part ", part, " has ", users, " users and ", movies,
        " movies, so the rank must be from 1 to ", most, ", but is ", rank);
}

/// --shard: the file does not fit into memory.
void learn_in_shards([[maybe_unused]] Session& session) {
#if GRADUS_HAVE_MPI
  const Options& options = session.options();
  const RatingsInShards file(*options.data, *options.shard * 1'000'000, session.seed());
  RunningMoments train, test;
  for (int64_t shard = 0; shard < file.count(); ++shard) {
    const Split parts = file.split_of(shard);
    train.add(parts.train.stars);
    test.add(parts.test.stars);
  }
  check(test.count > 0, options.data->string(), ": has too few ratings; a shard needs at least 5 of them");
  require_rank(session, "ratings", file.user_count(), file.movie_count());
  const double mean = train.mean(), mean_rmse = test.deviation_from(mean);
  std::cout << file.user_count() << " users, " << file.movie_count() << " movies, " << file.count()
            << " shards: " << train.count << " ratings for training, " << test.count << " held out\n";

  const double lambda = 0.05, lr = options.lr.value_or(0.01);
  RecommenderOnRanks model(file.user_count(), file.movie_count(), options.rank.value_or(2), mean);
  model.to(device_of(session), dtype_of(session));
  optim::Adam adam(model.parameters(), lr);
  TrainingErrors errors;
  Checkpoint checkpoint(session, model, adam, file.name(), {&errors.train, &errors.validation, &errors.test});
  std::cout << "\nepoch  training  validation  held out\n";
  for (int64_t epoch = checkpoint.epochs_done(); epoch < options.epochs.value_or(10); ++epoch) {
    pass_over_shards(model, file, lambda, &adam, errors);
    if (interrupted()) break;
    std::cout << std::setw(5) << epoch + 1 << std::setw(10) << errors.train.back() << std::setw(12)
              << errors.validation.back() << std::setw(10) << errors.test.back() << std::endl;
    require_finite(errors.train.back(), lr);
    checkpoint.save();
  }
  TrainingErrors last;
  pass_over_shards(model, file, lambda, nullptr, last);
  std::cout << "\nRMSE on held-out ratings\n  mean predictor " << mean_rmse << "\n  embeddings     "
            << last.test.back() << "\n";
  session.set("ratings.rmse", last.test.back());
  session.set("ratings.mean_rmse", mean_rmse);
  session.expect_at_most("ratings.rmse", mean_rmse);
  draw_errors(session, "ratings", errors, mean_rmse);
#endif
}

void ratings_part(Session& session) {
  manual_seed(session.seed());
  if (session.options().shard) return learn_in_shards(session);
  const double mean_rmse = learn(session, "ratings", read_ratings(session));
  session.expect_at_most("ratings.rmse", session.options().data ? mean_rmse : 1.1 * mean_rmse);
}

// ---- Part 5: ratings with hidden traits -----------------------------------------------------------------------------

constexpr int64_t kUsers = 60, kMovies = 40;

void structure_part(Session& session) {
  manual_seed(session.seed());
  Catalogue all{made_up_ratings(kUsers, kMovies), std::vector<int64_t>(kUsers),
                std::vector<int64_t>(kMovies)};
  std::iota(all.users.begin(), all.users.end(), 1);
  std::iota(all.movies.begin(), all.movies.end(), 1);
  const double mean_rmse = learn(session, "structure", all);
  const bool enough = session.options().rank.value_or(2) >= 2;  // two traits do not fit into one dimension
  session.expect_at_most("structure.rmse", (enough ? 0.65 : 1) * mean_rmse);
}

// ---- Checks of the input, before anything is computed --------------------------------------------------------------

void check_input(Session& session) {
  const Options& options = session.options();
  check(!options.shard || options.data, "--shard is for the file of --data");
  check(!options.shard || !options.tape, "--tape does not work with --shard");
  check(options.shard.value_or(1) <= 1000, "--shard: a shard has at most 1000 MB");
  check(!options.checkpoint || options.shard, "--checkpoint is for training with --shard");
  if (is_chosen(session, "ratings") && !session.options().shard) {
    const Catalogue all = read_ratings(session);
    check(all.ratings.size() >= 10, "there are only ", all.ratings.size(),
          " ratings; at least 10 are needed for training, validation and test");
    require_rank(session, "ratings", all.user_count(), all.movie_count());
  }
  if (is_chosen(session, "structure")) require_rank(session, "structure", kUsers, kMovies);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> learnt = {"ratings", "structure"};
  return lab::run_lab(
      argc, argv,
      {.name = "embeddings",
       .summary = "Users and movies as vectors whose dot product is a rating",
       .parts = {{"dot", "Sheet 003, embeddings and their dot products", dot_part},
                 {"svd", "Sheet 003, constructing embeddings", svd_part},
                 {"step", "Sheet 003, one step of gradient descent", step_part},
                 {"ratings", "Embeddings learnt from sheet 002's ratings, or those of --data", ratings_part},
                 {"structure", "Embeddings learnt from made-up ratings with two hidden traits",
                  structure_part}},
       .flags =
           {{"--epochs", "passes over the ratings", "100", learnt},
            {"--lr", "learning rate of the learnt embeddings", "0.01", learnt},
            {"--rank", "width of the learnt embeddings", "2", learnt},
            {"--seed", "seed of all random numbers", "0", {"dot", "ratings", "structure"}},
            {"--dtype", "float32 or float64", "float32"},
            {"--data",
             "a CSV in MovieLens' format: userId,movieId,rating,timestamp",
             "sheet 002's 20 x 10 ratings",
             {"ratings"}},
            {"--shard",
             "read --data in shards of so many megabytes, for a file that does not fit into memory",
             "",
             {"ratings"}},
            {"--checkpoint", kCheckpointHelp + std::string("; for --shard"), "", {"ratings"}},
            {"--tape", "show the tape of one iteration (parts 3 to 5)", "", {"step", "ratings", "structure"}},
            {"--step", kStepHelp, "", {"step", "ratings", "structure"}},
            {"--replay", kReplayHelp, "", learnt},
            {"--compile", kCompileHelp, "", learnt}},
       .prepare = check_input,
       .uses_ranks = true});
}
