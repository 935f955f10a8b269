// Views: tensors that share memory with x. A small pure function computes the View of the result from that
// of x. The rule is the inverse rearrangement or, where the view leaves elements out, zeros with the
// gradient in the same window.
#include "autograd/ops/pointwise.h"
#include "autograd/window.h"

namespace gradus {
namespace {

int wrap(int64_t d, const View& x) { return wrap_dim(d, x.dim); }

// The functions below fill a new view, in order. Shifting the entries of a copy would be shorter. But the processor
// would have to wait for the copy to reach memory, which takes longer than all the rest.

/// A view of x's memory whose sizes and strides are not filled yet.
View of_memory(const View& x, int dim) {
  View y;
  y.data = x.data, y.owner = x.owner, y.dtype = x.dtype, y.dim = static_cast<uint8_t>(dim);
  return y;
}

/// x without dimension d.
View without_dim(const View& x, int d) {
  View y = of_memory(x, x.dim - 1);
  for (int i = 0; i < y.dim; ++i) {
    y.sizes[i] = x.sizes[i + (i >= d)];
    y.strides[i] = x.strides[i + (i >= d)];
  }
  return y;
}

/// x with a new dimension d, of size 1.
View with_dim(const View& x, int d) {
  check(x.dim < kMaxDims, "unsqueeze: a tensor has at most ", kMaxDims, " dimensions");
  View y = of_memory(x, x.dim + 1);
  for (int i = 0; i < x.dim; ++i) {
    y.sizes[i + (i >= d)] = x.sizes[i];
    y.strides[i + (i >= d)] = x.strides[i];
  }
  y.sizes[d] = 1;
  y.strides[d] = d < x.dim ? x.sizes[d] * x.strides[d] : 1;
  return y;
}

View shifted(View x, int64_t elements) {
  x.data = static_cast<char*>(x.data) + elements * item_size(x.dtype);
  return x;
}

/// The elements of x that one sees through `window`, a function View → View.
template <class Window>
Tensor look_through(const char* op, const Tensor& x, Window window) {
  return autograd::read_through(op, x, autograd::OfShape{Shape(x.raw())}, window);
}

}  // namespace

// ---- Windows that leave elements out ------------------------------------------------------------

// y = x[…, i, …]    x̄ = zeros with ȳ at i
Tensor select(const Tensor& x, int64_t dim, int64_t index) {
  check(x.dim() > 0, "select: a tensor of no dimensions cannot be indexed");
  const int d = wrap(dim, x.raw());
  const int64_t size = x.raw().sizes[d];
  if (index < -size || index >= size) [[unlikely]]
    fail("index ", index, " is out of bounds for dimension ", d, " with size ", size);
  const int64_t i = index < 0 ? index + size : index;
  return look_through("select", x,
                      [d, i](const View& x) { return shifted(without_dim(x, d), i * x.strides[d]); });
}
// y = x[i, …]
Tensor Tensor::operator[](int64_t index) const { return gradus::select(*this, 0, index); }

// yⱼ = xₛ₊ⱼₖ       x̄ = zeros with ȳ at s, s + k, …
Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t end, int64_t step) {
  check(x.dim() > 0, "slice: a tensor of no dimensions cannot be sliced");
  check(step > 0, "slice: the step must be positive, not ", step);
  const int d = wrap(dim, x.raw());
  const int64_t size = x.raw().sizes[d];
  const auto clip = [size](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + size : i, 0, size); };
  const int64_t first = clip(start), last = std::max(first, clip(end));
  const int64_t length = (last - first) / step + ((last - first) % step != 0);
  return look_through("slice", x, [d, first, length, step](const View& x) {
    View y = length ? shifted(x, first * x.strides[d]) : x;
    y.sizes[d] = length;
    y.strides[d] *= step;
    return y;
  });
}

// yᵢ = xₛ₊ᵢ
Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length) {
  const int64_t size = x.size(dim), first = start < 0 ? start + size : start;
  check(0 <= first && 0 <= length && length <= size - first, "narrow: start (", start, ") + length (", length,
        ") exceeds dimension size (", size, ")");
  return slice(x, dim, first, first + length);
}

// ---- Rearrangements: every element stays, the rule is the inverse -------------------------------

// y = x with two dimensions exchanged      x̄ = ȳ likewise
Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1) {
  const int a = wrap(dim0, x.raw()), b = wrap(dim1, x.raw());
  View y = x.raw();
  if (y.dim > 0) y.exchange(a, b);
  return record("transpose", view_of(x, y), wrt(x, [a, b](const Tensor& g) { return transpose(g, a, b); }));
}

// Y = Xᵀ          X̄ = Ȳᵀ
Tensor t(const Tensor& x) {
  check(x.dim() <= 2, "t() expects a tensor with <= 2 dimensions, but self is ", x.dim(), "D");
  View y = x.raw();
  if (y.dim == 2) y.exchange(0, 1);
  return record("t", view_of(x, y), wrt(x, [](const Tensor& g) { return t(g); }));
}

