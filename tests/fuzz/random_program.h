// Random programs of ops, for the fuzzer and for tests of properties. Bytes choose the shapes, the values, and the ops.
//
// The values stay where all ops are smooth, so derivatives can be compared with finite differences. An op whose arguments
// do not fit raises an Error and is left out. Anything else that goes wrong is a fault.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "gradus.h"

namespace gradus::fuzz {

using autograd::variable_list;

/// Reads numbers from bytes; 0 after their end.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t byte() { return place_ < size_ ? data_[place_++] : 0; }
  int64_t below(int64_t bound) { return byte() % bound; }
  bool empty() const { return place_ >= size_; }

 private:
  const uint8_t* data_;
  size_t size_, place_ = 0;
};

/// One op of a program: the number of the op, and the numbers that choose its operands.
struct Step {
  int64_t op, a, b, dim;
};

struct RandomProgram {
  std::vector<std::vector<int64_t>> sizes;  // of the inputs
  std::vector<std::vector<double>> values;
  std::vector<int> layouts;  // 0: contiguous, 1: transposed, 2: every second element of a larger tensor
  std::vector<Step> steps;

  explicit RandomProgram(Bytes& bytes) {
    for (int64_t i = 0, n = 1 + bytes.below(3); i < n; ++i) {
      std::vector<int64_t> shape;
      int64_t count = 1;
      for (int64_t d = 0, dims = bytes.below(4); d < dims; ++d) {
        shape.push_back(bytes.below(8) == 7 ? 0 : 1 + bytes.below(3));
        count *= shape.back();
      }
      values.emplace_back();
      for (int64_t k = 0; k < count; ++k)
        values.back().push_back(0.4 + bytes.byte() / 256.0 + 0.01 * static_cast<double>(k));
      sizes.push_back(shape);
      layouts.push_back(static_cast<int>(bytes.below(3)));
    }
    for (int64_t n = 1 + bytes.below(12); n > 0 && !bytes.empty(); --n)
      steps.push_back({bytes.byte(), bytes.byte(), bytes.byte(), bytes.byte()});
  }

  /// The inputs, in the layouts of the program or all contiguous.
  variable_list inputs(Dtype dtype, bool contiguous) const {
    variable_list list;
    for (size_t i = 0; i < sizes.size(); ++i) {
      const NoGradGuard no_grad;
      Tensor x = tensor(values[i], kFloat64).view(sizes[i]).to(dtype);
      const int64_t dim = x.dim();
      if (!contiguous && layouts[i] == 1 && dim > 1)
        x = x.transpose(0, dim - 1).contiguous().transpose(0, dim - 1);
      if (!contiguous && layouts[i] == 2 && dim > 0) {
        std::vector<int64_t> larger = sizes[i];
        larger[0] *= 2;
        const Tensor room = full(larger, NAN, x.options());
        x = room.slice(0, 0, larger[0], 2).copy_(x);
      }
      list.push_back(x.requires_grad_());
    }
    return list;
  }

  /// A number that depends on all results of the program.
  Tensor run(const variable_list& inputs) const {
    std::vector<Tensor> pool(inputs.begin(), inputs.end());
    for (const Step& step : steps) try {
        const size_t n = pool.size();
        const Tensor y =
            apply(step, pool[static_cast<size_t>(step.a) % n], pool[static_cast<size_t>(step.b) % n]);
        if (y.numel() <= 256) pool.push_back(0.5 + sigmoid(y));  // within [0.5, 1.5]
      } catch (const Error&) {
      }
    Tensor total = zeros({}, inputs[0].options());
    double weight = 1;
    for (const Tensor& x : pool) total = total + (weight *= 0.9) * sum(x * x);
    return total;
  }

 private:
  static Tensor apply(const Step& step, const Tensor& a, const Tensor& b) {
    const int64_t dim = step.dim % 5 - 2, other = step.dim / 5 % 5 - 2;
    const auto index = [&](int64_t d) {  // made by kernels, so that a program of kernel calls can repeat it
      return cat({full({1}, step.a % 2), full({1}, step.b % 2)}).narrow(0, 0, 1 + d);
    };
    switch (step.op % 44) {
      case 0:
        return a + b;
      case 1:
        return a - 0.5 * b;
      case 2:
        return a * b;
      case 3:
        return a / b;
      case 4:
        return pow(a, b);
      case 5:
        return matmul(a, b);
      case 6:
        return matmul(a, b.transpose(-1, -2));
      case 7:
        return addmm(a, b, b);
      case 8:
        return exp(a);
      case 9:
        return log(a);
      case 10:
        return tanh(a);
      case 11:
        return sigmoid(a);
      case 12:
        return sin(a) * cos(b);
      case 13:
        return sqrt(a) + rsqrt(b);
      case 14:
        return erf(a);
      case 15:
        return expm1(a) + log1p(b);
      case 16:
        return sum(a, dim, step.b % 2);
      case 17:
        return mean(a, dim, step.b % 2);
      case 18:
        return prod(a, dim, step.b % 2);
      case 19:
        return var(a, IntArrayRef(dim), step.b % 2);
      case 20:
        return norm(a, step.b % 2 ? 2 : 3, IntArrayRef(dim));
      case 21:
        return logsumexp(a, IntArrayRef(dim));
      case 22:
        return softmax(a, dim);
      case 23:
        return log_softmax(a, dim);
      case 24:
        return cumsum(a, dim);
      case 25:
        return a.transpose(dim, other);
      case 26:
        return a.reshape({-1});
      case 27:
        return a.flatten();
      case 28:
        return a.unsqueeze(dim);
      case 29:
        return a.squeeze(dim);
      case 30:
        return a.slice(dim, step.b % 2, 3, 1 + step.a % 2);
      case 31:
        return a.select(dim, step.b % 2);
      case 32:
        return cat({a, b, a}, dim);
      case 33:
        return stack({a, b}, dim);
      case 34:
        return a.index_select(dim, index(1));
      case 35:
        return a.index_add(dim, index(0), a.narrow(dim, 0, 1));
      case 36:
        return a.expand({2, -1, -1});
      case 37:
        return where(a > b, a * b, a + b);
      case 38:
        return lerp(a, b, 0.3);
      case 39:
        return a.diagonal(step.b % 3 - 1);
      case 40:
        return tril(a) + triu(b, 1);
      case 41:
        return layer_norm_rows(a, 0.1);
      case 42:
        return gelu(a) + softplus(b);
      default: {
        const Tensor y = a * 1;
        y.select(0, 0).mul_(b);
        y.add_(a);
        return y;
      }
    }
  }
};

}  // namespace gradus::fuzz
