// The step of a training loop, which is run again and again:
//
//   repeat(epochs, "descent", [&] {
//     Tensor loss = …;
//     loss.backward();
//     …
//     return loss;
//   });
//
// or, where the loop does more than that,
//
//   auto step = repeated([&](const Tensor& x, const Tensor& y) { … });
//   for (const auto& batch : loader) step(batch.data, batch.target);
//
// As a rule a step just calls the function. Under --replay it captures the function as a program
// and then replays the program, which gives the same digits: see docs/programs.md. Therefore the
// function changes its tensors in place, and the loop, not the function, reads values. On libtorch
// a step always calls the function.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "labs/common/framework.h"
#include "labs/common/progress.h"

namespace lab {

#if !GRADUS_LIBTORCH

/// How steps are run: by calls of their functions, by replays of captured programs, or by compiled programs.
enum class StepsAre { called, replayed, compiled };

/// Chooses for the steps that are made after this call.
void run_steps(StepsAre how);
bool steps_are_called();

/// "3 steps compiled in 4.1 s", and why others were not; empty without --compile.
std::string compiled_steps();

/// The programs of one step. A program has fixed shapes, so there is one for each combination of the inputs' shapes.
class StepPrograms {
 public:
  using Function = std::function<Tensor(const std::vector<Tensor>& inputs)>;

  /// For inputs of new shapes, the first call just calls the function, because optimisers and gradients are set up in
  /// it. The second call captures the function. All others copy the inputs into those of the program and replay it.
  /// Returns the function's result, whose memory belongs to the program: the next call overwrites it.
  Tensor run(const std::vector<Tensor>& inputs, const Function& function);

 private:
  struct Captured {
    std::vector<Tensor> inputs;
    Tensor result = {};
    std::optional<Program> program = {};
  };
  Captured* find(const std::vector<Tensor>& inputs);

  std::vector<Captured> captured_;
};

#endif

template <class Function>
class Step {
 public:
  explicit Step(Function function) : function_(std::move(function)) {}

  template <class... Inputs>
  Tensor operator()(const Inputs&... inputs) {
#if !GRADUS_LIBTORCH
    if (!called_)
      return programs_.run({inputs...}, [this](const std::vector<Tensor>& own) {
        return call_with<Inputs...>(own, std::index_sequence_for<Inputs...>());
      });
#endif
    return call(inputs...);
  }

 private:
  template <class... Inputs>
  Tensor call(const Inputs&... inputs) {
    if constexpr (std::is_void_v<std::invoke_result_t<Function, const Inputs&...>>)
      return function_(inputs...), Tensor();
    else
      return function_(inputs...);
  }
  template <class... Inputs, size_t... i>
  Tensor call_with([[maybe_unused]] const std::vector<Tensor>& inputs, std::index_sequence<i...>) {
    return call(inputs[i]...);
  }

  Function function_;
#if !GRADUS_LIBTORCH
  bool called_ = steps_are_called();
  StepPrograms programs_;
#endif
};

/// The function as a step. It takes tensors, or nothing, and returns a tensor or nothing.
template <class Function>
Step<Function> repeated(Function function) {
  return Step<Function>(std::move(function));
}

/// Runs a function without arguments as a step, `times` times or until Ctrl-C. Returns the last result. `losses`, if
/// given, receives the value of every result.
template <class Function>
Tensor repeat(int64_t times, const std::string& label, Function function,
              std::vector<double>* losses = nullptr) {
  auto step = repeated(std::move(function));
  Tensor result;
  for ([[maybe_unused]] int64_t i : progress(times, label)) {
    result = step();
    if (losses) losses->push_back(result.template item<double>());
  }
  return result;
}

}  // namespace lab
