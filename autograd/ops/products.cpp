// Matrix products. One kernel multiplies (…, m, k) × (…, k, n). A vector is passed to it as a matrix of
// one row or column.
//
// A product and its two gradients are the same function: with op(X) = X or Xᵀ,
//
//     Y = op(A) op(B)        gradient of op(A) = Ȳ op(B)ᵀ        gradient of op(B) = op(A)ᵀ Ȳ
//
// and a gradient of Aᵀ is that of A, transposed. So `product` takes each factor with a flag that transposes it,
// and its rules call it again. Transposing exchanges two strides; no element moves.
#include "autograd/ops/pointwise.h"

namespace gradus {

void check_same_dtype(const char* name, const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype() && a.impl().storage->device == b.impl().storage->device) [[likely]]
    return;
  check(a.dtype() == b.dtype(), name, ": a is ", a.dtype(), " and b is ", b.dtype(),
        "; convert one with .to(dtype)");
  on_device_of(name, a, b);
}

namespace {

/// op(x): x itself, or its transpose, which is built in `buffer`.
const View& maybe_transposed(const View& x, bool transposed, View& buffer) {
  if (!transposed) return x;
  buffer = x;
  buffer.exchange(buffer.dim - 1, buffer.dim - 2);
  return buffer;
}

/// Y = A B on views whose leading dimensions broadcast.
Tensor multiply(const char* name, DeviceType device, const View& a, const View& b) {
  const int64_t m = a.sizes[a.dim - 2], n = b.sizes[b.dim - 1];
  if (a.dim == 2 && b.dim == 2) [[likely]] {
    Tensor y = allocate({m, n}, a.dtype, device);
    if (m > 0 && n > 0) kernels_for(device).matmul(a, b, y.raw());  // 2⁴⁰ empty rows would take minutes
    return y;
  }
  // Only matmul takes batches of different sizes. (Its node is named bmm, as in libtorch.)
  const Shape batch = broadcast_shapes("matmul, batch dimensions", IntArrayRef(a.sizes, size_t(a.dim - 2)),
                                       IntArrayRef(b.sizes, size_t(b.dim - 2)));
  const auto with = [&](int64_t rows, int64_t columns) {
    Shape shape = batch;
    shape.push_back(rows), shape.push_back(columns);
    return shape;
  };
  Tensor y = allocate(with(m, n), a.dtype, device);
  if (m > 0 && n > 0)
    kernels_for(device).matmul(expand_view(name, a, with(m, a.sizes[a.dim - 1])),
                               expand_view(name, b, with(b.sizes[b.dim - 2], n)), y.raw());
  return y;
}

/// Are the columns of x contiguous in memory instead of its rows, as in a transposed matrix?
bool is_column_major(const View& x) { return x.strides[x.dim - 2] == 1 && x.strides[x.dim - 1] > 1; }

Tensor product(const char* name, const Tensor& a, bool a_transposed, const Tensor& b, bool b_transposed);

/// The gradient op(A) op(B) of a tensor X, in the memory layout of X. If X is column-major, it is W.t() of some W.
/// Then the contiguous matrix op(B)ᵀ op(A)ᵀ is computed, and its transpose returned. The rule of t() transposes it
/// once more. So W gets the contiguous matrix, and no element moves.
Tensor gradient_product(const char* name, bool column_major, const Tensor& a, bool a_transposed,
                        const Tensor& b, bool b_transposed) {
  return column_major ? transpose(product(name, b, !b_transposed, a, !a_transposed), -2, -1)
                      : product(name, a, a_transposed, b, b_transposed);
}

/// Y = op(A) op(B) of matrices or batches, whose leading dimensions broadcast.
Tensor product(const char* name, const Tensor& a, bool a_transposed, const Tensor& b, bool b_transposed) {
  View buffer_a, buffer_b;
  const View &x = maybe_transposed(a.raw(), a_transposed, buffer_a),
             &y = maybe_transposed(b.raw(), b_transposed, buffer_b);
  return record(name, multiply(name, a.impl().storage->device, x, y),
                wrt(a, saved(b),
                    [=, columns = is_column_major(a.raw())](const Tensor& g, const Tensor& b) {
                      return a_transposed ? gradient_product(name, columns, b, b_transposed, g, true)
                                          : gradient_product(name, columns, g, false, b, !b_transposed);
                    }),
                wrt(b, saved(a), [=, columns = is_column_major(b.raw())](const Tensor& g, const Tensor& a) {
                  return b_transposed ? gradient_product(name, columns, g, true, a, a_transposed)
                                      : gradient_product(name, columns, a, !a_transposed, g, false);
                }));
}

/// A B, where A is one row or B one column. The result's shape, `sizes`, leaves out the dimensions of size 1.
Tensor multiply_vectors(const Tensor& like, const View& a, const View& b, IntArrayRef sizes) {
  Tensor y = allocate(sizes, a.dtype, like.impl().storage->device);
  View out = y.raw();
  out.dim = 2;
  out.sizes[0] = a.sizes[0];
  out.sizes[1] = b.sizes[1];
  out.set_contiguous_strides();
  kernels_of(like).matmul(a, b, out);
  return y;
}

View as_row(const View& x) {
  View row = x;
  row.dim = 2;
  row.sizes[0] = 1;
  row.strides[0] = x.sizes[0];
  row.sizes[1] = x.sizes[0];
  row.strides[1] = x.strides[0];
  return row;
}

View as_column(const View& x) {
  View column = x;
  column.dim = 2;
  column.sizes[1] = 1;
  column.strides[1] = 1;
  return column;
}

}  // namespace

