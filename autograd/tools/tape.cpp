// The tape as a table (print_tape) and as a drawing (tape_dot).
#include "autograd/tools/tape.h"

#include <algorithm>
#include <array>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/tools/tape_nodes.h"
#include "kernels/text_stream.h"
#include "tensor/create.h"
#include "tensor/indexing.h"
#include "tensor/print.h"

namespace gradus {

using autograd::Edge;
using autograd::Node;
using autograd::Tape;

std::string grad_fn_name(const Tensor& x) { return x.is_leaf() ? "" : x.grad_fn()->name(); }

namespace {

/// Empty if no backward pass has noted it.
std::string gradient_norm(const Node& node) {
  if (!node.notes || node.notes->gradient_norm < 0) return "";
  return autograd::four_digits(node.notes->gradient_norm);
}

using Row = std::array<std::string, 5>;

void print_table(const std::vector<Row>& rows, std::ostream& out) {
  std::array<size_t, std::tuple_size_v<Row>> widths{};
  for (const Row& row : rows)
    for (size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  std::string line;
  for (const Row& row : rows) {
    line.clear();
    for (size_t column = 0; column < row.size(); ++column)
      line += row[column] + std::string(widths[column] + 2 - row[column].size(), ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

/// A heading, and the rows of all nodes from number `begin` on.
std::vector<Row> rows_of(const Tape& tape, size_t begin) {
  std::vector<Row> rows = {{"", "op", "inputs", "shape", ""}};
  for (Node* node : std::span(tape.nodes()).subspan(begin)) {
    rows.push_back({tape.name(*node), node->op(), inputs(tape, *node), shapes(*node), gradient_norm(*node)});
    if (!rows.back().back().empty()) rows.front().back() = "gradient norm";
  }
  return rows;
}

/// Text between the quotes of a DOT string.
std::string dot_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

void KeepGradientNorms::complete(Node& node) {
  const NoGradGuard no_grad;
  if (const Tensor& gradient = node.output.gradient; gradient.defined())
    node.make_notes().gradient_norm = gradient.to(kFloat64).norm().item<double>();
}

void print_tape(const Tensor& result, std::ostream& out) {
  const Tape tape(autograd::gradient_edge(result));
  if (tape.nodes().empty()) {
    out << "nothing is recorded: no input of this tensor requires grad\n";
    return;
  }
  print_table(rows_of(tape, 0), out);
}

std::string autograd::end_of_tape(Node& node, size_t most) {
  const Tape tape(Edge{Ref<GraphNode>(&node), 0});
  const size_t count = tape.nodes().size();
  TextStream text;
  print_table(rows_of(tape, count - std::min(count, most)), text);
  return text.str();
}

std::string tape_dot(const Tensor& result) {
  const Tape tape(autograd::gradient_edge(result));
  TextStream dot;
  dot << "digraph tape {\n  rankdir=BT;\n  node [fontname=\"monospace\"];\n";
  for (Node* node : tape.nodes()) {
    const std::string name = tape.name(*node), norm = gradient_norm(*node);
    dot << "  \"" << name << "\" [label=\"" << name << " " << dot_escaped(node->op()) << "\\n"
        << shapes(*node) << (norm.empty() ? "" : "\\ngradient norm " + norm)
        << "\", shape=" << (is_leaf(*node) ? "box" : "ellipse") << "];\n";
    for (const Edge& input : node->edges()) {
      if (!input) continue;
      dot << "  \"" << tape.name(input.node()) << "\" -> \"" << name << '"';
      if (const std::string part = part_of(input); !part.empty()) dot << " [label=\"" << part << "\"]";
      dot << ";\n";
    }
  }
  dot << "}\n";
  return dot.str();
}

}  // namespace gradus
