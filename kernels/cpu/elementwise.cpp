// Pointwise kernels: out[i] = f(a[i], b[i], …), all views of one shape, inputs read through any strides.
//
// One template does them all. Contiguous views, the common case, are one flat loop. Otherwise the loops are merged
// as far as the strides allow, and each innermost row runs a loop in which every input steps by 1 or stands still
// (a broadcast operand), which vectorises, or else the loop for any steps.
//
// `out` may be one of the inputs (in-place), element for element. Other overlaps are the caller's to refuse.
#include <algorithm>
#include <array>
#include <utility>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/wide.h"
#include "kernels/formulas.h"

namespace gradus::cpu {
namespace {

/// An input that moves along with the output (Step 1) or stays where it is (Step 0).
template <int Step, class T>
struct Input {
  const T* data;
  T operator[](int64_t i) const { return data[i]; }
};
template <class T>
struct Input<0, T> {
  T value;
  explicit Input(const T* data) : value(*data) {}
  T operator[](int64_t) const { return value; }
};

/// Formulas for floating point only, such as exp, work long enough on each element to be worth the widest vectors. The
/// others wait for memory anyway.
template <class F>
constexpr bool is_long = (std::invocable<F, float> && !std::invocable<F, int64_t>) ||
                         (std::invocable<F, float, float> && !std::invocable<F, int64_t, int64_t>);

template <class R, class F, class... Inputs>
inline void unit_loop(const F& f, int64_t n, R* out, const Inputs... in) {
  const auto loop = [&] {
#pragma GCC ivdep  // out may be an input, but element i depends on elements i alone
    for (int64_t i = 0; i < n; ++i) out[i] = f(in[i]...);
  };
  if (is_long<F> && n >= 16)
    widest(loop);
  else
    loop();
}

/// Several rows of a plane. Steps known at run time are turned into the loop compiled for them, input after input.
template <int... Known, class R, class F, class... T>
inline void unit_rows(const F& f, int64_t rows, int64_t n, const int64_t* steps, const int64_t* row_steps,
                      R* out, const T*... in) {
  constexpr size_t known = sizeof...(Known);
  if constexpr (known == sizeof...(T)) {
    [&]<size_t... I>(std::index_sequence<I...>) {
      for (int64_t r = 0; r < rows; ++r)
        unit_loop(f, n, out + r * row_steps[0], Input<Known, T>(in + r * row_steps[I + 1])...);
    }
    (std::index_sequence_for<T...>{});
  } else if (steps[known] == 0) {
    unit_rows<Known..., 0>(f, rows, n, steps, row_steps, out, in...);
  } else {
    unit_rows<Known..., 1>(f, rows, n, steps, row_steps, out, in...);
  }
}

/// Calls row(r, begin, end) for pieces of rows, tile after tile. A tile has as many columns as a cache line has floats,
/// and not more rows than the processor remembers pages (TLB).
template <class Row>
inline void for_each_tile(int64_t rows, int64_t columns, const Row& row) {
  constexpr int64_t height = 256, width = 16;
  for (int64_t top = 0; top < rows; top += height)
    for (int64_t begin = 0; begin < columns; begin += width)
      for (int64_t r = top; r < std::min(top + height, rows); ++r)
        row(r, begin, std::min(begin + width, columns));
}

/// What a plane of elements needs to know. The planes of all formulas share one walk over the outer dimensions.
struct PlaneCall {
  const void* f;
  void* out;
  const void* const* inputs;
  void (*plane)(const PlaneCall& call, const int64_t* offsets, int64_t rows, int64_t columns);
  const int64_t* steps;      // from column to column: the output's, then the inputs'
  const int64_t* row_steps;  // from row to row
};

template <class F, class R, class... T, size_t... I>
void pointwise_plane(const PlaneCall& call, const int64_t* offsets, int64_t rows, int64_t columns,
                     std::index_sequence<I...>) {
  const F& f = *static_cast<const F*>(call.f);
  const int64_t *steps = call.steps, *row_steps = call.row_steps;
  const auto run = [&](R* out, const T*... in) {
    if (steps[0] == 1 && ((steps[I + 1] == 0 || steps[I + 1] == 1) && ...))
      return unit_rows(f, rows, columns, steps + 1, row_steps, out, in...);
    // Any steps, in tiles: an input whose columns lie far apart, such as a transposed matrix, has its next rows in the
    // cache lines that the tile has just read.
    const int64_t step[] = {steps[0], steps[I + 1]...};
    for_each_tile(rows, columns, [&](int64_t r, int64_t begin, int64_t end) {
      const auto row = [&](R* to, const T*... from) {
        for (int64_t i = begin; i < end; ++i) to[i * step[0]] = f(from[i * step[I + 1]]...);
      };
      row(out + r * row_steps[0], (in + r * row_steps[I + 1])...);
    });
  };
  run(static_cast<R*>(call.out) + offsets[0], (static_cast<const T*>(call.inputs[I]) + offsets[I + 1])...);
}

/// The step of a view along a flat loop over all elements: 1 if contiguous, 0 if one element repeated, else -1.
inline int64_t flat_step(const View& view) {
  bool repeated = true, dense = true;
  int64_t expected = 1;
  for (int d = view.dim - 1; d >= 0; --d) {
    if (view.sizes[d] == 1) continue;
    repeated &= view.strides[d] == 0;
    dense &= view.strides[d] == expected;
    expected *= view.sizes[d];
  }
  return repeated ? 0 : dense ? 1 : -1;
}

/// Views of more than one element that are not all contiguous, or many elements.
template <class... Inputs>
[[gnu::noinline]] void walk(PlaneCall call, const View& out, const Inputs&... inputs) {
  constexpr int views = 1 + sizeof...(inputs);
  const int64_t n = out.numel(), flat[] = {flat_step(out), flat_step(inputs)...};
  bool all_flat = flat[0] == 1;
  for (int v = 1; v < views; ++v) all_flat &= flat[v] >= 0;
  if (n == 0) return;
  if (n < kParallelFrom && all_flat) {
    constexpr int64_t zeros[views] = {};
    call.steps = call.row_steps = flat;
    return call.plane(call, zeros, 1, n);
  }
  if (n < kParallelFrom && out.dim == 2) {  // a plane as it is
    const int64_t steps[] = {out.strides[1], inputs.strides[1]...};
    const int64_t row_steps[] = {out.strides[0], inputs.strides[0]...};
    constexpr int64_t zeros[views] = {};
    call.steps = steps;
    call.row_steps = row_steps;
    return call.plane(call, zeros, out.sizes[0], out.sizes[1]);
  }
  const LoopNest<views> loops(out, inputs...);
  call.steps = loops.column_strides();
  call.row_steps = loops.row_strides();
  parallel_ranges(n, n, [&](int64_t begin, int64_t end) {
    loops.planes(begin, end, [&](const int64_t* offsets, int64_t rows, int64_t columns) {
      call.plane(call, offsets, rows, columns);
    });
  });
}

/// out = f(inputs…), with T the inputs' element types and R the output's.
template <class R, class... T, class F>
inline void pointwise(const F& f, const View& out, const auto&... inputs) {
  const int64_t n = contiguous_numel(out, inputs...);
  if (n >= 0 && n < kParallelFrom)
    return unit_loop(f, n, out.as<R>(), Input<1, T>(inputs.template as<const T>())...);
  const void* data[] = {inputs.data..., nullptr};
  const auto plane = [](const PlaneCall& call, const int64_t* offsets, int64_t rows, int64_t columns) {
    pointwise_plane<F, R, T...>(call, offsets, rows, columns, std::index_sequence_for<T...>{});
  };
  walk({&f, out.data, data, plane, nullptr, nullptr}, out, inputs...);
}

// Tables [formula][dtype] of instantiated kernels; nullptr where a formula does not accept the type, and for the small
// integers, with which nothing computes.
constexpr int index_of(Dtype dtype) { return static_cast<int>(dtype); }

template <class Op, int Count, class Kernel>
constexpr auto make_table(auto instantiate) {
  std::array<std::array<Kernel, kDtypes>, Count> table{};
  for (int op = 0; op < Count; ++op)
    for (int d = 0; d < kComputedDtypes; ++d)
      formulas::visit(static_cast<Op>(op), [&](auto f) {
        visit_dtype(static_cast<Dtype>(d), [&](auto type) { table[op][d] = instantiate(f, type); });
      });
  return table;
}

using UnaryKernel = void (*)(const View&, const View&);
constexpr auto unary_table = make_table<Unary, static_cast<int>(Unary::isfinite) + 1, UnaryKernel>(
    []<class F, class T>(F, T) -> UnaryKernel {
      if constexpr (std::invocable<F, T>)
        return [](const View& x, const View& out) { pointwise<std::invoke_result_t<F, T>, T>(F{}, out, x); };
      else
        return nullptr;
    });

constexpr int kBinaries = static_cast<int>(Binary::ge) + 1;

using BinaryKernel = void (*)(const View&, const View&, const View&);
constexpr auto binary_table =
    make_table<Binary, kBinaries, BinaryKernel>([]<class F, class T>(F, T) -> BinaryKernel {
      if constexpr (std::invocable<F, T, T>)
        return [](const View& a, const View& b, const View& out) {
          pointwise<std::invoke_result_t<F, T, T>, T, T>(F{}, out, a, b);
        };
      else
        return nullptr;
    });

/// f(a, scalar) as a formula of a alone.
template <class F, class T>
struct WithScalar {
  T scalar;
  auto operator()(T a) const { return F{}(a, scalar); }
};
template <class F, class T>
constexpr bool is_long<WithScalar<F, T>> = is_long<F>;

using BinaryScalarKernel = void (*)(const View&, Scalar, const View&);
constexpr auto binary_scalar_table =
    make_table<Binary, kBinaries, BinaryScalarKernel>([]<class F, class T>(F, T) -> BinaryScalarKernel {
      if constexpr (std::invocable<F, T, T>)
        return [](const View& a, Scalar b, const View& out) {
          pointwise<std::invoke_result_t<F, T, T>, T>(WithScalar<F, T>{b.to<T>()}, out, a);
        };
      else
        return nullptr;
    });

}  // namespace

void fill(Scalar value, const View& out) {
  visit_stored_dtype(out.dtype, [&]<class T>(T) { pointwise<T>([v = value.to<T>()] { return v; }, out); });
}

void arange(Scalar start, Scalar step, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    T* y = out.as<T>();
    const int64_t n = out.sizes[0], stride = out.strides[0];
    if (start.isFloatingPoint() || step.isFloatingPoint()) {
      const double first = start.toDouble(), each = step.toDouble();
      for (int64_t i = 0; i < n; ++i) y[i * stride] = static_cast<T>(first + each * static_cast<double>(i));
    } else {
      const int64_t first = start.toLong(), each = step.toLong();
      for (int64_t i = 0; i < n; ++i) y[i * stride] = static_cast<T>(first + each * i);
    }
  });
}

