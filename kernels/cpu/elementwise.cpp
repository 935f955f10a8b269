// Pointwise kernels: out[i] = f(a[i], b[i], …), all views of one shape, inputs read through any strides.
//
// One template does them all. Contiguous views, the common case, are one flat loop. Otherwise the loops are merged as far
// as the strides allow, and walked in planes, in whose rows every input steps by 1 or stands still (a broadcast operand).
// Views that step otherwise, such as transposed ones, are copied from and to such planes, tile by tile.
//
// `out` may be one of the inputs (in-place), element for element. Other overlaps are the caller's to refuse.
#include <algorithm>
#include <array>
#include <utility>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/transpose.h"
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

template <class R, class F, class... Inputs>
inline void unit_loop(const F f, int64_t n, R* out, const Inputs... in) {
#pragma GCC ivdep  // out may be an input, but element i depends on elements i alone
  for (int64_t i = 0; i < n; ++i) out[i] = f(in[i]...);
}

/// Formulas for floating point only, such as exp, work long enough on each element to be worth the widest vectors. The
/// others mostly wait for memory.
template <class F>
constexpr bool is_long = (std::invocable<F, float> && !std::invocable<F, int64_t>) ||
                         (std::invocable<F, float, float> && !std::invocable<F, int64_t, int64_t>);

/// Elements in a row from which wider vectors are worth the call of their loop.
template <class F>
constexpr int64_t kWideFrom = is_long<F> ? 8 : 64;

/// A plane of elements of several views, the output's first: element (i, j) of view v is i·row_steps[v] + j·steps[v]
/// elements after data[v].
struct Plane {
  static constexpr int kViews = 4;
  void* data[kViews];
  int64_t steps[kViews], row_steps[kViews];
  int64_t rows, columns;
};

/// Computes a plane whose output steps by 1, and its inputs by 1 or 0. Steps known at run time are turned into the loop
/// compiled for them, input after input.
template <class F, class R, class... T, int... Known>
void unit_plane(const F& f, const Plane& plane, std::integer_sequence<int, Known...> = {}) {
  constexpr size_t known = sizeof...(Known);
  if constexpr (known == sizeof...(T)) {
    const auto loops = [&]<size_t... I>(std::index_sequence<I...>) {
      for (int64_t i = 0; i < plane.rows; ++i)
        unit_loop(f, plane.columns, static_cast<R*>(plane.data[0]) + i * plane.row_steps[0],
                  Input<Known, T>(static_cast<const T*>(plane.data[I + 1]) + i * plane.row_steps[I + 1])...);
    };
    const auto all = [&] { loops(std::index_sequence_for<T...>{}); };
    if (plane.columns < kWideFrom<F>)
      all();
    else if constexpr (is_long<F>)
      widest(all);
    else if constexpr (std::floating_point<R>)
      wide(all);
    else
      all();
  } else if (plane.steps[known + 1] == 0) {
    unit_plane<F, R, T...>(f, plane, std::integer_sequence<int, Known..., 0>{});
  } else {
    unit_plane<F, R, T...>(f, plane, std::integer_sequence<int, Known..., 1>{});
  }
}

/// A call of a pointwise kernel. All formulas share one walk over the elements, which is compiled for none of them.
struct PointwiseCall {
  const void* f;
  void (*unit_plane)(const void* f, const Plane& plane);
  int views;
  Dtype dtypes[Plane::kViews];

  /// Computes any plane.
  void compute(const Plane& plane) const {
    bool unit = plane.steps[0] == 1;
    for (int v = 1; v < views; ++v) unit &= plane.steps[v] == 0 || plane.steps[v] == 1;
    unit ? unit_plane(f, plane) : compute_in_tiles(plane);
  }

 private:
  /// Brings the elements of views that step otherwise side by side, in tiles that stay in the first cache.
  void compute_in_tiles(const Plane& plane) const {
    constexpr int64_t most = 2048, height = 32;  // elements of a tile; rows, if there are as many
    alignas(64) char buffers[Plane::kViews][most * 8];
    Plane tile = plane;
    const int64_t wide = most / std::min(height, plane.rows), high = most / std::min(wide, plane.columns);
    for (int64_t top = 0; top < plane.rows; top += high)
      for (int64_t left = 0; left < plane.columns; left += wide) {
        tile.rows = std::min(high, plane.rows - top);
        tile.columns = std::min(wide, plane.columns - left);
        Layout2D layouts[Plane::kViews];
        for (int v = 0; v < views; ++v) {
          const int64_t step = plane.steps[v], row_step = plane.row_steps[v];
          layouts[v] = {
              static_cast<char*>(plane.data[v]) + (top * row_step + left * step) * item_size(dtypes[v]),
              row_step, step};
          tile.data[v] = layouts[v].data;
          if (step == 1 || (step == 0 && v > 0)) continue;
          const Layout2D buffer = {buffers[v], tile.columns, 1};
          tile.data[v] = buffer.data;
          tile.row_steps[v] = buffer.row;
          tile.steps[v] = 1;
          if (v > 0) copy_plane(dtypes[v], layouts[v], buffer, tile.rows, tile.columns);
        }
        unit_plane(f, tile);
        if (plane.steps[0] != 1)
          copy_plane(dtypes[0], {buffers[0], tile.columns, 1}, layouts[0], tile.rows, tile.columns);
      }
  }
};

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

