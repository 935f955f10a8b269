// More views: parts of a tensor, diagonals of matrices, permuted dimensions.
#include "autograd/ops/pointwise.h"
#include "autograd/window.h"

namespace gradus {

/// ⌈a / b⌉
static int64_t divided_up(int64_t a, int64_t b) { return a / b + (a % b != 0); }

/// part(0), part(1), …
template <class Part>
static std::vector<Tensor> list_of(const char* op, const Tensor& x, int64_t count, Part part) {
  constexpr int64_t most = int64_t{1} << 26;  // they take some ten gigabytes
  check(count <= most, op, ": a tensor of shape ", text(x.sizes()), " would have ", count,
        " parts, more than 2^26");
  std::vector<Tensor> parts;
  for (int64_t i = 0; i < count; ++i) parts.push_back(part(i));
  return parts;
}

// y₁ ∥ y₂ ∥ … = x, in parts of one size
std::vector<Tensor> split(const Tensor& x, int64_t split_size, int64_t dim) {
  const int64_t size = x.size(dim);
  check(split_size > 0 || (split_size == 0 && size == 0),
        "split: the size of the parts must be positive, not ", split_size);
  const int64_t parts = size == 0 ? 1 : divided_up(size, split_size);
  return list_of("split", x, parts, [&](int64_t i) {
    return narrow(x, dim, i * split_size, std::min(split_size, size - i * split_size));
  });
}

// y₁ ∥ y₂ ∥ … = x, in as many parts as are asked for, or fewer if x has fewer elements along dim
std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t dim) {
  check(chunks > 0, "chunk: the number of chunks must be positive, not ", chunks);
  const int64_t size = x.size(dim);
  if (size > 0) return split(x, divided_up(size, chunks), dim);
  return list_of("chunk", x, chunks, [&](int64_t) { return narrow(x, dim, 0, 0); });
}

// yᵢ = x[…, i, …], for every i
std::vector<Tensor> unbind(const Tensor& x, int64_t dim) {
  return list_of("unbind", x, x.size(dim), [&](int64_t i) { return select(x, dim, i); });
}

// yᵢ = xᵢ,ᵢ₊ₖ         x̄ = zeros with ȳ on that diagonal
Tensor diagonal(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
  const int dim = static_cast<int>(x.dim()), a = wrap_dim(dim1, dim), b = wrap_dim(dim2, dim);
  check(a != b, "diagonal: dim1 and dim2 are the same dimension ", a);
  const auto on_diagonal = [offset, a, b](const View& x) {  // the other dimensions first, then the diagonal
    const int64_t row = offset < 0 ? -std::max(offset, -x.sizes[a]) : 0,
                  column = std::max<int64_t>(offset, 0);
    const int64_t length = std::max<int64_t>(std::min(x.sizes[a] - row, x.sizes[b] - column), 0);
    const int64_t first = length ? row * x.strides[a] + column * x.strides[b] : 0;
    View y = x;
    y.data = x.as<char>() + first * item_size(x.dtype);
    y.dim = 0;
    for (int d = 0; d < x.dim; ++d) {
      if (d == a || d == b) continue;
      y.sizes[y.dim] = x.sizes[d];
      y.strides[y.dim++] = x.strides[d];
    }
    y.sizes[y.dim] = length;
    y.strides[y.dim++] = x.strides[a] + x.strides[b];
    return y;
  };
  return autograd::read_through("diagonal", x, autograd::OfShape{Shape(x.raw())}, on_diagonal);
}

// y(i₀, i₁, …) = x with its indices in another order       x̄ = ȳ with its indices in the order of x
Tensor permute(const Tensor& x, IntArrayRef dims) {
  check(static_cast<int64_t>(dims.size()) == x.dim(), "permute: ", dims.size(),
        " dimensions given for a tensor of ", x.dim());
  View y = x.raw();
  Shape inverse(x.raw());
  unsigned seen = 0;
  for (int d = 0; d < y.dim; ++d) {
    const int from = wrap_dim(dims[d], y.dim);
    check(!(seen >> from & 1), "permute: dimension ", dims[d], " is given twice");
    seen |= 1u << from;
    y.sizes[d] = x.raw().sizes[from];
    y.strides[d] = x.raw().strides[from];
    inverse[from] = d;
  }
  return record("permute", view_of(x, y), wrt(x, [inverse](const Tensor& g) { return permute(g, inverse); }));
}

// y = x without its dimensions of size 1      x̄ = ȳ with these dimensions
Tensor squeeze(const Tensor& x) {
  View y = x.raw();
  y.dim = 0;
  for (int d = 0; d < x.dim(); ++d) {
    if (x.raw().sizes[d] == 1) continue;
    y.sizes[y.dim] = x.raw().sizes[d];
    y.strides[y.dim++] = x.raw().strides[d];
  }
  return record("squeeze", view_of(x, y),
                wrt(x, [shape = Shape(x.raw())](const Tensor& g) { return g.view(shape); }));
}

// y[…, i, …] = xᵢ, along a new dimension
Tensor stack(TensorList tensors, int64_t dim) {
  check(!tensors.empty(), "stack: the list of tensors is empty");
  std::vector<Tensor> rows;
  for (const Tensor& x : tensors) {
    check(x.sizes() == tensors[0].sizes(), "stack: all tensors must have one shape, but there are ",
          text(tensors[0].sizes()), " and ", text(x.sizes()));
    rows.push_back(x.unsqueeze(dim));
  }
  return cat(rows, wrap_dim(dim, static_cast<int>(tensors[0].dim()) + 1));
}

}  // namespace gradus
