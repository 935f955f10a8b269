// Pointwise kernels: out[i] = f(a[i], b[i], …), all views of one shape, inputs read through any strides.
//
//   v1 strided  one thread, one element. The loops over dimensions are merged on the host as far as the strides
//               allow; what is left is a division by each size but the outermost, done by a multiplication (Divisor
//               in loops.h).
//   v2 flat     contiguous views need no index at all, and a thread takes 16 bytes of the widest operand with one
//               instruction: a quarter of the instructions, and more bytes on their way from memory at a time.
//
// pointwise() takes v2 where all views are contiguous and begin at multiples of 16 bytes, else v1. The formula is a
// template parameter of the kernel, never a case that each thread decides.
//
// Coalescing: neighbouring threads have neighbouring elements of out, in v1 because the loops are ordered by out's
// strides. So a warp writes 128 bytes (v1, float32) or 512 (v2) that lie together, and reads each input likewise
// unless it is transposed. A copy, where nothing but that reading costs time, has transpose.cu for the case.
//
// sm_80 (ptxas -v): no spills, no shared memory. 22 to 40 registers, up to 56 in the long formulas (division; pow
// in float64): 8 blocks of 256 threads on a multiprocessor up to 32 registers, all that it can hold; 6 up to 40, 4 up
// to 64. sin and cos keep 32 or 40 bytes of their own in local memory, for arguments too large for the short way.
//
// Bytes and flops: a + b in float32 moves 12 bytes for one flop. The roofline predicts, not measured, what memory
// allows: 130 · 10⁹ sums a second on an A100 (1,555 GB/s), 84 · 10⁹ on an RTX 4090 (1,008 GB/s), a hundredth of their
// flops or less.
#include <algorithm>
#include <array>
#include <concepts>
#include <utility>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"
#include "kernels/formulas.h"

namespace gradus::cuda {
namespace {

/// An input of a kernel: an array, or (data == nullptr) one number in place of all its elements.
template <class T>
struct Operand {
  const T* data;
  T number;

  __device__ T operator[](int64_t i) const { return data ? data[i] : number; }

  template <int width>
  __device__ Pack<T, width> pack(int64_t p) const {
    if (data) return load<width>(data, p);
    Pack<T, width> repeated;
#pragma unroll
    for (int w = 0; w < width; ++w) repeated.values[w] = number;
    return repeated;
  }
};

template <class F, class R, class... T, size_t... I>
__device__ void apply(const Offsets<1 + sizeof...(T)>& at, std::index_sequence<I...>, R* out,
                      const Operand<T>&... in) {
  out[at[0]] = F{}.value(in[at[I + 1]]...);
}

template <class F, class R, class... T>
__global__ void strided(Loop<1 + sizeof...(T)> loop, R* out, Operand<T>... in) {
  for (int64_t i = global_thread(); i < loop.count; i += all_threads())
    apply<F>(loop(i), std::index_sequence_for<T...>{}, out, in...);
}

template <class F, class R, int width, class... T>
__device__ Pack<R, width> apply(const Pack<T, width>&... in) {
  Pack<R, width> out;
#pragma unroll
  for (int w = 0; w < width; ++w) out.values[w] = F{}.value(in.values[w]...);
  return out;
}

template <class F, class R, class... T>
__global__ void flat(int64_t n, R* out, Operand<T>... in) {
  constexpr int width = pack_width<R, T...>;
  const int64_t packs = n / width;
  for (int64_t p = global_thread(); p < packs; p += all_threads())
    store<width>(out, p, apply<F, R, width>(in.template pack<width>(p)...));
  for (int64_t i = packs * width + global_thread(); i < n; i += all_threads()) out[i] = F{}.value(in[i]...);
}

/// An argument of pointwise(): a view, or a number with data == nullptr.
struct Argument {
  View view;
  Scalar number = 0;

