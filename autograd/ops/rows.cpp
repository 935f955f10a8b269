// Whole rows of a table, chosen by their number. Reading rows and adding to rows are transposed maps, so each is the
// derivative rule of the other.
#include "autograd/ops/positions.h"

namespace gradus {

static Tensor add_rows(const Tensor& values, const Tensor& indices, int64_t rows);

// yᵢ = table[kᵢ], whole rows      t̄[r] = Σ ȳᵢ over all i with kᵢ = r
//
// The indices may be the caller's own array, so they are saved: then backward throws if they have changed since the
// check.
Tensor take_rows(const char* op, const Tensor& source, const Tensor& places) {
  const Tensor table = source.contiguous(), indices = on_device_of(op, table, places);
  Tensor y = allocate({indices.size(0), table.size(1)}, table.dtype(), table.device().type());
  kernels_of(table).gather_rows(table.raw(), indices.raw(), y.raw());
  return record(op, y,
                wrt(table, saved(indices), [rows = table.size(0)](const Tensor& g, const Tensor& indices) {
                  return add_rows(g, indices, rows);
                }));
}

static Tensor add_rows(const Tensor& values, const Tensor& indices, int64_t rows) {
  Tensor y = zeros({rows, values.size(1)}, values.options());
  kernels_of(y).scatter_add_rows(indices.raw(), values.raw(), y.raw());
  return record("add_rows", y, wrt(values, saved(indices), [](const Tensor& g, const Tensor& indices) {
                  return take_rows("take_rows", g, indices);
                }));
}

/// Error unless every index is the number of a row.
static void check_in_range(const Tensor& indices, int64_t rows) {
  if (indices.numel() == 0) return;
  const Tensor bad = lt(indices, 0) | ge(indices, rows);
  if (!any(bad).item<bool>()) return;
  const Tensor where_bad = nonzero(bad)[0].cpu().contiguous();
  fail("embedding: index ", masked_select(indices, bad)[0].item<int64_t>(), " at position ",
       text(IntArrayRef(where_bad.data_ptr<int64_t>(), where_bad.numel())),
       " is out of range for a table of ", rows, " rows");
}

// yᵢ = W[kᵢ], a row of the table      W̄[r] = Σ ȳᵢ over all i with kᵢ = r
Tensor embedding(const Tensor& weight, const Tensor& input, int64_t padding_idx) {
  check(weight.dim() == 2, "embedding: the table must be (rows, width), not ", text(weight.sizes()));
  check(is_integer(input.dtype()), "embedding: indices must be integers, not ", input.dtype());
  const Tensor indices = input.to(kInt64);
  host_work(kernels_of(indices), "embedding", [=, rows = weight.size(0)] { check_in_range(indices, rows); });
  Shape shape(indices.raw());
  shape.push_back(weight.size(1));
  const Tensor y = take_rows("embedding", weight, indices.flatten().contiguous()).view(shape);
  return padding_idx < 0 ? y : where(eq(indices, padding_idx).unsqueeze(-1), y.detach(), y);
}

// yᵢ = x[…, kᵢ, …]      x̄ = zeros, with ȳ added to the elements that were read
Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index) {
  check(index.dim() <= 1, "index_select: the index must be a vector, not ", text(index.sizes()));
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  if (x.dim() == 0) return index_select(x.reshape({1}), 0, index).reshape({});  // its only row, once
  const Tensor rows = checked_indices("index_select", index.reshape({-1}).contiguous(), d, x.size(d));
  const Tensor front = transpose(x, 0, d);
  Shape shape(front.raw());
  const Tensor table = front.reshape({x.size(d), front.numel() / std::max<int64_t>(x.size(d), 1)});
  shape[0] = rows.size(0);
  return transpose(take_rows("index_select", table, rows).view(shape), 0, d);
}

}  // namespace gradus