// y = x, repeated along dimensions of size 1      x̄ = Σ ȳ over these dimensions: the engine does this sum
Tensor Tensor::expand(IntArrayRef sizes) const {
  Shape shape(sizes);
  const int added = static_cast<int>(sizes.size()) - static_cast<int>(dim());
  for (int d = 0; d < shape.dim(); ++d)
    if (shape[d] == -1) {
      check(d >= added, "expand: -1 keeps an existing size, but dimension ", d, " is new");
      shape[d] = raw().sizes[d - added];
    }
  shape.numel();  // an Error for a negative size or a product beyond 64 bits
  return record("expand", view_of(*this, expand_view("expand", raw(), shape)), wrt(*this, unchanged));
}

// y = x with one more dimension, of size 1      x̄ = ȳ without it
Tensor unsqueeze(const Tensor& x, int64_t dim) {
  const int d = wrap_dim(dim, static_cast<int>(x.dim()) + 1);
  return record("unsqueeze", view_of(x, with_dim(x.raw(), d)),
                wrt(x, [d](const Tensor& g) { return squeeze(g, d); }));
}

// y = x without a dimension of size 1      x̄ = ȳ with it
Tensor squeeze(const Tensor& x, int64_t dim) {
  const int d = wrap(dim, x.raw());
  if (x.dim() == 0 || x.raw().sizes[d] != 1) return record("squeeze", view_of(x, x.raw()), wrt(x, unchanged));
  return record("squeeze", view_of(x, without_dim(x.raw(), d)),
                wrt(x, [d](const Tensor& g) { return unsqueeze(g, d); }));
}

namespace {

/// `sizes` with -1 replaced by the size that gives x's number of elements.
Shape infer_size(const char* op, const Tensor& x, IntArrayRef sizes) {
  Shape shape(sizes);
  int64_t known = 1;
  int unknown = -1;
  for (int d = 0; d < shape.dim(); ++d)
    if (shape[d] == -1) {
      check(unknown < 0, op, ": only one dimension can be inferred, but ", shape.text(), " has more");
      unknown = d;
    } else {
      check(shape[d] >= 0, op, ": invalid size ", shape[d], " in ", shape.text());
      known *= shape[d];
    }
  if (unknown >= 0 && known > 0) shape[unknown] = x.numel() / known;
  check(shape.numel() == x.numel() && (unknown < 0 || known > 0), op, ": shape ", text(sizes),
        " is invalid for a tensor of ", x.numel(), " elements (", text(x.sizes()), ")");
  return shape;
}

/// x's elements in row-major order as a view with new sizes; nothing if the strides do not allow it. A run of x's
/// dimensions that is contiguous in itself can be divided into other sizes.
std::optional<View> restride(const View& x, const Shape& shape) {
  View y = of_memory(x, shape.dim());
  std::copy(shape.begin(), shape.end(), y.sizes);
  y.set_contiguous_strides();
  if (x.is_contiguous()) return y;

  int d = y.dim - 1;
  for (int run_end = x.dim - 1; run_end >= 0;) {
    int64_t run = x.sizes[run_end];  // elements of the run that ends at run_end
    const int64_t base = x.strides[run_end];
    int begin = run_end;
    while (begin > 0 && (x.sizes[begin - 1] == 1 || x.strides[begin - 1] == run * base))
      run *= x.sizes[--begin];
    int64_t covered = 1;
    while (d >= 0 && (covered < run || y.sizes[d] == 1)) {
      y.strides[d] = covered * base;
      covered *= y.sizes[d--];
    }
    if (covered != run) return std::nullopt;
    run_end = begin - 1;
  }
  return y;
}

}  // namespace

// y = x in another shape      x̄ = ȳ in the shape of x
Tensor Tensor::view(IntArrayRef sizes) const {
  const Shape shape = infer_size("view", *this, sizes);
  const std::optional<View> y = restride(raw(), shape);
  check(y.has_value(), "view: a tensor of shape ", text(this->sizes()), " and strides ", strides(),
        " cannot be seen as ", shape.text(),
        " without moving elements; use reshape(), which copies if it must");
  return record("view", view_of(*this, *y),
                wrt(*this, [shape = Shape(raw())](const Tensor& g) { return g.reshape(shape); }));
}

// y = x in another shape; a view where the strides allow it
Tensor reshape(const Tensor& x, IntArrayRef sizes) {
  const Shape shape = infer_size("reshape", x, sizes);
  return restride(x.raw(), shape) ? x.view(shape) : x.clone().view(shape);
}

// y = x in one dimension instead of several
Tensor flatten(const Tensor& x, int64_t start_dim, int64_t end_dim) {
  const int first = wrap(start_dim, x.raw()), last = wrap(end_dim, x.raw());
  check(first <= last, "flatten: start_dim ", start_dim, " comes after end_dim ", end_dim);
  if (x.dim() == 0) return x.reshape({1});
  Shape shape;
  for (int d = 0; d < x.dim(); ++d)
    if (d <= first || d > last)
      shape.push_back(x.size(d));
    else
      shape[first] *= x.size(d);
  return reshape(x, shape);
}

}  // namespace gradus
