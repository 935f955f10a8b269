// Compares the plain kernels with the fast ones: every entry of the table, on every layout and dtype.
// Integers, indices and copied elements must be equal. Floating-point results may differ by rounding.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <sstream>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/formulas.h"
#include "kernels/plain/plain.h"

using namespace gradus;

namespace {

using Shape = std::vector<int64_t>;

enum class Layout { contiguous, transposed, sliced, reversed, expanded };
const std::vector<Layout> kReadable = {Layout::contiguous, Layout::transposed, Layout::sliced,
                                       Layout::reversed, Layout::expanded};
const std::vector<Layout> kOfLarge = {Layout::contiguous, Layout::transposed};
constexpr Layout kWritable[] = {Layout::contiguous, Layout::transposed, Layout::sliced, Layout::reversed};
constexpr Dtype kAll[] = {kFloat32, kFloat64, kInt64, kBool, kInt32, kInt16, kUInt8};
constexpr Dtype kComputed[] = {kFloat32, kFloat64, kInt64, kBool};
constexpr Dtype kReal[] = {kFloat32, kFloat64};

/// Shapes without dimensions, without elements, with fewer and more elements than a vector, and with
/// enough for threads.
const std::vector<Shape> kShapes = {{},     {1},       {7},        {0},      {3, 0},      {0, 3},
                                    {3, 5}, {2, 3, 4}, {5, 1, 19}, {70, 67}, {3, 300, 41}};

std::string text(const Shape& shape) {
  std::ostringstream out;
  out << ShapeText{shape};
  return out.str();
}

std::mt19937_64 bits(1);
double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(bits); }
int64_t integer(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(bits); }

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

Array random(const Shape& shape, Dtype dtype, Layout layout = Layout::contiguous) {
  return Array(shape, dtype, layout).randomize();
}

const Kernels& plain_kernels() { return plain::kernels(); }
const Kernels& fast_kernels() {
#if GRADUS_HAVE_FAST
  return cpu::kernels();
#else
  return plain::kernels();
#endif
}

using Call = std::function<void(const Kernels&, const std::vector<Array>& outputs)>;

