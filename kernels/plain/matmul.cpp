// Matrix product C = A B, A (m, k), B (k, n):      cᵢⱼ = Σₚ aᵢₚ bₚⱼ
#include "kernels/plain/matrix.h"
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {

template <class T>
void multiply(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  for (int64_t i = 0; i < c.rows; ++i)
    for (int64_t j = 0; j < c.columns; ++j) {
      T sum = 0;
      for (int64_t k = 0; k < a.columns; ++k) sum += a(i, k) * b(k, j);
      c(i, j) = sum;
    }
}

template void multiply(const Matrix<const float>&, const Matrix<const float>&, const Matrix<float>&);
template void multiply(const Matrix<const double>&, const Matrix<const double>&, const Matrix<double>&);
template void multiply(const Matrix<const int64_t>&, const Matrix<const int64_t>&, const Matrix<int64_t>&);

namespace {

void matmul(const View& a, const View& b, const View& out) {
  visit_number("matmul", out.dtype, [&]<class T>(T) {
    const auto one = [](Part<const T> a, Part<const T> b, Part<T> c) {
      multiply(Matrix<const T>(a), Matrix<const T>(b), Matrix<T>(c));
    };
    for_each_part(out.dim - 2, one, Part<const T>(a), Part<const T>(b), Part<T>(out));
  });
}

}  // namespace

void products(Kernels& table) { table.matmul = matmul; }

}  // namespace gradus::plain
