// Fuzzes programs of ops. It compares values on any layout with values on contiguous tensors, fast kernels with plain
// ones, and first and second derivatives with finite differences. A difference ends the process, so that the fuzzer
// keeps the input.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "autograd/tools/gradcheck.h"
#include "kernels/plain/plain.h"
#include "tests/fuzz/random_program.h"

using namespace gradus;

namespace {

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fault: %s\n", what);
  std::abort();
}

bool near(const Tensor& a, const Tensor& b, double tolerance) {
  return allclose(a.to(kFloat64), b.to(kFloat64), tolerance, tolerance, /*equal_nan=*/true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Bytes bytes(data, size);
  const fuzz::RandomProgram program(bytes);
  const auto f = [&](const autograd::variable_list& x) { return program.run(x); };
  const auto exact = program.inputs(kFloat64, /*contiguous=*/true),
             laid_out = program.inputs(kFloat64, false);
  const Tensor y = f(exact);
  expect(near(y, f(laid_out), 1e-12), "the value depends on the layout");
  expect(near(y, f(program.inputs(kFloat32, false)), 1e-3), "the value in float32");
  const Kernels* const fast = kernels_in_force[0].exchange(&plain::kernels());
  const Tensor plain = f(laid_out);
  kernels_in_force[0].store(fast);
  expect(near(y, plain, 1e-12), "the plain and the fast kernels differ");
  if (!std::isfinite(y.item<double>())) return 0;  // such as the variance of one element
  autograd::GradcheckOptions options{.eps = 1e-5, .atol = 1e-5, .rtol = 1e-4, .raise_exception = false};
  expect(gradcheck(f, laid_out, options), "the first derivative");
  options = {.eps = 1e-4, .atol = 1e-3, .rtol = 1e-3, .raise_exception = false, .fast_mode = true};
  expect(gradgradcheck(f, exact, {}, options), "the second derivative");
  return 0;
}
