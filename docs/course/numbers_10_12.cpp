// Prints what chapters 10 to 12 show, as numbers.cpp does for the chapters before:
//
//     <!-- printed by: course_numbers_10_12 versions -->
#include <iomanip>
#include <map>

#include "check.h"
#include "labs/svd.h"

namespace {

using course::in_a_row, course::sentence, course::shape_of;

/// What the error says, or "no error".
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// A tensor that an op has made, so that one may write into it.
Tensor made_from(const Tensor& leaf) { return leaf * 1; }

// ---- 10 ----------------------------------------------------------------------------------------------------------------

void versions() {
  std::cout << "                            version\n";
  const Tensor x = zeros({2, 3}), y = x.t();
  const auto row = [&](const char* code) {
    std::cout << std::left << std::setw(28) << code << x._version() << "\n";
  };
  row("x = zeros({2, 3})");
  row("y = x.t()");
  x.add_(1);
  row("x.add_(1)");
  y[2] = 5;
  row("y[2] = 5");
  x.detach().mul_(2);
  row("x.detach().mul_(2)");
  x.clone().mul_(2);
  row("x.clone().mul_(2)");
}

/// A rule that captures x instead of saving it, as in exercise 10.1.
void silently_wrong() {
  const Tensor leaf = tensor({3.}, requires_grad()), x = made_from(leaf);
  const Tensor y = autograd::record("careless", x.detach() * x.detach(),
                                    autograd::wrt(x, [x](const Tensor& g) { return 2 * g * x; }));
  const NoGradGuard no_grad;
  x.detach().mul_(1.5);
  y.backward();
  std::cout << "x was 3 when y = x² was computed. x̄ = " << leaf.grad().item<double>() << "\n";
}

void message() {
  const Tensor leaf = tensor({3.}, requires_grad()), x = made_from(leaf), y = x * x;
  x.mul_(1.5);
  std::cout << error_of([&] { y.backward(); }) << "\n";
}

void who_cares() {
  const std::pair<const char*, std::function<Tensor(const Tensor&)>> ops[] = {
      {"x + x", [](const Tensor& x) { return x + x; }},
      {"x * x", [](const Tensor& x) { return x * x; }},
      {"exp(x)", [](const Tensor& x) { return exp(x); }},
      {"sin(x)", [](const Tensor& x) { return sin(x); }},
      {"relu(x)", [](const Tensor& x) { return relu(x); }},
      {"x.sum()", [](const Tensor& x) { return x.sum(); }}};
  std::cout << "y =        after writing into x    after writing into y\n";
  for (const auto& [name, op] : ops) {
    std::cout << std::left << std::setw(11) << name;
    for (const bool into_result : {false, true}) {
      const Tensor leaf = tensor({3., 4.}, requires_grad()), x = made_from(leaf), y = op(x);
      (into_result ? y : x).detach().mul_(2);
      std::cout << std::setw(into_result ? 0 : 24)
                << (error_of([&] { y.sum().backward(); }) == "no error" ? "fine" : "an Error");
    }
    std::cout << "\n";
  }
}

void write_into_a_row() {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}}, requires_grad()), w = tensor(10., requires_grad());
  const Tensor y = x * 2, row = y[0];
  std::cout << "y before\n";
  print_tape(y);
  row.mul_(w);
  std::cout << "\ny after row.mul_(w)\n";
  print_tape(y);
  y.sum().backward();
  std::cout << "\ny   " << in_a_row(y) << "\nx̄   " << in_a_row(x.grad()) << "\nw̄   " << in_a_row(w.grad())
            << "\n";
}

void other_view() {
  const Tensor x = tensor({{1., 2.}, {3., 4.}}, requires_grad());
  const Tensor y = x * 2, row = y[0], column = y.t()[1];
  std::cout << "column before   " << in_a_row(column) << "\n";
  row.mul_(10);
  std::cout << "column after    " << in_a_row(column) << "\n\n";
  print_tape(column);
}

void leaf() {
  const Tensor w = tensor({1., 2.}, requires_grad());
  std::cout << error_of([&] { w.mul_(2); }) << "\n";
}

void stretched() {
  const Tensor x = tensor({1., 2.}).expand({3, 2});
  std::cout << error_of([&] { x.mul_(2); }) << "\n";
}