/// Calls compute(plane) for planes that together make all elements of the views, which are not all contiguous, or many.
template <class Compute, class... Inputs>
inline void walk(const Compute& compute, const View& out, const Inputs&... inputs) {
  constexpr int views = 1 + sizeof...(inputs);
  const int64_t n = out.numel(), flat[] = {flat_step(out), flat_step(inputs)...};
  bool all_flat = flat[0] == 1;
  for (int v = 1; v < views; ++v) all_flat &= flat[v] >= 0;
  if (n == 0) return;
  if (n < kParallelFrom && all_flat) {
    Plane plane = {{out.data, inputs.data...}, {}, {}, 1, n};
    std::copy_n(flat, views, plane.steps);
    return compute(plane);
  }
  if (n < kParallelFrom && out.dim == 2)  // a plane as it is
    return compute(Plane{{out.data, inputs.data...},
                         {out.strides[1], inputs.strides[1]...},
                         {out.strides[0], inputs.strides[0]...},
                         out.sizes[0],
                         out.sizes[1]});
  const LoopNest<views> loops(out, inputs...);
  const int64_t bytes[] = {item_size(out.dtype), item_size(inputs.dtype)...};
  char* const data[] = {out.as<char>(), inputs.template as<char>()...};
  parallel_ranges(n, n, [&](int64_t begin, int64_t end) {
    Plane plane;
    std::copy_n(loops.column_strides(), views, plane.steps);
    std::copy_n(loops.row_strides(), views, plane.row_steps);
    loops.planes(begin, end, [&](const int64_t* offsets, int64_t rows, int64_t columns) {
      for (int v = 0; v < views; ++v) plane.data[v] = data[v] + offsets[v] * bytes[v];
      plane.rows = rows;
      plane.columns = columns;
      compute(plane);
    });
  });
}

template <class... Inputs>
[[gnu::noinline]] void compute_all(const PointwiseCall& call, const View& out, const Inputs&... inputs) {
  walk([&](const Plane& plane) { call.compute(plane); }, out, inputs...);
}

/// out = f(inputs…), with T the inputs' element types and R the output's.
template <class R, class... T, class F>
inline void pointwise(const F& f, const View& out, const auto&... inputs) {
  const int64_t n = contiguous_numel(out, inputs...);
  if (n >= 0 && n < kWideFrom<F>)
    return unit_loop(f, n, out.as<R>(), Input<1, T>(inputs.template as<const T>())...);
  if (n >= 0 && n < kParallelFrom)  // as one row, without asking how the views lie
    return unit_plane<F, R, T...>(
        f, {{out.data, inputs.data...}, {1, (static_cast<void>(inputs), 1)...}, {}, 1, n});
  constexpr auto plane = [](const void* f, const Plane& plane) {
    unit_plane<F, R, T...>(*static_cast<const F*>(f), plane);
  };
  compute_all({&f, plane, 1 + sizeof...(T), {dtype_of<R>(), dtype_of<T>()...}}, out, inputs...);
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
  if (x.dtype == out.dtype)
    return walk(
        [dtype = x.dtype](const Plane& plane) {
          copy_plane(dtype, {plane.data[1], plane.row_steps[1], plane.steps[1]},
                     {plane.data[0], plane.row_steps[0], plane.steps[0]}, plane.rows, plane.columns);
        },
        out, x);
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    visit_stored_dtype(out.dtype, [&]<class R>(R) {
      if constexpr (std::same_as<T, R>)
        return;  // done above
      else if constexpr (is_small_integer(dtype_of<T>()) || is_small_integer(dtype_of<R>()))
        convert<R, T>(x, out);
      else
        pointwise<R, T>([](T v) { return static_cast<R>(v); }, out, x);
    });
  });
}

void binary_scalar(Binary f, const View& a, Scalar b, const View& out) {
  const auto kernel = binary_scalar_table[static_cast<int>(f)][index_of(a.dtype)];
  if (!kernel) no_kernel(name_of(f), "cpu", a.dtype);
  kernel(a, b, out);
}

namespace {

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

void where(const View& condition, const View& a, const View& b, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    pointwise<T, bool, T, T>([](bool c, T x, T y) { return c ? x : y; }, out, condition, a, b);
  });
}

}  // namespace

void pointwise(Kernels& table) {
  table.fill = fill;
  table.copy = copy;
  table.unary = unary;
  table.binary = binary;
  table.binary_scalar = binary_scalar;
  table.where = where;
}

}  // namespace gradus::cpu
