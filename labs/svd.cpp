// Lab: the singular value decomposition M = U S Vᵀ by gradient descent (sheet 004), and the inverse of a matrix by
// gradient descent (the post before sheet 004). The losses and the descent are in svd.h.
//
// The signs are not unique: a column of U and the same column of V may both change sign. In this lab the random first
// guess decides them. LAPACK may choose other signs, and both answers are correct.
//
// Why M5 gets stuck. Its loss stops at 9.42e-3, and more iterations do not help. A singular value is modelled as d², so
//
//     ∂loss/∂dᵢ = 2 dᵢ · ∂loss/∂(dᵢ²),        which is 0 at dᵢ = 0, whatever the second factor is.
//
// During the descent u₃ᵀ M v₃ has become negative, so the best singular value for u₃ and v₃ would be negative too. A
// square cannot be negative, so d₃ shrinks to 0. There the slope of d₃² is 0. The derivatives of |U S Vᵀ - M|² with
// respect to u₃ and v₃ are 0 too, because they have the factor d₃². So u₃ and v₃ do not move any more. The result is
// the best matrix of rank 2, whose loss is σ₃² / 12 (M5 has 12 entries). --tape shows it: a gradient arrives at d², and
// no gradient at d.
//
// This is bad luck: from most other first guesses (--seed) the descent finds M5, and from some of them it gets stuck at
// M4 in the same way.
#include "labs/svd.h"

#include <chrono>
#include <cmath>
#include <iostream>

#include "labs/common/lab.h"
#include "labs/common/tensors.h"
#include "tensor/print.h"