/// The message of the Error that the call throws, or "".
std::string error_of(const Call& call, const Kernels& kernels, const std::vector<Array>& outputs) {
  try {
    call(kernels, outputs);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Calls the kernels of both tables. The outputs, or the errors, must agree. Floating-point elements may
/// differ by `ulps` units in the last place of the larger of the element and `scale`; everything else
/// must be equal.
void expect_same(const std::string& what, const std::vector<Array>& outputs, double ulps, double scale,
                 const Call& call) {
  std::vector<Array> of_plain = outputs, of_fast = outputs;
  ASSERT_EQ(error_of(call, plain_kernels(), of_plain), error_of(call, fast_kernels(), of_fast)) << what;
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
Layout writable(Layout layout) { return layout == Layout::expanded ? Layout::contiguous : layout; }
Layout other(Layout layout) { return kWritable[(static_cast<size_t>(layout) + 1) % std::size(kWritable)]; }

Shape with_last(Shape shape, int64_t size) {
  if (!shape.empty()) shape.back() = size;
  return shape;
}

// ---- A comparison for every entry ----------------------------------------------------------------------------------

void fill() {
  for_all("fill", kAll, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    for (const Scalar value : {Scalar(1.5), Scalar(-3), Scalar(true)})
      if (dtype != kUInt8 || value.toDouble() >= 0)
        expect_same(what, {random(shape, dtype, writable(layout))}, 0, 0,
                    [&](const Kernels& k, const auto& y) { k.fill(value, y[0]); });
  });
}

void arange() {
  for (const Dtype dtype : kComputed)
    for (const Layout layout : kWritable)
      for (const int64_t n : {0, 1, 10, 1000})
        for (const auto& [start, step] : {std::pair<Scalar, Scalar>{3, -2}, {0.5, 0.1}, {0, 0.25}})
          expect_same("arange", {Array({n}, dtype, layout)}, 0, 0,
                      [&](const Kernels& k, const auto& y) { k.arange(start, step, y[0]); });
}

void copy() {
  for (const Dtype to : kAll)
    for_all("copy", kAll, [to](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
      Array x = random(shape, dtype, layout);
      if (to == kUInt8) x.fill([] { return integer(0, 9); });  // converting negative floats is undefined
      for (const Layout out : {writable(layout), other(layout)})
        expect_same(what + " to " + name_of(to), {Array(shape, to, out)}, 0, 0,
                    [&](const Kernels& k, const auto& y) { k.copy(x, y[0]); });
    });
}

/// A special value of floating point, or a random number.
double special_or_not() {
  constexpr double values[] = {0, -0.0, INFINITY, -INFINITY, NAN, 1, -1, 0.5, 20, -20, 88.5, 1e-40};
  const int64_t which = integer(0, 3 * static_cast<int64_t>(std::size(values)));
  return which < static_cast<int64_t>(std::size(values)) ? values[which] : uniform(-4, 4);
}
Array special(const Shape& shape, Dtype dtype, Layout layout) {
  Array x = random(shape, dtype, layout);
  return is_floating_point(dtype) ? x.fill(special_or_not) : x;
}

void unary() {
  for (const Unary f : formulas::all<Unary>(formulas::Unaries{}))
    for_all(f.name, kComputed, [f](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
      const Array x = special(shape, dtype, layout);
      const Dtype result = f.is_predicate ? kBool : dtype;
      expect_same(what, {Array(shape, result, writable(layout))}, 8, 0,
                  [&](const Kernels& k, const auto& y) { k.unary(f, x, y[0]); });
    });
}

bool is_remainder(Binary f) { return std::string_view(f.name) == "remainder"; }

/// Slopes such as 1 - y² subtract numbers of up to this size. In the list, they come after the comparisons.
double scale_of(Binary f) {
  return f.place >= formulas::Arithmetic::size + formulas::Comparisons::size ? 100 : 0;
}

template <class Compare>
void for_all_binaries(const Compare& compare) {
  for (const Binary f : formulas::all<Binary>(formulas::Binaries{}))
    for_all(f.name, kComputed, [&](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
      Array b = special(shape, dtype, other(layout));
      if (dtype == kInt64 && is_remainder(f)) b.fill([] { return 2 * integer(-3, 3) + 1; });
      compare(f, special(shape, dtype, layout), b,
              Array(shape, f.is_predicate ? kBool : dtype, writable(layout)), what);
    });
}
void binary() {
  for_all_binaries([](Binary f, const Array& a, const Array& b, const Array& out, const std::string& what) {
    expect_same(what, {out}, 8, scale_of(f),
                [&](const Kernels& k, const auto& y) { k.binary(f, a, b, y[0]); });
  });
}
void binary_scalar() {
  for_all_binaries([](Binary f, const Array& a, const Array& b, const Array& out, const std::string& what) {
    for (const Scalar number : {Scalar(3), Scalar(-0.5 + 2 * is_remainder(f))})
      for (const bool first : {false, true})
        expect_same(what, {out}, 8, scale_of(f), [&](const Kernels& k, const auto& y) {
          k.binary_scalar(f, first ? b : a, number, first, y[0]);
        });
  });
}

/// The scale is 2⁻¹²⁶: smaller numbers have fewer digits, in which the C library's vector functions differ.
void ternary() {
  for (const Ternary f : formulas::all<Ternary>(formulas::Ternaries{}))
    for_all(f.name, std::array{kFloat32, kFloat64},
            [f](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
              const Array a = random(shape, dtype, layout), b = special(shape, dtype, other(layout)),
                          c = special(shape, dtype, layout);
              expect_same(what, {Array(shape, dtype, writable(layout))}, 16, 0x1p-126,
                          [&](const Kernels& k, const auto& y) { k.ternary(f, a, b, c, y[0]); });
            });
}

void where() {
  for_all("where", kComputed, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array condition = random(shape, kBool, layout), a = random(shape, dtype, other(layout)),
                b = random(shape, dtype, layout);
    expect_same(what, {Array(shape, dtype, writable(layout))}, 0, 0,
                [&](const Kernels& k, const auto& y) { k.where(condition, a, b, y[0]); });
  });
}

void reduce() {
  for (const Reduction f : formulas::all<Reduction>(formulas::Reductions{}))
    for_all(f.name, kComputed, [f](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
      Array x = random(shape, dtype, layout);
      if (std::string_view(f.name) == "prod") x.fill([] { return integer(0, 40) ? 1 : -1; });
      for (int dims = 0; dims < 1 << shape.size(); ++dims) {  // every set of dimensions
        Shape reduced = shape;
        for (size_t d = 0; d < shape.size(); ++d)
          if (dims >> d & 1) reduced[d] = 1;
        const double terms = static_cast<double>(x.view().numel());
        expect_same(what, {Array(reduced, dtype, writable(layout))}, 16, std::sqrt(terms + 1),
                    [&](const Kernels& k, const auto& y) { k.reduce(f, x, y[0]); });
      }
    });
}

/// Calls compare(x, dim, x's shape with size 1 along dim, layout, description) for every dimension
/// of every array.
template <class Compare>
void for_all_dims(const char* name, const Compare& compare) {
  for_all(name, kComputed, [&](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    Array x = random(shape, dtype, layout);
    if (is_floating_point(dtype))  // with NaNs and equal elements
      x.fill([] { return integer(0, 50) ? static_cast<double>(integer(-20, 20)) / 8 : NAN; });
    for (int dim = 0; dim < std::max(x.view().dim, uint8_t{1}); ++dim) {
      Shape one = shape;
      if (!shape.empty()) one[static_cast<size_t>(dim)] = 1;
      compare(x, dim, one, writable(layout), what);
    }
  });
}
void argmax() {
  for_all_dims("argmax",
               [](const Array& x, int dim, const Shape& one, Layout layout, const std::string& what) {
                 expect_same(what, {Array(one, kInt64, layout)}, 0, 0,
                             [&](const Kernels& k, const auto& y) { k.argmax(x, dim, y[0]); });
               });
}
void argmin() {
  for_all_dims("argmin",
               [](const Array& x, int dim, const Shape& one, Layout layout, const std::string& what) {
                 expect_same(what, {Array(one, kInt64, layout)}, 0, 0,
                             [&](const Kernels& k, const auto& y) { k.argmin(x, dim, y[0]); });
               });
}
Shape shape_of(const Array& x) {
  const View view = x;
  return {view.shape().begin(), view.shape().end()};
}
void cumsum() {
  for_all_dims("cumsum", [](const Array& x, int dim, const Shape&, Layout layout, const std::string& what) {
    expect_same(what, {Array(shape_of(x), x.view().dtype, layout)}, 4, 0,
                [&](const Kernels& k, const auto& y) { k.cumsum(x, dim, y[0]); });
  });
}
void sort() {
  for_all_dims("sort", [](const Array& x, int dim, const Shape&, Layout layout, const std::string& what) {
    for (const bool descending : {false, true})
      expect_same(what, {Array(shape_of(x), x.view().dtype, layout), Array(shape_of(x), kInt64, layout)}, 0,
                  0, [&](const Kernels& k, const auto& y) { k.sort(x, dim, descending, y[0], y[1]); });
  });
}

void matmul() {
  for (const Dtype dtype : kComputed)
    for (const Layout left : kReadable)
      for (const Layout right : kReadable)
        for (const auto& [m, p, n] : std::vector<std::array<int64_t, 3>>{{1, 1, 1},
                                                                         {3, 2, 3},
                                                                         {5, 0, 4},
                                                                         {0, 3, 2},
                                                                         {4, 7, 1},
                                                                         {17, 16, 33},
                                                                         {40, 65, 50},
                                                                         {70, 130, 90}})
          for (const Shape& batch : {Shape{}, Shape{3}, Shape{2, 2}, Shape{0}}) {
            const auto shape = [&](int64_t rows, int64_t columns) {
              Shape shape = batch;
              shape.insert(shape.end(), {rows, columns});
              return shape;
            };
            if (m == 70 && !batch.empty()) continue;
            const Array a = random(shape(m, p), dtype, left), b = random(shape(p, n), dtype, right);
            expect_same("matmul " + text(shape(m, p)) + text(shape(p, n)),
                        {Array(shape(m, n), dtype, writable(left))}, 16, std::sqrt(static_cast<double>(p)),
                        [&](const Kernels& k, const auto& y) { k.matmul(a, b, y[0]); });
          }
}

void for_all_rows(const char* name, void (*const Kernels::*kernel)(const View&, const View&)) {
  for_all(name, kComputed, [&](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array x = random(shape, dtype, layout);
    expect_same(what, {Array(shape, dtype, writable(layout))}, 16, 1,
                [&](const Kernels& k, const auto& y) { (k.*kernel)(x, y[0]); });
  });
}
void for_all_row_gradients(const char* name,
                           void (*const Kernels::*kernel)(const View&, const View&, const View&)) {
  for_all(name, kComputed, [&](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array g = random(shape, dtype, layout), y = random(shape, dtype, other(layout));
    expect_same(what, {Array(shape, dtype, writable(layout))}, 100, 100,
                [&](const Kernels& k, const auto& out) { (k.*kernel)(g, y, out[0]); });
  });
}
void softmax() { for_all_rows("softmax", &Kernels::softmax); }
void log_softmax() { for_all_rows("log_softmax", &Kernels::log_softmax); }
void softmax_gradient() { for_all_row_gradients("softmax_gradient", &Kernels::softmax_gradient); }
void log_softmax_gradient() { for_all_row_gradients("log_softmax_gradient", &Kernels::log_softmax_gradient); }

/// Calls compare(x, targets, one number for each row, layout, description) for rows that are not empty.
template <class Compare>
void for_all_targets(const char* name, const Compare& compare) {
  for_all(name, kReal, [&](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    if (!shape.empty() && shape.back() == 0) return;
    const int64_t classes = shape.empty() ? 1 : shape.back();
    Array targets(with_last(shape, 1), kInt64, layout), g(with_last(shape, 1), dtype, layout);
    targets.fill([=] { return integer(0, classes - 1); });
    compare(random(shape, dtype, layout), targets, g.randomize(), writable(layout), what);
  });
}
void cross_entropy() {
  for_all_targets("cross_entropy", [](const Array& x, const Array& targets, const Array& g, Layout layout,
                                      const std::string& what) {
    expect_same(what, {Array(shape_of(g), x.view().dtype, layout)}, 16, 1,
                [&](const Kernels& k, const auto& y) { k.cross_entropy(x, targets, y[0]); });
  });
}
void cross_entropy_gradient() {
  for_all_targets("cross_entropy_gradient", [](const Array& x, const Array& targets, const Array& g,
                                               Layout layout, const std::string& what) {
    expect_same(what, {Array(shape_of(x), x.view().dtype, layout)}, 16, 1,
                [&](const Kernels& k, const auto& y) { k.cross_entropy_gradient(g, x, targets, y[0]); });
  });
}

void layer_norm() {
  for_all("layer_norm", kReal, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    if (!shape.empty() && shape.back() == 0) return;  // an empty row has no mean
    // Squares of the second and the third scale leave the range of float32.
    for (const double scale : {1.0, 1e30, 1e-30}) {
      const Array x = random(shape, dtype, layout).fill([=] { return uniform(-2, 2) * scale; });
      const double eps = scale < 1 ? 0 : 1e-3;
      expect_same(
          what + ", scale " + std::to_string(scale),
          {Array(shape, dtype, writable(layout)), Array(with_last(shape, 1), dtype, writable(layout))}, 100,
          1, [&](const Kernels& k, const auto& y) { k.layer_norm(x, eps, y[0], y[1]); });
    }
  });
}
void layer_norm_gradient() {
  for_all("layer_norm_gradient", kReal,
          [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
            const Array g = random(shape, dtype, layout), y = random(shape, dtype, other(layout)),
                        r = random(with_last(shape, 1), dtype, layout);
            expect_same(what, {Array(shape, dtype, writable(layout))}, 100, 1,
                        [&](const Kernels& k, const auto& out) { k.layer_norm_gradient(g, y, r, out[0]); });
          });
}

