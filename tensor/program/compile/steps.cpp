#include "tensor/program/compile/steps.h"

#include <cxxabi.h>

#include <charconv>
#include <cstdlib>
#include <typeinfo>

#include "kernels/cpu/pointwise.h"
#include "kernels/cpu/reduce.h"
#include "kernels/plain/plain.h"

namespace gradus::programs {

const char* cpp_name_of(Dtype dtype) {
  constexpr const char* names[] = {"float", "double", "int64_t", "bool", "int32_t", "int16_t", "uint8_t"};
  return names[static_cast<int>(dtype)];
}

namespace {

using Texts = std::vector<std::string>;

// ---- The text of numbers and formulas ---------------------------------------------------------------------------

/// The number as the kernel sees it: converted to T, and written so that the compiler reads the same bits.
template <class T>
std::string number_text(T value) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else {
    const std::string limits = std::string("std::numeric_limits<") + cpp_name_of(dtype_of<T>()) + ">::";
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    std::string text(digits, end);
    if constexpr (std::floating_point<T>) {
      if (value != value) return limits + "quiet_NaN()";
      if (value - value != 0) return (value < 0 ? "(-" : "") + limits + "infinity()" + (value < 0 ? ")" : "");
      if (text.find_first_of(".e") == std::string::npos) text += ".0";
      if (std::same_as<T, float>) text += 'f';
      return text[0] == '-' ? '(' + text + ')' : text;
    } else {
      if (value == Limits::min() && Limits::is_signed) return limits + "min()";
      return std::string(cpp_name_of(dtype_of<T>())) + '{' + text + '}';
    }
  }
}

/// "Slope<Tanh>"
template <class F>
std::string formula_name() {
  char* const full = abi::__cxa_demangle(typeid(F).name(), nullptr, nullptr, nullptr);
  std::string name = full ? full : "";
  std::free(full);
  const std::string space = "gradus::formulas::";
  for (size_t at; (at = name.find(space)) != std::string::npos;) name.erase(at, space.size());
  return name;
}

/// The operators of arithmetic, whose formulas are these operators; nullptr for other formulas.
template <class F>
constexpr const char* operator_of() {
  if constexpr (std::same_as<F, formulas::Add>) return " + ";
  if constexpr (std::same_as<F, formulas::Sub>) return " - ";
  if constexpr (std::same_as<F, formulas::Mul>) return " * ";
  if constexpr (std::same_as<F, formulas::Div>) return " / ";
  return nullptr;
}

/// F of its arguments: "a * b", "Square{}.value(x)".
template <class F>
std::string value_text(const Texts& arguments) {
  if constexpr (operator_of<F>() != nullptr) return arguments[0] + operator_of<F>() + arguments[1];
  if constexpr (std::same_as<F, formulas::Neg>) return '-' + arguments[0];
  std::string list;
  for (const std::string& argument : arguments) list += (list.empty() ? "" : ", ") + argument;
  return formula_name<F>() + "{}.value(" + list + ')';
}

/// The most elements for which the text gives the digits of the fast kernel. For long rows the kernels compute e^x, and
/// functions made of it, with fused multiply-adds. They compute sin x, tanh x and others by functions of whole vectors.
/// Both round differently.
template <class F>
constexpr int64_t most_elements() {
  if (cpu::is_compute_bound<F>) return 1;
  if (std::same_as<F, formulas::Slope<formulas::Tanh>> || std::same_as<F, formulas::Slope<formulas::Sigmoid>>)
    return cpu::kWideFrom<F> - 1;
  return cpu::kParallelFrom - 1;
}

// ---- Steps of each kernel ---------------------------------------------------------------------------------------

template <auto entry>
const KernelCall<entry>* as(const Call& call) {
  return dynamic_cast<const KernelCall<entry>*>(&call);
}

/// The step of a pointwise formula of these arguments. `arrange` makes the texts of the formula's arguments from the
/// texts of the views.
template <class Formulas>
void pointwise_step(Step& step, Formulas list, const FormulaId& f,
                    const std::function<Texts(Texts)>& arrange) {
  formulas::visit(list, f.place, [&]<class F>(F) {
    if (step.out().numel() > most_elements<F>()) return;
    step.expression = [arrange](Texts texts) { return value_text<F>(arrange(std::move(texts))); };
  });
}

Texts as_they_are(Texts texts) { return texts; }

bool write_pointwise(Step& step) {
  const Call& call = *step.call;
  if (const auto* unary = as<&Kernels::unary>(call)) {
    pointwise_step(step, formulas::Unaries{}, std::get<0>(unary->values), as_they_are);
  } else if (const auto* binary = as<&Kernels::binary>(call)) {
    pointwise_step(step, formulas::Binaries{}, std::get<0>(binary->values), as_they_are);
  } else if (const auto* ternary = as<&Kernels::ternary>(call)) {
    pointwise_step(step, formulas::Ternaries{}, std::get<0>(ternary->values), as_they_are);
  } else if (const auto* with_number = as<&Kernels::binary_scalar>(call)) {
    const auto& [f, x, scalar, number_first, out] = with_number->values;
    const std::string number = visit_dtype(
        x.dtype, [&, &scalar = scalar]<class T>(T) { return number_text(scalar.template to<T>()); });
    pointwise_step(step, formulas::Binaries{}, f, [number, number_first = number_first](Texts texts) {
      return number_first ? Texts{number, texts[0]} : Texts{texts[0], number};
    });
  } else if (as<&Kernels::where>(call)) {
    step.expression = [](const Texts& texts) { return texts[0] + " ? " + texts[1] + " : " + texts[2]; };
  } else {
    return false;
  }
  return true;
}

bool write_copy(Step& step) {
  if (const auto* fill = as<&Kernels::fill>(*step.call)) {
    const std::string number = visit_stored_dtype(step.out().dtype, [&]<class T>(T) {
      return number_text(std::get<0>(fill->values).template to<T>());
    });
    step.expression = [number](const Texts&) { return number; };
  } else if (as<&Kernels::copy>(*step.call)) {
    const Dtype from = step.operands[0].view.dtype, to = step.out().dtype;
    // If a number does not fit into an integer, the result depends on the instruction.
    if (is_floating_point(from) && is_integer(to)) return true;
    step.expression = [from, to](const Texts& texts) {
      return from == to ? texts[0] : std::string("static_cast<") + cpp_name_of(to) + ">(" + texts[0] + ')';
    };
  } else {
    return false;
  }
  return true;
}

/// A reduction of few elements along one dimension, or of all elements of a small contiguous tensor.
void write_reduction(Step& step) {
  const auto* call = as<&Kernels::reduce>(*step.call);
  if (!call || call->kernel == plain::kernels().reduce) return;
  const auto& [f, x, out] = call->values;
  if (is_small_integer(x.dtype) || x.numel() == 0) return;
  const cpu::Plan plan(x, out);
  for (int d = 0; d < x.dim; ++d)
    if (x.strides[d] == 0 && x.sizes[d] > 1) return;
  if (plan.reduced.dim != 1) return;
  const int64_t n = plan.reduced.sizes[0], stride = plan.reduced.strides[0];
  const bool by_columns = plan.innermost_kept;
  const auto lanes = static_cast<int64_t>(512 / item_size(x.dtype));
  if (n > (by_columns ? 17 : stride == 1 ? lanes / 2 - 1 : 32) || x.numel() > 1024) return;
  formulas::visit(formulas::Reductions{}, f.place, [&]<class F>(F) {
    // Long rows of squares are added up with fused multiply-adds.
    if (by_columns && std::same_as<F, formulas::SumOfSquares>) return;
    const std::string head = std::string(by_columns ? "reduce_column<" : "reduce<") + formula_name<F>() +
                             ", " + std::to_string(n) + ">(";
    step.expression = [head, tail = ", " + std::to_string(stride) + ')'](const Texts& texts) {
      return head + texts[0] + tail;
    };
  });
  step.operands[0].is_address = true;
  std::copy_n(out.sizes, out.dim, step.operands[0].view.sizes);
}

/// A small product of two matrices. The kernels add the products of one element in their order, if there are few.
void write_product(Step& step) {
  const auto* call = as<&Kernels::matmul>(*step.call);
  if (!call) return;
  const auto& [a, b, out] = call->values;
  if (out.dim != 2 || !is_floating_point(out.dtype)) return;
  const int64_t outputs = out.numel(), n = a.sizes[1];
  const bool from_zero = call->kernel == plain::kernels().matmul || outputs <= 4;
  if (n < 1 || outputs > 32 || n > (from_zero ? 64 : 6)) return;
  step.expression = [n, steps = std::array{a.strides[1], b.strides[0]}](const Texts& texts) {
    return "dot<" + std::to_string(n) + ">(" + texts[0] + ", " + std::to_string(steps[0]) + ", " + texts[1] +
           ", " + std::to_string(steps[1]) + ')';
  };
  // The kernel begins its sum with 0, so -0 becomes 0. "0 +" does the same.
  if (from_zero)
    step.expression = [dot = step.expression](const Texts& texts) { return "0 + " + dot(texts); };
  for (const int side : {0, 1}) {
    Operand& operand = step.operands[side];
    operand.is_address = true;
    std::copy_n(out.sizes, 2, operand.view.sizes);
    operand.view.strides[1 - side] = 0;
  }
}

/// Does a round of the loop write what another round reads?
bool overlaps_itself(const Step& step) {
  const Operand& out = step.operands.back();
  for (const Operand& input : step.operands)
    if (&input != &out && input.view.owner == out.view.owner &&
        (input.is_address || !same_elements(input.view, out.view)))
      return true;
  return false;
}

}  // namespace

bool same_elements(const View& a, const View& b) {
  if (a.data != b.data || a.dtype != b.dtype) return false;
  int i = 0, j = 0;
  for (;; ++i, ++j) {
    while (i < a.dim && a.sizes[i] == 1) ++i;
    while (j < b.dim && b.sizes[j] == 1) ++j;
    if (i == a.dim || j == b.dim) return i == a.dim && j == b.dim;
    if (a.sizes[i] != b.sizes[j] || a.strides[i] != b.strides[j]) return false;
  }
}

Step step_of(const Call& call) {
  Step step;
  step.call = &call;
  for (const auto& [view, written] : call.arguments()) step.operands.push_back({*view, view, written});
  const int64_t elements = step.operands.empty() ? 0 : step.out().numel();
  const bool small = elements > 0 && elements < cpu::kParallelFrom;
  if (small && !write_pointwise(step) && !write_copy(step)) {
    write_reduction(step);
    write_product(step);
  }
  if (step.has_text() && overlaps_itself(step)) step.expression = nullptr;
  if (!step.has_text())
    for (Operand& operand : step.operands) operand.is_address = true;
  return step;
}

}  // namespace gradus::programs