// Y = A B         Ā = Ȳ Bᵀ     B̄ = Aᵀ Ȳ
Tensor mm(const Tensor& a, const Tensor& b) {
  const View &x = a.raw(), &y = b.raw();
  check(x.dim == 2 && y.dim == 2, "mm: a is ", text(a.sizes()), " and b is ", text(b.sizes()),
        ", but both must be matrices; matmul also takes vectors and batches");
  if (x.sizes[1] != y.sizes[0]) [[unlikely]]
    fail("mm: a is ", text(a.sizes()), " and b is ", text(b.sizes()), ": a's columns (", x.sizes[1],
         ") must equal b's rows (", y.sizes[0], ")");
  check_same_dtype("mm", a, b);
  return product("mm", a, false, b, false);
}

// y = A x         Ā = ȳ xᵀ     x̄ = Aᵀ ȳ
Tensor mv(const Tensor& a, const Tensor& x) {
  check(a.dim() == 2 && x.dim() == 1 && a.size(1) == x.size(0), "mv: a is ", text(a.sizes()), " and x is ",
        text(x.sizes()), ", but a matrix (m, k) and a vector (k,) are needed");
  check_same_dtype("mv", a, x);
  return record("mv", multiply_vectors(a, a.raw(), as_column(x.raw()), a.size(0)),
                wrt(a, saved(x), [](const Tensor& g, const Tensor& x) { return outer(g, x); }),
                wrt(x, saved(a), [](const Tensor& g, const Tensor& a) { return mv(t(a), g); }));
}

// y = a · b       ā = ȳ b      b̄ = ȳ a
Tensor dot(const Tensor& a, const Tensor& b) {
  check(a.dim() == 1 && b.dim() == 1 && a.size(0) == b.size(0), "dot: a is ", text(a.sizes()), " and b is ",
        text(b.sizes()), ", but two vectors of one length are needed");
  check_same_dtype("dot", a, b);
  return record("dot", multiply_vectors(a, as_row(a.raw()), as_column(b.raw()), {}),
                wrt(a, saved(b), [](const Tensor& g, const Tensor& b) { return g * b; }),
                wrt(b, saved(a), [](const Tensor& g, const Tensor& a) { return g * a; }));
}

static Tensor batched(const char* name, const Tensor& a, const Tensor& b) {
  check(a.size(-1) == b.size(-2), name, ": a is ", text(a.sizes()), " and b is ", text(b.sizes()),
        ": a's columns (", a.size(-1), ") must equal b's rows (", b.size(-2), ")");
  check_same_dtype(name, a, b);
  return product("bmm", a, false, b, false);
}

// Yₙ = Aₙ Bₙ      the rules of mm for each n
Tensor bmm(const Tensor& a, const Tensor& b) {
  check(a.dim() == 3 && b.dim() == 3 && a.size(0) == b.size(0), "bmm: a is ", text(a.sizes()), " and b is ",
        text(b.sizes()), ", but two batches (b, m, k) and (b, k, n) are needed");
  return batched("bmm", a, b);
}

// Y = A B: dot, mv, mm or a batch of products, depending on the dimensions
Tensor matmul(const Tensor& a, const Tensor& b) {
  const int64_t dim_a = a.dim(), dim_b = b.dim();
  if (dim_a == 2 && dim_b == 2) return mm(a, b);
  check(dim_a > 0 && dim_b > 0, "matmul: both arguments need at least one dimension, a is ", text(a.sizes()),
        " and b is ", text(b.sizes()));
  if (dim_a == 1 && dim_b == 1) return dot(a, b);
  if (dim_a == 2 && dim_b == 1) return mv(a, b);
  if (dim_b == 1) return matmul(a, b.unsqueeze(-1)).squeeze(-1);
  if (dim_a == 1) return matmul(a.unsqueeze(0), b).squeeze(-2);
  return batched("matmul", a, b);
}

// Y = a bᵀ
Tensor outer(const Tensor& a, const Tensor& b) {
  check(a.dim() == 1 && b.dim() == 1, "outer: a is ", text(a.sizes()), " and b is ", text(b.sizes()),
        ", but two vectors are needed");
  return a.unsqueeze(1) * b;
}

// Y = β C + α A B; β = 0 leaves C out, even if it holds NaN
Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, const Scalar& beta, const Scalar& alpha) {
  const Tensor product = alpha.toDouble() == 1 ? mm(a, b) : mm(a, b) * alpha;
  if (beta.toDouble() != 0) return beta.toDouble() == 1 ? c + product : c * beta + product;
  const Tensor y = product.to(result_type(c, product));
  return constant_in(c, y.expand(broadcast_shapes("addmm", c.sizes(), y.sizes())));
}

}  // namespace gradus
