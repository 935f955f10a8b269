// One step of an optimiser for many parameters, in place on them and on their state, in a
// single pass over memory.
#include <algorithm>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/wide.h"
#include "kernels/update_rules.h"

namespace gradus::cpu {
namespace {

/// Calls update(element of each view…) for the elements begin … end. The views have one shape and
/// elements of type T.
template <class T, class Update, class... Views, size_t... I>
void update_range(int64_t begin, int64_t end, const Update& update, std::index_sequence<I...>,
                  const Views&... views) {
  T* const data[] = {views.template as<T>()...};
  const auto neighbours = [&](const int64_t* offsets, int64_t n) {
    const auto loop = [&] {
      // A copy. For all the compiler knows, a store into a view could change `update`, and its numbers be read again.
      const Update rule = update;
#pragma GCC ivdep  // the views are different tensors
      for (int64_t i = 0; i < n; ++i) rule(data[I][offsets[I] + i]...);
    };
    n < 16 ? loop() : widest(loop);
  };
  if (contiguous_numel(views...) >= 0) {
    const int64_t offsets[] = {(static_cast<void>(I), begin)...};
    return neighbours(offsets, end - begin);
  }
  const LoopNest<sizeof...(views)> loops(views...);
  const int64_t* steps = loops.column_strides();
  const bool unit = ((steps[I] == 1) && ...);
  loops.rows(begin, end, [&](const int64_t* offsets, int64_t columns) {
    if (unit) return neighbours(offsets, columns);
    for (int64_t i = 0; i < columns; ++i) update(data[I][offsets[I] + i * steps[I]]...);
  });
}

template <class T, class Update, class... Views>
void update_range(int64_t begin, int64_t end, const Update& update, const Views&... views) {
  update_range<T>(begin, end, update, std::index_sequence_for<Views...>{}, views...);
}

/// Calls part(tensors of one parameter, begin, end) for parts that together make all elements of
/// all parameters. The threads share the elements as if all parameters were one array, because a
/// model has many small tensors and a few large ones.
template <class Tensors, class Part>
void for_each_part(std::span<const Tensors> all, const Part& part) {
  int64_t count = 0;
  for (const Tensors& tensors : all) count += tensors.parameter->numel();
  parallel_ranges(count, count, [&](int64_t begin, int64_t end) {
    for (const Tensors& tensors : all) {
      const int64_t n = tensors.parameter->numel();
      if (begin < n && end > 0) part(tensors, std::max<int64_t>(begin, 0), std::min(end, n));
      begin -= n;
      end -= n;
    }
  });
}

template <class T>
void sgd_part(const SgdStep& step, const SgdTensors& tensors, int64_t begin, int64_t end) {
  const SgdRule<T> rule(step, tensors);
  if (tensors.momentum_buffer)
    update_range<T>(begin, end, rule, *tensors.parameter, *tensors.gradient, *tensors.momentum_buffer);
  else
    update_range<T>(begin, end, rule, *tensors.parameter, *tensors.gradient);
}

template <class T>
void adam_part(const AdamStep& step, const AdamTensors& tensors, int64_t begin, int64_t end) {
  update_range<T>(begin, end, AdamRule<T>(step, tensors), *tensors.parameter, *tensors.gradient,
                  *tensors.first_moment, *tensors.second_moment);
}

/// The type that all parameters have.
template <class Tensors>
Dtype dtype_of(const char* op, std::span<const Tensors> all) {
  const Dtype dtype = all.empty() ? kFloat32 : all[0].parameter->dtype;
  if (!is_floating_point(dtype)) no_kernel(op, "cpu", dtype);
  return dtype;
}

void sgd(const SgdStep& step, std::span<const SgdTensors> all) {
  const auto part = dtype_of("sgd", all) == kFloat32 ? sgd_part<float> : sgd_part<double>;
  for_each_part(
      all, [&](const SgdTensors& tensors, int64_t begin, int64_t end) { part(step, tensors, begin, end); });
}

void adam(const AdamStep& step, std::span<const AdamTensors> all) {
  const auto part = dtype_of("adam", all) == kFloat32 ? adam_part<float> : adam_part<double>;
  for_each_part(
      all, [&](const AdamTensors& tensors, int64_t begin, int64_t end) { part(step, tensors, begin, end); });
}

}  // namespace

void optimisers(Kernels& table) {
  table.sgd = sgd;
  table.adam = adam;
}

}  // namespace gradus::cpu