/// Random offsets of elements of a view, with repetitions; no offsets if the view is empty.
Array positions_in(const View& x, const Shape& shape, Layout layout) {
  Array positions(x.numel() == 0 ? Shape{0} : shape, kInt64, layout);
  return positions.fill([&] {
    int64_t offset = 0;
    for (int d = 0; d < x.dim; ++d) offset += integer(0, x.sizes[d] - 1) * x.strides[d];
    return offset;
  });
}
void take() {
  for_all("take", kAll, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array x = random(shape, dtype, layout), positions = positions_in(x, {5, 7}, writable(layout));
    expect_same(what, {Array(shape_of(positions), dtype, other(layout))}, 0, 0,
                [&](const Kernels& k, const auto& y) { k.take(x, positions, y[0]); });
  });
}
/// The offsets of all elements of a view, in a random order.
Array shuffled_positions(const View& x) {
  std::vector<int64_t> offsets = {0};
  for (int d = 0; d < x.dim; ++d) {
    std::vector<int64_t> longer;
    for (const int64_t offset : offsets)
      for (int64_t i = 0; i < x.sizes[d]; ++i) longer.push_back(offset + i * x.strides[d]);
    offsets = longer;
  }
  std::shuffle(offsets.begin(), offsets.end(), bits);
  Array positions({static_cast<int64_t>(offsets.size())}, kInt64, Layout::sliced);
  return positions.fill([&, next = size_t{0}]() mutable { return offsets[next++]; });
}
void put() {
  for_all("put", kAll, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array x = random(shape, dtype, writable(layout));
    const Array positions = shuffled_positions(x), values = random(shape_of(positions), dtype, layout);
    expect_same(what, {x}, 0, 0,
                [&](const Kernels& k, const auto& y) { k.put(positions, values, false, y[0]); });
    // Values for the same position may be added in any order.
    const Array repeated = positions_in(x, {5, 7}, writable(layout));
    const Array more = random(shape_of(repeated), dtype, layout);
    expect_same(what + ", accumulating", {x}, 16, 40,
                [&](const Kernels& k, const auto& y) { k.put(repeated, more, true, y[0]); });
  });
}

