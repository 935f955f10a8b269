// One step of an optimiser, in place on every parameter and its state. The formulas
// are in kernels/update_rules.h.
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"
#include "kernels/update_rules.h"

namespace gradus::plain {
namespace {

void sgd(const SgdStep& step, std::span<const SgdTensors> all) {
  for (const SgdTensors& tensors : all)
    visit_floating_point("sgd", "cpu", tensors.parameter->dtype, [&]<class T>(T) {
      const SgdRule<T> rule(step, tensors);
      const Part<T> p(*tensors.parameter);
      const Part<const T> g(*tensors.gradient);
      if (tensors.momentum_buffer)
        for_each_element(*tensors.parameter, rule, p, g, Part<T>(*tensors.momentum_buffer));
      else
        for_each_element(*tensors.parameter, rule, p, g);
    });
}

void adam(const AdamStep& step, std::span<const AdamTensors> all) {
  for (const AdamTensors& tensors : all)
    visit_floating_point("adam", "cpu", tensors.parameter->dtype, [&]<class T>(T) {
      for_each_element(*tensors.parameter, AdamRule<T>(step, tensors), Part<T>(*tensors.parameter),
                       Part<const T>(*tensors.gradient), Part<T>(*tensors.first_moment),
                       Part<T>(*tensors.second_moment));
    });
}

}  // namespace

void optimisers(Kernels& table) {
  table.sgd = sgd;
  table.adam = adam;
}

}  // namespace gradus::plain
