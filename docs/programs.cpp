// Prints what docs/programs.md shows of a step of sheet 004. tests/printed_test.cpp compares the page with it.
#include <iostream>
#include <sstream>

#include "gradus.h"

using namespace gradus;

namespace {

struct Sheet004 {
  const Tensor M = tensor({{1., 2., 3.}, {4., 5., 6.}, {7., 8., 10.}, {1., 0., 2.}});
  Tensor U = rand({4, 3}).requires_grad_(), d = rand({3}).requires_grad_(), V = rand({3, 3}).requires_grad_(),
         loss;

  // U S Vᵀ should be M with S = diag(d²), and U and V should be orthogonal. Gradient descent with momentum.
  void step() {
    const Tensor S = diag(d * d);
    const Tensor distance = mse(U.mm(S).mm(V.t()), M);
    const Tensor of_U = mse(U.t().mm(U), eye(3)), of_V = mse(V.mm(V.t()), eye(3));
    loss = distance + of_U / 100 + of_V / 100;
    loss.backward();
    const NoGradGuard no_grad;
    for (Tensor* w : {&U, &d, &V}) {
      *w -= 0.01 * w->grad();
      w->grad().mul_(0.9);
    }
  }

  static Tensor mse(const Tensor& a, const Tensor& b) { return (a - b).pow(2).mean(); }
};

}  // namespace

int main(int argc, char** argv) {
#if !GRADUS_HAVE_FAST
  return 77;  // the plain kernels add in another order, so the text is another
#endif
  const std::string what = argc > 1 ? argv[1] : "";
  Sheet004 sheet;
  sheet.step();  // makes the gradients
  const Program program = capture([&] { sheet.step(); });
  if (what == "source") {
    std::cout << program.source();
  } else if (what == "listing") {
    std::stringstream listing;
    listing << program;
    std::string line;
    for (int i = 0; i < 4 && std::getline(listing, line); ++i) std::cout << line << '\n';
    std::cout << "   …\n";
  } else {
    std::cerr << "usage: programs_page source|listing\n";
    return 2;
  }
}
