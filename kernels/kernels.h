// The table of kernels that a device provides. Each entry is a verb, with its inputs first and
// its output last.
//
// Every kernel reads its inputs through their strides and writes `out`. The caller has computed
// out's shape and owns its memory. The inputs of a pointwise kernel are already expanded to out's
// sizes. Kernels know nothing of gradients. A missing entry (nullptr), or a dtype that an entry
// does not take, is an Error that names the entry.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "kernels/view.h"

namespace gradus {

enum class DeviceType : uint8_t { CPU, CUDA };

/// A formula, as a table of kernels identifies it. The formulas themselves are types in formulas.h,
/// and they convert to this: kernels.unary(formulas::Tanh{}, x, out).
struct FormulaId {
  uint8_t place;      // in the list of its kind, and the index in every device's table
  bool is_predicate;  // writes bool
  const char* name;   // for messages: "tanh"
};

/// y = f(x), a formula of the list `Unaries`.
struct Unary : FormulaId {
  template <class F>
  constexpr Unary(F);  // NOLINT(google-explicit-constructor)
};
/// y = f(a, b), a formula of the list `Binaries`: arithmetic, comparisons, and the slopes of unary
/// formulas, which take ȳ and x or y.
struct Binary : FormulaId {
  template <class F>
  constexpr Binary(F);  // NOLINT(google-explicit-constructor)
};
/// y = f(a, b, c), a formula of the list `Ternaries`: the slopes of binary formulas.
struct Ternary : FormulaId {
  template <class F>
  constexpr Ternary(F);  // NOLINT(google-explicit-constructor)
};
/// y = t(x₁) ∘ t(x₂) ∘ …, a formula of the list `Reductions`.
struct Reduction : FormulaId {
  template <class F>
  constexpr Reduction(F);  // NOLINT(google-explicit-constructor)
};

/// One step of stochastic gradient descent. The formula is in optim/sgd.h.
struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov;
};
/// A parameter that the step changes, and its momentum buffer (nullptr: no momentum).
struct SgdTensors {
  const View *gradient, *momentum_buffer, *parameter;
  bool first;  // the step starts the momentum buffer from the gradient
};

/// One step of Adam or AdamW. The formula is in optim/adam.h.
struct AdamStep {
  double lr, beta1, beta2, eps, weight_decay;
  bool decoupled_decay;  // AdamW: the decay acts on the parameter, not on the gradient
};
struct AdamTensors {
  const View *gradient, *first_moment, *second_moment, *parameter;
  int64_t step;  // the parameter's number of steps, this one included
};

/// The memory of a device that has its own, and copies between it and the host's memory.
struct DeviceMemory {
  void* (*allocate)(int64_t bytes);
  void (*release)(void* block, int64_t bytes);  // `bytes` as passed to allocate
  void (*copy_from_host)(const void* host, void* block, int64_t bytes);
  void (*copy_to_host)(const void* block, void* host, int64_t bytes);
  void (*synchronize)();  // waits for all work on the device
  const char* (*device_name)();
};

/// The half of a matrix that is read. If `unit` is true, the diagonal counts as all ones, whatever
/// is stored there.
struct Triangle {
  bool upper, unit;
};

struct Kernels {
  const char* device;  // for messages: "cpu", "cuda"

  // Filling and copying. copy converts between any two dtypes.
  void (*fill)(Scalar value, const View& out);
  // out[i] = start + i·step, for a 1-d out.
  void (*arange)(Scalar start, Scalar step, const View& out);
  void (*copy)(const View& x, const View& out);

  // Pointwise. All inputs have one dtype. The output has it too, unless f is a predicate.
  void (*unary)(Unary f, const View& x, const View& out);
  void (*binary)(Binary f, const View& a, const View& b, const View& out);
  void (*ternary)(Ternary f, const View& a, const View& b, const View& c, const View& out);
  // f(x, number), or f(number, x) if number_first. The number is converted to x's dtype.
  void (*binary_scalar)(Binary f, const View& x, Scalar number, bool number_first, const View& out);
  void (*where)(const View& condition, const View& a, const View& b, const View& out);

