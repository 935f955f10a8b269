#include "autograd/tools/gradcheck.h"

#include <cmath>

#include "autograd/ops/ops.h"
#include "kernels/cpu/random.h"

namespace gradus::autograd {
namespace {

constexpr int kProjections = 4;  // random directions per pair of input and output

/// A wrong derivative, as opposed to a misuse: the one error that raise_exception = false turns into a result.
struct Mismatch : Error {
  using Error::Error;
};

template <class... Parts>
[[noreturn]] void report(const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Mismatch(message.str());
}

/// What is checked, and how messages call its parts.
struct Problem {
  const ListFunction& fn;
  const variable_list& inputs;
  GradcheckOptions options;
  std::string check;                      // "gradcheck" or "gradgradcheck"
  std::vector<std::string> input_names;   // "input 0", …
  std::vector<std::string> output_names;  // "output 0", …; of length 1: "output"
};

std::vector<double> elements(const Tensor& x) {
  const Tensor dense = x.detach().cpu().contiguous();
  const double* first = dense.data_ptr<double>();
  return {first, first + dense.numel()};
}

Tensor tensor_of(const std::vector<double>& elements, const Tensor& like) {
  return tensor(elements, kFloat64).view(like.sizes()).to(like.device());
}

/// The index tuple of the element with this row-major number: "(0, 2)".
std::string entry_text(const Tensor& x, int64_t number) {
  Shape entry(x.sizes());
  for (int d = entry.dim() - 1; d >= 0; --d) {
    entry[d] = number % x.size(d);
    number /= x.size(d);
  }
  std::ostringstream text;
  text << entry.text();
  return text.str();
}

Tensor element(Tensor x, int64_t number) {
  const NoGradGuard no_grad;
  for (int64_t left = x.numel(); x.dim() > 0; number %= left) {
    left /= x.size(0);
    x = x.select(0, number / left);
  }
  return x;
}

/// Puts an input's elements back, also when fn throws.
class Restore {
 public:
  explicit Restore(const Tensor& x) : x_(x.detach()), before_(x_.clone()) {}
  ~Restore() {
    const NoGradGuard no_grad;
    x_.copy_(before_);
  }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  const Tensor x_, before_;
};

// ---- What must hold before any derivative is compared ------------------------------------------------------------

std::vector<size_t> differentiable_inputs(const Problem& problem) {
  std::vector<size_t> differentiable;
  for (size_t i = 0; i < problem.inputs.size(); ++i) {
    const Tensor& x = problem.inputs[i];
    if (!x.requires_grad()) continue;
    check(x.dtype() == kFloat64, problem.check, ": ", problem.input_names[i], " is ", x.dtype(),
          ", too coarse for finite differences; convert it with .to(kFloat64)");
    for (int64_t d = 0; d < x.dim(); ++d)
      check(x.stride(d) != 0 || x.size(d) <= 1 || x.numel() == 0, problem.check, ": ", problem.input_names[i],
            " is expanded, so its entries cannot be changed one by one; expand it inside the function");
    differentiable.push_back(i);
  }
  check(!differentiable.empty(), problem.check,
        ": none of the inputs requires grad, there is nothing to check");
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

/// vᵀ J for every given input: what backward computes. Zeros where the tape has nothing.
variable_list vector_jacobian(const Problem& problem, const Tensor& output, const variable_list& inputs,
                              const Tensor& v) {
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

/// Every differentiable output's elements, f(x) with x as it is now.
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

struct Comparison {
  double analytic, numeric;

  double difference() const { return std::abs(analytic - numeric); }
  double tolerance(const GradcheckOptions& options) const {
    return options.atol + options.rtol * std::abs(numeric);
  }
  bool agrees(const GradcheckOptions& options) const {  // and not where either is NaN
    return difference() <= tolerance(options) || analytic == numeric;
  }
};

std::string text(const Comparison& both, const GradcheckOptions& options) {
  std::ostringstream text;
  text << "analytic " << both.analytic << " but numeric " << both.numeric << " (difference "
       << both.difference() << " > tolerance " << both.tolerance(options) << ")";
  return text.str();
}

// ---- Every entry -------------------------------------------------------------------------------------------------

/// rows[o][j][i]: the gradient by input i of entry j of output o.
using Rows = std::vector<std::vector<variable_list>>;

Rows analytic_rows(const Problem& problem, const variable_list& inputs, const variable_list& outputs) {
  Rows rows(outputs.size());
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (!outputs[o].is_floating_point()) continue;
    for (int64_t j = 0; j < outputs[o].numel(); ++j) {
      std::vector<double> one_hot(outputs[o].numel(), 0.0);
      one_hot[j] = 1;
      rows[o].push_back(vector_jacobian(problem, outputs[o], inputs, tensor_of(one_hot, outputs[o])));
      for (Tensor& row : rows[o].back()) row = row.cpu().contiguous();
    }
  }
  return rows;
}

void compare_entries(const Problem& problem, const std::vector<size_t>& differentiable,
                     const variable_list& outputs) {
  variable_list inputs;
  for (size_t i : differentiable) inputs.push_back(problem.inputs[i]);
  const Rows rows = analytic_rows(problem, inputs, outputs);  // all of them before any input is touched
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Restore restore(inputs[i]);
    for (int64_t k = 0; k < inputs[i].numel(); ++k) {
      const Tensor entry = element(inputs[i].detach(), k);
      const double x = entry.item<double>(), above = x + problem.options.eps, below = x - problem.options.eps;
      entry.fill_(above);
      const auto f_above = output_elements(problem, outputs);
      entry.fill_(below);
      const auto f_below = output_elements(problem, outputs);
      entry.fill_(x);
      for (size_t o = 0; o < outputs.size(); ++o)
        for (size_t j = 0; j < f_above[o].size(); ++j) {
          const Comparison both{rows[o][j][i].data_ptr<double>()[k],
                                (f_above[o][j] - f_below[o][j]) / (above - below)};
          if (!both.agrees(problem.options))
            report(problem.check, ": ", problem.options.name, ", ", problem.input_names[differentiable[i]],
                   " ", text(inputs[i].sizes()), ", entry ", entry_text(inputs[i], k), ": ",
                   text(both, problem.options), " for ", problem.output_names[o], " entry ",
                   entry_text(outputs[o], static_cast<int64_t>(j)));
        }
    }
  }
}

// ---- Random projections ------------------------------------------------------------------------------------------

Tensor random_like(const Tensor& x, Generator& generator) {
  const Tensor r = empty(x.sizes(), kFloat64);
  cpu::normal(generator, 0, 1, r.raw());
  return r.to(x.device());
}

double inner_product(const Tensor& a, const std::vector<double>& b) {
  const std::vector<double> values = elements(a);
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) sum += values[i] * b[i];
  return sum;
}

void compare_projections(const Problem& problem, size_t index, const variable_list& outputs,
                         Generator& generator) {
  const Tensor& input = problem.inputs[index];
  const Tensor x = input.detach(), before = x.clone(), u = random_like(x, generator);
  std::vector<Tensor> directions;
  std::vector<double> analytic;
  for (const Tensor& y : outputs) {
    directions.push_back(random_like(y, generator));
    if (!y.is_floating_point()) continue;
    const Tensor gradient = vector_jacobian(problem, y, {input}, directions.back())[0];
    analytic.resize(directions.size());
    analytic.back() = inner_product(gradient, elements(u));
  }
  const Restore restore(x);
  const double eps = problem.options.eps;
  x.add_(u, eps);
  const auto f_above = output_elements(problem, outputs);
  x.copy_(before);
  x.sub_(u, eps);
  const auto f_below = output_elements(problem, outputs);
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (!outputs[o].is_floating_point()) continue;
    std::vector<double> difference = f_above[o];
    for (size_t j = 0; j < difference.size(); ++j)
      difference[j] = (difference[j] - f_below[o][j]) / (2 * eps);
    const Comparison both{analytic[o], inner_product(directions[o], difference)};
    if (!both.agrees(problem.options))
      report(problem.check, ": ", problem.options.name, ", ", problem.input_names[index], " ",
             text(x.sizes()), ", along a random direction: ", text(both, problem.options),
             " for a random combination of the entries of ", problem.output_names[o], " ",
             text(outputs[o].sizes()), "; fast_mode = false finds the entry");
  }
}

