// The main() of every benchmark program. It reports the framework, BLAS and compiler, and runs
// the file's benchmarks.
#include "benchmark.h"

#if GRADUS_LIBTORCH
#include <torch/version.h>
#elif GRADUS_HAVE_BLAS
#include <cblas.h>
#endif

int main(int argc, char** argv) {
#if GRADUS_LIBTORCH
  benchmark::AddCustomContext("framework", "libtorch " TORCH_VERSION);
#else
  benchmark::AddCustomContext("framework", "Gradus");
#if GRADUS_HAVE_BLAS
  benchmark::AddCustomContext(
      "blas", std::string(openblas_get_config()) + ", kernels for " + openblas_get_corename());
#endif
#endif
  benchmark::AddCustomContext("compiler", "g++ " __VERSION__);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  bench::add_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
}