  // Reductions. `out` has x's dimensions, and size 1 in those that are reduced. Sums are
  // pairwise or better.
  void (*reduce)(Reduction f, const View& x, const View& out);
  // The position of the first maximum (minimum) along dim. `out` is int64 and has size 1 along dim.
  void (*argmax)(const View& x, int dim, const View& out);
  void (*argmin)(const View& x, int dim, const View& out);
  void (*cumsum)(const View& x, int dim, const View& out);
  // Stable. `values` and `indices` (int64) have x's sizes.
  void (*sort)(const View& x, int dim, bool descending, const View& values, const View& indices);

  // (…, m, k) × (…, k, n) → (…, m, n). The leading sizes are equal, with strides of 0 where
  // one was broadcast.
  void (*matmul)(const View& a, const View& b, const View& out);

  // Rows, the lines along the last dimension. The gradients are computed from ȳ and the
  // function's result y.
  void (*softmax)(const View& x, const View& out);
  void (*log_softmax)(const View& x, const View& out);
  void (*softmax_gradient)(const View& gradient, const View& y, const View& out);
  void (*log_softmax_gradient)(const View& gradient, const View& y, const View& out);
  // losses = -log softmax(x)[target]. target (int64, in range), losses and their gradient have one
  // element per row: size 1 in the last dimension.
  void (*cross_entropy)(const View& x, const View& target, const View& losses);
  void (*cross_entropy_gradient)(const View& gradient, const View& x, const View& target, const View& out);
  // out = (x - mean) · r with r = 1 / √(variance + eps). `inverse_deviations` keeps r, one
  // element per row.
  void (*layer_norm)(const View& x, double eps, const View& out, const View& inverse_deviations);
  void (*layer_norm_gradient)(const View& gradient, const View& y, const View& inverse_deviations,
                              const View& out);

  // Indexing. `positions` (int64) are element offsets: take reads out[i] = x.data[positions[i]],
  // put writes out.data[positions[i]] = values[i], or += values[i]. The caller has checked that
  // they are in range.
  void (*take)(const View& x, const View& positions, const View& out);
  void (*put)(const View& positions, const View& values, bool accumulate, const View& out);
  // Whole rows of a table (rows, width) by int64 index: out (n, width) = rows of the table, or rows
  // of out (rows, width) += values.
  void (*gather_rows)(const View& table, const View& indices, const View& out);
  void (*scatter_add_rows)(const View& indices, const View& values, const View& out);
  // Appends the row-major coordinates of the true elements of a bool view, dim numbers each.
  void (*nonzero)(const View& x, std::vector<int64_t>& coordinates);

  // Optimisers, in place on parameters and state. One call serves many tensors of one dtype.
  void (*sgd)(const SgdStep& step, std::span<const SgdTensors> tensors);
  void (*adam)(const AdamStep& step, std::span<const AdamTensors> tensors);

  // Factorisations and triangular systems, for every matrix of a batch. A (…, n, n), with its rows
  // in the order of `permutation` (…, n; int64), is L U. `lu` has U in its upper triangle, and L
  // without its diagonal of ones below. A zero on U's diagonal says that A is singular.
  void (*lu)(const View& a, const View& lu, const View& permutation);
  // A (…, n, n) = L Lᵀ. Only the lower triangle of A is read. l has zeros above its
  // diagonal. If A is not positive definite, l's diagonal has a NaN at the first leading
  // minor that is not positive.
  void (*cholesky)(const View& a, const View& l);
  // A X = B with A (…, n, n) and B (…, n, k). Only one triangle of A is read. A zero on
  // its diagonal divides.
  void (*solve_triangular)(const View& a, Triangle triangle, const View& b, const View& x);
  // A (…, m, n) = Q R, with Q (…, m, k) of orthonormal columns and R (…, k, n) upper triangular. k
  // is min(m, n) or m.
  void (*qr)(const View& a, const View& q, const View& r);
  // A (…, n, n) = V diag(w) Vᵀ, with w (…, n) ascending and V (…, n, n) orthogonal. Only the lower
  // triangle of A is read.
  void (*eigh)(const View& a, const View& values, const View& vectors);
  // A (…, m, n) = U diag(S) Vᵀ with U (…, m, k), S (…, k) descending, V (…, n, k) and k = min(m,
  // n). U may have m columns and V n instead. They are then bases of the whole space, and their
  // first k columns are the same.
  void (*svd)(const View& a, const View& u, const View& s, const View& v);

