// Matrix functions.
#include <cmath>

#include "op_list.h"

namespace gradus::test {
namespace {

// Singular values and vectors by one-sided Jacobi rotations: pairs of columns of A are turned until all are
// orthogonal. Their lengths then are S, their directions U, and the product of the rotations is V. For m ≥ n.
// Source: Golub and Van Loan, "Matrix Computations", 8.6.3.
struct Decomposition {
  Array u, s, v;
};

void rotate_columns(Array& x, int64_t p, int64_t q, double cosine, double sine) {
  for (int64_t row = 0; row < x.sizes[0]; ++row) {
    const double a = x({row, p}), b = x({row, q});
    x({row, p}) = cosine * a - sine * b;
    x({row, q}) = sine * a + cosine * b;
  }
}

double inner(const Array& x, int64_t p, int64_t q) {
  double sum = 0;
  for (int64_t row = 0; row < x.sizes[0]; ++row) sum += x({row, p}) * x({row, q});
  return sum;
}

Decomposition jacobi(Array a) {
  const int64_t n = a.sizes[1];
  Array v = build({n, n}, [](const Index& i) { return i[0] == i[1] ? 1.0 : 0.0; });
  for (int sweep = 0; sweep < 30; ++sweep)
    for (int64_t p = 0; p < n; ++p)
      for (int64_t q = p + 1; q < n; ++q) {
        const double off = inner(a, p, q);
        if (off == 0) continue;
        const double zeta = (inner(a, q, q) - inner(a, p, p)) / (2 * off);
        const double tangent = (zeta >= 0 ? 1 : -1) / (std::fabs(zeta) + std::sqrt(1 + zeta * zeta));
        const double cosine = 1 / std::sqrt(1 + tangent * tangent);
        rotate_columns(a, p, q, cosine, cosine * tangent);
        rotate_columns(v, p, q, cosine, cosine * tangent);
      }
  std::vector<int64_t> order(n);  // of descending length
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t p, int64_t q) { return inner(a, p, p) > inner(a, q, q); });
  const auto length = [&](int64_t i) { return std::sqrt(inner(a, order[i], order[i])); };
  return {build(a.sizes,
                [&](const Index& i) {
                  return a({i[0], order[i[1]]}) / length(i[1]);
                }),
          build({n}, [&](const Index& i) { return length(i[0]); }), build({n, n}, [&](const Index& i) {
            return v({i[0], order[i[1]]});
          })};
}

Array transposed(const Array& x) {
  return build({x.sizes[1], x.sizes[0]}, [&](const Index& i) { return x({i[1], i[0]}); });
}

/// A pair of singular vectors may be negated together; here U's first row is positive.
Decomposition decompose(const Array& a) {
  const bool wide = a.sizes[0] < a.sizes[1];
  Decomposition d = jacobi(wide ? transposed(a) : a);
  if (wide) std::swap(d.u, d.v);
  for (int64_t column = 0; column < d.s.sizes[0]; ++column) {
    if (d.u({0, column}) > 0) continue;
    for (Array* vectors : {&d.u, &d.v})
      for (int64_t row = 0; row < vectors->sizes[0]; ++row) (*vectors)({row, column}) *= -1;
  }
  return d;
}

/// Of every matrix in a batch.
Arrays decompose_all(const Arrays& x) {
  const Array& a = x[0];
  const Sizes batch(a.sizes.begin(), a.sizes.end() - 2), matrix(a.sizes.end() - 2, a.sizes.end());
  Arrays results;
  for (int64_t b = 0; b < count_of(batch); ++b) {
    const auto begin = a.values.begin() + b * count_of(matrix);
    const Decomposition d = decompose({matrix, {begin, begin + count_of(matrix)}});
    const Arrays parts = {d.u, d.s, d.v};
    results.resize(parts.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      results[i].sizes = batch;
      results[i].sizes.insert(results[i].sizes.end(), parts[i].sizes.begin(), parts[i].sizes.end());
      results[i].values.insert(results[i].values.end(), parts[i].values.begin(), parts[i].values.end());
    }
  }
  return results;
}

std::tuple<Tensor, Tensor, Tensor> svd_with_signs(const Tensor& a) {
  const auto [U, S, V] = svd(a);
  const Tensor signs = sign(U.narrow(-2, 0, 1)).detach();
  return {U * signs, S, V * signs};
}

Op decomposing(const char* name, Sizes sizes) {
  return {.name = name,
          .inputs = {spread_matrix(std::move(sizes))},
          .call = [](Inputs x) { return svd_with_signs(x[0]); },
          .reference = decompose_all,
          .available = [](const Kernels& kernels) { return kernels.svd != nullptr; }};
}

}  // namespace

std::vector<Op> linalg_ops() {
  return {
      {.name = "diag",
       .inputs = {any({3})},
       .call = [](Inputs x) { return diag(x[0]); },
       .reference =
           [](const Arrays& x) {
             return build({3, 3}, [&](const Index& i) { return i[0] == i[1] ? x[0]({i[0]}) : 0; });
           }},
      {.name = "diag.below",
       .inputs = {any({3})},
       .call = [](Inputs x) { return diag(x[0], -1); },
       .reference =
           [](const Arrays& x) {
             return build({4, 4}, [&](const Index& i) { return i[0] == i[1] + 1 ? x[0]({i[1]}) : 0; });
           }},
      {.name = "diag.of_matrix",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return diag(x[0], 1); },
       .reference =
           [](const Arrays& x) {
             return build({3}, [&](const Index& i) { return x[0]({i[0], i[0] + 1}); });
           }},
      {.name = "trace",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return trace(x[0]); },
       .reference =
           [](const Arrays& x) {
             return Array{{}, {x[0]({0, 0}) + x[0]({1, 1}) + x[0]({2, 2})}};
           }},
      decomposing("svd", {3, 3}),
      decomposing("svd.tall", {4, 3}),
      decomposing("svd.wide", {2, 4}),
      decomposing("svd.batch", {2, 3, 2}),
      {.name = "svd.singular_values_only",
       .inputs = {spread_matrix({3, 4})},
       .call = [](Inputs x) { return std::get<1>(svd(x[0])); },
       .reference = [](const Arrays& x) { return decompose_all(x)[1]; },
       .available = [](const Kernels& kernels) { return kernels.svd != nullptr; }},
  };
}

}  // namespace gradus::test
