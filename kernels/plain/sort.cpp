// Stable sorting of lines: equal elements keep their order. NaN counts as greater than every number.
#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {
namespace {

void sort(const View& x, int dim, bool descending, const View& values, const View& indices) {
  visit_dtype(x.dtype, [&]<class T>(T) {
    const auto less = [](T a, T b) { return a < b || (b != b && a == a); };
    for_each_line(
        [&](Line<const T> x, Line<T> value, Line<int64_t> index) {
          std::vector<int64_t> order(static_cast<size_t>(x.size));
          std::iota(order.begin(), order.end(), 0);
          std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
            return descending ? less(x[j], x[i]) : less(x[i], x[j]);
          });
          for (int64_t i = 0; i < x.size; ++i) index[i] = order[static_cast<size_t>(i)];
          for (int64_t i = 0; i < x.size; ++i) value[i] = x[index[i]];
        },
        Along<const T>(x, dim), Along<T>(values, dim), Along<int64_t>(indices, dim));
  });
}

}  // namespace

void sorting(Kernels& table) { table.sort = sort; }

}  // namespace gradus::plain