// ---- The whole check ---------------------------------------------------------------------------------------------

void check_deterministic(const Problem& problem, const std::vector<size_t>& differentiable,
                         const variable_list& outputs, Generator& generator) {
  variable_list inputs;
  for (size_t i : differentiable) inputs.push_back(problem.inputs[i]);
  for (const Tensor& y : outputs) {
    if (!y.is_floating_point()) continue;
    const Tensor v = random_like(y, generator);
    const variable_list first = vector_jacobian(problem, y, inputs, v);
    const variable_list second = vector_jacobian(problem, y, inputs, v);
    for (size_t i = 0; i < inputs.size(); ++i)
      if (!allclose(first[i], second[i], 0, problem.options.nondet_tol, /*equal_nan=*/true))
        report(problem.check, ": ", problem.options.name, ", ", problem.input_names[differentiable[i]],
               ": two backward passes over the same graph gave different gradients");
  }
}

int64_t jacobian_entries(const Problem& problem, const std::vector<size_t>& differentiable,
                         const variable_list& outputs) {
  int64_t columns = 0, rows = 0;
  for (size_t i : differentiable) columns += problem.inputs[i].numel();
  for (const Tensor& y : outputs)
    if (y.is_floating_point()) rows += y.numel();
  return columns * rows;
}

void run(Problem& problem) {
  const std::vector<size_t> differentiable = differentiable_inputs(problem);
  const variable_list outputs = evaluate_watching_inputs(problem);
  Generator generator(0);
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (problem.options.name.empty() && outputs[o].grad_fn())
      problem.options.name = outputs[o].grad_fn()->op();
    if (problem.output_names.size() <= o)
      problem.output_names.push_back(outputs.size() == 1 ? "output" : "output " + std::to_string(o));
  }
  if (problem.options.name.empty()) problem.options.name = "function";
  check_deterministic(problem, differentiable, outputs, generator);
  const bool large = jacobian_entries(problem, differentiable, outputs) > kMostJacobianEntries;
  if (!problem.options.fast_mode.value_or(large)) return compare_entries(problem, differentiable, outputs);
  // The graph of `outputs` has saved inputs that are about to change and change back: each round gets a new one.
  for (size_t i : differentiable)
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

  // (inputs, grad_outputs) → the gradients of those inputs that require grad.
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