/// Calls compare(table, indices, rows, layout, description). `rows` has a row for each index.
template <class Compare>
void for_all_tables(const char* name, const Compare& compare) {
  for (const Dtype dtype : kAll)
    for (const Layout layout : kReadable)
      for (const int64_t width : {0, 1, 5, 33})
        for (const int64_t n : {0, 1, 20, 2000}) {
          Array indices({n}, kInt64, layout == Layout::expanded ? Layout::contiguous : layout);
          indices.fill([] { return integer(0, 8); });
          compare(random({9, width}, dtype, layout), indices, random({n, width}, dtype, layout),
                  writable(layout), std::string(name) + " of " + name_of(dtype));
        }
}
void gather_rows() {
  for_all_tables("gather_rows", [](const Array& table, const Array& indices, const Array& rows, Layout layout,
                                   const std::string& what) {
    expect_same(what, {Array(shape_of(rows), rows.view().dtype, layout)}, 0, 0,
                [&](const Kernels& k, const auto& y) { k.gather_rows(table, indices, y[0]); });
  });
}
void scatter_add_rows() {
  for_all_tables("scatter_add_rows", [](const Array& table, const Array& indices, const Array& rows,
                                        Layout layout, const std::string& what) {
    expect_same(what, {random(shape_of(table), rows.view().dtype, layout)}, 0, 0,
                [&](const Kernels& k, const auto& y) { k.scatter_add_rows(indices, rows, y[0]); });
  });
}

