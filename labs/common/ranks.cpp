#include "labs/common/ranks.h"

#include <cstdlib>
#include <stdexcept>

#include "labs/common/progress.h"
#if GRADUS_HAVE_MPI
#include "nn/parallel/ranks.h"
#endif

namespace lab {

#if GRADUS_HAVE_MPI

namespace parallel = gradus::nn::parallel;

std::optional<int> run_on_ranks(int argc, const char* const* argv, const Lab& lab) {
  if (!parallel::started_by_mpi()) return std::nullopt;
  return parallel::run(lab.name, [&] {
    const bool several = parallel::world_size() > 1;
    if (several && !lab.uses_ranks)
      throw std::runtime_error("this lab runs on one rank only; start it without mpirun");
    std::optional<Options> options = read_command_line(argc, argv, lab);
    if (!options) return 0;
    if (several && (options->replay || options->compile))
      throw std::runtime_error(
          "--replay and --compile are for one rank: a replay would not send the gradients");
    // On several ranks an interrupt ends the run at once: the others could not go on.
    if (!several) catch_interrupts();
    parallel::require_same("the command line", options->command);
    if (parallel::rank() != 0) {
      options->quiet = true;
      options->check = false;
      options->out = options->json = std::nullopt;
    }
    return Session(lab, std::move(*options)).run();
  });
}

#else

std::optional<int> run_on_ranks(int, const char* const*, const Lab&) {
  const char* ranks = std::getenv("OMPI_COMM_WORLD_SIZE");
  if (ranks && std::string(ranks) != "1")
    throw std::runtime_error(
        "mpirun has started several ranks, but this build has no MPI; configure it with GRADUS_MPI=ON");
  return std::nullopt;
}

#endif

}  // namespace lab
