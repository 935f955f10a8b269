// Tensor: an n-dimensional array that can remember how it was computed.
//
// A Tensor is a handle. Copying it copies a pointer; both copies are the same array:
//
//     Tensor ──> TensorImpl { View: dtype, sizes, strides │ Storage │ grad_fn, grad }
//
// The View is what kernels see. Views of a tensor (x.t(), x[0]) have a TensorImpl of their own and share the
// Storage.
//
// The methods that record on the tape (x.exp(), a + b) are declared here and defined in autograd/ops/, where
// each stands beside its derivative: this folder knows nothing of the tape, and there is one Tensor type for
// everything.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "tensor/options.h"
#include "tensor/shape.h"
#include "tensor/storage.h"

namespace gradus {

namespace autograd {
class Node;
}
namespace indexing {
struct TensorIndex;
}
using indexing::TensorIndex;
struct TensorImpl;
class Tensor;
using TensorList = ArrayRef<Tensor>;

/// See the head of this file. All methods are const where libtorch's are: the handle stays the same, even if
/// the elements change. Dimensions (`dim`) may be negative, counting from the end. Every method throws Error
/// on misuse.
class Tensor {
 public:
  Tensor() = default;  // undefined: no array at all
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  ~Tensor() = default;

  // `a = b` makes a variable name b's array. `x[i] = b`, on the temporary that indexing returns, writes into
  // x.
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;
  Tensor& operator=(const Tensor& values) &&;
  Tensor& operator=(Tensor&& values) &&;
  Tensor& operator=(const Scalar& value) &&;

  // ---- What it is -------------------------------------------------------------------------------
  bool defined() const { return static_cast<bool>(impl_); }
  void reset() { impl_.reset(); }
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }
  IntArrayRef sizes() const;
  IntArrayRef strides() const;
  int64_t size(int64_t dim) const;
  int64_t stride(int64_t dim) const;
  int64_t dim() const;
  int64_t numel() const;
  Dtype dtype() const;
  Dtype scalar_type() const { return dtype(); }
  Device device() const;
  bool is_cuda() const { return device().is_cuda(); }
  bool is_contiguous() const;
  bool is_floating_point() const;
  int64_t storage_offset() const;
  TensorOptions options() const { return TensorOptions().dtype(dtype()).device(device()); }
  bool is_alias_of(const Tensor& other) const;  // do both share one storage?

  // ---- Reaching the elements --------------------------------------------------------------------
  /// The value of a tensor of one element.
  template <class T>
  T item() const {
    return item().to<T>();
  }
  Scalar item() const;
  /// The address of element (0, 0, …). T must be the dtype's C++ type.
  template <class T>
  T* data_ptr() const {
    static_assert(sizeof(T) == item_size(dtype_of<T>()), "data_ptr: this type is no dtype's");
    require_dtype(dtype_of<T>());
    return static_cast<T*>(data_ptr());
  }
  void* data_ptr() const;
  std::string toString() const;  // as operator<< prints it

  // ---- Moving and converting (recorded) ---------------------------------------------------------
  Tensor to(Dtype dtype) const;
  Tensor to(Device device) const;
  Tensor to(Device device, Dtype dtype) const { return to(device).to(dtype); }
  Tensor cpu() const { return to(kCPU); }
  Tensor cuda() const { return to(kCUDA); }
  Tensor clone() const;
  Tensor contiguous() const;

  // ---- Views: no element moves (recorded) -------------------------------------------------------
  Tensor operator[](int64_t index) const;
  Tensor view(IntArrayRef sizes) const;     // one size may be -1; Error if the strides do not allow it
  Tensor reshape(IntArrayRef sizes) const;  // a view if possible, else a copy
  Tensor flatten(int64_t start_dim = 0, int64_t end_dim = -1) const;
  Tensor t() const;
  Tensor transpose(int64_t dim0, int64_t dim1) const;
  Tensor permute(IntArrayRef dims) const;
  Tensor expand(IntArrayRef sizes) const;  // -1 keeps a size
  Tensor expand_as(const Tensor& other) const { return expand(other.sizes()); }
  Tensor unsqueeze(int64_t dim) const;
  Tensor squeeze() const;
  Tensor squeeze(int64_t dim) const;
  Tensor select(int64_t dim, int64_t index) const;
  Tensor slice(int64_t dim = 0, int64_t start = 0, int64_t end = INT64_MAX, int64_t step = 1) const;
  Tensor narrow(int64_t dim, int64_t start, int64_t length) const;
  std::vector<Tensor> chunk(int64_t chunks, int64_t dim = 0) const;
  std::vector<Tensor> split(int64_t split_size, int64_t dim = 0) const;
  std::vector<Tensor> unbind(int64_t dim = 0) const;
  Tensor diagonal(int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1) const;