  // Work that is no kernel: the host itself reads or writes elements. Only a table that records its
  // calls has this entry, see host_work() below.
  void (*host_work)(const char* op, const std::function<void()>& work);

  const DeviceMemory* memory;  // nullptr for the CPU, which uses kernels/memory.h
};

/// The tables in force, by device. The CPU's has the fast kernels of kernels/cpu or, in a build with GRADUS_FAST=OFF or
/// with the environment variable GRADUS_KERNELS=plain, the plain ones of kernels/plain. A table is chosen at its first
/// use. While a step is captured (tensor/program/program.h), a table that records its calls takes its place.
inline constinit std::atomic<const Kernels*> kernels_in_force[2] = {};

/// Chooses a device's table and puts it in force. Throws Error that says why if there is none.
const Kernels& find_kernels(DeviceType device);

/// The kernels of a device, or an Error that says why there are none.
inline const Kernels& kernels_for(DeviceType device) {
  const Kernels* kernels = kernels_in_force[static_cast<int>(device)].load(std::memory_order_acquire);
  return kernels ? *kernels : find_kernels(device);
}

/// Runs `work`, in which the host reads or writes elements on behalf of `op`: a range check, a random draw, an
/// optimiser's step. A table that records its calls keeps the work too, and a replay repeats it. Work that is kept
/// outlives this call, so it owns what it uses.
template <class Work>
void host_work(const Kernels& kernels, const char* op, const Work& work) {
  if (kernels.host_work) [[unlikely]]
    return kernels.host_work(op, work);
  work();
}

/// Tells work that a program keeps whether an object is still where it was. A copy of `ended` outlives the object.
struct Lifetime {
  std::shared_ptr<bool> ended = std::make_shared<bool>(false);
  Lifetime() = default;
  Lifetime(Lifetime&& other) : Lifetime() { *other.ended = true; }  // the other object has moved
  ~Lifetime() { *ended = true; }
};

/// The result of `read`, which decides how an op goes on. In a replay `read` must give the same again.
template <class Read>
auto decide_on_host(const Kernels& kernels, const char* op, const Read& read) {
  if (!kernels.host_work) [[likely]]
    return read();
  decltype(read()) decision{};
  kernels.host_work(op, [&decision, read, first = true, kept = decision]() mutable {
    const auto now = read();
    if (first)
      decision = kept = now;
    else
      check(now == kept,
            "replay: the values have changed so that this op takes another way than in the capture; ",
            "capture the step anew");
    first = false;
  });
  return decision;
}

/// Called before the host reads or writes elements where a replay could not repeat it. Error in a capture.
inline void refuse_capture(const Kernels& kernels, const char* op) {
  if (kernels.host_work) [[unlikely]]
    kernels.host_work(op, nullptr);
}

/// Reports a missing kernel: "matmul has no cpu kernel for bool".
[[noreturn]] void no_kernel(const char* op, const char* device, Dtype dtype);

/// Calls f(float{}) or f(double{}), as `dtype` says, and no_kernel() for any other dtype.
template <class F>
void visit_floating_point(const char* op, const char* device, Dtype dtype, const F& f) {
  if (dtype == kFloat32) return f(float{});
  if (dtype == kFloat64) return f(double{});
  no_kernel(op, device, dtype);
}

}  // namespace gradus
