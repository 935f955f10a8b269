// Cross-entropy with classes as targets, along the last dimension, and its gradient.
#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/softmax.h"

namespace gradus::cpu {
namespace {

// -log softmax(x)[t] = m - x[t] + log Σⱼ e^(xⱼ - m)
void cross_entropy(const View& x, const View& target, const View& losses) {
  visit_floating_point("cross_entropy", "cpu", x.dtype, [&]<class T>(T) {
    const int64_t n = line_along(x, x.dim - 1).size;
    const auto class_of = [&](int64_t offset) { return target.as<const int64_t>()[offset]; };
    const auto lanes = [&](const int64_t* at, const int64_t* steps, int64_t rows) {
      const RowsInLanes<T> row(x, at[0], steps[0], rows);
      LogSum<Lanes<T>> sum;
      widest([&] { sum = log_sum_exp(row.elements, n); });
      for (int64_t l = 0; l < rows; ++l) {
        const T chosen = row.elements[class_of(at[1] + l * steps[1])].lane[l];
        losses.as<T>()[at[2] + l * steps[2]] = sum.largest.lane[l] - chosen + sum.log_rest.lane[l];
      }
    };
    const auto single = [&](const int64_t* at) {
      std::vector<T> copy;
      const T* const row = contiguous_row(x, at[0], copy);
      const T chosen = row[class_of(at[1])];
      for_row_of(n, [&] {
        const LogSum<T> sum = log_sum_exp(row, n);
        losses.as<T>()[at[2]] = sum.largest - chosen + sum.log_rest;
      });
    };
    for_each_row_or_lanes<T>(lanes, single, x, target, losses);
  });
}

// x̄ᵢ = ȳ pᵢ, but x̄ₜ = -ȳ Σⱼ≠ₜ pⱼ  with p = softmax(x). The sum is 1 - pₜ with all its digits: pₜ may be near 1. p is
// computed again from x, with one exponential per element, so that the forward pass need not keep it.
void cross_entropy_gradient(const View& gradient, const View& x, const View& target, const View& out) {
  visit_floating_point("cross_entropy_gradient", "cpu", x.dtype, [&]<class T>(T) {
    const int64_t n = line_along(x, x.dim - 1).size;
    const auto class_of = [&](int64_t offset) { return target.as<const int64_t>()[offset]; };
    const auto slope_of = [&](int64_t offset) { return gradient.as<const T>()[offset]; };
    const auto lanes = [&](const int64_t* at, const int64_t* steps, int64_t rows) {
      RowsInLanes<T> row(x, at[1], steps[1], rows);
      Lanes<T> g{};
      for (int64_t l = 0; l < rows; ++l) g.lane[l] = slope_of(at[3] + l * steps[3]);
      widest([&] { scaled_softmax(g, row.elements, row.elements, n); });
      const auto chosen = [&](int64_t l) -> T& {
        return row.elements[class_of(at[2] + l * steps[2])].lane[l];
      };
      for (int64_t l = 0; l < rows; ++l) chosen(l) = 0;
      const Lanes<T> others = reduce_row<formulas::Add>(row.elements, n);
      for (int64_t l = 0; l < rows; ++l) chosen(l) = 0 - others.lane[l];
      row.put_back(out, at[0], steps[0], rows);
    };
    const auto single = [&](const int64_t* at) {
      std::vector<T> copies[2];
      T* const result = contiguous_row(out, at[0], copies[0]);
      const T* const row = contiguous_row(x, at[1], copies[1]);
      const T g = slope_of(at[3]);
      T& chosen = result[class_of(at[2])];
      for_row_of(n, [&] {
        scaled_softmax(g, row, result, n);
        chosen = 0;
        chosen = 0 - reduce_row<formulas::Add>(result, n);
      });
      put_back(out, at[0], copies[0]);
    };
    for_each_row_or_lanes<T>(lanes, single, out, x, target, gradient);
  });
}

}  // namespace

void cross_entropy(Kernels& table) {
  table.cross_entropy = cross_entropy;
  table.cross_entropy_gradient = cross_entropy_gradient;
}

}  // namespace gradus::cpu
