// Matrix products. One kernel multiplies (…, m, k) × (…, k, n); vectors come to it as matrices of one row or
// column.
#include "autograd/ops/pointwise.h"

namespace gradus {
namespace {

void check_same_dtype(const char* op, const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype() && a.impl().storage->device == b.impl().storage->device) [[likely]]
    return;
  check(a.dtype() == b.dtype(), op, ": a is ", a.dtype(), " and b is ", b.dtype(),
        "; convert one with .to(dtype)");
  on_device_of(op, a, b);
}

/// (m, k) × (k, n) on bare views. `sizes` is the shape of the result, which may leave out dimensions of
/// size 1.
Tensor multiply(const Tensor& x, const View& a, const View& b, IntArrayRef sizes) {
  Tensor y = allocate(sizes, a.dtype, x.impl().storage->device);
  if (sizes.size() == 2) {
    kernels_of(x).matmul(a, b, y.raw());
    return y;
  }
  View out = y.raw();
  out.dim = 2;
  out.sizes[0] = a.sizes[0];
  out.sizes[1] = b.sizes[1];
  out.set_contiguous_strides();
  kernels_of(x).matmul(a, b, out);
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

/// Do the columns of x lie one after another in memory, as those of a transposed matrix do?
bool lies_by_columns(const View& x) { return x.strides[0] == 1 && x.strides[1] > 1; }

View transposed(const View& x) {
  View y = x;
  std::swap(y.sizes[0], y.sizes[1]);
  std::swap(y.strides[0], y.strides[1]);
  return y;
}

/// A factor in a rule of mm: a matrix, or its transpose.
struct Factor {
  const Tensor& x;
  bool turned;

  Tensor tensor() const { return turned ? t(x) : x; }
  View view() const { return turned ? transposed(x.raw()) : x.raw(); }
};

/// A B for a rule, lying by columns if asked. A gradient that lies as its tensor does need not be rearranged: that of W.t()
/// becomes W's gradient by another transposition, in which no element moves. Where nothing is recorded, neither are the
/// transposed matrices made as tensors.
Tensor mm_lying(bool by_columns, Factor a, Factor b) {
  if (GradMode::is_enabled()) {
    const Tensor x = a.tensor(), y = b.tensor();
    return by_columns ? t(mm(t(y), t(x))) : mm(x, y);
  }
  const View x = a.view(), y = b.view();
  if (!by_columns) return multiply(a.x, x, y, {x.sizes[0], y.sizes[1]});
  const Tensor product = multiply(a.x, transposed(y), transposed(x), {y.sizes[1], x.sizes[0]});
  return alias(product, transposed(product.raw()));
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
  return record("mm", multiply(a, x, y, {x.sizes[0], y.sizes[1]}),
                wrt(a,
                    [b = save(b), by_columns = lies_by_columns(x)](const Tensor& g) {
                      return mm_lying(by_columns, {g, false}, {b, true});
                    }),
                wrt(b, [a = save(a), by_columns = lies_by_columns(y)](const Tensor& g) {
                  return mm_lying(by_columns, {a, true}, {g, false});
                }));
}

// y = A x         Ā = ȳ xᵀ     x̄ = Aᵀ ȳ
Tensor mv(const Tensor& a, const Tensor& x) {
  check(a.dim() == 2 && x.dim() == 1 && a.size(1) == x.size(0), "mv: a is ", text(a.sizes()), " and x is ",
        text(x.sizes()), ", but a matrix (m, k) and a vector (k,) are needed");
  check_same_dtype("mv", a, x);
  return record("mv", multiply(a, a.raw(), as_column(x.raw()), a.size(0)),
                wrt(a, [x = save(x)](const Tensor& g) { return outer(g, x); }),
                wrt(x, [a = save(a)](const Tensor& g) { return mv(t(a), g); }));
}

// y = a · b       ā = ȳ b      b̄ = ȳ a
Tensor dot(const Tensor& a, const Tensor& b) {
  check(a.dim() == 1 && b.dim() == 1 && a.size(0) == b.size(0), "dot: a is ", text(a.sizes()), " and b is ",
        text(b.sizes()), ", but two vectors of one length are needed");
  check_same_dtype("dot", a, b);
  return record("dot", multiply(a, as_row(a.raw()), as_column(b.raw()), {}),
                wrt(a, [b = save(b)](const Tensor& g) { return g * b; }),
                wrt(b, [a = save(a)](const Tensor& g) { return g * a; }));
}

namespace {

/// Matrices in batches: the leading dimensions broadcast, the last two multiply. The engine sums the
/// gradients of a broadcast batch, so the rules are those of mm.
Tensor batched(const char* op, const Tensor& a, const Tensor& b) {
  const Shape shape_a(a.raw()), shape_b(b.raw());
  check(a.size(-1) == b.size(-2), op, ": a is ", shape_a.text(), " and b is ", shape_b.text(),
        ": a's columns (", a.size(-1), ") must equal b's rows (", b.size(-2), ")");
  check_same_dtype(op, a, b);
  Shape batch = broadcast_shapes(op, IntArrayRef(shape_a.begin(), shape_a.dim() - 2),
                                 IntArrayRef(shape_b.begin(), shape_b.dim() - 2));
  Shape full_a = batch, full_b = batch, out = batch;
  full_a.push_back(a.size(-2)), full_a.push_back(a.size(-1));
  full_b.push_back(b.size(-2)), full_b.push_back(b.size(-1));
  out.push_back(a.size(-2)), out.push_back(b.size(-1));
  Tensor y = allocate(out, a.dtype(), a.device().type());
  kernels_of(a).matmul(expand_view(op, a.raw(), full_a), expand_view(op, b.raw(), full_b), y.raw());
  return record("bmm", y, wrt(a, [b = save(b)](const Tensor& g) { return matmul(g, transpose(b, -2, -1)); }),
                wrt(b, [a = save(a)](const Tensor& g) { return matmul(transpose(a, -2, -1), g); }));
}

}  // namespace

// Yₙ = Aₙ Bₙ
Tensor bmm(const Tensor& a, const Tensor& b) {
  check(a.dim() == 3 && b.dim() == 3 && a.size(0) == b.size(0), "bmm: a is ", text(a.sizes()), " and b is ",
        text(b.sizes()), ", but two batches (b, m, k) and (b, k, n) are needed");
  return batched("bmm", a, b);
}

// Y = A B: dot, mv, mm or a batch of products, as the dimensions are
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

// Y = β C + α A B
Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, const Scalar& beta, const Scalar& alpha) {
  const Tensor product = alpha.toDouble() == 1 ? mm(a, b) : mm(a, b) * alpha;
  return beta.toDouble() == 1 ? c + product : c * beta + product;
}

}  // namespace gradus
