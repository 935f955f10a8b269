// A file to try things in. ./docs/course/run scratch compiles and runs it whenever you save it.
//
// show(x) prints the value of x. If x was computed from tensors that require grad, it prints the tape, too. After
// backward() it prints the gradient of a leaf. The key t steps through the tape of the last tensor in the browser.
#include "scratch.h"

void scratch() {
  const Tensor x = tensor(2., requires_grad()), y = 3 * x, a = 2 * y, b = 5 * y, c = a + b;
  c.backward({}, /*retain_graph=*/true);
  show(x);
  show(c);
}