  // ---- Indexing (recorded) ----------------------------------------------------------------------
  Tensor index(std::initializer_list<TensorIndex> indices) const;
  Tensor index(const std::vector<TensorIndex>& indices) const;
  // Writes values, or adds them, at the chosen elements. Adding, it counts elements that are chosen repeatedly.
  Tensor& index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values,
                     bool accumulate = false) const;
  Tensor& index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) const;
  Tensor& index_put_(const std::vector<TensorIndex>& indices, const Tensor& values,
                     bool accumulate = false) const;
  Tensor& index_put_(const std::vector<TensorIndex>& indices, const Scalar& value) const;
  Tensor index_put(std::initializer_list<TensorIndex> indices, const Tensor& values,
                   bool accumulate = false) const;
  Tensor index_select(int64_t dim, const Tensor& index) const;
  Tensor gather(int64_t dim, const Tensor& index) const;
  Tensor index_add(int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha = 1) const;
  Tensor& index_add_(int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha = 1) const;
  Tensor scatter_add(int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor& scatter_add_(int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor masked_fill(const Tensor& mask, const Scalar& value) const;
  Tensor masked_fill(const Tensor& mask, const Tensor& value) const;
  Tensor& masked_fill_(const Tensor& mask, const Scalar& value) const;
  Tensor& masked_fill_(const Tensor& mask, const Tensor& value) const;
  Tensor masked_select(const Tensor& mask) const;
  Tensor nonzero() const;
  Tensor where(const Tensor& condition, const Tensor& other) const;
  Tensor where(const Tensor& condition, const Scalar& other) const;
  Tensor tril(int64_t diagonal = 0) const;
  Tensor triu(int64_t diagonal = 0) const;

  // ---- Maths, elementwise (recorded) ------------------------------------------------------------
  Tensor operator-() const;
  Tensor operator~() const;
  Tensor add(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor add(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor sub(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor sub(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor mul(const Tensor& other) const;
  Tensor mul(const Scalar& other) const;
  Tensor div(const Tensor& other) const;
  Tensor div(const Scalar& other) const;
  Tensor remainder(const Tensor& other) const;
  Tensor remainder(const Scalar& other) const;
  Tensor pow(const Scalar& exponent) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor maximum(const Tensor& other) const;
  Tensor minimum(const Tensor& other) const;
  Tensor neg() const;
  Tensor abs() const;
  Tensor sign() const;
  Tensor exp() const;
  Tensor log() const;
  Tensor log1p() const;
  Tensor expm1() const;
  Tensor sqrt() const;
  Tensor rsqrt() const;
  Tensor reciprocal() const;
  Tensor square() const;
  Tensor sin() const;
  Tensor cos() const;
  Tensor tanh() const;
  Tensor sigmoid() const;
  Tensor relu() const;
  Tensor erf() const;
  Tensor round() const;
  Tensor floor() const;
  Tensor ceil() const;
  Tensor clamp(const std::optional<Scalar>& min, const std::optional<Scalar>& max = {}) const;
  Tensor clamp(const std::optional<Tensor>& min, const std::optional<Tensor>& max = {}) const;
  Tensor clamp_min(const Scalar& min) const;
  Tensor clamp_max(const Scalar& max) const;
  Tensor lerp(const Tensor& end, const Scalar& weight) const;
  Tensor lerp(const Tensor& end, const Tensor& weight) const;
  Tensor logical_not() const;
  Tensor isnan() const;
  Tensor isinf() const;
  Tensor isfinite() const;
  Tensor eq(const Tensor& other) const;
  Tensor eq(const Scalar& other) const;
  Tensor ne(const Tensor& other) const;
  Tensor ne(const Scalar& other) const;
  Tensor lt(const Tensor& other) const;
  Tensor lt(const Scalar& other) const;
  Tensor le(const Tensor& other) const;
  Tensor le(const Scalar& other) const;
  Tensor gt(const Tensor& other) const;
  Tensor gt(const Scalar& other) const;
  Tensor ge(const Tensor& other) const;
  Tensor ge(const Scalar& other) const;
  bool equal(const Tensor& other) const;  // same shape and elements
  bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;

  // ---- Products (recorded) ----------------------------------------------------------------------
  Tensor matmul(const Tensor& other) const;
  Tensor mm(const Tensor& other) const;
  Tensor mv(const Tensor& vector) const;
  Tensor bmm(const Tensor& other) const;
  Tensor dot(const Tensor& other) const;
  Tensor outer(const Tensor& other) const;
  Tensor addmm(const Tensor& a, const Tensor& b, const Scalar& beta = 1, const Scalar& alpha = 1) const;

  // ---- Reductions (recorded) --------------------------------------------------------------------
  // With a dtype the elements are converted before they are reduced.
  Tensor sum(std::optional<Dtype> dtype = {}) const;
  Tensor sum(IntArrayRef dims, bool keepdim = false, std::optional<Dtype> dtype = {}) const;
  Tensor mean(std::optional<Dtype> dtype = {}) const;
  Tensor mean(IntArrayRef dims, bool keepdim = false, std::optional<Dtype> dtype = {}) const;
  Tensor prod(std::optional<Dtype> dtype = {}) const;
  Tensor prod(int64_t dim, bool keepdim = false, std::optional<Dtype> dtype = {}) const;
  Tensor var(bool unbiased = true) const;
  Tensor var(IntArrayRef dims, bool unbiased = true, bool keepdim = false) const;
  Tensor var(int dim) const { return var(IntArrayRef(int64_t{dim})); }  // not a bool: a dimension
  Tensor std(bool unbiased = true) const;
  Tensor std(int dim) const { return std(IntArrayRef(int64_t{dim})); }
  Tensor std(IntArrayRef dims, bool unbiased = true, bool keepdim = false) const;
  Tensor norm(const Scalar& p = 2) const;
  Tensor norm(const Scalar& p, IntArrayRef dims, bool keepdim = false) const;
  Tensor max() const;
  Tensor min() const;
  std::tuple<Tensor, Tensor> max(int64_t dim, bool keepdim = false) const;  // values, indices
  std::tuple<Tensor, Tensor> min(int64_t dim, bool keepdim = false) const;
  Tensor max(const Tensor& other) const { return maximum(other); }
  Tensor min(const Tensor& other) const { return minimum(other); }
  Tensor amax(IntArrayRef dims = {}, bool keepdim = false) const;
  Tensor amin(IntArrayRef dims = {}, bool keepdim = false) const;
  Tensor argmax() const;
  Tensor argmax(int64_t dim, bool keepdim = false) const;
  Tensor argmin() const;
  Tensor argmin(int64_t dim, bool keepdim = false) const;
  Tensor all() const;
  Tensor all(int64_t dim, bool keepdim = false) const;
  Tensor any() const;
  Tensor any(int64_t dim, bool keepdim = false) const;
  Tensor logsumexp(IntArrayRef dims, bool keepdim = false) const;
  Tensor softmax(int64_t dim) const;
  Tensor log_softmax(int64_t dim) const;
  Tensor cumsum(int64_t dim, std::optional<Dtype> dtype = {}) const;
  std::tuple<Tensor, Tensor> sort(int64_t dim = -1, bool descending = false) const;
  Tensor argsort(int64_t dim = -1, bool descending = false) const;
  std::tuple<Tensor, Tensor> topk(int64_t k, int64_t dim = -1, bool largest = true, bool sorted = true) const;

  // ---- Matrices (recorded) ----------------------------------------------------------------------
  Tensor diag(int64_t diagonal = 0) const;
  Tensor trace() const;
  Tensor inverse() const;
  Tensor det() const;
  std::tuple<Tensor, Tensor> slogdet() const;
  Tensor cholesky(bool upper = false) const;
  std::tuple<Tensor, Tensor> qr(bool some = true) const;
  std::tuple<Tensor, Tensor, Tensor> svd() const;

  // ---- In place ---------------------------------------------------------------------------------
  Tensor& add_(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor& add_(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& sub_(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor& sub_(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& mul_(const Tensor& other) const;
  Tensor& mul_(const Scalar& other) const;
  Tensor& div_(const Tensor& other) const;
  Tensor& div_(const Scalar& other) const;
  Tensor& clamp_(const std::optional<Scalar>& min, const std::optional<Scalar>& max = {}) const;
  Tensor& clamp_min_(const Scalar& min) const;
  Tensor& clamp_max_(const Scalar& max) const;
  Tensor& pow_(const Scalar& exponent) const;
  Tensor& pow_(const Tensor& exponent) const;
  Tensor& neg_() const;
  Tensor& abs_() const;
  Tensor& exp_() const;
  Tensor& log_() const;
  Tensor& sqrt_() const;
  Tensor& square_() const;
  Tensor& tanh_() const;
  Tensor& sigmoid_() const;
  Tensor& relu_() const;
  Tensor& fill_(const Scalar& value) const;
  Tensor& fill_(const Tensor& value) const;  // of no dimensions
  Tensor& zero_() const;
  Tensor& copy_(const Tensor& values) const;
  Tensor& uniform_(double from = 0, double to = 1) const;
  Tensor& normal_(double mean = 0, double std = 1) const;
  Tensor& random_(int64_t from, int64_t to) const;  // whole numbers in [from, to)
  Tensor& random_(int64_t to) const { return random_(0, to); }
  Tensor& random_() const;  // whole numbers from 0 to the largest that the dtype holds exactly
  Tensor& bernoulli_(double p = 0.5) const;
  Tensor& exponential_(double lambd = 1) const;
  Tensor& operator+=(const Tensor& other) const { return add_(other); }
  Tensor& operator-=(const Tensor& other) const { return sub_(other); }
  Tensor& operator*=(const Tensor& other) const { return mul_(other); }
  Tensor& operator/=(const Tensor& other) const { return div_(other); }
  Tensor& operator+=(const Scalar& other) const { return add_(other); }
  Tensor& operator-=(const Scalar& other) const { return sub_(other); }
  Tensor& operator*=(const Scalar& other) const { return mul_(other); }
  Tensor& operator/=(const Scalar& other) const { return div_(other); }

  // ---- The tape ---------------------------------------------------------------------------------
  /// Adds the derivative of this tensor to .grad of every leaf it was computed from. `gradient` (by default
  /// 1, for a tensor of one element) is the derivative of the final quantity by this tensor. The graph's
  /// saved tensors are freed unless retain_graph; create_graph records the backward pass itself, for higher
  /// derivatives. With `inputs` only those receive gradients.
  void backward(const Tensor& gradient = {}, std::optional<bool> retain_graph = {}, bool create_graph = false,
                std::optional<TensorList> inputs = {}) const;
  bool requires_grad() const;
  const Tensor& requires_grad_(bool value = true) const;
  bool is_leaf() const;
  const Tensor& grad() const;       // undefined until a backward reached this leaf
  Tensor& mutable_grad() const;     // t.mutable_grad().reset() is PyTorch's t.grad = None
  autograd::Node* grad_fn() const;  // the recorded op that made this tensor, or nullptr
  Tensor detach() const;            // the same elements, outside the graph
  Tensor& detach_() const;
  /// The same elements without recording. Unlike libtorch's, writes through it are seen by the version check.
  Tensor data() const { return detach(); }
  Tensor tensor_data() const { return detach(); }
  void set_data(const Tensor& values) const;  // this handle's array becomes that of `values`
  /// Asks that a tensor inside the graph keeps its gradient in .grad as leaves do.
  void retain_grad() const;
  bool retains_grad() const;
  /// Calls hook(gradient) whenever the gradient of this tensor is complete: before .grad adds it up, before it goes on
  /// to the inputs. What a hook returns, if anything, takes the gradient's place; hooks run in the order in which they
  /// were registered. Returns a handle for remove_hook.
  template <class Hook>
  unsigned register_hook(Hook hook) const {
    if constexpr (std::is_void_v<std::invoke_result_t<Hook&, Tensor>>)
      return add_hook([hook](const Tensor& gradient) mutable { return hook(gradient), Tensor(); });
    else
      return add_hook(std::move(hook));
  }
  void remove_hook(unsigned handle) const;
  uint32_t _version() const;
  uint32_t output_nr() const;

  TensorImpl& impl() const { return *impl_; }
  const View& raw() const;  // what kernels see

 private:
  unsigned add_hook(std::function<Tensor(const Tensor&)> hook) const;
  void require_dtype(Dtype expected) const;
  Ref<TensorImpl> impl_;
};

/// What a tensor knows of the tape: only that some op made it. autograd::Node is the one class derived from
/// this.
struct GraphNode : Pooled {
  ReferenceCount references;
  virtual ~GraphNode() = default;
  static void destroy(GraphNode* node);  // defined in autograd/node.cpp
};

/// What is done with the gradient of one tensor when it is complete: the tensor and its node share this. Registering a
/// hook makes it, see autograd/tools/hooks.cpp.
struct GradientHooks : Pooled {
  ReferenceCount references;
  std::vector<std::function<Tensor(const Tensor&)>> functions;  // empty where one was removed
  bool retains_grad = false;
  Tensor grad;  // the .grad of a tensor that retains it

  void run(Tensor& gradient);
  // Out of line: every tensor's destructor mentions it, few have hooks.
  static void destroy(GradientHooks* hooks);
};

/// One array. Exists once per tensor and per view, in one small block. What a tensor asks of its place on the tape
/// goes through place(): a view's changes when somebody writes into the memory it shows, see autograd/view.h.
struct TensorImpl : Pooled {
  ReferenceCount references;
  uint32_t output_nr = 0;      // which output of grad_fn this is
  bool requires_grad = false;  // a leaf that asks for gradients, or an output of a recorded op
  bool hidden_view = false;    // a view made while recording was off: the tape does not know what it shows
  bool hidden_graph = false;   // and that is something inside a graph
  uint32_t view_version = 0;   // of a view: the version of the storage for which grad_fn is right
  Ref<TensorImpl> base;        // of a view: the tensor, itself no view, whose elements it shows
  Ref<Storage> storage;
  Ref<GraphNode> grad_fn;  // the op that made it; empty for a leaf
  std::atomic<GraphNode*> leaf_node =
      nullptr;  // of a leaf: its place on the tape, made for its first graph; owned
  Tensor grad;
  Ref<GradientHooks> hooks;  // empty for almost every tensor
  View raw;

  /// This impl, with grad_fn, output_nr and requires_grad up to date.
  TensorImpl& place() {
    if (base && view_version != storage->version) [[unlikely]]
      find_place();
    return *this;
  }

  // Out of line, so that what it is called from, the end of every Tensor, stays short enough to be inlined.
  [[gnu::noinline]] static void destroy(TensorImpl* impl) {
    if (impl->leaf_node.load(std::memory_order_relaxed)) [[unlikely]]
      impl->leave_tape();
    delete impl;
  }

 private:
  void find_place();  // defined in autograd/view.cpp
  void leave_tape();  // defined in autograd/node.cpp
};

// ---- For the folders above: making tensors without recording ------------------------------------

/// Uninitialised, contiguous.
Tensor allocate(IntArrayRef sizes, Dtype dtype, DeviceType device = kCPU);
/// Uninitialised, contiguous, with the sizes of `like`.
Tensor allocate_like(const View& like, Dtype dtype, DeviceType device);
/// Another window on x's storage, outside the graph. (view_of in autograd/view.h makes the views that the tape knows.)
Tensor alias(const Tensor& x, const View& raw);
/// The kernels of the device where x lives.
inline const Kernels& kernels_of(const Tensor& x) { return kernels_for(x.impl().storage->device); }
/// Marks x's storage as changed.
inline void bump_version(const Tensor& x) { ++x.impl().storage->version; }

inline const View& Tensor::raw() const {
  check(defined(), "this tensor is undefined: it was never given a value");
  return impl_->raw;
}
inline Dtype Tensor::dtype() const { return raw().dtype; }
inline int64_t Tensor::dim() const { return raw().dim; }
inline int64_t Tensor::numel() const { return raw().numel(); }
inline IntArrayRef Tensor::sizes() const { return raw().shape(); }
inline IntArrayRef Tensor::strides() const { return {raw().strides, raw().dim}; }
inline bool Tensor::is_contiguous() const { return raw().is_contiguous(); }
inline bool Tensor::is_floating_point() const { return gradus::is_floating_point(dtype()); }
inline uint32_t Tensor::_version() const { return raw(), impl_->storage->version; }
inline bool Tensor::requires_grad() const { return raw(), impl_->place().requires_grad; }
inline bool Tensor::is_leaf() const { return raw(), !impl_->place().grad_fn; }

}  // namespace gradus
