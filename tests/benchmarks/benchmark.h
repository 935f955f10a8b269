// How a benchmark is written: once, in the spelling that Gradus and libtorch share. The build compiles each file of this
// folder against Gradus and, with GRADUS_COMPARE_LIBTORCH=ON, against libtorch (see labs/common/framework.h); `compare`
// then runs the two programs in turn and prints one table.
//
//   add("elementwise/exp, 1e6", {.times_libtorch = 1}, [] {
//     Tensor x = rand({1000000});                 // once
//     return [=] { return exp(x); };              // timed
//   });
//
// The word before the slash is the family, a section of the table.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <utility>

#include "labs/common/framework.h"

/// What benchmarks are written in: namespace bench sees all of the framework; see namespace lab.
namespace bench {
using namespace gradus;
using gradus::arange, gradus::empty, gradus::full, gradus::ones, gradus::rand, gradus::randint, gradus::randn,
    gradus::tensor, gradus::zeros;
namespace F = gradus::nn::functional;

/// What a measurement is held to, each at least or, for the time, at most. 0: to nothing.
struct Held {
  double times_libtorch = 0;  // libtorch's time by ours
  double of_limit = 0;        // the time of add_limit's body by ours
  double nanoseconds = 0;     // of one step
  double steps = 1;           // how often the timed body does what the table tells the time of
};

/// Adds a benchmark; `prepare` returns the function to be timed, and is not timed itself.
template <class Prepare>
void add(const std::string& name, const Held& held, Prepare prepare) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    auto body = prepare();
    body();  // memory from the system, threads, and plans made once
    for ([[maybe_unused]] auto step : state) {
      if constexpr (std::is_void_v<decltype(body())>)
        body();
      else
        benchmark::DoNotOptimize(body());
    }
    state.counters["steps"] = held.steps;
    state.counters["times_libtorch"] = held.times_libtorch;
    state.counters["of_limit"] = held.of_limit;
    state.counters["nanoseconds"] = held.nanoseconds;
  })->UseRealTime();
}

/// Adds what the benchmark of this name could at best cost: the same work without a framework around it. Compiled into
/// Gradus's program alone.
template <class Prepare>
void add_limit([[maybe_unused]] const std::string& name, [[maybe_unused]] double steps,
               [[maybe_unused]] Prepare prepare) {
#if !GRADUS_LIBTORCH
  add(name + " (limit)", {.steps = steps}, prepare);
#endif
}

/// Lets go of what backward() left, as an optimiser's zero_grad does.
inline void forget_gradients(std::initializer_list<Tensor> leaves) {
  for (const Tensor& leaf : leaves) leaf.mutable_grad().reset();
}

/// Each file's list, and the main() that all programs share (main.cpp).
void add_benchmarks();

}  // namespace bench
