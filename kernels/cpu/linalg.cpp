// Factorisations, by LAPACK: A = U diag(S) Vᵀ by gesdd, the divide-and-conquer algorithm.
//
// LAPACK stores matrices column by column, Gradus row by row. A is handed over as a transposing copy (gesdd overwrites
// its input anyway), as PyTorch does. A pair (uᵢ, vᵢ) may change sign together and still be a solution; which sign comes
// out is up to the LAPACK at hand, so compare U and V with other programs up to the signs of their columns.
#include "kernels/cpu/cpu_kernels.h"

#if GRADUS_HAVE_LAPACK

#include "kernels/cpu/loops.h"

extern "C" {
void sgesdd_(const char* job, const int* m, const int* n, float* a, const int* lda, float* s, float* u,
             const int* ldu, float* vt, const int* ldvt, float* work, const int* lwork, int* iwork,
             int* info);
void dgesdd_(const char* job, const int* m, const int* n, double* a, const int* lda, double* s, double* u,
             const int* ldu, double* vt, const int* ldvt, double* work, const int* lwork, int* iwork,
             int* info);
}

namespace gradus::cpu {
namespace {

/// A matrix as LAPACK wants it: element (i, j) at data[i + j·rows].
template <class T>
struct Columns {
  int rows, columns;
  std::vector<T> data;

  Columns(int64_t m, int64_t n)
      : rows(static_cast<int>(m)), columns(static_cast<int>(n)), data(static_cast<size_t>(m * n)) {}
  T& operator()(int64_t i, int64_t j) { return data[static_cast<size_t>(i + j * rows)]; }
};

/// The workspace of one size of problem, and the call. Fields are gesdd's arguments.
template <class T>
struct Gesdd {
  Columns<T> a, u, vt;
  std::vector<T> s, work;
  std::vector<int> iwork;

  Gesdd(int64_t m, int64_t n)
      : a(m, n),
        u(m, std::min(m, n)),
        vt(std::min(m, n), n),
        s(static_cast<size_t>(std::min(m, n))),
        work(1),
        iwork(8 * s.size()) {
    call(-1);  // asks how much workspace is best
    work.resize(static_cast<size_t>(work[0]));
  }

  void run() {
    const int info = call(static_cast<int>(work.size()));
    check(info == 0, "svd: LAPACK's gesdd did not converge on a matrix of shape (", a.rows, ", ", a.columns,
          ") (info ", info, "); scale the matrix, or add a little noise to it");
  }

 private:
  int call(int lwork) {
    int info = 0;
    const auto gesdd = [] {
      if constexpr (std::same_as<T, float>)
        return sgesdd_;
      else
        return dgesdd_;
    }();
    gesdd("S", &a.rows, &a.columns, a.data.data(), &a.rows, s.data(), u.data.data(), &u.rows, vt.data.data(),
          &vt.rows, work.data(), &lwork, iwork.data(), &info);
    return info;
  }
};

template <class T>
void svd_of(const View& a, const View& u, const View& s, const View& v) {
  const int d = a.dim - 2;
  const int64_t m = a.sizes[d], n = a.sizes[d + 1], k = std::min(m, n);
  View batch[] = {a, u, s, v};
  for (View& view : batch) view.dim = static_cast<uint8_t>(d);
  const LoopNest<4> loops(batch[0], batch[1], batch[2], batch[3]);
  if (k == 0 || loops.count == 0) return;
  Gesdd<T> gesdd(m, n);
  const auto one_matrix = [&](const T* from, T* to_u, T* to_s, T* to_v) {
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) gesdd.a(i, j) = from[i * a.strides[d] + j * a.strides[d + 1]];
    gesdd.run();
    for (int64_t j = 0; j < k; ++j) {
      to_s[j * s.strides[d]] = gesdd.s[static_cast<size_t>(j)];
      for (int64_t i = 0; i < m; ++i) to_u[i * u.strides[d] + j * u.strides[d + 1]] = gesdd.u(i, j);
      for (int64_t i = 0; i < n; ++i) to_v[i * v.strides[d] + j * v.strides[d + 1]] = gesdd.vt(j, i);
    }
  };
  const int64_t* steps = loops.column_strides();
  loops.rows(0, loops.count, [&](const int64_t* at, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      one_matrix(a.as<const T>() + at[0] + i * steps[0], u.as<T>() + at[1] + i * steps[1],
                 s.as<T>() + at[2] + i * steps[2], v.as<T>() + at[3] + i * steps[3]);
  });
}

}  // namespace

void svd(const View& a, const View& u, const View& s, const View& v) {
  switch (a.dtype) {
    case kFloat32:
      return svd_of<float>(a, u, s, v);
    case kFloat64:
      return svd_of<double>(a, u, s, v);
    default:
      no_kernel("svd", "cpu", a.dtype);
  }
}

}  // namespace gradus::cpu

#endif
