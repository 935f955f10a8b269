// Factorisations and triangular systems by LAPACK, matrix by matrix. LAPACK works in blocks, so that
// most of its work is matrix products.
//
//   lu                 getrf          P A = L U with row pivoting
//   cholesky           potrf          A = L Lᵀ
//   solve_triangular   trsm           A X = B, substituting forwards or backwards
//   qr                 geqrf, orgqr   A = Q R by Householder's reflections
//   eigh               syevd          A = V diag(w) Vᵀ, divide and conquer
//   svd                gesdd          A = U diag(S) Vᵀ, divide and conquer
//
// LAPACK stores matrices column by column, Gradus row by row. Inputs are passed as transposing
// copies, as PyTorch does it; LAPACK overwrites them anyway. Eigenvectors, pairs (uᵢ, vᵢ) of
// singular vectors, and a column of Q with its row of R are determined up to their sign. The sign
// depends on the LAPACK at hand, so compare with other programs up to signs.
#if GRADUS_HAVE_LAPACK

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/memory.h"
#include "kernels/plain/strided.h"

// ---- LAPACK's routines --------------------------------------------------------------------------

namespace gradus::cpu {
// The types of the routines for element type T. Arguments are LAPACK's own, all by address.
template <class T>
using Getrf = void(const int* m, const int* n, T* a, const int* lda, int* pivots, int* info);
template <class T>
using Potrf = void(const char* uplo, const int* n, T* a, const int* lda, int* info);
template <class T>
using Trsm = void(const char* side, const char* uplo, const char* transpose, const char* diagonal,
                  const int* m, const int* n, const T* alpha, const T* a, const int* lda, T* b,
                  const int* ldb);
template <class T>
using Geqrf = void(const int* m, const int* n, T* a, const int* lda, T* tau, T* work, const int* lwork,
                   int* info);
template <class T>
using Orgqr = void(const int* m, const int* n, const int* k, T* a, const int* lda, const T* tau, T* work,
                   const int* lwork, int* info);
template <class T>
using Syevd = void(const char* job, const char* uplo, const int* n, T* a, const int* lda, T* w, T* work,
                   const int* lwork, int* iwork, const int* liwork, int* info);
template <class T>
using Gesdd = void(const char* job, const int* m, const int* n, T* a, const int* lda, T* s, T* u,
                   const int* ldu, T* vt, const int* ldvt, T* work, const int* lwork, int* iwork, int* info);
}  // namespace gradus::cpu

extern "C" {
gradus::cpu::Getrf<float> sgetrf_;
gradus::cpu::Getrf<double> dgetrf_;
gradus::cpu::Potrf<float> spotrf_;
gradus::cpu::Potrf<double> dpotrf_;
gradus::cpu::Trsm<float> strsm_;
gradus::cpu::Trsm<double> dtrsm_;
gradus::cpu::Geqrf<float> sgeqrf_;
gradus::cpu::Geqrf<double> dgeqrf_;
gradus::cpu::Orgqr<float> sorgqr_;
gradus::cpu::Orgqr<double> dorgqr_;
gradus::cpu::Syevd<float> ssyevd_;
gradus::cpu::Syevd<double> dsyevd_;
gradus::cpu::Gesdd<float> sgesdd_;
gradus::cpu::Gesdd<double> dgesdd_;
}

namespace gradus::cpu {
namespace {

/// A matrix as LAPACK reads it, column by column: element (i, j) at data[i + j·rows].
template <class T>
struct Columns {
  int rows, columns;
  Workspace<T> data;

  Columns(int64_t m, int64_t n) : rows(static_cast<int>(m)), columns(static_cast<int>(n)), data(m * n) {}
  explicit Columns(const View& from) : Columns(from.sizes[0], from.sizes[1]) { copy(from, view()); }

