// Pointwise kernels by vectors and threads: out[i] = f(a[i], b[i], …) for views of one shape
// and any strides.
//
// The walk over memory has three cases:
//
//   contiguous   all views are contiguous, the common case: one row
//   planes       the loops over dimensions are merged as far as the strides allow, and the two innermost
//                loops form planes. The formula's kernel computes a plane (pointwise.h).
//   tiles        a kernel needs columns with stride 1, or stride 0 for inputs that may repeat. A view with
//                another stride, e.g. a transposed one, is copied tile by tile to or from a buffer.
//
// `out` may be one of the inputs (in place), element for element. The caller refuses other overlaps.
#include "kernels/cpu/pointwise.h"

#include <bit>
#include <cstring>
#include <tuple>
#include <utility>

#include "kernels/cpu/transpose.h"
#include "kernels/plain/plain.h"

namespace gradus::cpu {
namespace {

/// A kernel and the facts about it that the walk needs.
struct PointwiseCall {
  PlaneKernel kernel;
  MayRepeat may_repeat;
  int views;
  Dtype dtypes[Plane::kViews];

  /// Computes any plane.
  void compute(const Plane& plane) const {
    bool unit = plane.steps[0] == 1;
    unsigned repeated = 0;
    for (int v = 1; v < views; ++v) {
      unit &= plane.steps[v] == 0 || plane.steps[v] == 1;
      repeated |= static_cast<unsigned>(plane.steps[v] == 0) << v;
    }
    const unsigned allowed = allowed_of(repeated);
    unit&& repeated == allowed ? kernel(plane) : compute_in_tiles(plane, allowed);
  }

 private:
  /// Of the repeated views (bit v for view v), those that the kernel takes as they are.
  unsigned allowed_of(unsigned repeated) const {
    constexpr unsigned bounds = 0b1100;
    if (may_repeat == MayRepeat::one) return repeated & -repeated;  // the first of them
    return may_repeat == MayRepeat::bounds && (repeated & bounds) == bounds ? bounds : 0;
  }

