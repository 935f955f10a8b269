// Sorting. Short lines are sorted by comparisons, long ones digit by digit (radix sort):
//
//   1. Each number becomes a key, an unsigned whole number with the same order. For floating-point
//      numbers the bits nearly are one: the sign must be turned, and negative numbers reversed.
//   2. From the lowest byte of the keys to the highest, the line is sorted by that byte alone:
//      count how many keys have each of the 256 values, then put each key behind those that precede it.
//
// A pass keeps the order of equal bytes, so the result is sorted, and equal numbers keep their order.
// n numbers take 4 or 8 passes, where comparisons take log₂ n. A byte that all keys share is no pass.
#include <algorithm>
#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/plain/plain.h"

namespace gradus::cpu {
namespace {

template <class T>
using KeyOf =
    std::conditional_t<sizeof(T) == 1, uint8_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>;

/// key(a) < key(b) if a < b. NaN is greater than every number, and all NaNs are equal.
template <class T>
KeyOf<T> key(T x) {
  using Key = KeyOf<T>;
  constexpr auto sign = static_cast<Key>(Key{1} << (8 * sizeof(Key) - 1));
  if constexpr (std::same_as<T, bool>) return x;
  if constexpr (std::floating_point<T>) {
    if (x != x) return ~Key{0};
    const auto bits = std::bit_cast<Key>(x + T{0});  // -0 becomes 0, which it equals
    return bits & sign ? ~bits : bits | sign;
  }
  return static_cast<Key>(x) ^ sign;
}

template <class Key>
struct Entry {
  Key key;
  std::conditional_t<sizeof(Key) == 8, int64_t, uint32_t> index;
};

/// The order of the entries by their keys. `line` and `other` have one size.
template <class Key>
void sort_by_digits(std::vector<Entry<Key>>& line, std::vector<Entry<Key>>& other) {
  std::array<std::array<size_t, 256>, sizeof(Key)> counts = {};
  for (const Entry<Key>& entry : line)
    for (size_t digit = 0; digit < sizeof(Key); ++digit) ++counts[digit][entry.key >> 8 * digit & 255];
  for (size_t digit = 0; digit < sizeof(Key); ++digit) {
    std::array<size_t, 256>& count = counts[digit];
    if (count[line[0].key >> 8 * digit & 255] == line.size()) continue;
    size_t next = 0;  // where the first key with this byte goes
    for (size_t& number : count) next += std::exchange(number, next);
    for (const Entry<Key>& entry : line) other[count[entry.key >> 8 * digit & 255]++] = entry;
    line.swap(other);
  }
}

/// Lines from this length on are sorted by digits.
constexpr int64_t kByDigits = 512;

void sort(const View& x, int dim, bool descending, const View& values, const View& indices) {
  const auto [n, x_step] = line_along(x, dim);
  if (n > UINT32_MAX)
    return plain::kernels().sort(x, dim, descending, values, indices);  // an index has 32 bits
  const int64_t value_step = line_along(values, dim).stride, index_step = line_along(indices, dim).stride;
  visit_dtype(x.dtype, [&, n = n, x_step = x_step]<class T>(T) {
    using Key = KeyOf<T>;
    const auto reversed = static_cast<Key>(descending ? ~Key{0} : Key{0});
    for_each_line(
        dim,
        [&](const int64_t* offsets) {
          std::vector<Entry<Key>> line(static_cast<size_t>(n)), other(n < kByDigits ? 0 : line.size());
          const T* from = x.as<const T>() + offsets[0];
          for (int64_t i = 0; i < n; ++i)
            line[static_cast<size_t>(i)] = {static_cast<Key>(key(from[i * x_step]) ^ reversed),
                                            static_cast<decltype(Entry<Key>::index)>(i)};
          if (n < kByDigits)
            std::ranges::stable_sort(line, {}, &Entry<Key>::key);
          else
            sort_by_digits(line, other);
          for (int64_t i = 0; i < n; ++i) {
            const auto place = static_cast<int64_t>(line[static_cast<size_t>(i)].index);
            values.as<T>()[offsets[1] + i * value_step] = from[place * x_step];
            indices.as<int64_t>()[offsets[2] + i * index_step] = place;
          }
        },
        x, values, indices);
  });
}

}  // namespace

void sorting(Kernels& table) { table.sort = sort; }

}  // namespace gradus::cpu
