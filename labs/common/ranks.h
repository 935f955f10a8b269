// Labs on several ranks: mpirun -n 4 build/release/labs/mlp --epochs 20. Rank 0 alone prints, draws and saves.
#pragma once

#include <optional>

#include "labs/common/lab.h"

namespace lab {

/// Runs the lab as a rank of mpirun, and returns its exit status. Returns nothing if mpirun has not started this process.
/// Error if there are several ranks, and the lab or this build has no use for them.
std::optional<int> run_on_ranks(int argc, const char* const* argv, const Lab& lab);

}  // namespace lab
