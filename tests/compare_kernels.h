// Calls a kernel of the plain table and of the fast one with the same inputs, and compares the outputs.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "expectations.h"
#include "kernels/cpu/cpu_kernels.h"
#include "kernels/plain/plain.h"

namespace gradus::compare {

using Shape = std::vector<int64_t>;

enum class Layout { contiguous, transposed, sliced, reversed, expanded };
inline const std::vector<Layout> kReadable = {Layout::contiguous, Layout::transposed, Layout::sliced,
                                              Layout::reversed, Layout::expanded};
inline const std::vector<Layout> kOfLarge = {Layout::contiguous, Layout::transposed};
inline constexpr Layout kWritable[] = {Layout::contiguous, Layout::transposed, Layout::sliced,
                                       Layout::reversed};
inline constexpr Dtype kAll[] = {kFloat32, kFloat64, kInt64, kBool, kInt32, kInt16, kUInt8};
inline constexpr Dtype kComputed[] = {kFloat32, kFloat64, kInt64, kBool};
inline constexpr Dtype kReal[] = {kFloat32, kFloat64};

/// Shapes without dimensions, without elements, with fewer and more elements than a vector, and with
/// enough for threads.
inline const std::vector<Shape> kShapes = {{},     {1},       {7},        {0},      {3, 0},      {0, 3},
                                           {3, 5}, {2, 3, 4}, {5, 1, 19}, {70, 67}, {3, 300, 41}};

inline std::string text(const Shape& shape) {
  std::ostringstream out;
  out << ShapeText{shape};
  return out.str();
}

inline std::mt19937_64 bits(1);
inline double uniform(double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(bits);
}
inline int64_t integer(int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(bits);
}

/// A strided view that owns its memory. A copy has memory of its own.
class Array {
 public:
  Array(const Shape& shape, Dtype dtype, Layout layout = Layout::contiguous) {
    view_.dtype = dtype;
    view_.dim = static_cast<uint8_t>(shape.size());
    std::ranges::copy(shape, view_.sizes);
    view_.set_contiguous_strides();
    const int last = view_.dim - 1;
    int64_t elements = view_.numel();
    if (layout == Layout::transposed && last > 0) {
      view_.strides[last] = view_.sizes[last - 1];
      view_.strides[last - 1] = 1;
    }
    if (layout == Layout::sliced)  // every second element
      for (int d = 0; d <= last; ++d) view_.strides[d] *= 2;
    if (layout == Layout::reversed)
      for (int d = 0; d <= last; ++d) {
        view_.strides[d] *= -1;
        if (elements > 0) first_ += (view_.sizes[d] - 1) * -view_.strides[d];
      }
    if (layout == Layout::expanded && last >= 0) view_.strides[last / 2] = 0;
    memory_.resize(static_cast<size_t>((2 * elements + 1) * item_size(dtype)));
  }

  View view() const {
    View view = view_;
    view.data = const_cast<std::byte*>(memory_.data()) + first_ * item_size(view.dtype);
    return view;
  }
  operator View() const { return view(); }

  /// Sets every element to next(), converted.
  template <class Next>
  Array& fill(Next next) {
    for_each([&]<class T>(T& element) { element = static_cast<T>(next()); });
    return *this;
  }
  /// Sets all elements to random numbers: floats from -2 to 2, integers from -9 to 9 (uint8 from 0), bools.
  Array& randomize() {
    const Dtype dtype = view_.dtype;
    return fill([dtype] {
      if (is_floating_point(dtype)) return uniform(-2, 2);
      return static_cast<double>(dtype == kBool ? integer(0, 1) : integer(dtype == kUInt8 ? 0 : -9, 9));
    });
  }

  std::vector<double> elements() const {
    std::vector<double> list;
    for_each([&]<class T>(T& element) { list.push_back(static_cast<double>(element)); });
    return list;
  }

 private:
  /// Calls f(element) in row-major order. Unlike the kernels, it computes each offset from
  /// the element's number.
  template <class F>
  void for_each(const F& f) const {
    const View view = this->view();
    visit_stored_dtype(view.dtype, [&]<class T>(T) {
      for (int64_t number = 0; number < view.numel(); ++number) {
        int64_t offset = 0;
        for (int64_t d = view.dim - 1, rest = number; d >= 0; rest /= view.sizes[d--])
          offset += rest % view.sizes[d] * view.strides[d];
        f(view.as<T>()[offset]);
      }
    });
  }

  View view_;
  int64_t first_ = 0;
  std::vector<std::byte> memory_;
};

inline Array random(const Shape& shape, Dtype dtype, Layout layout = Layout::contiguous) {
  return Array(shape, dtype, layout).randomize();
}

inline Shape shape_of(const Array& x) {
  const View view = x;
  return {view.shape().begin(), view.shape().end()};
}

inline const Kernels& plain_kernels() { return plain::kernels(); }
inline const Kernels& fast_kernels() {
#if GRADUS_HAVE_FAST
  return cpu::kernels();
#else
  return plain::kernels();
#endif
}

using Call = std::function<void(const Kernels&, const std::vector<Array>& outputs)>;

/// Calls the kernels of both tables. The outputs, or the errors, must agree. Floating-point elements may
/// differ by `ulps` units in the last place of the larger of the element and `scale`; everything else
/// must be equal.
inline void expect_same(const std::string& what, const std::vector<Array>& outputs, double ulps, double scale,
                        const Call& call) {
  std::vector<Array> of_plain = outputs, of_fast = outputs;
  const std::string error = error_of([&] { call(plain_kernels(), of_plain); });
  ASSERT_EQ(error, error_of([&] { call(fast_kernels(), of_fast); })) << what;
  for (size_t o = 0; o < outputs.size(); ++o) {
    const std::vector<double> expected = of_plain[o].elements(), found = of_fast[o].elements();
    const Dtype dtype = outputs[o].view().dtype;
    const double epsilon = dtype == kFloat32 ? 0x1p-23 : dtype == kFloat64 ? 0x1p-52 : 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      const double a = expected[i], b = found[i];
      if (a == b || (std::isnan(a) && std::isnan(b))) continue;
      ASSERT_LE(std::abs(a - b), ulps * epsilon * std::max({std::abs(a), std::abs(b), scale}))
          << what << ", output " << o << ", element " << i << ": plain " << a << ", fast " << b;
    }
  }
}

/// Calls f(shape, layout, dtype, description) for all combinations.
template <class Dtypes, class F>
void for_all(const char* name, const Dtypes& dtypes, const F& f) {
  for (const Dtype dtype : dtypes)
    for (const Shape& shape : kShapes)
      for (const Layout layout : shape == kShapes.back() ? kOfLarge : kReadable)
        f(shape, layout, dtype,
          std::string(name) + " of " + name_of(dtype) + " " + text(shape) + ", layout " +
              std::to_string(static_cast<int>(layout)));
}

/// The layout of an output, for inputs of this layout.
inline Layout writable(Layout layout) { return layout == Layout::expanded ? Layout::contiguous : layout; }
inline Layout other(Layout layout) {
  return kWritable[(static_cast<size_t>(layout) + 1) % std::size(kWritable)];
}

inline Shape with_last(Shape shape, int64_t size) {
  if (!shape.empty()) shape.back() = size;
  return shape;
}

}  // namespace gradus::compare
