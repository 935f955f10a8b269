// The tape as a table, as a drawing, as a page for the browser and step by step in the terminal. Not part of libtorch's API.
#pragma once

#include <functional>
#include <iostream>
#include <string>

#include "autograd/watch.h"
#include "tensor/tensor.h"

namespace gradus {

/// Prints the tape that leads to `result`, oldest op first. Each line has a name (%1, %2, …), the op, the names
/// of its inputs, the shape of its output and, if a backward ran under KeepGradientNorms, the norm of its
/// gradient. The backward pass visits the same lines from the last to the first.
void print_tape(const Tensor& result, std::ostream& out = std::cout);

/// The same graph in Graphviz' DOT language: dot -Tsvg turns it into a drawing.
std::string tape_dot(const Tensor& result);

/// Runs loss() and its backward pass, and writes a page for the browser in which one can step through both: the
/// value of each op as it ran, then which nodes wait for their turn, each gradient that is delivered, and what is
/// saved until when. Tensors of more than 16 elements are shown as a norm and a small picture. The page is one
/// file, which needs no network. Its address takes a step: page.html#step=12. Returns what loss() returned. Error
/// as of backward(), or if the file cannot be written.
Tensor tape_html(const std::function<Tensor()>& loss, const std::string& file);
/// The same for ops that have run already. The tape has only the values that a rule has saved; the page shows these.
void tape_html(const Tensor& loss, const std::string& file);

/// The same steps in the terminal, a line for each: runs loss() and its backward pass, then prints each op with its
/// value, each turn of a node with the nodes that wait, each gradient that is delivered, and what is freed when.
/// `go_on` is called after each step and may wait for a key; once it returns false, nothing more is printed. Returns
/// what loss() returned. Error as of backward().
Tensor tape_steps(const std::function<Tensor()>& loss, std::ostream& out = std::cout,
                  const std::function<bool()>& go_on = {});

namespace autograd {
/// The last lines, at most `most`, of the tape that leads to a node, as print_tape prints them.
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
