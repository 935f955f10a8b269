// Compares what backward gives with difference quotients.
#pragma once

#include "check.h"

namespace course {

struct Part {
  std::vector<std::string> (*answers)();
};

/// What backward gives of f at A: see the exercise.
template <class F>
std::string what_comes_back(F f, const Tensor& A) {
  const auto wrapped = [&](const autograd::variable_list& in) { return f(in[0]); };
  try {
    autograd::grad({f(A)}, {A});
  } catch (const Error&) {
    return "error";
  }
  try {
    autograd::gradcheck(wrapped, {A});
    return "derivative";
  } catch (const Error&) {
    return "number";
  }
}

inline void ask(const Part& part, Check& check) {
  const Tensor A = diag(tensor({2., 2., 1.}).to(kFloat64)).requires_grad_();
  const auto S = [](const Tensor& A) { return std::get<1>(svd(A)); };
  const std::vector<std::pair<const char*, std::string>> functions = {
      {"Σ sᵢ", what_comes_back([&](const Tensor& A) { return S(A).sum(); }, A)},
      {"s₀", what_comes_back([&](const Tensor& A) { return S(A)[0]; }, A)},
      {"Σⱼ u₀ⱼ", what_comes_back([](const Tensor& A) { return std::get<0>(svd(A))[0].sum(); }, A)},
      {"U Vᵀ", what_comes_back(
                   [](const Tensor& A) {
                     const auto [U, S, V] = svd(A);
                     return U.mm(V.t())[0][1];
                   },
                   A)},
      {"U S Vᵀ", what_comes_back(
                     [](const Tensor& A) {
                       const auto [U, S, V] = svd(A);
                       return (U * S).mm(V.t()).sum();
                     },
                     A)},
      {"s₂", what_comes_back([&](const Tensor& A) { return S(A)[2]; }, A)},
  };
  std::vector<std::string> yours;
  check.point("six answers", [&] {
    yours = part.answers();
    check.expect(yours.size() == 6, "there are 6 functions, and you give ", yours.size(), " answers");
  });
  if (yours.size() != 6) return;
  for (size_t i = 0; i < 6; ++i)
    check.point(functions[i].first, [&] {
      for (const char c : yours[i]) check.note(c);
      check.expect(yours[i] == functions[i].second, functions[i].first, " gives \"", functions[i].second,
                   "\", and you say \"", yours[i], "\"");
    });
}

}  // namespace course
