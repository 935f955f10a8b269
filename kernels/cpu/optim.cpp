// One step of an optimiser over one parameter, in place on the parameter and on its state: a single pass over memory.
#include <cmath>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/wide.h"

namespace gradus::cpu {
namespace {

/// update(element of each view…) for all elements, all views of one shape and of element type T.
template <class T, class Update, class... Views, size_t... I>
void update_each(const Update& update, std::index_sequence<I...>, const Views&... views) {
  T* const data[] = {views.template as<T>()...};
  const auto neighbours = [&](const int64_t* offsets, int64_t n) {
    const auto loop = [&] {
#pragma GCC ivdep  // the views are different tensors
      for (int64_t i = 0; i < n; ++i) update(data[I][offsets[I] + i]...);
    };
    n < 16 ? loop() : widest(loop);
  };
  constexpr int64_t beginnings[sizeof...(I)] = {};
  const int64_t n = contiguous_numel(views...);
  if (n >= 0 && n < kParallelFrom) return neighbours(beginnings, n);

  const LoopNest<sizeof...(views)> loops(views...);
  const int64_t* steps = loops.column_strides();
  const bool unit = ((steps[I] == 1) && ...);
  loops.run([&](const int64_t* offsets, int64_t columns) {
    if (unit) return neighbours(offsets, columns);
    for (int64_t i = 0; i < columns; ++i) update(data[I][offsets[I] + i * steps[I]]...);
  });
}

template <class T>
void sgd_of(const SgdStep& step, const View& gradient, const View& momentum_buffer, const View& parameter) {
  const T lr = static_cast<T>(step.lr), momentum = static_cast<T>(step.momentum),
          kept = static_cast<T>(1 - step.dampening), decay = static_cast<T>(step.weight_decay);
  if (!momentum_buffer.data) {
    const auto update = [=](T& p, const T& g) { p -= lr * (decay == 0 ? g : g + decay * p); };
    return update_each<T>(update, std::make_index_sequence<2>{}, parameter, gradient);
  }
  const bool nesterov = step.nesterov, first = step.first;
  const auto update = [=](T& p, const T& gradient_of_p, T& buffer) {
    const T g = decay == 0 ? gradient_of_p : gradient_of_p + decay * p;
    buffer = first ? g : momentum * buffer + kept * g;
    p -= lr * (nesterov ? g + momentum * buffer : buffer);
  };
  update_each<T>(update, std::make_index_sequence<3>{}, parameter, gradient, momentum_buffer);
}

template <class T>
void adam_of(const AdamStep& step, const View& gradient, const View& first_moment, const View& second_moment,
             const View& parameter) {
  const double t = static_cast<double>(step.step);
  const double correction1 = 1 - std::pow(step.beta1, t), correction2 = 1 - std::pow(step.beta2, t);
  const T beta1 = static_cast<T>(step.beta1), new1 = static_cast<T>(1 - step.beta1);
  const T beta2 = static_cast<T>(step.beta2), new2 = static_cast<T>(1 - step.beta2);
  const T eps = static_cast<T>(step.eps), step_size = static_cast<T>(step.lr / correction1);
  const T root_correction2 = static_cast<T>(std::sqrt(correction2));
  const T decay = step.decoupled_decay ? T(0) : static_cast<T>(step.weight_decay);
  const T shrink = step.decoupled_decay ? static_cast<T>(1 - step.lr * step.weight_decay) : T(1);
  const auto update = [=](T& p, const T& gradient_of_p, T& m, T& v) {
    const T g = decay == 0 ? gradient_of_p : gradient_of_p + decay * p;
    m = beta1 * m + new1 * g;
    v = beta2 * v + new2 * g * g;
    p = shrink * p - step_size * m / (std::sqrt(v) / root_correction2 + eps);
  };
  update_each<T>(update, std::make_index_sequence<4>{}, parameter, gradient, first_moment, second_moment);
}

}  // namespace

void sgd(const SgdStep& step, const View& gradient, const View& momentum_buffer, const View& parameter) {
  switch (parameter.dtype) {
    case kFloat32:
      return sgd_of<float>(step, gradient, momentum_buffer, parameter);
    case kFloat64:
      return sgd_of<double>(step, gradient, momentum_buffer, parameter);
    default:
      no_kernel("sgd", "cpu", parameter.dtype);
  }
}

void adam(const AdamStep& step, const View& gradient, const View& first_moment, const View& second_moment,
          const View& parameter) {
  switch (parameter.dtype) {
    case kFloat32:
      return adam_of<float>(step, gradient, first_moment, second_moment, parameter);
    case kFloat64:
      return adam_of<double>(step, gradient, first_moment, second_moment, parameter);
    default:
      no_kernel("adam", "cpu", parameter.dtype);
  }
}

}  // namespace gradus::cpu