namespace {

using namespace lab;

using Losses = std::vector<double>;

constexpr double kMomentum = 0.9;

/// A matrix of the sheet, and the seed from which it is drawn. M4 and M5 share a seed.
struct RandomMatrix {
  std::string name;
  uint64_t seed;
  int64_t rows, columns;  // before the transposition
  bool transposed;
};
const std::vector<RandomMatrix> kMatrices = {{"M1", 314, 5, 4, false},
                                             {"M2", 315, 4, 4, false},
                                             {"M3", 316, 7, 4, false},
                                             {"M4", 317, 3, 4, true},
                                             {"M5", 317, 4, 3, false}};

/// The sheet's matrix: it is always drawn in float32, and then converted to --dtype.
Tensor draw(const RandomMatrix& matrix, const Session& session) {
  manual_seed(matrix.seed);
  Tensor M = rand({matrix.rows, matrix.columns});
  if (matrix.transposed) M = M.t();
  return M.to(device_of(session), dtype_of(session));
}

/// The last loss, or NaN if Ctrl-C came before the first iteration.
double last(const Losses& losses) { return losses.empty() ? NAN : losses.back(); }

struct Fit {
  Tensor U, diag, V;
  Losses losses;
  double seconds;
};

Fit fit(const Tensor& M, const Session& session) {
  const double lr = session.options().lr.value_or(0.9);
  const auto start = std::chrono::steady_clock::now();
  auto [U, diag, V, losses] =
      calculate_svd(M, lr, kMomentum, session.options().epochs.value_or(20000), session.seed());
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  require_finite(last(losses), lr);
  return {U, diag, V, losses, elapsed.count()};
}

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

/// How far the columns of X (m, n) are from orthonormal: the largest entry of |Xᵀ X - I|.
double orthogonality_residual(const Tensor& X) {
  return largest_difference(matmul(X.t(), X), eye(X.size(1), X.options()));
}

/// A curve for a figure: at most about 2000 of the losses, evenly spaced.
Series curve(const std::string& name, const Losses& losses) {
  Series series{.name = name};
  for (size_t i = 0, step = losses.size() / 2000 + 1; i < losses.size(); i += step) {
    series.x.push_back(static_cast<double>(i));
    series.y.push_back(losses[i]);
  }
  return series;
}

LinePlot convergence(std::vector<Series> curves) {
  return {.title = "How fast does the gradient algorithm converge?",
          .x_label = "iteration",
          .y_label = "loss",
          .series = std::move(curves),
          .log_y = true};
}

// ---- Part 1 ---------------------------------------------------------------------------------------------------------

/// Expects the factors of M1 that the sheet prints. Other first guesses may give other signs.
void expect_the_sheets_factors(Session& session, const Fit& M1) {
  const Tensor U = tensor({{0.5076, -0.2959, 0.5596, -0.1478},
                           {0.4468, -0.5972, -0.6504, -0.1059},
                           {0.4043, 0.7161, -0.3923, -0.2353},
                           {0.3839, 0.1188, 0.0145, 0.9138},
                           {0.4815, 0.1701, 0.3314, -0.2768}});
  const Tensor V = tensor({{0.4633, -0.8784, -0.0512, 0.1056},
                           {0.4603, 0.1387, 0.7021, -0.5253},
                           {0.6461, 0.4191, -0.0297, 0.6372},
                           {0.3949, 0.1831, -0.7096, -0.5540}});
  session.set("M1.U_difference", largest_difference(M1.U.detach().cpu(), U));
  session.set("M1.V_difference", largest_difference(M1.V.detach().cpu(), V));
  session.expect("M1.U_difference", 0, 1e-4);
  session.expect("M1.V_difference", 0, 1e-4);
}

void random_matrix(Session& session) {
  const Tensor M1 = draw(kMatrices[0], session);
  const Fit found = fit(M1, session);
  const auto& [U1, diag1, V1, losses, seconds] = found;
  std::cout << "M1 " << M1.sizes() << ", seed 314: " << losses.size() << " iterations in " << seconds
            << " s, loss " << last(losses) << " (0 at best)\n\nCompare with constraints\n\n";
  const Tensor S1 = diag(diag1);
  std::cout << "U1 @ S1 @ V1.T - M1:\n" << matmul(matmul(U1, S1), V1.t()) - M1 << "\n";
  std::cout << "U1.T @ U1:\n" << matmul(U1.t(), U1) << "\n";
  std::cout << "V1 @ V1.T:\n" << matmul(V1, V1.t()) << "\n";
  session.set("M1.U_orthogonality", orthogonality_residual(U1));
  session.set("M1.V_orthogonality", orthogonality_residual(V1.t()));
  std::cout << "Largest entry of |U1.T @ U1 - I|: " << orthogonality_residual(U1)
            << ", of |V1 @ V1.T - I|: " << orthogonality_residual(V1.t()) << "\n";

  std::cout << "\nCompare with LAPACK's svd\n\n";
  const auto [U, S, V] = svd(M1);
  std::cout << "U:\n" << U << "\nU1:\n" << U1 << "\n";
  std::cout << "S:\n" << S << "\nS1:\n" << diag(S1) << "\n";
  std::cout << "V:\n" << V << "\nV1:\n" << V1 << "\n";

  session.set("M1.loss", last(losses));
  session.expect_at_most("M1.loss", 1e-12);
  session.expect("M1.U_orthogonality", 0, 5e-5);  // the sheet prints four decimals
  session.expect("M1.V_orthogonality", 0, 5e-5);
  const double printed[] = {2.3398, 0.6873, 0.2592, 0.1177};
  for (int64_t i = 0; i < 4; ++i) {
    const std::string name = "M1.s" + std::to_string(i);
    session.set(name, diag1[i].item<double>());
    session.expect(name, printed[i], 1e-4);
    session.expect(name, S[i].item<double>(), 1e-5);
  }
  if (session.seed() == 314) expect_the_sheets_factors(session, found);
  session.figure("convergence_M1", convergence({curve("M1, momentum 0.9", losses)}));

  if (session.options().tape) {
    manual_seed(session.seed());
    const Tensor U = guess({5, 4}, M1), diag_sqrt = guess({4}, M1), V = guess({4, 4}, M1);
    show_tape(session, "tape_M1", [&] { return svd_loss(U, diag_sqrt, V, M1); });
  }
}

// ---- Part 2 ---------------------------------------------------------------------------------------------------------

/// Expects the exact minimum: the loss 0, or for M5 the loss of the best matrix of rank 2 (see the top of this file).
void expect_loss(Session& session, const RandomMatrix& matrix, const Tensor& exact_S, const Fit& found) {
  const std::string name = matrix.name + ".loss";
  session.set(name, last(found.losses));
  if (matrix.name == "M3") {
    session.expect(name, 4.6e-6, 1e-6);  // not converged; 5e-6 in the sheet
  } else if (matrix.name == "M5") {
    const double sigma_3 = exact_S[2].item<double>();
    session.expect(name, sigma_3 * sigma_3 / static_cast<double>(matrix.rows * matrix.columns), 1e-6);
    session.expect(name, 9.42e-3, 5e-6);
  } else {
    session.expect_at_most(name, 1e-12);
  }
}

/// Prints why M5 gets stuck: see the top of this file.
void explain_M5(const Tensor& M, const Fit& found, const Tensor& exact_S, Session& session) {
  const Tensor U = found.U.detach(), d = found.diag.detach().sqrt(), V = found.V.detach();
  const double sigma_3 = exact_S[2].item<double>();
  std::cout << "  u3 . M v3 = " << dot(U.select(1, 2), mv(M, V.select(1, 2))).item<double>()
            << ", and the square d3^2 cannot be negative; d3 = " << d[2].item<double>() << "\n  sigma_3^2 / "
            << M.numel() << " = " << sigma_3 * sigma_3 / static_cast<double>(M.numel())
            << ", the loss of the best matrix of rank 2\n";
  if (session.options().tape)
    show_tape(session, "tape_M5",
              [&] { return svd_loss(U.requires_grad_(), d.requires_grad_(), V.requires_grad_(), M); });
}

void other_matrices(Session& session) {
  std::vector<Series> curves;
  for (const RandomMatrix& matrix : kMatrices) {
    const Tensor M = draw(matrix, session);
    const Fit found = fit(M, session);
    const auto [U, S, V] = svd(M);
    std::cout << matrix.name << " " << M.sizes() << ", seed " << matrix.seed << ": loss "
              << last(found.losses) << "\n"
              << "  found    " << found.diag.detach() << "\n  LAPACK's " << S
              << "\n  orthogonality residuals of U " << orthogonality_residual(found.U) << ", of V "
              << orthogonality_residual(found.V.t()) << "\n";
    if (matrix.name != "M1") expect_loss(session, matrix, S, found);  // part 1 checks M1
    curves.push_back(curve(matrix.name, found.losses));
    if (matrix.name == "M5") explain_M5(M, found, S, session);
  }
  std::cout << "\nHow fast does the gradient algorithm converge? It depends.\n";
  session.figure("convergence", convergence(curves));
}

// ---- Part 3 ---------------------------------------------------------------------------------------------------------

/// M⁻¹ = V S⁻¹ Uᵀ.
Tensor inverse_by_svd(const Tensor& M) {
  const auto [U, S, V] = svd(M);
  return matmul(V / S, U.t());
}

/// Inverts M by gradient descent and returns the losses. Sets the result `name` to the largest entry of
/// |approximate_inverse @ M - I|.
Losses invert(const Tensor& M, const std::string& name, Session& session) {
  const double lr = session.options().lr.value_or(0.9);
  const auto [approximate_inverse, losses] =
      calculate_inverse(M, lr, kMomentum, session.options().epochs.value_or(10000), session.seed());
  require_finite(last(losses), lr);
  const Tensor product = matmul(approximate_inverse.detach(), M);
  std::cout << "approximate_inverse, loss " << last(losses) << " (0 at best):\n" << approximate_inverse;
  std::cout << "\nV @ S^-1 @ U.T by LAPACK's svd:\n" << inverse_by_svd(M);
  std::cout << "\napproximate_inverse @ M:\n" << product << "\n\n";
  session.set(name, largest_difference(product, eye(M.size(0), M.options())));
  session.expect(name, 0, 1e-5);
  return losses;
}

void matrix_inverse(Session& session) {
  // The post draws the matrix and the first guess from the same seed, so its descent starts at M itself.
  const Tensor random = draw({"random", 314, 4, 4, false}, session);
  const Tensor diagonal = diag(tensor({1., 2., 3., 4.}, random.options()));
  std::cout << "Calculate inverse of random matrix\n\n";
  const Losses random_losses = invert(random, "inverse.error", session);
  std::cout << "Calculate inverse of diagonal matrix\n\n";
  const Losses diagonal_losses = invert(diagonal, "inverse.diagonal_error", session);
  session.figure("convergence_inverse", convergence({curve("random matrix", random_losses),
                                                     curve("diagonal matrix", diagonal_losses)}));
  if (session.options().tape) {
    manual_seed(session.seed());
    show_tape(session, "tape_inverse", [&] { return inverse_loss(guess(random.sizes(), random), random); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  set_printoptions({.sci_mode = false});  // like the sheet
  return run_lab(
      argc, argv,
      {.name = "svd",
       .summary = "Singular value decomposition and matrix inverse by gradient descent",
       .parts = {{"random", "Sheet 004, SVD of a random matrix", random_matrix},
                 {"others", "Sheet 004, SVD of some other random matrices", other_matrices},
                 {"inverse", "The post before it, matrix inverse", matrix_inverse}},
       .flags = {{"--epochs", "iterations of each descent", "20000, inverse 10000"},
                 {"--lr", "learning rate", "0.9"},
                 {"--seed", "seed of the first guesses; the matrices keep the sheet's seeds", "314"},
                 {"--dtype", "float32 or float64", "float32"},
                 {"--tape", "show the tape of the first iteration, and for M5 of the last one"},
                 {"--step", kStepHelp},
                 {"--replay", kReplayHelp},
                 {"--compile", kCompileHelp}},
       .seed = 314});
}
