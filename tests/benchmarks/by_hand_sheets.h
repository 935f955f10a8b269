// The loops of sheets 000, 001 and 002 with derivatives written by hand, in loops of fixed size. Sheet 004's is in
// by_hand.h. No framework can be faster.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/math.h"
#include "labs/common/framework.h"

namespace by_hand {

template <class T>
void read(const gradus::Tensor& from, T* to) {
  std::copy_n(from.data_ptr<T>(), from.numel(), to);
}

/// Sheet 000: one stochastic step for each entry of A (3, 3), with factors U and V (3, 2).
///
///     e = A_rc - U_r·V_c        U_r += lr e V_c        V_c += lr e U_r
class Stochastic {
 public:
  Stochastic(const gradus::Tensor& A, const gradus::Tensor& U, const gradus::Tensor& V) {
    read(A, &A_[0][0]), read(U, &U_[0][0]), read(V, &V_[0][0]);
  }
  void step(float lr) {
    for (int r = 0; r < 3; ++r)
      for (int c = 0; c < 3; ++c) {
        const float e = A_[r][c] - (U_[r][0] * V_[c][0] + U_[r][1] * V_[c][1]);
        for (int k = 0; k < 2; ++k) U_[r][k] += lr * e * V_[c][k];
        for (int k = 0; k < 2; ++k) V_[c][k] += lr * e * U_[r][k];
      }
  }
  double outcome() const { return U_[0][0]; }

 private:
  float A_[3][3], U_[3][2], V_[3][2];
};

/// Sheet 001: gradient descent on J = |U V - A|² for A (150, 4) and rank 2, in float64.
///
///     E = U V - A        ∂U = 2 E Vᵀ        ∂V = 2 Uᵀ E
class Iris {
 public:
  Iris(const gradus::Tensor& A, const gradus::Tensor& U, const gradus::Tensor& V) {
    read(A, &A_[0][0]), read(U, &U_[0][0]), read(V, &V_[0][0]);
  }
  void step(double lr) {
    double slope_V[2][4] = {};
    for (int i = 0; i < 150; ++i) {
      double E[4], slope_U[2] = {};
      for (int j = 0; j < 4; ++j) E[j] = U_[i][0] * V_[0][j] + U_[i][1] * V_[1][j] - A_[i][j];
      for (int k = 0; k < 2; ++k)
        for (int j = 0; j < 4; ++j) {
          slope_U[k] += 2 * E[j] * V_[k][j];
          slope_V[k][j] += 2 * U_[i][k] * E[j];
        }
      for (int k = 0; k < 2; ++k) U_[i][k] -= lr * slope_U[k];
    }
    for (int k = 0; k < 2; ++k)
      for (int j = 0; j < 4; ++j) V_[k][j] -= lr * slope_V[k][j];
  }
  double outcome() const { return U_[0][0]; }

