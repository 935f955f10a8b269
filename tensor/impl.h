// TensorImpl, to which a Tensor points; its link to the tape; and functions that make tensors without recording.
//
// tensor.h includes this file at its end, for the functions of Tensor that are inlined.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

/// The op that made a tensor, as far as this folder knows it. autograd::Node is the only class derived from it.
struct GraphNode : Pooled {
  ReferenceCount references;
  virtual ~GraphNode() = default;
  static void destroy(GraphNode* node);  // defined in autograd/node.cpp
};

/// What happens to the gradient of one tensor when it is complete. The tensor and its node share this object. The
/// first hook makes it, see autograd/tools/hooks.cpp.
struct GradientHooks : Pooled {
  ReferenceCount references;
  std::vector<std::function<Tensor(const Tensor&)>> functions;  // an entry is empty after remove_hook
  bool retains_grad = false;
  Tensor grad;  // the .grad of a tensor that retains it

  void run(Tensor& gradient);
  // Out of line: it is in the destructor of every tensor, but few tensors have hooks.
  static void destroy(GradientHooks* hooks);
};

/// A tensor's place on the tape.
struct TapePlace {
  Ref<GraphNode> grad_fn;      // the op that made it; empty for a leaf
  uint32_t output_nr = 0;      // which output of grad_fn it is
  bool requires_grad = false;  // true for a leaf that asks for gradients and every output of a recorded op
};

/// One array: each tensor and each view has its own TensorImpl, in one small block.
struct TensorImpl : Pooled {
  ReferenceCount references;
  uint32_t view_version = 0;  // of a view: the storage's version for which `place` is right
  Ref<TensorImpl> base;       // of a view: the tensor whose elements it shows, which is not a view itself
  Ref<Storage> storage;
  TapePlace place;            // of a view: right only after current_place()
  bool hidden_view = false;   // a view made while recording was off, which therefore has no `base`
  bool hidden_graph = false;  // the tensor that a hidden view shows was part of a graph
  std::atomic<GraphNode*> leaf_node = nullptr;  // of a leaf: its node, which it owns
  Tensor grad;
  View raw;                  // at byte 64, so that kernels read one cache line less
  Ref<GradientHooks> hooks;  // empty for almost every tensor

  /// `place`, up to date. A view's place changes when the memory it shows is written, see autograd/view.h.
  const TapePlace& current_place() {
    if (base && view_version != storage->version) [[unlikely]]
      update_place();
    return place;
  }

  // Out of line, so that ~Tensor, which calls it, stays short enough to be inlined.
  [[gnu::noinline]] static void destroy(TensorImpl* impl) {
    if (impl->leaf_node.load(std::memory_order_relaxed)) [[unlikely]]
      impl->leave_tape();
    delete impl;
  }

 private:
  void update_place();  // defined in autograd/view.cpp
  void leave_tape();    // defined in autograd/place.cpp
};

// ---- For the folders above: making tensors without recording ------------------------------------

/// Uninitialised, contiguous.
Tensor allocate(IntArrayRef sizes, Dtype dtype, DeviceType device = kCPU);
/// Uninitialised, contiguous, with the sizes of `like`.
Tensor allocate_like(const View& like, Dtype dtype, DeviceType device);
/// A view of x's storage outside the graph. (view_of in autograd/view.h makes the views that the tape knows.)
Tensor alias(const Tensor& x, const View& raw);
/// The kernels of the device where x lives.
inline const Kernels& kernels_of(const Tensor& x) { return kernels_for(x.impl().storage->device); }
/// May x's memory be overwritten or passed on? True if nothing else refers to it and the elements are contiguous.
inline bool is_reusable(const Tensor& x) {
  return x.impl().references.value() == 1 && x.impl().storage->references.value() == 1 && x.is_contiguous();
}
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
inline bool Tensor::requires_grad() const { return raw(), impl_->current_place().requires_grad; }
inline bool Tensor::is_leaf() const { return raw(), !impl_->current_place().grad_fn; }

}  // namespace gradus
