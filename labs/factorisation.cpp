// Lab: a matrix as a product of two thin factors. Sheet 000 goes entry by entry, with derivatives written by hand.
// Sheet 001 uses the tape. Sheet 002 uses the tape and Adam, also with missing entries. The functions are in
// factorisation.h. Each loss is printed with its exact bound, which comes from the singular value decomposition.
//
// The sheets set no seed here, so their digits cannot be reproduced. Whether a run comes near its bound in the sheet's
// number of steps depends on the random first factors. About half of all seeds bring part 1 within half a percent of
// its bound. A third of these do the same for every rank of part 5, and one in eight brings part 4 to the six digits of
// its bound. With the default seed all fits come near their bounds, in float32 and in float64.
#include "labs/factorisation.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iostream>
#include <string>
#include <tuple>

#include "labs/common/lab.h"
#include "labs/common/tensors.h"
#include "tensor/files/csv.h"
#include "tensor/print.h"

namespace {

using namespace lab;

// ---- What the parts share -------------------------------------------------------------------------------------------

/// The dtype and device of --dtype and --device.
TensorOptions tensor_options(const Session& session, const std::string& dtype_of_sheet = "float32") {
  const std::string name = session.options().dtype.value_or(dtype_of_sheet);
  return TensorOptions(name == "float64" ? kFloat64 : kFloat32).device(session.options().device);
}

/// The matrix of sheet 000.
Tensor small_matrix(const Session& session) {
  return tensor({{0.3374, 0.6005, 0.1735}, {3.3359, 0.0492, 1.8374}, {2.9407, 0.5301, 2.2620}},
                tensor_options(session));
}

double learning_rate(const Session& session) { return session.options().lr.value_or(0.01); }

double sum_of_squares(const Tensor& x, const Tensor& y) { return F::mse_loss(x, y, kSum).item<double>(); }

/// Σ_{i>k} σᵢ²: the smallest sum of squared errors of any rank-k approximation of A.
double svd_bound(const Tensor& A, int64_t k) {
  const auto [U, S, V] = svd(A.to(kFloat64));
  return S.slice(0, k).square().sum().item<double>();
}

/// The value as Python prints a float: with the fewest digits that identify it.
std::string digits(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// The loss as a number, or NaN if Ctrl-C came before the first iteration.
double value_of(const Tensor& loss) { return loss.defined() ? loss.item<double>() : NAN; }

/// Stores the loss of a fit. Throws if it is not finite, because then --lr was too large.
void set_loss(Session& session, const std::string& name, double loss) {
  require_finite(loss, learning_rate(session));
  session.set(name, loss);
}

std::vector<double> numbers(const Tensor& vector) {
  const Tensor x = vector.detach().cpu().to(kFloat64).contiguous();
  return {x.data_ptr<double>(), x.data_ptr<double>() + x.numel()};
}

void explain_empty_tape(const Session& session) {
  if (session.options().tape) std::cout << "\nThe tape is empty: these derivatives are written by hand.\n";
}

// ---- Parts 1 to 3: sheet 000 ----------------------------------------------------------------------------------------

void sgd_part(Session& session) {
  const Options& options = session.options();
  manual_seed(session.seed());
  const Tensor A = small_matrix(session);
  const int64_t rank = options.rank.value_or(2);
  const auto [U, V] = sgd_factorise(A, rank, options.epochs.value_or(1000), learning_rate(session));
  const double loss = sum_of_squares(mm(U, V.t()), A), bound = svd_bound(A, rank);
  std::cout << "U:\n" << U << "\nV:\n" << V << "\nU*V^T:\n" << mm(U, V.t()) << "\n";
  std::cout << "MSE loss: " << loss << ", of the SVD with rank " << rank << ": " << bound << "\n";
  explain_empty_tape(session);
  set_loss(session, "sgd.loss", loss);
  session.expect_at_least("sgd.loss", bound - 1e-6);
  session.expect_at_most("sgd.loss", 1.005 * bound);
}

void svd_part(Session& session) {
  const Tensor A = small_matrix(session);
  const auto [U, S, V] = svd(A);
  const Tensor S2 = diag(S).clone();
  Tensor A2 = mm(U, mm(S2, V.t()));
  session.set("svd.full_loss", sum_of_squares(A2, A));
  session.expect_at_most("svd.full_loss", 1e-11);
  std::cout << "SVD reconstruction:\n" << A2 << "\nMSE loss: " << digits(sum_of_squares(A2, A)) << "\n";

  S2[2][2] = 0;
  A2 = mm(U, mm(S2, V.t()));
  session.set("svd.rank2_loss", sum_of_squares(A2, A));
  session.expect("svd.rank2_loss", 0.12191087752580643, 1e-6);
  std::cout << "\nSVD reconstruction with last singular value = 0:\n" << A2;
  std::cout << "\nMSE loss: " << digits(sum_of_squares(A2, A))
            << ", the square of that singular value: " << svd_bound(A, 2) << "\n";
}

void masked_part(Session& session) {
  const Options& options = session.options();
  manual_seed(session.seed());
  const Tensor A_true = small_matrix(session);
  const Tensor M = tensor({{1, 1, 1}, {0, 1, 1}, {1, 0, 1}}).to(A_true.device());
  const Tensor A = A_true * M;  // as on the sheet, unknown entries are 0
  const auto [U, V] = sgd_factorise_masked(A, M, options.rank.value_or(2), options.epochs.value_or(1000),
                                           learning_rate(session));
  const Tensor product = mm(U, V.t());
  std::cout << "U:\n" << U << "\nV:\n" << V << "\nU*V^T:\n" << product << "\n";
  std::cout << "MSE loss: " << sum_of_squares(product, A_true) << "; of the 7 known entries alone "
            << sum_of_squares(product * M, A) << " (0 at best)\n";
  std::cout << "U*V^T - A_true, which is large where M is 0:\n" << product - A_true << "\n";
  explain_empty_tape(session);
  set_loss(session, "masked.loss", sum_of_squares(product, A_true));
  session.expect_at_least("masked.loss", 1.0);  // the range of the loss over other random factors
  session.expect_at_most("masked.loss", 3.3);
}

// ---- Part 4: sheet 001, part 1 --------------------------------------------------------------------------------------

/// The first two columns of `points` (n, ≥ 2) as a cloud for each species.
ScatterPlot scatter(const std::string& title, const std::string& axis, const Tensor& points,
                    const CsvTable& iris) {
  ScatterPlot plot{.title = title, .x_label = "column 1 of " + axis, .y_label = "column 2 of " + axis};
  for (size_t species = 0; species < iris.classes.size(); ++species) {
    const Tensor of_species = points.detach().cpu().index({iris.labels == static_cast<int64_t>(species)});
    plot.groups.push_back({.name = iris.classes[species],
                           .x = numbers(of_species.select(1, 0)),
                           .y = numbers(of_species.select(1, 1))});
  }
  return plot;
}

void iris_part(Session& session) {
  const Options& options = session.options();
  manual_seed(session.seed());
  const CsvTable iris = read_csv(data_file("iris.csv"), {.dtype = kFloat64, .label = "species"});
  const TensorOptions wanted = tensor_options(session, "float64");
  const Tensor data = iris.values.to(wanted.device(), wanted.dtype());
  const Tensor A = data - data.mean({0});
  const int64_t rank = options.rank.value_or(2);
  const auto [U, V] = gd_factorise_ad(A, rank, options.epochs.value_or(1000), learning_rate(session));
  const Tensor product = mm(U, V).detach();

  const auto [U_svd, S, V_svd] = svd(A);
  const Tensor scores = mm(A, V_svd.slice(1, 0, rank));  // along the principal components
  const Tensor truncated = mm(scores, V_svd.slice(1, 0, rank).t());
  const double loss = sum_of_squares(product, A), bound = sum_of_squares(truncated, A);
  std::cout << "Reconstruction loss (squared L2 norm) for gradient-based factorisation = " << loss
            << "\nwhilst that for truncated SVD = " << bound << "\n";
  std::cout
      << "Largest difference between the two reconstructions: "
      << (product - truncated).abs().max().item<double>()
      << "\n\nBoth span the same plane, but with different axes: the principal components for SVD, and\n"
         "any two directions for the factorisation, since U V = (U R) (R^-1 V) for any invertible R.\n";
  set_loss(session, "iris.loss", loss);
  session.set("iris.svd_loss", bound);
  session.expect("iris.svd_loss", svd_bound(A, rank), 1e-4);
  session.expect_at_least("iris.loss", bound - 1e-4);
  session.expect_at_most("iris.loss", bound + 1e-4);
  if (rank == 2) session.expect("iris.loss", 15.2288, 1e-4);
  if (rank >= 2) {
    session.figure("iris_pca", scatter("PCA projection", "A V, the principal components", scores, iris));
    session.figure("iris_factorisation", scatter("Matrix factorisation projection", "U", U, iris));
  }
  if (options.tape)
    show_tape(session, "tape_iris", [&, &U = U, &V = V] { return F::mse_loss(matmul(U, V), A, kSum); });
}

// ---- Part 5: sheet 002 ----------------------------------------------------------------------------------------------

/// Is this the name of a column of ids or times: "id", "userId", "movie_id", "timestamp"?
bool is_id(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name.ends_with("_id") || name == "id" || name == "userid" || name == "movieid" || name == "itemid" ||
         name.ends_with("dbid") || name == "timestamp";
}

/// The ratings of --data or of the sheet: one row per user, one column per movie, NaN for a missing rating.
Tensor ratings(const Session& session) {
  const std::string path =
      session.options().data ? session.options().data->string() : data_file("ratings_20x10.csv");
  const CsvTable table = read_csv(path, {.dtype = kFloat64, .allow_missing = true});
  for (const std::string& name : table.columns)
    check(!is_id(name), path, ": the column \"", shown(name),
          "\" holds no ratings; this lab takes one row per user and one column per movie, ",
          "and lab embeddings takes a list with the columns userId, movieId and rating");
  const Tensor A = table.values, steps = A.slice(0, 1) - A.slice(0, 0, A.size(0) - 1);
  check(A.size(0) < 6 || !(steps != 1).sum({0}).eq(0).any().item<bool>(), path,
        ": one of its columns numbers the rows, so it holds no ratings; remove it");
  check(!isinf(A).any().item<bool>(), path, ": holds an infinite rating");
  check(!isnan(A).all().item<bool>(), path, ": holds no rating at all");
  const TensorOptions wanted = tensor_options(session);
  return A.to(wanted.device(), wanted.dtype());
}

int64_t largest_rank(const Tensor& A) { return std::min(A.size(0), A.size(1)); }

/// The value of --rank. By default the sheet's rank, or the largest rank that A allows, if that is smaller.
int64_t rank_for(const Tensor& A, const Session& session, int64_t rank_of_sheet) {
  return session.options().rank.value_or(std::min(rank_of_sheet, largest_rank(A)));
}

void show_first_rows(const Tensor& W, const Tensor& H, const Tensor& A, int64_t rows = 2) {
  std::cout << "mm(W, H), the first rows:\n"
            << mm(W, H).detach().slice(0, 0, rows) << "\nA, the first rows:\n"
            << A.slice(0, 0, rows) << "\n";
}

/// Stores the loss of a fit and expects it near the bound. Sheet 002's loss is the norm of the residual, so the
/// bound is √(Σ_{i>k} σᵢ²).
void expect_near_bound(Session& session, const std::string& name, double loss, double bound) {
  set_loss(session, name, loss);
  session.expect_at_least(name, bound - 1e-4);
  session.expect_at_most(name, 1.005 * bound + 1e-4);
}

void single_fit(const Tensor& A, Session& session) {
  const Options& options = session.options();
  const int64_t rank = rank_for(A, session, 3);
  const Tensor W = randn({A.size(0), rank}, A.options()).requires_grad_(true);
  const Tensor H = randn({rank, A.size(1)}, A.options()).requires_grad_(true);
  std::cout << "Before the first step: loss " << norm(mm(W, H) - A).detach() << "\n";
  show_first_rows(W, H, A, 5);
  std::cout << "\n";

  std::vector<double> losses;
  const Tensor loss = train_factors(W, H, A, options.epochs.value_or(600), learning_rate(session), &losses);
  for (size_t i = 0; i < losses.size(); i += 10) std::cout << i << " " << digits(losses[i]) << "\n";
  const double bound = std::sqrt(svd_bound(A, rank));
  std::cout << "Last loss with rank " << rank << ": " << value_of(loss) << ", of the SVD: " << bound
            << "\n\n";
  show_first_rows(W, H, A);
  expect_near_bound(session, "ratings.final_loss", value_of(loss), bound);
  session.figure("ratings_loss", LinePlot{.title = "Adam on the norm of the residual",
                                          .x_label = "iteration",
                                          .y_label = "loss",
                                          .series = {{.name = "rank " + std::to_string(rank), .y = losses},
                                                     {.name = "SVD",
                                                      .x = {0, static_cast<double>(losses.size())},
                                                      .y = {bound, bound},
                                                      .dashed = true}}});
  if (options.tape) show_tape(session, "tape_ratings", [&] { return norm(mm(W, H) - A); });
}

void sweep(const Tensor& A, Session& session) {
  const Options& options = session.options();
  Series found{.name = "Adam"}, best{.name = "SVD", .dashed = true};
  Tensor W, H, loss;
  std::cout << "\nk  loss  loss of the SVD\n";
  for (int64_t k : {1, 2, 3, 4, 5, 6, 9}) {
    if (k > largest_rank(A) || interrupted()) break;
    std::tie(W, H, loss) = factorize(A, k, options.epochs.value_or(1000), learning_rate(session));
    const double bound = std::sqrt(svd_bound(A, k));
    std::cout << k << "  " << value_of(loss) << "  " << bound << "\n";
    expect_near_bound(session, "ratings.k" + std::to_string(k) + "_loss", value_of(loss), bound);
    for (Series* series : {&found, &best}) series->x.push_back(static_cast<double>(k));
    found.y.push_back(value_of(loss));
    best.y.push_back(bound);
  }
  if (W.defined()) {
    std::cout << "\nFor the last k:\n";
    show_first_rows(W, H, A);
  }
  session.figure("ratings_ranks", LinePlot{.title = "The residual for each rank",
                                           .x_label = "rank k",
                                           .y_label = "norm of the residual",
                                           .series = {found, best}});
}

void ratings_part(Session& session) {
  manual_seed(session.seed());
  const Tensor A = ratings(session);
  std::cout << "A " << A.sizes() << ":\n" << A << "\n\n";
  single_fit(A, session);
  sweep(A, session);
}

/// Prints the error on the ratings that were hidden from the fit. Also prints the error of a prediction that is always
/// the mean of the other ratings.
void judge_hidden(const Tensor& completed, const Tensor& truth, const Tensor& known) {
  const Tensor hidden = truth.index({~known}), shown = truth.index({known});
  if (hidden.numel() == 0 || shown.numel() == 0) return;
  const auto root_mean_square = [](const Tensor& x) { return x.square().mean().sqrt().item<double>(); };
  std::cout << "\nRoot mean square error on the " << hidden.numel()
            << " hidden ratings: " << root_mean_square(completed.index({~known}) - hidden)
            << "; of predicting the mean of the known ratings: " << root_mean_square(hidden - shown.mean())
            << "\n";
}

/// Prints the residual of random factors, which is NaN at missing entries, and its size without these entries.
void show_difference(const Tensor& A, const Tensor& mask, int64_t rank) {
  const Tensor diff_matrix =
      mm(randn({A.size(0), rank}, A.options()), randn({rank, A.size(1)}, A.options())) - A;
  std::cout << "\ndiff_matrix " << diff_matrix.sizes() << ", mm(W, H) - A of random factors:\n"
            << diff_matrix << "\ndiff_matrix[mask] " << diff_matrix.index({mask}).sizes()
            << ", which holds no NaN\n\n";
}

void missing_part(Session& session) {
  const Options& options = session.options();
  manual_seed(session.seed());
  const Tensor truth = ratings(session);
  const bool complete = !isnan(truth).any().item<bool>();
  Tensor A = truth.clone();
  if (complete) A.index_put_({rand(A.sizes(), A.options()) < 0.5}, NAN);
  std::cout << "A " << A.sizes() << (complete ? ", half of it hidden at random" : "") << ":\n" << A << "\n";

  const auto [W_nan, H_nan, loss_nan] = factorize(A, std::min<int64_t>(2, largest_rank(A)), 1);
  std::cout << "\nWithout a mask, after one iteration: loss " << loss_nan << ",\nNaN in "
            << isnan(W_nan).sum().item<int64_t>() << " of the " << W_nan.numel() << " entries of W and in "
            << isnan(H_nan).sum().item<int64_t>() << " of the " << H_nan.numel() << " of H\n";

  const Tensor mask = ~isnan(A);
  const int64_t rank = rank_for(A, session, 5);
  std::cout << "\nmask:\n" << mask << "\nmask.sum(): " << mask.sum() << "\n";
  show_difference(A, mask, rank);
  const auto [W, H, loss] = factorize_masked(A, rank, options.epochs.value_or(1000), learning_rate(session));
  const Tensor completed = mm(W, H).detach();
  std::cout << "With the mask, rank " << rank << ": loss " << value_of(loss) << " (0 at best)\n\n"
            << "mm(W, H):\n"
            << completed << "\n\n";
  show_first_rows(W, H, A);
  if (complete) judge_hidden(completed, truth, mask);
  if (!options.data)
    std::cout << "The sheet's ratings are random, so none can be predicted from the others.\n"
                 "The fit has about as many parameters as there are known entries, so it memorises them.\n";
  set_loss(session, "ratings.masked_loss", value_of(loss));
  session.expect_at_least("ratings.masked_loss", 0);
  session.expect_at_most("ratings.masked_loss", 1);
  if (options.tape)
    show_tape(session, "tape_missing", [&, &W = W, &H = H] { return norm((mm(W, H) - A).index({mask})); });
}

// ---- Checks of the input, before anything is computed ---------------------------------------------------------------

void require_rank(const Session& session, const std::string& part, IntArrayRef sizes) {
  const int64_t rank = session.options().rank.value_or(1), most = std::min(sizes[0], sizes[1]);
  check(!is_chosen(session, part) || rank <= most, "--rank: part ", part, " factorises a matrix ", sizes,
        ", so the rank must be from 1 to ", most, ", but is ", rank);
}

void check_input(Session& session) {
  require_rank(session, "sgd", {3, 3});
  require_rank(session, "masked", {3, 3});
  require_rank(session, "iris", {150, 4});
  if (!is_chosen(session, "ratings") && !is_chosen(session, "missing")) return;
  const Tensor A = ratings(session);
  require_rank(session, "ratings", A.sizes());
  require_rank(session, "missing", A.sizes());
  const int64_t unknown = isnan(A).sum().item<int64_t>();
  check(unknown == 0 || !is_chosen(session, "ratings"), session.options().data.value_or("").string(), ": ",
        unknown, " of ", A.numel(),
        " ratings are missing, and part ratings has no mask for them; --part missing has one");
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> random = {"sgd", "masked", "iris", "ratings", "missing"};
  return run_lab(
      argc, argv,
      {.name = "factorisation",
       .summary = "A matrix as a product of two thin factors",
       .parts = {{"sgd", "Sheet 000, parts 1.1 and 1.2, stochastic gradient descent", sgd_part},
                 {"svd", "Sheet 000, part 2.1, truncated SVD", svd_part},
                 {"masked", "Sheet 000, part 3.2, missing entries masked", masked_part},
                 {"iris", "Sheet 001, part 1, gradient descent on the tape, and PCA", iris_part},
                 {"ratings", "Sheet 002, ratings with Adam", ratings_part},
                 {"missing", "Sheet 002, with missing values", missing_part, /*number=*/5}},
       .flags = {{"--epochs", "passes or iterations of each fit", "1000; 600 for the first of ratings",
                  random},
                 {"--lr", "learning rate", "0.01", random},
                 {"--rank", "rank of the factors (not in part svd, nor in the sweep over ranks)",
                  "2; ratings 3, missing 5", random},
                 {"--seed", "seed of the first factors", "5188, which brings all fits near their bounds",
                  random},
                 {"--dtype", "float32 or float64", "float32; iris float64"},
                 {"--data",
                  "CSV of ratings for parts ratings and missing: one row per user, one column per movie, "
                  "a missing rating is empty or nan",
                  "the sheet's 20 x 10",
                  {"ratings", "missing"}},
                 {"--tape", "show the tape of one iteration", "", random},
                 {"--step", kStepHelp, "", random},
                 {"--replay", kReplayHelp, "", random},
                 {"--compile", kCompileHelp, "", random}},
       .seed = 5188,
       .prepare = check_input});
}
