// Loops: which steps of a program share a loop, and where their tensors live.
//
// A step joins an earlier loop over the same sizes if nothing in between depends on the order. Two steps may share a
// loop if each round of one reads and writes the same elements as the same round of the other. A tensor that only one
// loop sees is then a number in it. Other small tensors that only the program sees are local arrays.
#pragma once

#include <map>
#include <set>

#include "tensor/program/compile/steps.h"
#include "tensor/program/contents.h"

namespace gradus::programs {

/// Where a tensor lives.
struct Buffer {
  enum class Kind { memory, array, number };
  Kind kind;
  std::string name;  // memory: "x1" or "p1", as in the listing. Else "t7", for the line that writes it first.
  void* begin = nullptr;             // of memory
  const View* first_view = nullptr;  // through which it is seen first
  int64_t elements = 1;              // of an array
  size_t writes = 0;                 // steps that write it
  bool is_shared = false;            // with calls of kernels
  std::set<Dtype> dtypes = {};       // of the elements, as the text sees them
};

/// Steps that share a loop; or one step that stays a call.
struct Loop {
  std::vector<int64_t> sizes;  // of the nest, outermost first; without sizes of 1
  std::vector<Step> steps;

  bool is_call() const { return !steps[0].has_text(); }
};

struct Plan {
  std::vector<Buffer> buffers;  // the index is Operand::buffer
  std::vector<Loop> loops;
  bool has_host_work = false;

  explicit Plan(const Contents& program);

 private:
  struct Life;
  using Lives = std::map<size_t, Life>;  // by the number of a tensor
  void choose_buffers(std::vector<Step>& steps, const Lives& lives, const Contents& program);
  void add(Step step);
  void find_numbers(const Lives& lives);
};

}  // namespace gradus::programs
