// --dtype, --device and --tape, applied to tensors.
#pragma once

#include <cmath>
#include <functional>
#include <iostream>

#include "gradus.h"
#include "labs/common/lab.h"

namespace lab {

inline gradus::Dtype dtype_of(const Session& session) {
  return session.dtype() == "float64" ? gradus::kFloat64 : gradus::kFloat32;
}

inline gradus::Device device_of(const Session& session) { return session.options().device; }

/// Runs compute_loss() and the backward pass from its result, and prints the tape with the norm of each gradient. With
/// --step it first prints both step by step. With --out and without --step it also writes NAME.html, in which one can
/// step through them. (A caller captures structured bindings by name, [&, &U = U], because clang 14 and clangd 14 accept
/// no other way.)
inline void show_tape(Session& session, const std::string& name,
                      const std::function<gradus::Tensor()>& compute_loss) {
  const gradus::KeepGradientNorms keep;
  const auto loss_with_backward = [&] {
    if (session.options().step) return gradus::tape_steps(compute_loss, std::cout, wait_for_key);
    if (const auto page = session.tape_page(name)) return gradus::tape_html(compute_loss, *page);
    const gradus::Tensor loss = compute_loss();
    loss.backward();
    return loss;
  };
  const gradus::Tensor loss = loss_with_backward();
  std::cout << "\nThe tape of one iteration:\n";
  gradus::print_tape(loss);
  std::cout << "\n";
}

/// Throws if a fit that was not interrupted has ended with an infinite loss or NaN.
inline void require_finite(double loss, double lr) {
  gradus::check(std::isfinite(loss) || interrupted(),
                "the loss is no longer a finite number: a learning rate of ", lr,
                " is too large, choose a smaller --lr");
}

}  // namespace lab
