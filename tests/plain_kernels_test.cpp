// Compares the plain kernels with the fast ones: every entry of the table, on every layout and dtype.
// Integers, indices and copied elements must be equal. Floating-point results may differ by rounding.
#include <array>
#include <cstring>
#include <map>

#include "compare_indexing_kernels.h"
#include "compare_kernels.h"
#include "compare_linalg_kernels.h"

using namespace gradus;
using namespace gradus::compare;

namespace {

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

/// The size of the numbers that a formula subtracts. Slopes such as 1 - y² come after the comparisons in the list.
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

/// The bounds of clamp are numbers, which strides of 0 repeat. A bound may be NaN.
void clamp_by_numbers() {
  for_all("clamp", std::array{kFloat32, kFloat64},
          [](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
            const Array x = special(shape, dtype, layout), bounds = special({2}, dtype, Layout::contiguous);
            const auto repeated = [&](int64_t which) {
              View view = x;
              view.data = bounds.view().as<char>() + which * item_size(dtype);
              std::fill_n(view.strides, view.dim, 0);
              return view;
            };
            expect_same(what, {Array(shape, dtype, writable(layout))}, 0, 0,
                        [&](const Kernels& k, const auto& y) {
                          k.ternary(formulas::Clamp{}, x, repeated(0), repeated(1), y[0]);
                        });
          });
}
/// The scale is 2⁻¹²⁶. Smaller numbers are subnormal: they have fewer digits, and the C library's vector functions
/// differ in them.
void ternary() {
  for (const Ternary f : formulas::all<Ternary>(formulas::Ternaries{}))
    for_all(f.name, std::array{kFloat32, kFloat64},
            [f](const Shape& shape, Layout layout, Dtype dtype, const std::string& what) {
              const Array a = random(shape, dtype, layout), b = special(shape, dtype, other(layout)),
                          c = special(shape, dtype, layout);
              expect_same(what, {Array(shape, dtype, writable(layout))}, 16, 0x1p-126,
                          [&](const Kernels& k, const auto& y) { k.ternary(f, a, b, c, y[0]); });
            });
  clamp_by_numbers();
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
                        {Array(shape(m, n), dtype, writable(left))}, 32, std::sqrt(static_cast<double>(p)),
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
    comparison("lu", &Kernels::lu, compare::lu),
    comparison("cholesky", &Kernels::cholesky, compare::cholesky),
    comparison("solve_triangular", &Kernels::solve_triangular, compare::solve_triangular),
    comparison("qr", &Kernels::qr, compare::qr),
    comparison("eigh", &Kernels::eigh, compare::eigh),
    comparison("svd", &Kernels::svd, compare::svd),
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

// The table consists of pointers: the device's name, the kernels, and two that are null. `host_work` is null because only
// recording tables have it, and `memory` because the CPU needs none of its own.
TEST(PlainKernels, EveryEntryIsThereAndCompared) {
  std::map<size_t, const char*> known = {{offsetof(Kernels, device), "device"},
                                         {offsetof(Kernels, host_work), "host_work"},
                                         {offsetof(Kernels, memory), "memory"}};
  for (const Comparison& comparison : kComparisons) known[comparison.entry] = comparison.name;
  for (size_t entry = 0; entry < sizeof(Kernels); entry += sizeof(void*)) {
    ASSERT_TRUE(known.contains(entry))
        << "entry " << entry / sizeof(void*) << " of the table is not compared";
    const void* pointer = nullptr;
    std::memcpy(&pointer, reinterpret_cast<const char*>(&plain_kernels()) + entry, sizeof(pointer));
    const std::string name = known[entry];
    EXPECT_EQ(pointer == nullptr, name == "host_work" || name == "memory") << name;
  }
}

}  // namespace
