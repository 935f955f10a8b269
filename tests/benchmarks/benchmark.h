// A benchmark is written once, and uses only what Gradus and libtorch have in common. The build compiles each
// file of this folder against Gradus and, with GRADUS_COMPARE_LIBTORCH=ON, against libtorch (see
// labs/common/framework.h). `compare` then runs the two programs in turn and prints one table.
//
//   add("elementwise/exp, 1e6", {.times_libtorch = 1}, [] {
//     Tensor x = rand({1000000});                 // once
//     return [=] { return exp(x); };              // timed
//   });
//
// The word before the slash is the family. Each family is a section of the table.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <utility>

#include "labs/common/framework.h"

/// The namespace of all benchmarks. It contains all names of the framework, like namespace lab.
namespace bench {
using namespace gradus;
using gradus::arange, gradus::empty, gradus::full, gradus::ones, gradus::rand, gradus::randint, gradus::randn,
    gradus::tensor, gradus::zeros;
namespace F = gradus::nn::functional;

/// The targets of a benchmark; 0 means no target.
struct Targets {
  double times_libtorch = 0;  // at least: libtorch's time divided by ours
  double of_limit = 0;        // at least: the time of add_limit's body divided by ours
  double nanoseconds = 0;     // at most: the time of one step
  double steps = 1;           // steps in one call of the timed function; the table has the time of a step
};

/// Adds a benchmark. `prepare` returns the function to be timed; `prepare` itself is not timed.
template <class Prepare>
void add(const std::string& name, const Targets& targets, Prepare prepare) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    auto body = prepare();
    body();  // the first call gets memory from the system and starts threads
    for ([[maybe_unused]] auto step : state) {
      if constexpr (std::is_void_v<decltype(body())>)
        body();
      else
        benchmark::DoNotOptimize(body());
    }
    state.counters["steps"] = targets.steps;
    state.counters["times_libtorch"] = targets.times_libtorch;
    state.counters["of_limit"] = targets.of_limit;
    state.counters["nanoseconds"] = targets.nanoseconds;
  })->UseRealTime();
}

/// Adds the limit of the benchmark of this name: the same work without a framework. It is compiled only
/// into Gradus's program.
template <class Prepare>
void add_limit([[maybe_unused]] const std::string& name, [[maybe_unused]] double steps,
               [[maybe_unused]] Prepare prepare) {
#if !GRADUS_LIBTORCH
  add(name + " (limit)", {.steps = steps}, prepare);
#endif
}

/// Drops the gradients, as an optimiser's zero_grad does.
inline void forget_gradients(std::initializer_list<Tensor> leaves) {
  for (const Tensor& leaf : leaves) leaf.mutable_grad().reset();
}

/// Adds the benchmarks of a file. Each file defines it, and main.cpp calls it.
void add_benchmarks();

}  // namespace bench
