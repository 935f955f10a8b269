// The tape made visible. Not part of libtorch's API.
#pragma once

#include <iostream>
#include <string>

#include "autograd/watch.h"
#include "tensor/tensor.h"

namespace gradus {

/// Prints the tape that leads to `result`, oldest op first, one line each: a number, the op, the numbers of
/// its inputs, the shape of its output and, if a backward ran under KeepGradientNorms, the norm of its
/// gradient. The backward pass visits the same lines from the last to the first.
void print_tape(const Tensor& result, std::ostream& out = std::cout);

/// The same graph in Graphviz' DOT language: dot -Tsvg turns it into a drawing.
std::string tape_dot(const Tensor& result);

namespace autograd {
/// The last lines, at most `most`, that print_tape would show of the tape that leads to a node.
std::string end_of_tape(Node& node, size_t most);
}  // namespace autograd

/// While it lives, backward passes on this thread note the norm of each gradient at its node.
class KeepGradientNorms final : autograd::Watch {
 public:
  KeepGradientNorms() { turn_on(); }
  ~KeepGradientNorms() { turn_off(); }

 private:
  void complete(autograd::Node& node) override;
};

}  // namespace gradus
