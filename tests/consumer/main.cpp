// The derivative of x³ at 2 is 12, also in another project.
#include <gradus.h>

#include <cstdio>

int main() {
  gradus::Tensor x = gradus::tensor(2.0, gradus::requires_grad());
  x.pow(3).backward();
  const double slope = x.grad().item<double>();
  std::printf("d x^3 / dx at 2 = %g\n", slope);
  return slope == 12.0 ? 0 : 1;
}