 private:
  double A_[150][4], U_[150][2], V_[2][4];
};

/// Sheet 001: a perceptron 4-12-3 on 100 rows, whose biases are one number each. J is the sum of the cross-entropy.
///
///     H = relu(X W₁ + b₁)        P = softmax(H W₂ + b₂)        D = P - onehot(y)
///     ∂W₂ = Hᵀ D        ∂b₂ = Σ D        D₁ = D W₂ᵀ where H > 0        ∂W₁ = Xᵀ D₁        ∂b₁ = Σ D₁
///
/// The innermost loops run over the rows, so that the compiler can vectorise them.
class Perceptron {
 public:
  Perceptron(const gradus::Tensor& x, const gradus::Tensor& y, const gradus::Tensor& W1,
             const gradus::Tensor& W2) {
    read(x.t().contiguous(), &x_[0][0]), read(y, y_), read(W1, &W1_[0][0]), read(W2, &W2_[0][0]);
  }
  void step(float lr) {
    for (int j = 0; j < 12; ++j)
      for (int i = 0; i < n; ++i) {
        float sum = b1_;
        for (int k = 0; k < 4; ++k) sum += x_[k][i] * W1_[k][j];
        H_[j][i] = std::max(sum, 0.0f);
      }
    for (int c = 0; c < 3; ++c)
      for (int i = 0; i < n; ++i) {
        float sum = b2_;
        for (int j = 0; j < 12; ++j) sum += H_[j][i] * W2_[j][c];
        D_[c][i] = sum;
      }
    for (int i = 0; i < n; ++i) {
      const float largest = std::max(std::max(D_[0][i], D_[1][i]), D_[2][i]);
      float sum = 0;
      for (int c = 0; c < 3; ++c) sum += D_[c][i] = gradus::math::exp(D_[c][i] - largest);
      for (int c = 0; c < 3; ++c) D_[c][i] /= sum;
    }
    for (int i = 0; i < n; ++i) D_[y_[i]][i] -= 1;

    float slope_b1 = 0, slope_b2 = 0;
    for (int c = 0; c < 3; ++c) slope_b2 += sum_of(n, [&](int i) { return D_[c][i]; });
    for (int j = 0; j < 12; ++j) {
      float D1[n];
      for (int i = 0; i < n; ++i) {
        const float sum = D_[0][i] * W2_[j][0] + D_[1][i] * W2_[j][1] + D_[2][i] * W2_[j][2];
        D1[i] = H_[j][i] > 0 ? sum : 0;
      }
      for (int c = 0; c < 3; ++c) W2_[j][c] -= lr * sum_of(n, [&](int i) { return H_[j][i] * D_[c][i]; });
      for (int k = 0; k < 4; ++k) W1_[k][j] -= lr * sum_of(n, [&](int i) { return x_[k][i] * D1[i]; });
      slope_b1 += sum_of(n, [&](int i) { return D1[i]; });
    }
    b1_ -= lr * slope_b1;
    b2_ -= lr * slope_b2;
  }
  double outcome() const { return W1_[0][0]; }

 private:
  static constexpr int n = 100;

  /// Σᵢ f(i) in any order.
  template <class F>
  static float sum_of(int count, F f) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < count; ++i) sum += f(i);
    return sum;
  }

  float x_[4][n], W1_[4][12], W2_[12][3], b1_ = 0, b2_ = 0, H_[12][n], D_[3][n];
  int64_t y_[n];
};

/// Sheet 002: Adam on the norm of W H - A for A (20, 10) and rank 3.
///
///     R = W H - A        ∂W = R Hᵀ / |R|        ∂H = Wᵀ R / |R|
class AdamFactors {
 public:
  AdamFactors(const gradus::Tensor& A, const gradus::Tensor& W, const gradus::Tensor& H) {
    read(A, &A_[0][0]), read(W, &W_[0][0]), read(H, &H_[0][0]);
  }
  void step(float lr) {
    float R[20][10], slope_W[20][3], slope_H[3][10], squares = 0;
    for (int i = 0; i < 20; ++i)
      for (int j = 0; j < 10; ++j) {
        R[i][j] = -A_[i][j];
        for (int k = 0; k < 3; ++k) R[i][j] += W_[i][k] * H_[k][j];
        squares += R[i][j] * R[i][j];
      }
    const float norm = std::sqrt(squares);
    for (int i = 0; i < 20; ++i)
      for (int k = 0; k < 3; ++k) {
        float sum = 0;
        for (int j = 0; j < 10; ++j) sum += R[i][j] * H_[k][j];
        slope_W[i][k] = sum / norm;
      }
    for (int k = 0; k < 3; ++k)
      for (int j = 0; j < 10; ++j) {
        float sum = 0;
        for (int i = 0; i < 20; ++i) sum += W_[i][k] * R[i][j];
        slope_H[k][j] = sum / norm;
      }
    power1_ *= 0.9;
    power2_ *= 0.999;
    adam(&W_[0][0], &slope_W[0][0], m_, v_, 60, lr);
    adam(&H_[0][0], &slope_H[0][0], m_ + 60, v_ + 60, 30, lr);
  }
  double outcome() const { return W_[0][0]; }

 private:
  void adam(float* x, const float* g, float* m, float* v, int n, float lr) const {
    const auto rate = static_cast<float>(lr / (1 - power1_)),
               root = static_cast<float>(1 / std::sqrt(1 - power2_));
    for (int i = 0; i < n; ++i) {
      m[i] = 0.9f * m[i] + 0.1f * g[i];
      v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
      x[i] -= rate * m[i] / (std::sqrt(v[i]) * root + 1e-8f);
    }
  }

  float A_[20][10], W_[20][3], H_[3][10], m_[90] = {}, v_[90] = {};
  double power1_ = 1, power2_ = 1;
};

}  // namespace by_hand
