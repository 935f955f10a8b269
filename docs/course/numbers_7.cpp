// Prints what chapter 7 shows: see pages.h.
#include <algorithm>
#include <iomanip>

#include "pages.h"

namespace {

using course::error_of, course::in_a_row, course::padded, course::rounded;
namespace F = nn::functional;

void overflow() {
  std::cout << "    x   eˣ in float32   eˣ in float64\n";
  for (const double x : {1., 88., 89., 709., 710., -103., -104.})
    std::cout << std::setw(5) << x << std::setw(16) << std::setprecision(4) << std::exp(static_cast<float>(x))
              << std::setw(16) << std::exp(x) << "\n";
}

void not_a_number() {
  const double inf = INFINITY, nan = inf - inf;
  const auto line = [](const char* what, double is) {
    std::cout << std::setw(14) << std::left << what << std::right << course::as_printed(is) << "\n";
  };
  line("inf + 1", inf + 1), line("1 / inf", 1 / inf), line("inf - inf", inf - inf);
  line("0 * inf", 0 * inf), line("nan + 1", nan + 1), line("0 * nan", 0 * nan);
  std::cout << "nan == nan    " << (nan == nan ? "true" : "false") << "\n";
}

void logits() {
  const Tensor x = tensor({{2., 1., 0.1}}).requires_grad_();
  const Tensor loss = F::cross_entropy(x, tensor({0}, kInt64));
  loss.backward();
  std::cout << "probabilities  " << rounded(softmax(x, 1), 3) << "\nloss           " << rounded(loss, 4)
            << "\ngradient      " << rounded(x.grad(), 3) << "\n";
}

void large_logits() {
  const Tensor x = tensor({1000., 1000.});
  std::cout << "ln (e^1000 + e^1000)          " << in_a_row(x.exp().sum().log()) << "\n"
            << "logsumexp                     " << rounded(logsumexp(x, 0), 3) << "\n"
            << "e^1000 / (e^1000 + e^1000)    "
            << course::as_printed((x.exp() / x.exp().sum())[0].item<double>())
            << "\nsoftmax                       " << in_a_row(softmax(x, 0)[0]) << "\n";
}

void confident() {
  const Tensor x = tensor({{20., 0., 0.}}), right = tensor({0}, kInt64);
  std::cout << "-ln softmax(x)   " << std::abs(-softmax(x, 1).log()[0][0].item<double>())
            << "\ncross_entropy    " << in_a_row(F::cross_entropy(x, right)) << "\n";
}

void slopes_of_softmax() {
  const Tensor x = tensor({2., 1., 0.1}).to(kFloat64), y = softmax(x, 0);
  std::cout << "y = " << rounded(y, 3) << "\n\n             x₁      x₂      x₃\n";
  const Tensor table = diag(y) - outer(y, y);
  for (int64_t i = 0; i < 3; ++i) {
    std::cout << "of y" << std::vector{"₁", "₂", "₃"}[i] << "   ";
    for (int64_t j = 0; j < 3; ++j)
      std::cout << std::setw(8) << std::fixed << std::setprecision(3) << table[i][j].item<double>();
    std::cout << "\n";
  }
  std::cout << std::defaultfloat;
}

void where_trap() {
  const auto show = [](const char* how, const Tensor& x, const Tensor& y) {
    y.sum().backward();
    std::cout << padded(how, 34) << padded(in_a_row(y), 7) << in_a_row(x.grad()) << "\n";
  };
  std::cout << "at x = 0 and x = 4                value  gradient\n";
  const auto leaf = [] { return tensor({0., 4.}).requires_grad_(); };
  Tensor x = leaf();
  show("where(x > 0, sqrt(x), 0)", x, where(x > 0, x.sqrt(), 0));
  x = leaf();
  show("sqrt(where(x > 0, x, 1)), then 0", x, where(x > 0, where(x > 0, x, 1).sqrt(), 0));
}

void anomaly() {
  const autograd::DetectAnomalyGuard detect_anomaly;
  const Tensor x = tensor({0., 4.}).requires_grad_();
  const std::string error = error_of([&] { where(x > 0, x.sqrt(), 0).sum().backward(); });
  std::cout << error.substr(0, error.find("It was recorded"));
}

}  // namespace

int main(int argc, char** argv) {
  const course::Blocks blocks = {{"overflow", overflow},     {"not_a_number", not_a_number},
                                 {"logits", logits},         {"large_logits", large_logits},
                                 {"confident", confident},   {"slopes_of_softmax", slopes_of_softmax},
                                 {"where_trap", where_trap}, {"anomaly", anomaly}};
  return course::show(blocks, argc, argv);
}