  /// Copies views with other strides through buffers, in tiles that fit the first-level cache.
  void compute_in_tiles(const Plane& plane, unsigned allowed) const {
    constexpr int64_t most = 2048, height = 32;  // a tile's most elements, and its rows if there are as many
    alignas(64) char buffers[Plane::kViews][most * 8];
    Plane tile = plane;
    const int64_t wide = most / std::min(height, plane.rows), high = most / std::min(wide, plane.columns);
    for (int64_t top = 0; top < plane.rows; top += high)
      for (int64_t left = 0; left < plane.columns; left += wide) {
        tile.rows = std::min(high, plane.rows - top);
        tile.columns = std::min(wide, plane.columns - left);
        Layout2D part[Plane::kViews];
        for (int v = 0; v < views; ++v) {
          const int64_t step = plane.steps[v], row_step = plane.row_steps[v];
          part[v] = {
              static_cast<char*>(plane.data[v]) + (top * row_step + left * step) * item_size(dtypes[v]),
              row_step, step};
          tile.data[v] = part[v].data;
          if (step == 1 || (allowed >> v & 1) != 0) continue;
          const Layout2D buffer = {buffers[v], tile.columns, 1};
          tile.data[v] = buffer.data;
          tile.row_steps[v] = buffer.row_stride;
          tile.steps[v] = 1;
          if (v > 0) copy_plane(dtypes[v], part[v], buffer, tile.rows, tile.columns);
        }
        kernel(tile);
        if (plane.steps[0] != 1)
          copy_plane(dtypes[0], {buffers[0], tile.columns, 1}, part[0], tile.rows, tile.columns);
      }
  }
};

/// The stride at which one loop over all elements visits the view: 1 if contiguous, 0 if one
/// element is repeated, else -1.
inline int64_t flat_step(const View& view) {
  bool repeated = true, dense = true;
  int64_t expected = 1;
  for (int d = view.dim - 1; d >= 0; --d) {
    if (view.sizes[d] == 1) continue;
    repeated &= view.strides[d] == 0;
    dense &= view.strides[d] == expected;
    expected *= view.sizes[d];
  }
  return dense ? 1 : repeated ? 0 : -1;
}

/// Calls compute(plane) for planes that together cover all elements.
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
  if (n < kParallelFrom && out.dim == 2 && out.strides[1] == 1)  // the views are a plane already
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
[[gnu::noinline]] void walk_kernel(PlaneKernel kernel, MayRepeat may_repeat, const View& out,
                                   const Inputs&... inputs) {
  const PointwiseCall call = {kernel, may_repeat, 1 + sizeof...(inputs), {out.dtype, inputs.dtype...}};
  walk([&](const Plane& plane) { call.compute(plane); }, out, inputs...);
}

/// A plane of one row. Its row steps are not used.
inline Plane one_row(int64_t columns) {
  Plane plane;
  plane.rows = 1;
  plane.columns = columns;
  return plane;
}

/// out = f(inputs…). A small contiguous tensor is computed as one row without a walk.
template <class... Inputs>
inline void run(PlaneKernel kernel, MayRepeat may_repeat, const View& out, const Inputs&... inputs) {
  const int64_t n = contiguous_numel(out, inputs...);
  if (n < 0 || n >= kParallelFrom) return walk_kernel(kernel, may_repeat, out, inputs...);
  Plane plane = one_row(n);
  int v = 0;
  plane.data[0] = out.data;
  ((plane.data[++v] = inputs.data, plane.steps[v] = 1), ...);
  kernel(plane);
}

PlaneKernel kernel_for(const KernelRow* table, const FormulaId& f, Dtype dtype) {
  const PlaneKernel kernel = table[f.place][static_cast<size_t>(dtype)];
  if (!kernel) [[unlikely]]
    no_kernel(f.name, "cpu", dtype);
  return kernel;
}

/// By dtype.
constexpr const BinaryKernels* binary_kernels[kComputedDtypes] = {&binary_float32, &binary_float64,
                                                                  &binary_int64, &binary_bool};

PlaneKernel kernel_for(const Binary& f, Dtype dtype) {
  const PlaneKernel kernel =
      is_small_integer(dtype) ? nullptr : (*binary_kernels[static_cast<size_t>(dtype)])[f.place];
  if (!kernel) [[unlikely]]
    no_kernel(f.name, "cpu", dtype);
  return kernel;
}

void unary(Unary f, const View& x, const View& out) {
  run(kernel_for(unary_kernels.data(), f, x.dtype), MayRepeat::none, out, x);
}

void binary(Binary f, const View& a, const View& b, const View& out) {
  run(kernel_for(f, a.dtype), MayRepeat::one, out, a, b);
}

void ternary(Ternary f, const View& a, const View& b, const View& c, const View& out) {
  constexpr Ternary clamp = formulas::Clamp{};
  const MayRepeat may_repeat = f.place == clamp.place ? ternary_may_repeat<formulas::Clamp> : MayRepeat::none;
  run(kernel_for(ternary_kernels.data(), f, a.dtype), may_repeat, out, a, b, c);
}

}  // namespace

/// The number is an input whose one element is repeated.
void binary_scalar(Binary f, const View& x, Scalar number, bool number_first, const View& out) {
  const PlaneKernel kernel = kernel_for(f, x.dtype);
  char value[8];
  visit_dtype(x.dtype, [&]<class T>(T) { *reinterpret_cast<T*>(value) = number.to<T>(); });
  if (const int64_t n = contiguous_numel(out, x); n >= 0 && n < kParallelFrom) {
    Plane plane = one_row(n);
    plane.data[0] = out.data;
    plane.data[1] = number_first ? value : x.data;
    plane.data[2] = number_first ? x.data : value;
    plane.steps[1] = !number_first;
    plane.steps[2] = number_first;
    return kernel(plane);
  }
  View repeated = x;
  repeated.data = value;
  std::fill_n(repeated.strides, x.dim, 0);
  number_first ? walk_kernel(kernel, MayRepeat::one, out, repeated, x)
               : walk_kernel(kernel, MayRepeat::one, out, x, repeated);
}

// ---- Choosing, filling, copying -----------------------------------------------------------------

namespace {

template <size_t bytes>
using BitsOf =
    std::tuple_element_t<std::countr_zero(bytes), std::tuple<uint8_t, uint16_t, uint32_t, uint64_t>>;

/// How a loop reads elements of type T. g++ makes no vectors of a loop that reads bools; their bytes are 0 or 1.
template <class T>
using Read = std::conditional_t<std::same_as<T, bool>, uint8_t, T>;

/// condition ? a : b, by a mask of all ones or all zeros. As a branch it would not become vectors, and the processor
/// cannot predict it.
struct Choose : formulas::Formula<formulas::AllTypes> {
  template <class T>
  T value(uint8_t condition, T a, T b) const {
    using Bits = BitsOf<sizeof(T)>;
    const auto chosen = static_cast<Bits>(-static_cast<Bits>(condition));
    return std::bit_cast<T>(
        static_cast<Bits>((std::bit_cast<Bits>(a) & chosen) | (std::bit_cast<Bits>(b) & ~chosen)));
  }
};

void where(const View& condition, const View& a, const View& b, const View& out) {
  PlaneKernel kernel;
  visit_dtype(out.dtype,
              [&]<class T>(T) { kernel = compute_plane<Choose, MayRepeat::one, T, Read<bool>, T, T>; });
  run(kernel, MayRepeat::one, out, condition, a, b);
}

void copy_elements(const View& x, const View& out) {
  if (const int64_t n = contiguous_numel(out, x); n >= 0 && n < kParallelFrom) {
    if (n > 0) std::memmove(out.data, x.data, static_cast<size_t>(n * item_size(x.dtype)));
    return;
  }
  walk(
      [dtype = x.dtype](const Plane& plane) {
        copy_plane(dtype, {plane.data[1], plane.row_steps[1], plane.steps[1]},
                   {plane.data[0], plane.row_steps[0], plane.steps[0]}, plane.rows, plane.columns);
      },
      out, x);
}

}  // namespace

/// The number of elements if they are one run of memory, in whatever order the dimensions are; else -1.
static int64_t numel_of_run(const View& out) {
  if (const int64_t n = contiguous_numel(out); n >= 0) return n;
  const MergedLoops<1> loops(out);
  return loops.dim == 1 && loops.strides[0][0] == 1 ? loops.count : -1;
}

void fill(Scalar value, const View& out) {
  constexpr int64_t few = 64;  // elements for which asking for wider vectors takes as long as the stores
  const int64_t n = numel_of_run(out);
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    T element = value.to<T>();
    const bool is_zero = std::bit_cast<BitsOf<sizeof(T)>>(element) == 0;
    const auto fill_range = [to = out.as<T>(), element, is_zero](int64_t begin, int64_t end) {
      if (is_zero)  // memset does not read long ranges from memory first, which stores do
        std::memset(to + begin, 0, static_cast<size_t>(end - begin) * sizeof(T));
      else
        std::fill(to + begin, to + end, element);
    };
    if (n >= 0 && n < few) return fill_range(0, n);
    if (n >= 0)
      return parallel_ranges(n, n,
                             [&](int64_t begin, int64_t end) { wide([=] { fill_range(begin, end); }); });
    View repeated = out;  // one element, repeated by strides of 0
    repeated.data = &element;
    std::fill_n(repeated.strides, out.dim, 0);
    copy_elements(repeated, out);
  });
}

namespace {

/// A conversion between dtypes as a formula.
template <class R>
struct Convert : formulas::Formula<formulas::AllTypes> {
  R value(auto x) const { return static_cast<R>(x); }
};

}  // namespace

void copy(const View& x, const View& out) {
  if (x.dtype == out.dtype) return copy_elements(x, out);
  if (is_small_integer(x.dtype) || is_small_integer(out.dtype))  // rare, so the plain loop is enough
    return plain::kernels().copy(x, out);
  PlaneKernel kernel;
  visit_dtype(x.dtype, [&]<class T>(T) {
    visit_dtype(out.dtype,
                [&]<class R>(R) { kernel = compute_plane<Convert<R>, MayRepeat::none, R, Read<T>>; });
  });
  run(kernel, MayRepeat::none, out, x);
}

void pointwise(Kernels& table) {
  table.fill = fill;
  table.copy = copy;
  table.unary = unary;
  table.binary = binary;
  table.ternary = ternary;
  table.binary_scalar = binary_scalar;
  table.where = where;
}

}  // namespace gradus::cpu
