// Steps: the C++ of each call of a program.
//
// A call with a text becomes one statement, "out = expression", for each element of `out`. The other calls stay calls of
// kernels. A call has a text only if the text gives the digits of the kernel, bit for bit.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tensor/program/call.h"

namespace gradus::programs {

/// An argument of a call, as the loops over `out` see it.
struct Operand {
  View view;             // the argument with the sizes of `out`
  const View* argument;  // the argument of the call
  bool written = false;
  bool is_address = false;  // the expression reads more elements than the one of its round
  size_t tensor = 0;        // its number in ProgramMemory
  size_t buffer = 0;        // the number of its buffer, see fuse.h
  int64_t offset = 0;       // the place of the view's first element in the buffer
};

/// Writes the expression from the texts of its operands: {"x1[i]", "2.0f"} → "x1[i] * 2.0f".
using Expression = std::function<std::string(const std::vector<std::string>&)>;

struct Step {
  size_t line = 0;  // the line of the listing
  const Call* call = nullptr;
  std::vector<Operand> operands;  // with an expression, the last one is `out`
  Expression expression;          // empty: it stays a call

  bool has_text() const { return expression != nullptr; }
  const View& out() const { return operands.back().view; }
};

/// Do two views of the same sizes see the same element in every round of a loop?
bool same_elements(const View& a, const View& b);

Step step_of(const Call& call);

/// The name of a dtype in C++.
const char* cpp_name_of(Dtype dtype);

}  // namespace gradus::programs