void nonzero() {
  for_all("nonzero", kComputed, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array x = random(shape, dtype, layout);
    std::vector<int64_t> found[2];
    const auto call = [&](int which) {
      return [&x, &to = found[which]](const Kernels& k, const auto&) { k.nonzero(x, to); };
    };
    EXPECT_EQ(error_of(call(0), plain_kernels(), {}), error_of(call(1), fast_kernels(), {})) << what;
    EXPECT_EQ(found[0], found[1]) << what;
  });
}

void sgd() {
  for_all("sgd", kReal, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array gradient = random(shape, dtype, layout);
    for (const bool momentum : {false, true})
      for (const bool first : {false, true})
        expect_same(what, {random(shape, dtype, writable(layout)), random(shape, dtype, other(layout))}, 8, 1,
                    [&](const Kernels& k, const auto& y) {
                      const View grad = gradient, buffer = y[1], p = y[0];
                      const SgdTensors one[] = {{&grad, momentum ? &buffer : nullptr, &p, first}};
                      k.sgd({0.1, 0.9, 0.2, 0.01, !first}, std::span(one));
                    });
  });
}
void adam() {
  for_all("adam", kReal, [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
    const Array gradient = random(shape, dtype, layout);
    Array square(shape, dtype, writable(layout));
    square.fill([] { return uniform(0, 1); });
    for (const bool decoupled : {false, true})
      expect_same(what, {random(shape, dtype, writable(layout)), random(shape, dtype, other(layout)), square},
                  8, 1, [&](const Kernels& k, const auto& y) {
                    const View grad = gradient, p = y[0], m = y[1], v = y[2];
                    const AdamTensors one[] = {{&grad, &m, &v, &p, 3}};
                    k.adam({0.1, 0.9, 0.99, 1e-8, 0.01, decoupled}, std::span(one));
                  });
  });
}