namespace {

/// Copies to or from small integers, by a loop as plain as they are rare.
template <class R, class T>
void convert(const View& x, const View& out) {
  const LoopNest<2> loops(out, x);
  const int64_t out_step = loops.column_strides()[0], x_step = loops.column_strides()[1];
  loops.rows(0, loops.count, [&](const int64_t* offsets, int64_t n) {
    R* to = out.as<R>() + offsets[0];
    const T* from = x.as<const T>() + offsets[1];
    for (int64_t i = 0; i < n; ++i) to[i * out_step] = static_cast<R>(from[i * x_step]);
  });
}

}  // namespace

void copy(const View& x, const View& out) {
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    visit_stored_dtype(out.dtype, [&]<class R>(R) {
      if constexpr (is_small_integer(dtype_of<T>()) || is_small_integer(dtype_of<R>()))
        convert<R, T>(x, out);
      else
        pointwise<R, T>([](T v) { return static_cast<R>(v); }, out, x);
    });
  });
}

void unary(Unary f, const View& x, const View& out) {
  const auto kernel = unary_table[static_cast<int>(f)][index_of(x.dtype)];
  if (!kernel) no_kernel(name_of(f), "cpu", x.dtype);
  kernel(x, out);
}

void binary(Binary f, const View& a, const View& b, const View& out) {
  const auto kernel = binary_table[static_cast<int>(f)][index_of(a.dtype)];
  if (!kernel) no_kernel(name_of(f), "cpu", a.dtype);
  kernel(a, b, out);
}

void binary_scalar(Binary f, const View& a, Scalar b, const View& out) {
  const auto kernel = binary_scalar_table[static_cast<int>(f)][index_of(a.dtype)];
  if (!kernel) no_kernel(name_of(f), "cpu", a.dtype);
  kernel(a, b, out);
}

void where(const View& condition, const View& a, const View& b, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    pointwise<T, bool, T, T>([](bool c, T x, T y) { return c ? x : y; }, out, condition, a, b);
  });
}

}  // namespace gradus::cpu