// ---- 11 ----------------------------------------------------------------------------------------------------------------

struct Run {
  std::string name;
  Tensor M, U, S, V;
  std::vector<double> losses;
};

/// Matrix number i of labs/svd.cpp, from 1, taken apart in float64: then other processors find the same digits.
Run taken_apart(int i) {
  static constexpr struct {
    uint64_t seed;
    int64_t rows, columns;
  } matrices[] = {{314, 5, 4}, {315, 4, 4}, {316, 7, 4}, {317, 3, 4}, {317, 4, 3}};
  const auto& [seed, rows, columns] = matrices[i - 1];
  manual_seed(seed);
  const Tensor drawn = rand({rows, columns}).to(kFloat64), M = rows < columns ? drawn.t() : drawn;
  const auto [U, S, V, losses] = lab::calculate_svd(M);
  return {sentence("M", i), M, U.detach(), S.detach(), V.detach(), losses};
}

const std::vector<Run>& five() {
  static const std::vector<Run> runs = {taken_apart(1), taken_apart(2), taken_apart(3), taken_apart(4),
                                        taken_apart(5)};
  return runs;
}

void five_losses() {
  std::cout << "     shape    loss after 20,000   the values found\n";
  for (const Run& run : five())
    std::cout << run.name << "   " << shape_of(run.M) << std::setprecision(3) << std::left << "   "
              << std::setw(20) << (run.losses.back() < 1e-14 ? "under 1e-14" : sentence(run.losses.back()))
              << in_a_row(run.S) << "\n";
}

/// The five curves in characters, 1 to 5: one column for 400 iterations.
void five_curves() {
  const int rows = 15, columns = 50;
  const double lowest = 1e-14, highest = 1;
  std::vector<std::string> lines(rows, std::string(columns, ' '));
  for (size_t i = 0; i < five().size(); ++i)
    for (int column = 0; column < columns; ++column) {
      const double loss = std::clamp(five()[i].losses[column * 400], lowest, highest);
      const auto row =
          static_cast<int>(std::lround(std::log(loss / highest) / std::log(lowest / highest) * (rows - 1)));
      lines[row][column] = static_cast<char>('1' + i);
    }
  for (int row = 0; row < rows; ++row)
    std::cout << "1e-" << std::setw(2) << std::setfill('0') << std::right << row << std::setfill(' ') << " │"
              << lines[row].substr(0, lines[row].find_last_not_of(' ') + 1) << "\n";
  std::cout << "      └──────────────────────────────────────────────────\n"
            << "       0          iterations, 400 to a character          20,000\n";
}

void stuck() {
  const Run M5 = taken_apart(5);
  const Tensor exact = std::get<1>(svd(M5.M.to(kFloat64)));
  const double sigma = exact[2].item<double>();
  std::cout << std::setprecision(6) << "the loss of M5     " << M5.losses.back() << "\nσ₃                 "
            << sigma << "\nσ₃² / 12           " << sigma * sigma / 12 << "\nd₃²                "
            << M5.S[2].item<double>() << "\nu₃ᵀ M v₃           "
            << dot(M5.U.select(1, 2), mv(M5.M, M5.V.select(1, 2))).item<double>() << "\n";
}

/// The numbers with four decimals, where rounding errors do not show.
std::string rounded(const Tensor& x) {
  std::ostringstream out;
  for (int64_t i = 0; i < x.numel(); ++i)
    out << (i ? " " : "") << std::round(x[i].item<double>() * 1e4) / 1e4 + 0.;
  return out.str();
}

void last_tape() {
  const Run M5 = taken_apart(5);
  const auto leaf = [](const Tensor& x) { return x.clone().requires_grad_(); };
  const Tensor U = leaf(M5.U), d = leaf(M5.S.sqrt()), V = leaf(M5.V);
  const Tensor squares = d * d;
  squares.retain_grad();
  const Tensor y = U.mm(diag(squares)).mm(V.t());
  (y - M5.M).pow(2).mean().backward();
  std::cout << "gradient at d²   " << rounded(squares.grad()) << "\ngradient at d    " << rounded(d.grad())
            << "\n";
}

