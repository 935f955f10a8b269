#include "optim/schedules/functions.h"

#include <cmath>
#include <numbers>

namespace gradus::optim {
namespace {

/// A cosine from `from` at part = 0 to `to` at part = 1.
double cosine_between(double from, double to, double part) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * part)) / 2;
}

}  // namespace

LambdaLR::LambdaLR(Optimizer& optimizer, std::function<double(double t)> f)
    : LambdaLR(optimizer, [f = std::move(f)](double base, double t) { return base * f(t); }) {}

LambdaLR::LambdaLR(Optimizer& optimizer, Schedule schedule)
    : LRScheduler(optimizer), schedule_(std::move(schedule)), base_lrs_(get_current_lrs()) {
  set_lrs(lrs_at(0));
}

std::vector<double> LambdaLR::lrs_at(double t) const {
  std::vector<double> lrs;
  for (double base : base_lrs_) lrs.push_back(schedule_(base, t));
  return lrs;
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma)
    : LambdaLR(optimizer, [gamma](double t) { return std::pow(gamma, t); }) {}

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, int64_t T_max, double eta_min)
    : LambdaLR(optimizer, [=](double base, double t) {
        check(T_max > 0, "CosineAnnealingLR: T_max must be at least 1, got ", T_max);
        return cosine_between(base, eta_min, t / static_cast<double>(T_max));
      }) {}

OneCycleLR::OneCycleLR(Optimizer& optimizer, double max_lr, int64_t total_steps, double pct_start,
                       double div_factor, double final_div_factor)
    : LambdaLR(optimizer, [=](double, double t) {
        const double last = static_cast<double>(total_steps) - 1;
        const double peak = pct_start * static_cast<double>(total_steps) - 1, first_lr = max_lr / div_factor;
        check(t <= last, "OneCycleLR: step() was called ", t, " times, but the cycle has ", total_steps,
              " steps");
        return peak > 0 && t <= peak
                   ? cosine_between(first_lr, max_lr, t / peak)
                   : cosine_between(max_lr, first_lr / final_div_factor, (t - peak) / (last - peak));
      }) {}

}  // namespace gradus::optim
