// Loops: which steps of a program share a loop, and where their tensors live.
//
// A step joins an earlier loop over the same sizes if no step in between depends on the order. Two steps may share a
// loop if each round of one reads and writes the same elements as the same round of the other. Then a tensor that only
// this loop uses is a number in the loop. Other small tensors that only the program uses are local arrays.
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
  void* begin = nullptr;             // memory: its first element
  const View* first_view = nullptr;  // the first view of it
  int64_t elements = 1;              // array: the number of elements
  size_t writes = 0;                 // the number of steps that write it
  bool is_shared = false;            // do calls of kernels use it, too?
  std::set<Dtype> dtypes = {};       // the dtypes with which the text reads and writes it
};

/// Several steps that share a loop, or one step that stays a call.
struct Loop {
  std::vector<int64_t> sizes;  // the sizes of the nest, outermost first, without sizes of 1
  std::vector<Step> steps;

  bool is_call() const { return !steps[0].has_text(); }
};

struct Plan {
  std::vector<Buffer> buffers;  // Operand::buffer is an index of it
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
