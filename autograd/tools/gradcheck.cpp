#include "autograd/tools/gradcheck.h"

#include <cmath>
#include <numeric>

#include "kernels/random.h"
#include "kernels/text_stream.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::autograd {
namespace {

constexpr int kProjections = 4;  // random directions per pair of input and output

/// A wrong derivative, as opposed to a misuse: the only error that raise_exception = false turns
/// into the result false.
struct Mismatch : Error {
  using Error::Error;
};

template <class... Parts>
[[noreturn]] void report(const Parts&... parts) {
  TextStream message;
  (message << ... << parts);
  throw Mismatch(message.str());
}

/// The function under test, and the names of its parts in messages.
struct Problem {
  const ListFunction& fn;
  const variable_list& inputs;
  GradcheckOptions options;
  std::string check;                      // "gradcheck" or "gradgradcheck"
  std::vector<std::string> input_names;   // "input 0", …
  std::vector<std::string> output_names;  // "output 0", …; of length 1: "output"
  std::vector<size_t> wanted = {};        // the inputs that require grad

  std::string name(size_t i) const { return options.name + ", " + input_names[wanted[i]]; }
  variable_list wanted_inputs() const {
    variable_list chosen;
    for (const size_t i : wanted) chosen.push_back(inputs[i]);
    return chosen;
  }
};

/// Row-major, on the cpu.
std::vector<double> elements(const Tensor& x) {
  const Tensor dense = x.detach().cpu().contiguous();
  const double* first = dense.data_ptr<double>();
  return {first, first + dense.numel()};
}

/// 1 for the element with this row-major number, else 0.
Tensor one_hot(const Tensor& like, int64_t number) {
  std::vector<double> elements(static_cast<size_t>(like.numel()), 0.0);
  elements[static_cast<size_t>(number)] = 1;
  return tensor(elements, kFloat64).view(like.sizes()).to(like.device());
}

Tensor random_like(const Tensor& x, Generator& generator) {
  const Tensor r = empty(x.sizes(), kFloat64);
  draw::normal(generator, 0, 1, r.raw());
  return r.to(x.device());
}

/// The index of the element with this row-major number: "(0, 2)".
std::string entry_text(const Tensor& x, int64_t number) {
  Shape entry(x.sizes());
  for (int d = entry.dim() - 1; d >= 0; --d) {
    entry[d] = number % x.size(d);
    number /= x.size(d);
  }
  TextStream text;
  text << entry.text();
  return text.str();
}

double inner_product(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// ---- Conditions for a comparison ---------------------------------------------------------------------------------

std::vector<size_t> differentiable_inputs(const Problem& problem) {
  std::vector<size_t> differentiable;
  for (size_t i = 0; i < problem.inputs.size(); ++i) {
    const Tensor& x = problem.inputs[i];
    if (!x.requires_grad()) continue;
    check(x.dtype() == kFloat64, problem.check, ": ", problem.input_names[i], " is ", x.dtype(),
          ", too coarse for finite differences; convert it with .to(kFloat64)");
    check(!x.raw().repeats(), problem.check, ": ", problem.input_names[i],
          " is expanded, so its entries cannot be changed one by one; expand it inside the function");
    differentiable.push_back(i);
  }
  check(!differentiable.empty(), problem.check,
        ": none of the inputs requires grad, so there is nothing to check");
  return differentiable;
}

variable_list evaluate(const Problem& problem) {
  variable_list outputs = problem.fn(problem.inputs);
  for (const Tensor& y : outputs)
    check(y.dtype() == kFloat64 || !y.is_floating_point(), problem.check, ": an output is ", y.dtype(),
          ", too coarse for finite differences; the function must compute in float64");
  return outputs;
}

/// The outputs of a first call, which must not change the inputs.
variable_list evaluate_watching_inputs(const Problem& problem) {
  variable_list before;
  for (const Tensor& x : problem.inputs) before.push_back(x.detach().clone());
  variable_list outputs = evaluate(problem);
  for (size_t i = 0; i < before.size(); ++i)
    if (!allclose(before[i], problem.inputs[i].detach(), 0, 0, /*equal_nan=*/true))
      report(problem.check, ": the function changes ", problem.input_names[i],
             " in place; let it work on a clone()");
  return outputs;
}

// ---- Both derivatives --------------------------------------------------------------------------------------------

/// vᵀ J for every wanted input, as backward computes it. Zeros for an input that the output does not depend on.
variable_list vector_jacobian(const Problem& problem, const Tensor& output, const Tensor& v) {
  const variable_list inputs = problem.wanted_inputs();
  variable_list gradients(inputs.size());
  if (output.requires_grad())
    gradients = grad(output, inputs, v, /*retain_graph=*/true, /*create_graph=*/false, /*allow_unused=*/true);
  for (size_t i = 0; i < inputs.size(); ++i) {
    Tensor& gradient = gradients[i];
    if (!gradient.defined()) gradient = zeros_like(inputs[i]);
    if (gradient.sizes() != inputs[i].sizes() || gradient.dtype() != inputs[i].dtype())
      report(problem.check, ": the gradient of an input ", text(inputs[i].sizes()), " ", inputs[i].dtype(),
             " is ", text(gradient.sizes()), " ", gradient.dtype());
  }
  return gradients;
}

/// The elements of every output for the present inputs; an empty list for an output that has no derivative.
std::vector<std::vector<double>> output_elements(const Problem& problem, const variable_list& outputs) {
  const variable_list now = evaluate(problem);
  check(now.size() == outputs.size(), problem.check, ": the function returned ", outputs.size(),
        " tensors, then ", now.size());
  std::vector<std::vector<double>> result;
  for (size_t o = 0; o < outputs.size(); ++o) {
    check(now[o].sizes() == outputs[o].sizes(), problem.check, ": ", problem.output_names[o], " was ",
          text(outputs[o].sizes()), ", then ", text(now[o].sizes()));
    result.push_back(outputs[o].is_floating_point() ? elements(now[o]) : std::vector<double>());
  }
  return result;
}

/// J u = (f(x + ε u) - f(x - ε u)) / 2ε for every output. Puts x back, also when the function throws.
std::vector<std::vector<double>> jacobian_vector(const Problem& problem, const Tensor& input, const Tensor& u,
                                                 const variable_list& outputs) {
  struct Restore {
    const Tensor x, before;
    ~Restore() { x.copy_(before); }
  } const now{input.detach(), input.detach().clone()};
  const double eps = problem.options.eps;
  now.x.add_(u, eps);
  auto slope = output_elements(problem, outputs);
  now.x.copy_(now.before);
  now.x.sub_(u, eps);
  const auto below = output_elements(problem, outputs);
  for (size_t o = 0; o < slope.size(); ++o)
    for (size_t j = 0; j < slope[o].size(); ++j) slope[o][j] = (slope[o][j] - below[o][j]) / (2 * eps);
  return slope;
}

/// "analytic 2 but numeric 3 …" if the two differ by more than the tolerance or one is NaN, else empty.
std::string difference(const GradcheckOptions& options, double analytic, double numeric) {
  const double difference = std::abs(analytic - numeric),
               tolerance = options.atol + options.rtol * std::abs(numeric);
  if (difference <= tolerance || analytic == numeric) return "";
  TextStream text;
  text << "analytic " << analytic << " but numeric " << numeric << " (difference " << difference
       << " > tolerance " << tolerance << ")";
  return text.str();
}

/// Every entry of every Jacobian.
void compare_entries(const Problem& problem, const variable_list& outputs) {
  const variable_list inputs = problem.wanted_inputs();
  // rows[o, j][i]: the gradient by input i of entry j of output o. All are computed before any input changes.
  std::vector<std::vector<std::vector<double>>> rows;
  for (const Tensor& y : outputs)
    for (int64_t j = 0; y.is_floating_point() && j < y.numel(); ++j) {
      rows.emplace_back();
      for (const Tensor& row : vector_jacobian(problem, y, one_hot(y, j)))
        rows.back().push_back(elements(row));
    }
  for (size_t i = 0; i < inputs.size(); ++i)
    for (int64_t k = 0; k < inputs[i].numel(); ++k) {
      const auto column = jacobian_vector(problem, inputs[i], one_hot(inputs[i], k), outputs);
      auto row = rows.begin();
      for (size_t o = 0; o < outputs.size(); ++o)
        for (size_t j = 0; j < column[o].size(); ++j)
          if (const std::string wrong = difference(problem.options, (*row++)[i][k], column[o][j]);
              !wrong.empty())
            report(problem.check, ": ", problem.name(i), " ", text(inputs[i].sizes()), ", entry ",
                   entry_text(inputs[i], k), ": ", wrong, " for ", problem.output_names[o], " entry ",
                   entry_text(outputs[o], static_cast<int64_t>(j)));
    }
}

/// vᵀ J u for one random u and, for each output, one random v.
void compare_projections(const Problem& problem, size_t i, const variable_list& outputs,
                         Generator& generator) {
  const Tensor x = problem.inputs[problem.wanted[i]], u = random_like(x, generator);
  std::vector<std::vector<double>> v;
  std::vector<double> analytic;
  for (const Tensor& y : outputs) {
    const Tensor direction = random_like(y, generator);
    v.push_back(elements(direction));
    analytic.push_back(y.is_floating_point()
                           ? inner_product(elements(vector_jacobian(problem, y, direction)[i]), elements(u))
                           : 0);
  }
  const auto numeric = jacobian_vector(problem, x, u, outputs);
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (!outputs[o].is_floating_point()) continue;
    const std::string wrong = difference(problem.options, analytic[o], inner_product(numeric[o], v[o]));
    if (!wrong.empty())
      report(problem.check, ": ", problem.name(i), " ", text(x.sizes()),
             ", along a random direction: ", wrong, " for a random combination of the entries of ",
             problem.output_names[o], " ", text(outputs[o].sizes()), "; fast_mode = false finds the entry");
  }
}

// ---- The whole check ---------------------------------------------------------------------------------------------

void check_deterministic(const Problem& problem, const variable_list& outputs, Generator& generator) {
  for (const Tensor& y : outputs) {
    if (!y.is_floating_point()) continue;
    const Tensor v = random_like(y, generator);
    const variable_list first = vector_jacobian(problem, y, v), second = vector_jacobian(problem, y, v);
    for (size_t i = 0; i < first.size(); ++i)
      if (!allclose(first[i], second[i], 0, problem.options.nondet_tol, /*equal_nan=*/true))
        report(problem.check, ": ", problem.name(i),
               ": two backward passes over the same graph gave different gradients");
  }
}

void run(Problem& problem) {
  problem.wanted = differentiable_inputs(problem);
  const variable_list outputs = evaluate_watching_inputs(problem);
  int64_t rows = 0, columns = 0;
  for (size_t o = 0; o < outputs.size(); ++o) {
    const Tensor& y = outputs[o];
    if (problem.options.name.empty() && y.grad_fn()) problem.options.name = y.grad_fn()->op();
    if (problem.output_names.size() <= o)
      problem.output_names.push_back(outputs.size() == 1 ? "output" : "output " + std::to_string(o));
    if (y.is_floating_point()) rows += y.numel();
  }
  for (const Tensor& x : problem.wanted_inputs()) columns += x.numel();
  if (problem.options.name.empty()) problem.options.name = "function";
  Generator generator(0);
  check_deterministic(problem, outputs, generator);
  if (!problem.options.fast_mode.value_or(rows * columns > kMostJacobianEntries))
    return compare_entries(problem, outputs);
  // Each round builds a new graph: the finite differences change the inputs, which the graph of `outputs` has saved.
  for (size_t i = 0; i < problem.wanted.size(); ++i)
    for (int round = 0; round < kProjections; ++round)
      compare_projections(problem, i, evaluate(problem), generator);
}

bool run_or_report(Problem problem) {
  const AutoGradMode recording(true);
  try {
    run(problem);
    return true;
  } catch (const Mismatch&) {
    if (problem.options.raise_exception) throw;
    return false;
  }
}

ListFunction as_list_function(const TensorFunction& fn) {
  return [fn](const variable_list& inputs) { return variable_list{fn(inputs)}; };
}

std::vector<std::string> numbered(const std::string& name, size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(name + " " + std::to_string(i));
  return names;
}

variable_list requiring_grad(const variable_list& tensors) {
  variable_list chosen;
  for (const Tensor& x : tensors)
    if (x.requires_grad()) chosen.push_back(x);
  return chosen;
}

/// One random grad_output per output, or the given ones as leaves of their own.
variable_list directions_for(const variable_list& outputs, const variable_list& grad_outputs) {
  check(grad_outputs.empty() || grad_outputs.size() == outputs.size(), "gradgradcheck: ", outputs.size(),
        " outputs require grad, but there are ", grad_outputs.size(), " grad_outputs");
  Generator generator(1);
  variable_list directions;
  for (size_t o = 0; o < outputs.size(); ++o) {
    directions.push_back(grad_outputs.empty() ? random_like(outputs[o], generator)
                                              : grad_outputs[o].detach());
    directions.back().requires_grad_();
  }
  return directions;
}

}  // namespace