/// (s - m)² with s = d² and with s = d, by gradient descent from d = 1, for m = -0.5.
void one_number() {
  std::cout << "step   s = d²: d, slope        s = d: d, slope\n";
  double squared = 1, signed_one = 1;
  for (int step = 0; step <= 20; ++step) {
    const double slope = 4 * squared * (squared * squared + 0.5), other = 2 * (signed_one + 0.5);
    if (step % 5 == 0)
      std::cout << std::right << std::setprecision(4) << std::fixed << std::setw(4) << step << "   "
                << std::setw(7) << squared << "  " << std::setw(7) << slope << "        " << std::setw(7)
                << signed_one << "  " << std::setw(7) << other << "\n";
    squared -= 0.1 * slope;
    signed_one -= 0.1 * other;
  }
  std::cout << std::defaultfloat;
}

void inverse_by_hand() {
  const Tensor A = tensor({{2., 1.}, {0., 4.}}, requires_grad()), Y = inverse(A);
  const Tensor G = tensor({{0., 1.}, {0., 0.}});
  Y.backward(G);
  std::cout << "A   2 1 0 4\nY   " << in_a_row(Y) << "\nȲ   " << in_a_row(G) << "\nĀ   " << in_a_row(A.grad())
            << "\n";
}

void values_and_vectors() {
  const Tensor A = tensor({{3., 0.}, {4., 5.}}).to(kFloat64).requires_grad_();
  const auto [U, S, V] = svd(A);
  S.sum().backward();
  std::cout << std::setprecision(4) << "S             " << in_a_row(S) << "\ngradient      "
            << in_a_row(A.grad()) << "\nU Vᵀ          " << in_a_row(U.mm(V.t())) << "\n";
}

void equal_values() {
  const Tensor A = diag(tensor({2., 2., 1.}).to(kFloat64)).requires_grad_();
  std::cout << error_of([&] { std::get<0>(svd(A))[0].sum().backward(); }) << "\n";
}

void singular() {
  std::cout << error_of([] { inverse(tensor({{1., 2.}, {2., 4.}})); }) << "\n";
}

// ---- 12 ----------------------------------------------------------------------------------------------------------------

/// The lines of memory that 8 threads read: of B(0, j) with thread j, and of A(i, 0) with thread i.
void lines() {
  std::cout << "neighbouring columns    neighbouring rows\n";
  const int width = 8;
  for (int line = 0; line < width; ++line) {
    std::string left, right;
    for (int column = 0; column < width; ++column) {
      left += line == 0 ? sentence(column, " ") : ". ";
      right += column == 0 ? sentence(line, " ") : ". ";
    }
    std::cout << left << "        " << right << "\n";
  }
}

/// Numbers loaded for one output of a product with k = 1024.
void loads() {
  const int k = 1024;
  std::cout << "      outputs of a block   numbers loaded for a step   loads for an output\n";
  const auto row = [&](const char* name, int outputs, int numbers) {
    std::cout << name << std::right << std::setw(22) << outputs << std::setw(28) << numbers << std::setw(22)
              << k * numbers / outputs << "\n";
  };
  row("v1", 1, 2);
  row("v2", 16 * 16, 16 + 16);
  row("v3", 128 * 128, 128 + 128);
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, void (*)()> blocks = {{"versions", versions},
                                                    {"silently_wrong", silently_wrong},
                                                    {"message", message},
                                                    {"who_cares", who_cares},
                                                    {"write_into_a_row", write_into_a_row},
                                                    {"other_view", other_view},
                                                    {"leaf", leaf},
                                                    {"stretched", stretched},
                                                    {"five_losses", five_losses},
                                                    {"five_curves", five_curves},
                                                    {"stuck", stuck},
                                                    {"last_tape", last_tape},
                                                    {"one_number", one_number},
                                                    {"inverse_by_hand", inverse_by_hand},
                                                    {"values_and_vectors", values_and_vectors},
                                                    {"equal_values", equal_values},
                                                    {"singular", singular},
                                                    {"lines", lines},
                                                    {"loads", loads}};
  if (argc == 2 && blocks.contains(argv[1])) return blocks.at(argv[1])(), 0;
  for (const auto& [name, print] : blocks) {
    std::cout << "== " << name << "\n";
    print();
  }
}
