// The list of ops. One entry says everything that the tests need to know about an op. op_test.cpp makes tests
// of it, one for each device, dtype, memory layout and check. To add an op, add an entry to the file of its
// family in op_list/:
//
//     {.name = "log",
//      .inputs = {positive({3, 4})},                              // away from the pole
//      .call = [](Inputs x) { return log(x[0]); },
//      .reference = [](double x) { return std::log(x); }},
//
// pytorch_values_test.cpp also compares each entry with numbers from PyTorch. For a new entry,
// data/make_op_values.py writes these numbers.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <tuple>

#include "gradus.h"
#include "op_list/array.h"

namespace gradus::test {

using autograd::variable_list;
using Inputs = const variable_list&;
using Random = std::mt19937;

/// How to make one input: its shape, and a function that draws its elements. The op must have no
/// kink near them.
struct Input {
  Sizes sizes;
  std::function<std::vector<double>(int64_t count, Random& random)> draw;
  /// kFloat64 means the floating-point dtype that is tested. Inputs of this dtype require grad.
  Dtype dtype = kFloat64;
  int64_t expanded_dim = 0;  // the dimension that the expanded layout stretches; -1 for none

  Input expanding(int64_t dim) const {
    Input changed = *this;
    changed.expanded_dim = dim;
    return changed;
  }
  Input not_expanding() const { return expanding(-1); }
};

Input between(Sizes sizes, double low, double high);
Input any(Sizes sizes);       // -2 to -0.2 and 0.2 to 2
Input positive(Sizes sizes);  // 0.3 to 2
/// No two elements are near each other. With a shift of ½ they are not near those with a shift of 0 either.
Input distinct(Sizes sizes, double shift = 0);
Input between_steps(Sizes sizes);                     // at least 0.1 away from every multiple of ½
Input one_of(Sizes sizes, std::vector<double> list);  // drawn from a list
Input exactly(Sizes sizes, std::vector<double> values, Dtype dtype = kFloat64);
Input indices(Sizes sizes, int64_t low, int64_t high);  // int64 in [low, high)
Input mask(Sizes sizes);                                // bool, with both values
Input spread_matrix(Sizes sizes);                       // singular values well apart

/// The call of the op. The lambda takes the inputs and returns a Tensor, or a list or tuple of Tensors.
class Call {
 public:
  template <class F>
  requires std::invocable<F, Inputs> Call(F f)  // NOLINT: written as a lambda in an entry
      : call_([f](Inputs inputs) { return as_list(f(inputs)); }) {}
  variable_list operator()(Inputs inputs) const { return call_(inputs); }

 private:
  static variable_list as_list(const Tensor& y) { return {y}; }
  static variable_list as_list(const variable_list& list) { return list; }
  template <class... T>
  static variable_list as_list(const std::tuple<T...>& outputs) {
    return std::apply([](const auto&... y) { return variable_list{y...}; }, outputs);
  }
  std::function<variable_list(Inputs)> call_;
};

/// Computes the expected result with plain loops. It is made in one of two ways: from a function of one, two or three
/// numbers, which is applied to each element with broadcasting, or from a function of the arrays of all inputs.
class Reference {
 public:
  template <class F>
  Reference(F f) {  // NOLINT: written as a lambda in an entry
    if constexpr (std::invocable<F, double>)
      pointwise([f](const double* x) { return f(x[0]); });
    else if constexpr (std::invocable<F, double, double>)
      pointwise([f](const double* x) { return f(x[0], x[1]); });
    else if constexpr (std::invocable<F, double, double, double>)
      pointwise([f](const double* x) { return f(x[0], x[1], x[2]); });
    else
      compute_ = [f](const Arrays& inputs) { return as_list(f(inputs)); };
  }
  Arrays operator()(const Arrays& inputs) const { return compute_(inputs); }
  /// Is it applied to each element, so that it takes inputs of any shape?
  bool is_pointwise() const { return is_pointwise_; }

 private:
  static Arrays as_list(const Array& y) { return {y}; }
  static Arrays as_list(const Arrays& list) { return list; }

  template <class F>
  void pointwise(F f) {
    is_pointwise_ = true;
    compute_ = [f](const Arrays& inputs) {
      const Sizes sizes = common_sizes(inputs);
      Arrays stretched;
      for (const Array& x : inputs) stretched.push_back(expanded(x, sizes));
      Array y{sizes, std::vector<double>(static_cast<size_t>(count_of(sizes)))};
      for (size_t place = 0; place < y.values.size(); ++place) {
        double arguments[3] = {};
        for (size_t i = 0; i < stretched.size(); ++i) arguments[i] = stretched[i].values[place];
        y.values[place] = static_cast<double>(f(arguments));
      }
      return Arrays{y};
    };
  }

  std::function<Arrays(const Arrays&)> compute_;
  bool is_pointwise_ = false;
};

/// The tensor that an entry's in-place op writes into: a copy of x, since inputs are leaves. Benchmarks set
/// `overwrites_inputs`, so that they measure the op alone: then it is x.
inline bool overwrites_inputs = false;
inline Tensor target(const Tensor& x) { return overwrites_inputs ? x : x.clone(); }

struct Op {
  std::string name;  // the function; after a dot, what is special about this call: "sum.dims"
  std::vector<Input> inputs;
  Call call;
  Reference reference;
  int order = 2;            // the highest derivative that is checked
  std::string reason = {};  // the reason why, if the order is not 2
  /// The function, if `name` does not begin with it: "operator-". If the overloads of a function have different formulas,
  /// `covers` is the signature of the overload that is called: "pow(Tensor, Scalar)".
  std::string covers = {};
  double eps = 1e-6;         // step of the finite differences
  double tolerance = 1e-11;  // of the float64 values against the reference, relative to 1 + |value|
  /// Does a device with these kernels have the op?
  bool (*available)(const Kernels& kernels) = [](const Kernels&) { return true; };
};

/// The entries of each family, with its title.
std::vector<std::pair<const char*, std::vector<Op>>> op_families();
/// All entries.
std::vector<Op> op_list();

// Helpers for all tests that use the list (op_list/compare.cpp).

/// The elements of x in row-major order.
std::vector<double> elements_of(const Tensor& x);

/// Expects |got - wanted| ≤ tolerance (1 + |wanted|) of every element.
void expect_close(const std::vector<double>& got, const std::vector<double>& wanted, double tolerance,
                  const std::string& what);

/// The gradients of Σ wᵢ yᵢ by each input that requires grad; zeros for an input that no output depends on.
/// The sum is over the elements of all floating-point outputs, with the weights sin 1, sin 2, …
variable_list weighted_gradients(const variable_list& outputs, Inputs inputs);

// The families. Each is in the file of its name.
std::vector<Op> pointwise_ops();
std::vector<Op> activation_ops();
std::vector<Op> arithmetic_ops();
std::vector<Op> product_ops();
std::vector<Op> reduction_ops();
std::vector<Op> view_ops();
std::vector<Op> indexing_ops();
std::vector<Op> linalg_ops();
std::vector<Op> in_place_ops();
std::vector<Op> composed_ops();

}  // namespace gradus::test