bool gradcheck(const ListFunction& fn, const variable_list& inputs, const GradcheckOptions& options) {
  return run_or_report({fn, inputs, options, "gradcheck", numbered("input", inputs.size()), {}});
}

bool gradgradcheck(const ListFunction& fn, const variable_list& inputs, const variable_list& grad_outputs,
                   const GradcheckOptions& options) {
  const AutoGradMode recording(true);
  const variable_list outputs = requiring_grad(fn(inputs));
  check(!outputs.empty(), "gradgradcheck: no output of the function requires grad");
  const variable_list directions = directions_for(outputs, grad_outputs);

  // (inputs, grad_outputs) → the gradients of the inputs that require grad.
  const size_t count = inputs.size();
  const ListFunction first_derivative = [&fn, count](const variable_list& all) {
    const variable_list x(all.begin(), all.begin() + count), v(all.begin() + count, all.end());
    const variable_list wanted = requiring_grad(x);
    variable_list gradients =
        grad(requiring_grad(fn(x)), wanted, v, /*retain_graph=*/{}, /*create_graph=*/true,
             /*allow_unused=*/true);
    for (size_t i = 0; i < wanted.size(); ++i)
      if (!gradients[i].defined()) gradients[i] = zeros_like(wanted[i]);
    return gradients;
  };

  variable_list all = inputs;
  all.insert(all.end(), directions.begin(), directions.end());
  std::vector<std::string> input_names = numbered("input", count), output_names;
  for (size_t i = 0; i < count; ++i)
    if (inputs[i].requires_grad()) output_names.push_back("the gradient of input " + std::to_string(i) + ",");
  for (const std::string& name : numbered("grad_output", directions.size())) input_names.push_back(name);
  GradcheckOptions named = options;
  if (named.name.empty()) named.name = outputs[0].grad_fn() ? outputs[0].grad_fn()->op() : "function";
  return run_or_report({first_derivative, all, named, "gradgradcheck", input_names, output_names});
}

bool gradcheck(const TensorFunction& fn, const variable_list& inputs, const GradcheckOptions& options) {
  return gradcheck(as_list_function(fn), inputs, options);
}

bool gradgradcheck(const TensorFunction& fn, const variable_list& inputs, const variable_list& grad_outputs,
                   const GradcheckOptions& options) {
  return gradgradcheck(as_list_function(fn), inputs, grad_outputs, options);
}

}  // namespace gradus::autograd