// ---- Linear algebra ------------------------------------------------------------------------------------------------

/// Calls compare(batch, m, n, dtype, layout, description) for all sizes.
template <class Compare>
void for_all_matrices(const char* name, bool square, const Compare& compare) {
  for (const Dtype dtype : kReal)
    for (const Layout layout : kWritable)
      for (const auto& [m, n] : std::vector<std::pair<int64_t, int64_t>>{
               {1, 1}, {2, 2}, {5, 5}, {12, 12}, {0, 0}, {5, 3}, {3, 5}, {20, 6}, {1, 4}, {4, 0}, {0, 3}})
        for (const int64_t batch : {0, 1, 3})
          if (m == n || !square)
            compare(batch, m, n, dtype, layout,
                    std::string(name) + " of " + name_of(dtype) + " " + text({batch, m, n}));
}

/// The product of each pair of matrices in two batches. Another test compares the kernel that it uses.
Array product(const Array& a, const Array& b, bool transpose_a, bool transpose_b) {
  View x = a, y = b;
  const auto transpose = [](View& view) {
    std::swap(view.sizes[1], view.sizes[2]);
    std::swap(view.strides[1], view.strides[2]);
  };
  if (transpose_a) transpose(x);
  if (transpose_b) transpose(y);
  Array out({x.sizes[0], x.sizes[1], y.sizes[2]}, x.dtype);
  plain_kernels().matmul(x, y, out);
  return out;
}
Array symmetric(int64_t batch, int64_t n, Dtype dtype) {
  const Array x = random({batch, n, n}, dtype);
  Array y = product(x, x, false, true), unit({batch, n, n}, dtype);
  int64_t number = 0;
  unit.fill([&] { return number++ % (n * n) % (n + 1) == 0; });
  plain_kernels().binary(formulas::Add{}, y, unit, y);
  return y;
}
void copy_to(const Array& from, const Array& to) { plain_kernels().copy(from, to); }

/// Tolerance in ulps. The factors of random matrices have condition numbers of some hundred.
constexpr double kOfFactors = 4000;

void lu() {
  for_all_matrices(
      "lu", true, [](int64_t batch, int64_t n, int64_t, Dtype dtype, Layout layout, const auto& what) {
        const Array a = random({batch, n, n}, dtype, layout);
        expect_same(what, {Array({batch, n, n}, dtype, other(layout)), Array({batch, n}, kInt64, layout)},
                    kOfFactors, 1, [&](const Kernels& k, const auto& y) { k.lu(a, y[0], y[1]); });
      });
}
void cholesky() {
  for_all_matrices("cholesky", true,
                   [](int64_t batch, int64_t n, int64_t, Dtype dtype, Layout layout, const auto& what) {
                     const Array a = symmetric(batch, n, dtype);
                     expect_same(what, {Array({batch, n, n}, dtype, layout)}, kOfFactors, 1,
                                 [&](const Kernels& k, const auto& y) { k.cholesky(a, y[0]); });
                   });
}
void solve_triangular() {
  for_all_matrices("solve_triangular", true,
                   [](int64_t batch, int64_t n, int64_t, Dtype dtype, Layout layout, const auto& what) {
                     const Array a = symmetric(batch, n, dtype), b = random({batch, n, 3}, dtype, layout);
                     for (const bool upper : {false, true})
                       expect_same(what, {Array({batch, n, 3}, dtype, other(layout))}, kOfFactors, 1,
                                   [&](const Kernels& k, const auto& y) {
                                     k.solve_triangular(a, {upper, false}, b, y[0]);
                                   });
                     const Array small = random({batch, n, n}, dtype, layout);
                     expect_same(what, {Array({batch, n, 3}, dtype, layout)}, 1e4, 1e3,
                                 [&](const Kernels& k, const auto& y) {
                                   k.solve_triangular(small, {true, true}, b, y[0]);
                                 });
                   });
}

// The signs of the columns of these factors are arbitrary, and so are some whole columns. So the products of
// the factors are compared.
void qr() {
  for_all_matrices("qr", false,
                   [](int64_t batch, int64_t m, int64_t n, Dtype dtype, Layout layout, const auto& what) {
                     const Array a = random({batch, m, n}, dtype, layout);
                     for (const int64_t c : {std::min(m, n), m})
                       expect_same(what,
                                   {Array({batch, m, n}, dtype), Array({batch, c, c}, dtype),
                                    Array({batch, c, n}, dtype, other(layout))},
                                   kOfFactors, 1, [&](const Kernels& k, const auto& y) {
                                     const Array q({batch, m, c}, dtype, layout);
                                     k.qr(a, q, y[2]);
                                     copy_to(product(q, y[2], false, false), y[0]);
                                     copy_to(product(q, q, true, false), y[1]);
                                     k.unary(formulas::Abs{}, y[2], y[2]);
                                   });
                   });
}

