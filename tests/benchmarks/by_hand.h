// Sheet 004's gradient descent, with derivatives written by hand in loops of fixed size. No framework can be
// faster. The difference to Gradus is the cost of the tape.
//
//     loss = mean (U S Vᵀ - M)² + mean (Uᵀ U - I)² / 100 + mean (V Vᵀ - I)² / 100,    S = diag(d²)
//
// E₁, E₂, E₃ are the matrices that are squared in the three terms. Gₖ is the derivative of the loss by Eₖ:
// the factor of the term (1 or 1/100) times 2 Eₖ / (number of elements of Eₖ). Then
//
//     ∂U = G₁ V S + 2 U G₂        ∂V = G₁ᵀ U S + 2 G₃ V        ∂d = 2 d ⊙ diag(Uᵀ G₁ V)
#pragma once

#include <algorithm>

#include "labs/common/framework.h"

namespace by_hand {

class Descent {
 public:
  Descent(const gradus::Tensor& M, const gradus::Tensor& U, const gradus::Tensor& d,
          const gradus::Tensor& V) {
    const auto read = [](const gradus::Tensor& from, float* to) {
      std::copy_n(from.data_ptr<float>(), from.numel(), to);
    };
    read(M, &M_[0][0]), read(U, &U_[0][0]), read(d, d_), read(V, &V_[0][0]);
  }

  /// Makes one step of gradient descent and returns the loss before it.
  float step(float learning_rate, float momentum) {
    constexpr float factor1 = 2.0f / (m * n), factor2 = 2.0f / (n * n) / 100;
    const float loss = errors();
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        float slope = 0;
        for (int k = 0; k < n; ++k)
          slope += factor1 * E1_[i][k] * V_[k][j] * d_[j] * d_[j] + 2 * factor2 * U_[i][k] * E2_[k][j];
        new_U_[i][j] = slope;
      }
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) {
        float slope = 0;
        for (int k = 0; k < m; ++k) slope += factor1 * E1_[k][i] * U_[k][j] * d_[j] * d_[j];
        for (int k = 0; k < n; ++k) slope += 2 * factor2 * E3_[i][k] * V_[k][j];
        new_V_[i][j] = slope;
      }
    for (int j = 0; j < n; ++j) {
      float slope = 0;
      for (int i = 0; i < m; ++i)
        for (int k = 0; k < n; ++k) slope += U_[i][j] * factor1 * E1_[i][k] * V_[k][j];
      new_d_[j] = 2 * d_[j] * slope;
    }
    const auto move = [&](float* x, float* velocity, const float* slope, int count) {
      for (int i = 0; i < count; ++i) {
        velocity[i] = momentum * velocity[i] + slope[i];
        x[i] -= learning_rate * velocity[i];
      }
    };
    move(&U_[0][0], &velocity_U_[0][0], &new_U_[0][0], m * n);
    move(d_, velocity_d_, new_d_, n);
    move(&V_[0][0], &velocity_V_[0][0], &new_V_[0][0], n * n);
    return loss;
  }

 private:
  static constexpr int m = 5, n = 4;

  /// Fills E₁, E₂, E₃ and returns the loss.
  float errors() {
    float sum1 = 0, sum2 = 0, sum3 = 0;
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        float product = 0;
        for (int k = 0; k < n; ++k) product += U_[i][k] * d_[k] * d_[k] * V_[j][k];
        E1_[i][j] = product - M_[i][j];
        sum1 += E1_[i][j] * E1_[i][j];
      }
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) {
        float columns = 0, rows = 0;
        for (int k = 0; k < m; ++k) columns += U_[k][i] * U_[k][j];
        for (int k = 0; k < n; ++k) rows += V_[i][k] * V_[j][k];
        E2_[i][j] = columns - (i == j);
        E3_[i][j] = rows - (i == j);
        sum2 += E2_[i][j] * E2_[i][j];
        sum3 += E3_[i][j] * E3_[i][j];
      }
    return sum1 / (m * n) + (sum2 + sum3) / (n * n) / 100;
  }

  float M_[m][n], U_[m][n], d_[n], V_[n][n];
  float E1_[m][n], E2_[n][n], E3_[n][n], new_U_[m][n], new_d_[n], new_V_[n][n];
  float velocity_U_[m][n] = {}, velocity_d_[n] = {}, velocity_V_[n][n] = {};
};

}  // namespace by_hand