  T& operator()(int64_t i, int64_t j) { return data.data()[i + j * rows]; }
  View view() { return {data.data(), dtype_of<T>(), 2, {rows, columns}, {1, rows}}; }
};

template <class T>
View vector_view(std::vector<T>& list) {
  return {list.data(), dtype_of<T>(), 1, {static_cast<int64_t>(list.size())}, {1}};
}

/// Sets everything below (or above) the diagonal to 0.
template <class T>
void clear_below(Columns<T>& a) {
  for (int64_t j = 0; j < a.columns; ++j)
    for (int64_t i = j + 1; i < a.rows; ++i) a(i, j) = 0;
}
template <class T>
void clear_above(Columns<T>& a) {
  for (int64_t j = 1; j < a.columns; ++j)
    for (int64_t i = 0; i < std::min<int64_t>(j, a.rows); ++i) a(i, j) = 0;
}

/// True if one matrix is too small for two threads. LAPACK's threads wait for each other after
/// every step. Measured, they pay only for matrices of more than 1024 rows (lu: 512).
bool is_short(const View& a, int64_t rows = 1024) {
  const int64_t m = a.sizes[a.dim - 2], n = a.sizes[a.dim - 1];
  return m * n * std::min(m, n) <= rows * rows * rows;
}

/// Calls one(matrix of each view) for every matrix of a batch, which is the first `batch`
/// dimensions of the views.
template <class One, class... Views>
void for_each_matrix(int batch, const One& one, const Views&... views) {
  const auto batch_of = [batch](View view) {
    view.dim = static_cast<uint8_t>(batch);
    return view;
  };
  const auto matrix_at = [batch](const View& view, int64_t offset) {
    View matrix = view;
    matrix.data = static_cast<char*>(view.data) + offset * item_size(view.dtype);
    matrix.dim = static_cast<uint8_t>(view.dim - batch);
    std::copy(view.sizes + batch, view.sizes + view.dim, matrix.sizes);
    std::copy(view.strides + batch, view.strides + view.dim, matrix.strides);
    return matrix;
  };
  const LoopNest<sizeof...(views)> loops(batch_of(views)...);
  const int64_t* steps = loops.column_strides();
  loops.rows(0, loops.count, [&](const int64_t* at, int64_t count) {
    for (int64_t i = 0; i < count; ++i) [&]<size_t... V>(std::index_sequence<V...>) {
        one(matrix_at(views, at[V] + i * steps[V])...);
      }
    (std::index_sequence_for<Views...>());
  });
}

/// The one of LAPACK's two routines that computes with T.
template <class T>
constexpr auto* choose(auto* single_precision, auto* double_precision) {
  if constexpr (std::same_as<T, float>)
    return single_precision;
  else
    return double_precision;
}

/// Overwrites a with L and U. pivots[k] is the row, counted from 0, that was swapped with row k
/// in step k.
template <class T>
void factor_lu(Columns<T>& a, std::vector<int>& pivots) {
  int info = 0;  // the first zero pivot, which also stands on the diagonal
  choose<T>(sgetrf_, dgetrf_)(&a.rows, &a.columns, a.data.data(), &a.rows, pivots.data(), &info);
  for (int& pivot : pivots) --pivot;
}

/// Overwrites a's lower triangle with L. Returns 0, or the order of the first leading minor that
/// is not positive.
template <class T>
int factor_cholesky(Columns<T>& a) {
  int info = 0;
  choose<T>(spotrf_, dpotrf_)("L", &a.rows, a.data.data(), &a.rows, &info);
  return info;
}

/// Overwrites b with X.
template <class T>
void substitute(Columns<T>& a, Triangle triangle, Columns<T>& b) {
  const T one = 1;
  choose<T>(strsm_, dtrsm_)("L", triangle.upper ? "U" : "L", "N", triangle.unit ? "U" : "N", &b.rows,
                            &b.columns, &one, a.data.data(), &a.rows, b.data.data(), &b.rows);
}

/// Calls a routine that needs a workspace. A first call with length -1 only writes the best length
/// to the first element.
template <class T, class Call>
void with_workspace(const Call& call) {
  T best = 0;
  int length = -1;
  call(&best, &length);
  length = std::max(1, static_cast<int>(best));
  const Workspace<T> work(length);
  call(work.data(), &length);
}

template <class T>
void qr_of_one(const View& a, const View& q, const View& r) {
  Columns<T> reflections(a);  // R in the upper triangle; below it what orgqr needs for Q
  const int m = reflections.rows, reflected = std::min(reflections.rows, reflections.columns);
  std::vector<T> tau(static_cast<size_t>(reflected));
  int info = 0;
  if (reflected > 0)
    with_workspace<T>([&](T* work, const int* length) {
      choose<T>(sgeqrf_, dgeqrf_)(&m, &reflections.columns, reflections.data.data(), &m, tau.data(), work,
                                  length, &info);
    });
  Columns<T> basis(q.sizes[0], q.sizes[1]);
  std::copy_n(reflections.data.data(), std::min(reflections.data.size(), basis.data.size()),
              basis.data.data());
  if (basis.columns > 0)
    with_workspace<T>([&](T* work, const int* length) {
      choose<T>(sorgqr_, dorgqr_)(&m, &basis.columns, &reflected, basis.data.data(), &m, tau.data(), work,
                                  length, &info);
    });
  copy(basis.view(), q);
  clear_below(reflections);
  View upper = reflections.view();
  upper.sizes[0] = r.sizes[0];
  copy(upper, r);
}

template <class T>
void eigh_of_one(const View& a, const View& values, const View& vectors) {
  Columns<T> columns(a);  // becomes V
  const int n = columns.rows;
  std::vector<T> w(static_cast<size_t>(n));
  std::vector<int> iwork(static_cast<size_t>(5 * n + 3));
  const int iwork_length = static_cast<int>(iwork.size());
  int info = 0;
  if (n > 0)
    with_workspace<T>([&](T* work, const int* length) {
      choose<T>(ssyevd_, dsyevd_)("V", "L", &n, columns.data.data(), &n, w.data(), work, length, iwork.data(),
                                  &iwork_length, &info);
    });
  check(info == 0, "linalg.eigh: The algorithm failed to converge because the input matrix of shape (", n,
        ", ", n, ") is ill-conditioned or has too many repeated eigenvalues (error code: ", info, ").");
  copy(vector_view(w), values);
  copy(columns.view(), vectors);
}

template <class T>
void svd_of_one(const View& a, const View& u, const View& s, const View& v) {
  Columns<T> columns(a), left(u.sizes[0], u.sizes[1]), right(v.sizes[1], v.sizes[0]);  // right is Vᵀ
  const int m = columns.rows, n = columns.columns, k = std::min(m, n);
  std::vector<T> values(static_cast<size_t>(k));
  std::vector<int> iwork(static_cast<size_t>(8 * k));
  const char* job = left.columns > k || right.rows > k ? "A" : "S";  // all columns, or the first k
  int info = 0;
  if (k > 0)
    with_workspace<T>([&](T* work, const int* length) {
      choose<T>(sgesdd_, dgesdd_)(job, &m, &n, columns.data.data(), &m, values.data(), left.data.data(), &m,
                                  right.data.data(), &right.rows, work, length, iwork.data(), &info);
    });
  else  // an empty matrix: any basis is right
    for (Columns<T>* basis : {&left, &right}) {
      std::fill_n(basis->data.data(), basis->data.size(), T(0));
      for (int i = 0; i < std::min(basis->rows, basis->columns); ++i) (*basis)(i, i) = 1;
    }
  check(info == 0, "linalg.svd: LAPACK's gesdd did not converge on a matrix of shape (", m, ", ", n,
        ") (info ", info, "); scale the matrix, or add a little noise to it");
  copy(left.view(), u);
  copy(vector_view(values), s);
  View transposed = right.view();
  std::swap(transposed.sizes[0], transposed.sizes[1]);
  std::swap(transposed.strides[0], transposed.strides[1]);
  copy(transposed, v);
}

// ---- The kernels --------------------------------------------------------------------------------

void lu(const View& a, const View& lu, const View& permutation) {
  visit_floating_point("lu", "cpu", a.dtype, [&]<class T>(T) {
    const auto one_matrix = [](const View& a, const View& lu, const View& permutation) {
      Columns<T> columns(a);
      std::vector<int> pivots(static_cast<size_t>(columns.rows));
      if (columns.rows > 0) factor_lu(columns, pivots);
      copy(columns.view(), lu);
      std::vector<int64_t> order(pivots.size());
      for (size_t k = 0; k < order.size(); ++k) order[k] = static_cast<int64_t>(k);
      for (size_t k = 0; k < order.size(); ++k) std::swap(order[k], order[static_cast<size_t>(pivots[k])]);
      copy(vector_view(order), permutation);
    };
    const OneThreadIf one_thread(is_short(a, 512));
    for_each_matrix(a.dim - 2, one_matrix, a, lu, permutation);
  });
}

void cholesky(const View& a, const View& l) {
  visit_floating_point("cholesky", "cpu", a.dtype, [&]<class T>(T) {
    const auto one_matrix = [](const View& a, const View& l) {
      Columns<T> columns(a);
      const int failed = columns.rows > 0 ? factor_cholesky(columns) : 0;
      if (failed > 0) columns(failed - 1, failed - 1) = std::numeric_limits<T>::quiet_NaN();
      clear_above(columns);
      copy(columns.view(), l);
    };
    const OneThreadIf one_thread(is_short(a));
    for_each_matrix(a.dim - 2, one_matrix, a, l);
  });
}

void solve_triangular(const View& a, Triangle triangle, const View& b, const View& x) {
  visit_floating_point("solve_triangular", "cpu", a.dtype, [&]<class T>(T) {
    const auto one_matrix = [triangle](const View& a, const View& b, const View& x) {
      Columns<T> matrix(a), columns(b);
      if (columns.data.size() > 0) substitute(matrix, triangle, columns);
      copy(columns.view(), x);
    };
    for_each_matrix(a.dim - 2, one_matrix, a, b, x);
  });
}

void qr(const View& a, const View& q, const View& r) {
  const OneThreadIf one_thread(is_short(a));
  visit_floating_point("qr", "cpu", a.dtype,
                       [&]<class T>(T) { for_each_matrix(a.dim - 2, qr_of_one<T>, a, q, r); });
}

void eigh(const View& a, const View& values, const View& vectors) {
  const OneThreadIf one_thread(is_short(a));
  visit_floating_point("eigh", "cpu", a.dtype,
                       [&]<class T>(T) { for_each_matrix(a.dim - 2, eigh_of_one<T>, a, values, vectors); });
}

void svd(const View& a, const View& u, const View& s, const View& v) {
  const OneThreadIf one_thread(is_short(a));
  visit_floating_point("svd", "cpu", a.dtype,
                       [&]<class T>(T) { for_each_matrix(a.dim - 2, svd_of_one<T>, a, u, s, v); });
}

}  // namespace

void lapack(Kernels& table) {
  table.lu = lu;
  table.cholesky = cholesky;
  table.solve_triangular = solve_triangular;
  table.qr = qr;
  table.eigh = eigh;
  table.svd = svd;
}

}  // namespace gradus::cpu

#endif