/// x with its columns multiplied by `factors` (batch, columns). Columns without a factor become 0.
Array scaled_columns(const Array& x, const Array& factors) {
  const View view = x;
  Array y(shape_of(x), view.dtype);
  View row = factors;
  row.dim = 3;
  row.sizes[2] = row.sizes[1], row.strides[2] = row.strides[1];
  row.sizes[1] = view.sizes[1], row.strides[1] = 0;
  View first = x;
  first.sizes[2] = row.sizes[2];
  View out = y;
  out.sizes[2] = row.sizes[2];
  plain_kernels().binary(formulas::Mul{}, first, row, out);
  return y;
}

void eigh() {
  for_all_matrices(
      "eigh", true, [](int64_t batch, int64_t n, int64_t, Dtype dtype, Layout layout, const auto& what) {
        const Array a = symmetric(batch, n, dtype);
        expect_same(
            what,
            {Array({batch, n}, dtype, layout), Array({batch, n, n}, dtype), Array({batch, n, n}, dtype)},
            kOfFactors, 1, [&](const Kernels& k, const auto& y) {
              const Array v({batch, n, n}, dtype, layout);
              k.eigh(a, y[0], v);
              copy_to(product(scaled_columns(v, y[0]), v, false, true), y[1]);
              copy_to(product(v, v, true, false), y[2]);
            });
      });
}

void svd() {
  for_all_matrices(
      "svd", false, [](int64_t batch, int64_t m, int64_t n, Dtype dtype, Layout layout, const auto& what) {
        const Array a = random({batch, m, n}, dtype, layout);
        const int64_t c = std::min(m, n);
        for (const auto& [left, right] : {std::pair{c, c}, {m, n}})
          expect_same(
              what,
              {Array({batch, c}, dtype, layout), Array({batch, left, left}, dtype),
               Array({batch, right, right}, dtype), Array({batch, m, n}, dtype)},
              kOfFactors, 1, [&, left = left, right = right](const Kernels& k, const auto& y) {
                const Array u({batch, m, left}, dtype, layout), v({batch, n, right}, dtype, other(layout));
                k.svd(a, u, y[0], v);
                copy_to(product(u, u, true, false), y[1]);
                copy_to(product(v, v, true, false), y[2]);
                if (c == 0) return;
                Array first({batch, m, c}, dtype), second({batch, n, c}, dtype);
                View of_u = u, of_v = v;
                of_u.sizes[2] = of_v.sizes[2] = c;
                plain_kernels().copy(of_u, first), plain_kernels().copy(of_v, second);
                copy_to(product(scaled_columns(first, y[0]), second, false, true), y[3]);
              });
      });
}

// ---- Is every entry compared? --------------------------------------------------------------------------------------

struct Comparison {
  const char* name;
  size_t entry;  // offset in the table, in bytes
  void (*run)();
};

template <class Entry>
Comparison comparison(const char* name, Entry Kernels::*entry, void (*run)()) {
  const Kernels table{};
  const auto* begin = reinterpret_cast<const char*>(&table);
  return {name, static_cast<size_t>(reinterpret_cast<const char*>(&(table.*entry)) - begin), run};
}