  template <class T>
  Operand<T> operand() const {
    return {view.as<const T>(), view.data ? T(0) : number.to<T>()};
  }
};

/// A number where a view like `other` is expected.
Argument number_like(const View& other, Scalar number) {
  View view = other;
  view.data = nullptr;
  std::fill_n(view.strides, view.dim, 0);
  return {view, number};
}

/// out = f(arguments…), with T the arguments' element types and R the output's.
template <class F, class R, class... T>
void pointwise(const View& out, const std::same_as<Argument> auto&... in) {
  constexpr int views = 1 + sizeof...(in), width = pack_width<R, T...>;
  const MergedLoops<views> loops(out, in.view...);
  if (loops.count == 0) return;
  const bool is_number[] = {false, in.view.data == nullptr...};
  bool is_flat = loops.dim == 1 && is_aligned(out.data, width * sizeof(R));
  for (int v = 0; is_flat && v < views; ++v) is_flat = is_number[v] || loops.strides[0][v] == 1;
  if ((is_flat && ... && is_aligned(in.view.data, width * sizeof(T))))
    launch<flat<F, R, T...>>({blocks_for((loops.count + width - 1) / width), kThreads}, loops.count, out.as<R>(),
                             in.template operand<T>()...);
  else
    launch<strided<F, R, T...>>({blocks_for(loops.count), kThreads}, Loop<views>(loops), out.as<R>(),
                                in.template operand<T>()...);
}

// ---- formulas beside those of formulas.h ---------------------------------------------------------------------------

template <class R>
struct Convert {
  __device__ R value(auto x) const { return static_cast<R>(x); }
};

struct Choose {
  template <class T>
  __device__ T value(bool condition, T a, T b) const {
    return condition ? a : b;
  }
};

/// out[i] = first + i·each, computed in Number: int64 or float64.
template <class Number, class T>
__global__ void count_up(Number first, Number each, int64_t n, int64_t stride, T* out) {
  for (int64_t i = global_thread(); i < n; i += all_threads())
    out[i * stride] = static_cast<T>(first + each * static_cast<Number>(i));
}

}  // namespace

void fill(Scalar value, const View& out) {
  visit_stored_dtype(out.dtype, [&]<class T>(T) { pointwise<Convert<T>, T, T>(out, number_like(out, value)); });
}

void arange(Scalar start, Scalar step, const View& out) {
  const int64_t n = out.sizes[0];
  if (n == 0) return;
  visit_dtype(out.dtype, [&]<class T>(T) {
    const Grid grid{blocks_for(n), kThreads};
    if (start.isFloatingPoint() || step.isFloatingPoint())
      launch<count_up<double, T>>(grid, start.toDouble(), step.toDouble(), n, out.strides[0], out.as<T>());
    else
      launch<count_up<int64_t, T>>(grid, start.toLong(), step.toLong(), n, out.strides[0], out.as<T>());
  });
}

void copy(const View& x, const View& out) {
  if (transpose(x, out)) return;
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    visit_stored_dtype(out.dtype, [&]<class R>(R) { pointwise<Convert<R>, R, T>(out, Argument{x}); });
  });
}

// ---- tables: [formula][dtype] --------------------------------------------------------------------------------------

namespace {

template <class... Arguments>
using Kernel = void (*)(const View& out, const Arguments&... arguments);

/// The kernel of F for arguments of type T, or nullptr if F does not take T. Ts is T once for each argument.
template <class F, class T, class... Ts>
constexpr auto kernel_of() {
  using K = Kernel<std::conditional_t<true, Argument, Ts>...>;
  if constexpr (F::template takes<T>)
    return static_cast<K>(pointwise<F, std::conditional_t<F::is_predicate, bool, T>, Ts...>);
  else
    return static_cast<K>(nullptr);
}

template <class... F>
constexpr auto unary_table(formulas::List<F...>) {
  using Row = std::array<Kernel<Argument>, kComputedDtypes>;
  return std::array{Row{kernel_of<F, float, float>(), kernel_of<F, double, double>(),
                        kernel_of<F, int64_t, int64_t>(), kernel_of<F, bool, bool>()}...};
}

template <class... F>
constexpr auto binary_table(formulas::List<F...>) {
  using Row = std::array<Kernel<Argument, Argument>, kComputedDtypes>;
  return std::array{Row{kernel_of<F, float, float, float>(), kernel_of<F, double, double, double>(),
                        kernel_of<F, int64_t, int64_t, int64_t>(), kernel_of<F, bool, bool, bool>()}...};
}

/// Slopes, which real numbers alone have.
template <class... F>
constexpr auto ternary_table(formulas::List<F...>) {
  using Row = std::array<Kernel<Argument, Argument, Argument>, kComputedDtypes>;
  return std::array{Row{kernel_of<F, float, float, float, float>(), kernel_of<F, double, double, double, double>()}...};
}

constexpr auto unary_kernels = unary_table(formulas::Unaries{});
constexpr auto binary_kernels = binary_table(formulas::Binaries{});
constexpr auto ternary_kernels = ternary_table(formulas::Ternaries{});

auto kernel_for(const auto& table, const FormulaId& f, Dtype dtype) {
  const auto kernel = is_small_integer(dtype) ? nullptr : table[f.place][static_cast<size_t>(dtype)];
  if (!kernel) no_kernel(f.name, "cuda", dtype);
  return kernel;
}

}  // namespace

void unary(Unary f, const View& x, const View& out) { kernel_for(unary_kernels, f, x.dtype)(out, {x}); }

void binary(Binary f, const View& a, const View& b, const View& out) {
  kernel_for(binary_kernels, f, a.dtype)(out, {a}, {b});
}

void ternary(Ternary f, const View& a, const View& b, const View& c, const View& out) {
  kernel_for(ternary_kernels, f, a.dtype)(out, {a}, {b}, {c});
}

void binary_scalar(Binary f, const View& x, Scalar number, bool number_first, const View& out) {
  const auto kernel = kernel_for(binary_kernels, f, x.dtype);
  const Argument array{x}, repeated = number_like(x, number);
  number_first ? kernel(out, repeated, array) : kernel(out, array, repeated);
}

void where(const View& condition, const View& a, const View& b, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    pointwise<Choose, T, bool, T, T>(out, Argument{condition}, Argument{a}, Argument{b});
  });
}

}  // namespace gradus::cuda
