// Tensor: an n-dimensional array that can remember how it was computed.
//
// A Tensor is a handle. Copying it copies a pointer; both copies are the same array:
//
//     Tensor ──> TensorImpl { View: dtype, sizes, strides │ Storage │ grad_fn, grad }
//
// Kernels get only the View. A view of a tensor (x.t(), x[0]) has its own TensorImpl and shares the Storage.
//
// The ops are functions, exp(x), and methods, x.exp(): see functions.h and methods.h. All are defined in
// autograd/ops/, each next to its derivative. So this folder does not depend on the tape.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "tensor/functions.h"
#include "tensor/methods.h"
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

/// See the head of this file. All methods are const where libtorch's are, even if they change the elements: the
/// handle stays the same. A negative dimension counts from the end. Every method throws Error on misuse.
class Tensor : public Methods<Tensor> {
 public:
  Tensor() = default;  // undefined: no array at all
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  ~Tensor() = default;

  // `a = b` makes the variable a name b's array. `x[i] = b` writes into x, because x[i] is a temporary.
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;
  Tensor& operator=(const Tensor& values) &&;
  Tensor& operator=(Tensor&& values) &&;
  Tensor& operator=(const Scalar& value) &&;

  // ---- What it is -------------------------------------------------------------------------------
  bool defined() const { return static_cast<bool>(impl_); }
  void reset() { impl_.reset(); }  // makes it undefined
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }
  IntArrayRef sizes() const;          // the shape
  IntArrayRef strides() const;        // in elements
  int64_t size(int64_t dim) const;    // of one dimension
  int64_t stride(int64_t dim) const;  // of one dimension
  int64_t dim() const;                // how many dimensions
  int64_t numel() const;              // how many elements
  Dtype dtype() const;                // what kind of number
  Dtype scalar_type() const { return dtype(); }
  Device device() const;  // where the elements are
  bool is_cuda() const { return device().is_cuda(); }
  bool is_contiguous() const;      // row-major, without gaps
  bool is_floating_point() const;  // float32 or float64
  int64_t storage_offset() const;  // of its first element in the storage
  TensorOptions options() const { return TensorOptions().dtype(dtype()).device(device()); }
  bool is_alias_of(const Tensor& other) const;  // do both share one storage?

  // ---- Reaching the elements --------------------------------------------------------------------
  /// The value of a tensor of one element. Error if a T cannot hold it.
  template <class T>
  T item() const {
    const Scalar value = item();
    check(value.fits<T>(), "item: ", value, " cannot be converted to a C++ type of ", sizeof(T),
          " bytes without overflow");
    return value.to<T>();
  }
  Scalar item() const;
  /// The address of element (0, 0, …). T must be the dtype's C++ type.
  template <class T>
  T* data_ptr() const {
    static_assert(sizeof(T) == item_size(dtype_of<T>()), "data_ptr: no dtype has this C++ type");
    require_dtype(dtype_of<T>());
    return static_cast<T*>(data_ptr());
  }
  void* data_ptr() const;
  std::string toString() const;  // as operator<< prints it

  // ---- Recorded methods without a function of the same name ------------------------------------
  // All others come from Methods.
  Tensor to(Dtype dtype) const;
  Tensor to(Device device) const;
  Tensor to(Device device, Dtype dtype) const { return to(device).to(dtype); }
  Tensor cpu() const { return to(kCPU); }
  Tensor cuda() const { return to(kCUDA); }
  Tensor contiguous() const;               // in row-major order: itself or a copy
  Tensor operator[](int64_t index) const;  // a view of one row
  Tensor view(IntArrayRef sizes) const;    // one size may be -1; Error if the strides do not allow it
  Tensor expand(IntArrayRef sizes) const;  // -1 keeps a size
  Tensor expand_as(const Tensor& other) const { return expand(other.sizes()); }
  /// x.index({Slice(1, None), "...", mask, 3}): see tensor/indexing.h.
  Tensor index(std::initializer_list<TensorIndex> indices) const;
  Tensor index(const std::vector<TensorIndex>& indices) const;
  Tensor index_put(std::initializer_list<TensorIndex> indices, const Tensor& values,
                   bool accumulate = false) const;

  // ---- In place ---------------------------------------------------------------------------------
  /// Writes values to the chosen elements, or adds them. When adding, an element that is chosen
  /// twice gets both values.
  Tensor& index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values,
                     bool accumulate = false) const;
  Tensor& index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) const;
  Tensor& index_put_(const std::vector<TensorIndex>& indices, const Tensor& values,
                     bool accumulate = false) const;
  Tensor& index_put_(const std::vector<TensorIndex>& indices, const Scalar& value) const;
  Tensor& index_add_(int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha = 1) const;
  Tensor& scatter_add_(int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor& masked_fill_(const Tensor& mask, const Scalar& value) const;
  Tensor& masked_fill_(const Tensor& mask, const Tensor& value) const;
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
  Tensor& fill_(const Scalar& value) const;  // an expanded tensor, too
  Tensor& fill_(const Tensor& value) const;  // value: 0-d
  Tensor& zero_() const;
  Tensor& copy_(const Tensor& values) const;
  // Random numbers are drawn in the order of the tensor's memory.
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
  /// Adds the derivative of this tensor to .grad of every leaf it was computed from. `gradient` (by default 1,
  /// for a tensor of one element) is the derivative of the final quantity by this tensor. The graph's saved
  /// tensors are freed unless retain_graph is true. create_graph records the backward pass itself, for higher
  /// derivatives. If `inputs` are given, only they receive gradients.
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
  /// The same elements without recording. Unlike in libtorch, the version check notices writes through it.
  Tensor data() const { return detach(); }
  Tensor tensor_data() const { return detach(); }
  void set_data(const Tensor& values) const;  // this handle's array becomes that of `values`
  /// Makes a tensor inside the graph keep its gradient in .grad, as leaves do.
  void retain_grad() const;
  bool retains_grad() const;
  /// Calls hook(gradient) whenever the gradient of this tensor is complete, before it is added to .grad or passed
  /// to the inputs. If a hook returns a tensor, it replaces the gradient. Hooks run in the order in which they
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

}  // namespace gradus

#include "tensor/impl.h"
#include "tensor/operators.h"