const Comparison kComparisons[] = {
    comparison("fill", &Kernels::fill, fill),
    comparison("arange", &Kernels::arange, arange),
    comparison("copy", &Kernels::copy, copy),
    comparison("unary", &Kernels::unary, unary),
    comparison("binary", &Kernels::binary, binary),
    comparison("ternary", &Kernels::ternary, ternary),
    comparison("binary_scalar", &Kernels::binary_scalar, binary_scalar),
    comparison("where", &Kernels::where, where),
    comparison("reduce", &Kernels::reduce, reduce),
    comparison("argmax", &Kernels::argmax, argmax),
    comparison("argmin", &Kernels::argmin, argmin),
    comparison("cumsum", &Kernels::cumsum, cumsum),
    comparison("sort", &Kernels::sort, sort),
    comparison("matmul", &Kernels::matmul, matmul),
    comparison("softmax", &Kernels::softmax, softmax),
    comparison("log_softmax", &Kernels::log_softmax, log_softmax),
    comparison("softmax_gradient", &Kernels::softmax_gradient, softmax_gradient),
    comparison("log_softmax_gradient", &Kernels::log_softmax_gradient, log_softmax_gradient),
    comparison("cross_entropy", &Kernels::cross_entropy, cross_entropy),
    comparison("cross_entropy_gradient", &Kernels::cross_entropy_gradient, cross_entropy_gradient),
    comparison("layer_norm", &Kernels::layer_norm, layer_norm),
    comparison("layer_norm_gradient", &Kernels::layer_norm_gradient, layer_norm_gradient),
    comparison("take", &Kernels::take, take),
    comparison("put", &Kernels::put, put),
    comparison("gather_rows", &Kernels::gather_rows, gather_rows),
    comparison("scatter_add_rows", &Kernels::scatter_add_rows, scatter_add_rows),
    comparison("nonzero", &Kernels::nonzero, nonzero),
    comparison("sgd", &Kernels::sgd, sgd),
    comparison("adam", &Kernels::adam, adam),
    comparison("lu", &Kernels::lu, lu),
    comparison("cholesky", &Kernels::cholesky, cholesky),
    comparison("solve_triangular", &Kernels::solve_triangular, solve_triangular),
    comparison("qr", &Kernels::qr, qr),
    comparison("eigh", &Kernels::eigh, eigh),
    comparison("svd", &Kernels::svd, svd),
};

class PlainAgainstFast : public testing::TestWithParam<Comparison> {};

TEST_P(PlainAgainstFast, GiveTheSame) {
#if !GRADUS_HAVE_FAST
  GTEST_SKIP() << "this build has only the plain kernels";
#endif
  GetParam().run();
}

INSTANTIATE_TEST_SUITE_P(, PlainAgainstFast, testing::ValuesIn(kComparisons),
                         [](const auto& info) { return info.param.name; });

// The table consists of pointers only: the device's name, the kernels, and the memory, which is null
// for the CPU.
TEST(PlainKernels, EveryEntryIsThereAndCompared) {
  std::map<size_t, const char*> known = {{offsetof(Kernels, device), "device"},
                                         {offsetof(Kernels, memory), "memory"}};
  for (const Comparison& comparison : kComparisons) known[comparison.entry] = comparison.name;
  for (size_t entry = 0; entry < sizeof(Kernels); entry += sizeof(void*)) {
    ASSERT_TRUE(known.contains(entry))
        << "entry " << entry / sizeof(void*) << " of the table is not compared";
    const void* pointer = nullptr;
    std::memcpy(&pointer, reinterpret_cast<const char*>(&plain_kernels()) + entry, sizeof(pointer));
    EXPECT_EQ(pointer == nullptr, std::string(known[entry]) == "memory") << known[entry];
  }
}

// ---- The environment variable --------------------------------------------------------------------------------------

/// Ends this process. The status is 0 if the variable chooses the plain kernels, 1 if it chooses the fast
/// ones, and 2 for an Error, whose message is printed.
[[noreturn]] void exit_with_choice(const char* value) {
  setenv("GRADUS_KERNELS", value, /*overwrite=*/1);
  try {
    std::exit(&kernels_for(DeviceType::CPU) == &plain_kernels() ? 0 : 1);
  } catch (const Error& error) {
    std::cerr << error.what();
    std::exit(2);
  }
}

TEST(KernelsVariable, ChoosesTheTable) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a new process: the choice is made once in each
  EXPECT_EXIT(exit_with_choice("plain"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(exit_with_choice("quick"), testing::ExitedWithCode(2),
              "GRADUS_KERNELS is \"quick\"; it must be \"plain\", \"fast\" or unset");
#if GRADUS_HAVE_FAST
  EXPECT_EXIT(exit_with_choice("fast"), testing::ExitedWithCode(1), "");
  EXPECT_EXIT(exit_with_choice(""), testing::ExitedWithCode(1), "");
#else
  EXPECT_EXIT(exit_with_choice("fast"), testing::ExitedWithCode(2), "GRADUS_FAST=OFF");
  EXPECT_EXIT(exit_with_choice(""), testing::ExitedWithCode(0), "");
#endif
}

}  // namespace
