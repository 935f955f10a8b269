// Matrix products, compared with three loops.
#include "op_list.h"

namespace gradus::test {
namespace {

/// (…, m, k) × (…, k, n). The leading dimensions are broadcast.
Array product(const Array& a, const Array& b) {
  const int64_t k = a.sizes.back();
  const Array batch_a{{a.sizes.begin(), a.sizes.end() - 2}, {}},
      batch_b{{b.sizes.begin(), b.sizes.end() - 2}, {}};
  Sizes sizes = common_sizes({batch_a, batch_b});
  sizes.push_back(a.sizes[a.sizes.size() - 2]);
  sizes.push_back(b.sizes.back());
  return build(sizes, [&](const Index& index) {
    const Index batch(index.begin(), index.end() - 2);
    Index at_a = shrunk(batch, batch_a.sizes), at_b = shrunk(batch, batch_b.sizes);
    at_a.insert(at_a.end(), {index[index.size() - 2], 0});
    at_b.insert(at_b.end(), {0, index.back()});
    double sum = 0;
    for (int64_t i = 0; i < k; ++i) {
      at_a.back() = at_b[at_b.size() - 2] = i;
      sum += a(at_a) * b(at_b);
    }
    return sum;
  });
}

Array as_row(const Array& x) { return with_sizes(x, {1, x.sizes[0]}); }
Array as_column(const Array& x) { return with_sizes(x, {x.sizes[0], 1}); }

Array matrices(const Arrays& x) { return product(x[0], x[1]); }
Array inner(const Arrays& x) { return with_sizes(product(as_row(x[0]), as_column(x[1])), {}); }
Array matrix_vector(const Arrays& x) {
  const Array y = product(x[0], as_column(x[1]));
  return with_sizes(y, {y.sizes.begin(), y.sizes.end() - 1});
}
Array vector_matrix(const Arrays& x) {
  const Array y = product(as_row(x[0]), x[1]);
  Sizes sizes = y.sizes;
  sizes.erase(sizes.end() - 2);
  return with_sizes(y, sizes);
}

Op multiplying(const char* name, Sizes a, Sizes b, Array (*reference)(const Arrays&)) {
  return {.name = name,
          .inputs = {any(std::move(a)), any(std::move(b))},
          .call = [](Inputs x) { return matmul(x[0], x[1]); },
          .reference = reference};
}

/// β c + α a b
Array scaled_sum(const Arrays& x, double beta, double alpha) {
  const Array ab = product(x[1], x[2]);
  return build(ab.sizes, [&](const Index& i) { return beta * x[0](shrunk(i, x[0].sizes)) + alpha * ab(i); });
}

}  // namespace

std::vector<Op> product_ops() {
  return {
      multiplying("matmul", {3, 4}, {4, 2}, matrices),
      multiplying("matmul.vectors", {4}, {4}, inner),
      multiplying("matmul.matrix_vector", {3, 4}, {4}, matrix_vector),
      multiplying("matmul.vector_matrix", {4}, {4, 3}, vector_matrix),
      multiplying("matmul.batches", {2, 3, 4}, {2, 4, 2}, matrices),
      multiplying("matmul.broadcast_batches", {2, 1, 3, 2}, {3, 2, 2}, matrices),
      multiplying("matmul.batch_matrix", {2, 3, 4}, {4, 2}, matrices),
      multiplying("matmul.matrix_batch", {3, 4}, {2, 4, 2}, matrices),
      multiplying("matmul.batch_vector", {2, 3, 4}, {4}, matrix_vector),
      multiplying("matmul.vector_batch", {4}, {2, 4, 3}, vector_matrix),
      multiplying("matmul.one_column", {3, 1}, {1, 4}, matrices),
      {.name = "mm",
       .inputs = {any({3, 4}), any({4, 2}).expanding(1)},
       .call = [](Inputs x) { return mm(x[0], x[1]); },
       .reference = matrices},
      {.name = "mm.with_its_transpose",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return mm(x[0], x[0].t()); },
       .reference =
           [](const Arrays& x) {
             const Array transposed = build({4, 3}, [&](const Index& i) { return x[0]({i[1], i[0]}); });
             return product(x[0], transposed);
           }},
      {.name = "mm.larger_than_a_tile",
       .inputs = {any({19, 33}), any({33, 17})},
       .call = [](Inputs x) { return mm(x[0], x[1]); },
       .reference = matrices},
      {.name = "mv",
       .inputs = {any({3, 4}), any({4})},
       .call = [](Inputs x) { return mv(x[0], x[1]); },
       .reference = matrix_vector},
      {.name = "dot",
       .inputs = {any({5}), any({5})},
       .call = [](Inputs x) { return dot(x[0], x[1]); },
       .reference = inner},
      {.name = "bmm",
       .inputs = {any({2, 3, 4}), any({2, 4, 2})},
       .call = [](Inputs x) { return bmm(x[0], x[1]); },
       .reference = matrices},
      {.name = "outer",
       .inputs = {any({3}), any({4})},
       .call = [](Inputs x) { return outer(x[0], x[1]); },
       .reference = [](const Arrays& x) { return product(as_column(x[0]), as_row(x[1])); }},
      {.name = "addmm",
       .inputs = {any({3, 2}), any({3, 4}), any({4, 2})},
       .call = [](Inputs x) { return addmm(x[0], x[1], x[2]); },
       .reference = [](const Arrays& x) { return scaled_sum(x, 1, 1); }},
      {.name = "addmm.method",
       .inputs = {any({3, 2}), any({3, 4}), any({4, 2})},
       .call = [](Inputs x) { return x[0].addmm(x[1], x[2], 3); },
       .reference = [](const Arrays& x) { return scaled_sum(x, 3, 1); }},
      {.name = "addmm.scaled",
       .inputs = {any({2}), any({3, 4}), any({4, 2})},
       .call = [](Inputs x) { return addmm(x[0], x[1], x[2], 0.5, -2); },
       .reference = [](const Arrays& x) { return scaled_sum(x, 0.5, -2); }},
  };
}

}  // namespace gradus::test
