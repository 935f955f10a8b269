// The tape as a page for the browser. A watch writes down what the engine does in a backward pass. The page (page/)
// holds the tape and these events as JSON, with a script that steps through them.
//
//     {"nodes": [{"name": "%1", "op": "mm", "leaf": false, "shape": "(3, 3)", "inputs": [{"node": 0, "part": ""}, null],
//                 "saved": [{"of": "x1", "shape": "(3, 2)", "bytes": 24, "memory": 0}], "value": V or null}, …],
//      "events": [{"kind": "take", "node": 5, "gradient": [V]},
//                 {"kind": "deliver", "from": 5, "node": 4, "input": 0, "output": 0, "gradient": V, "had": V or null},
//                 {"kind": "release", "node": 5}, …]}
//
// Nodes are numbered by their place in "nodes". A value V has its shape and norm and, if it has at most 16 elements,
// its numbers in rows and columns. If it has more, "cells" is a picture of it with one letter for each cell.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "autograd/grad_mode.h"
#include "autograd/saved_tensor.h"
#include "autograd/tools/tape.h"
#include "autograd/tools/tape_nodes.h"
#include "kernels/text_stream.h"
#include "tensor/files/files.h"

namespace gradus {

using namespace autograd;

namespace {

constexpr const char* kPage =
#include "tape_page.h"
    ;

// ---- JSON ---------------------------------------------------------------------------------------

/// A string of JSON. It cannot end the element <script> that it is in.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '<')
      result += "\\u003c";
    else
      result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result + '"';
}

using Texts = std::vector<std::string>;

std::string array(const Texts& values) {
  std::string json = "[";
  for (const std::string& value : values) json += (json.size() == 1 ? "" : ",") + value;
  return json + "]";
}

std::string object(std::initializer_list<std::pair<const char*, std::string>> members) {
  std::string json = "{";
  for (const auto& [name, value] : members)
    json += (json.size() == 1 ? "\"" : ",\"") + (name + ("\":" + value));
  return json + "}";
}

std::string number(int64_t value) { return std::to_string(value); }
std::string number(size_t value) { return std::to_string(value); }

std::string shape_of(const Tensor& x) {
  TextStream stream;
  stream << text(x.sizes());
  return stream.str();
}

/// Four digits: 0.1219. JSON has no NaN and no infinity, so these are strings.
std::string number(double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 4).ptr;
  const std::string text(digits, end);
  return std::isfinite(value) ? text : quoted(text);
}

// ---- Values -------------------------------------------------------------------------------------

constexpr int64_t kMostNumbers = 16, kMostCells = 16;  // in all, and along a side of a picture

/// A tensor as a matrix: its last dimension along the rows. A 0-d tensor has one element.
struct Matrix {
  int64_t rows, columns;
  std::vector<double> values;

  explicit Matrix(const Tensor& x)
      : columns(x.dim() == 0 ? 1 : x.size(-1)), values(static_cast<size_t>(x.numel())) {
    rows = columns == 0 ? 0 : x.numel() / columns;
    const Tensor copy = x.detach().to(kCPU, kFloat64).contiguous();
    std::copy_n(copy.data_ptr<double>(), copy.numel(), values.begin());
  }
  double operator()(int64_t row, int64_t column) const { return values[row * columns + column]; }
};

double norm_of(const Matrix& x) {
  double scale = 0;  // so that squares do not overflow
  for (const double value : x.values) scale = std::max(scale, std::abs(value));
  if (scale == 0 || !std::isfinite(scale)) return scale;
  double sum = 0;
  for (const double value : x.values) sum += value / scale * (value / scale);
  return scale * std::sqrt(sum);
}

/// Row or column `cell` of a picture with `cells` of them begins here, of `size` in all.
int64_t begin_of(int64_t cell, int64_t cells, int64_t size) { return cell * size / cells; }

/// The element of a block that is farthest from 0. NaN wins.
double strongest(const Matrix& x, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  double best = 0;
  for (int64_t i = begin_of(row, rows, x.rows); i < begin_of(row + 1, rows, x.rows); ++i)
    for (int64_t j = begin_of(column, columns, x.columns); j < begin_of(column + 1, columns, x.columns); ++j)
      if (!(std::abs(x(i, j)) <= std::abs(best))) best = x(i, j);
  return best;
}

/// A letter from A (-most) over f (0) to + (most); / is NaN.
char letter_of(double value, double most) {
  constexpr const char* kLevels = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (std::isnan(value)) return kLevels[63];
  const double part = most == 0           ? 0
                      : std::isinf(value) ? std::copysign(1, value)
                                          : std::clamp(value / most, -1., 1.);
  return kLevels[std::lround(31 * (part + 1))];
}

/// A picture of at most 16 by 16 cells.
std::string picture_of(const Matrix& x, const std::string& shape) {
  const int64_t rows = std::min(x.rows, kMostCells), columns = std::min(x.columns, kMostCells);
  double most = 0;  // of the finite elements
  for (const double value : x.values)
    if (std::isfinite(value)) most = std::max(most, std::abs(value));
  std::string cells;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      cells += letter_of(strongest(x, row, rows, column, columns), most);
  return object({{"shape", shape},
                 {"norm", number(norm_of(x))},
                 {"most", number(most)},
                 {"cells", quoted(cells)},
                 {"rows", number(rows)},
                 {"columns", number(columns)}});
}

std::string value_of(const Tensor& x) {
  const Matrix matrix(x);
  const std::string shape = quoted(shape_of(x));
  if (x.numel() > kMostNumbers) return picture_of(matrix, shape);
  Texts numbers;
  for (const double value : matrix.values) numbers.push_back(number(value));
  return object({{"shape", shape},
                 {"norm", number(norm_of(matrix))},
                 {"numbers", array(numbers)},
                 {"rows", number(matrix.rows)},
                 {"columns", number(matrix.columns)}});
}

std::string value_or_null(const Tensor& x) { return x.defined() ? value_of(x) : "null"; }

// ---- The nodes ----------------------------------------------------------------------------------

/// Writes down the output of each op that runs while it lives. The text does not change if the memory of the output
/// is overwritten later.
class ValueLog final : Watch {
 public:
  ValueLog() { turn_on(); }
  ~ValueLog() { turn_off(); }

  /// "null" for an op of several outputs, and for one that ran before.
  std::string value(Node& node) const {
    const auto known = values_.find(node.number());
    return known == values_.end() || node.output_count() > 1 ? "null" : known->second;
  }

 private:
  void recorded(Node& node, const Tensor& y) override {
    const NoGradGuard no_grad;
    values_[node.number()] = value_of(y);
  }

  std::unordered_map<uint64_t, std::string> values_;
};

/// The values in the log, and those of leaves, of the loss and of whatever a rule has saved.
Texts known_values(const Tape& tape, const Tensor& loss, const ValueLog* log) {
  Texts values;
  for (Node* node : tape.nodes()) values.push_back(log ? log->value(*node) : "null");
  const auto note = [&](const Node& node, const Tensor& x) {
    if (!tape.contains(node)) return;
    if (std::string& value = values[tape.place(node)]; value == "null") value = value_of(x);
  };
  const auto note_result = [&](const Tensor& x) {
    const Edge edge = gradient_edge(x);
    if (edge && edge.output_nr == 0) note(edge.node(), x);
  };
  for (Node* node : tape.nodes()) {
    if (is_leaf(*node))
      if (TensorImpl* leaf = static_cast<LeafNode*>(node)->leaf) note(*node, Tensor(Ref<TensorImpl>(leaf)));
    for (const SavedTensor* saved : node->saved())
      if (!saved->is_output())
        note_result(saved->tensor());
      else if (node->output_count() == 1)
        note(*node, saved->tensor());
  }
  note_result(loss);
  return values;
}

/// The name of a saved tensor: "x1", "%3", or "constant" for one without a gradient.
std::string name_of(const SavedTensor& saved, const Node& owner, const Tape& tape) {
  if (saved.is_output()) return tape.name(owner);
  const Edge edge = gradient_edge(saved.tensor());
  return edge && tape.contains(edge.node()) ? tape.name(edge.node()) + part_of(edge) : "constant";
}

/// Numbers for memory: two saved tensors that share a storage have the same one.
using MemoryNumbers = std::unordered_map<const Storage*, size_t>;

std::string saved_by(const Node& node, const Tape& tape, MemoryNumbers& numbers) {
  Texts list;
  for (const SavedTensor* saved : node.saved()) {
    const Tensor& x = saved->tensor();
    const Storage& storage = *x.impl().storage;
    list.push_back(object({{"of", quoted(name_of(*saved, node, tape))},
                           {"shape", quoted(shape_of(x))},
                           {"bytes", number(storage.bytes)},
                           {"memory", number(numbers.try_emplace(&storage, numbers.size()).first->second)}}));
  }
  return array(list);
}

std::string inputs_of(const Node& node, const Tape& tape) {
  Texts list;
  for (const Edge& edge : node.edges())
    list.push_back(edge ? object({{"node", number(tape.place(edge.node()))}, {"part", quoted(part_of(edge))}})
                        : "null");
  return array(list);
}

std::string nodes_of(const Tape& tape, const Tensor& loss, const ValueLog* log) {
  const Texts values = known_values(tape, loss, log);
  MemoryNumbers numbers;
  Texts list;
  for (Node* node : tape.nodes())
    list.push_back(object({{"name", quoted(tape.name(*node))},
                           {"op", quoted(node->op())},
                           {"leaf", is_leaf(*node) ? "true" : "false"},
                           {"shape", quoted(shapes(*node))},
                           {"inputs", inputs_of(*node, tape)},
                           {"saved", saved_by(*node, tape, numbers)},
                           {"value", values[list.size()]}}));
  return array(list);
}

// ---- The events ---------------------------------------------------------------------------------

/// Writes down one backward pass over a tape. It keeps no gradient, only its text: the engine adds in place to a
/// gradient that nobody else refers to.
class EventLog final : Watch {
 public:
  explicit EventLog(const Tape& tape) : tape_(tape) { turn_on(); }
  ~EventLog() { turn_off(); }

  std::string json() {
    note_release();
    return array(events_);
  }

 private:
  void complete(Node& node) override {
    // A pass inside this one, of a checkpoint or a hook, is left out.
    if (!pass_) pass_ = node.pass;
    if (node.pass != *pass_ || !tape_.contains(node)) return;
    note_release();
    current_ = &node;
    had_saved_ = !node.saved().empty();
    const NoGradGuard no_grad;
    Texts gradients;
    for (uint32_t nr = 0; nr < node.output_count(); ++nr)
      gradients.push_back(value_or_null(node.nth_output(nr).gradient));
    events_.push_back(
        object({{"kind", quoted("take")}, {"node", place(node)}, {"gradient", array(gradients)}}));
  }

  void returned(Node& from, const Edge& to, const Tensor& gradient) override {
    if (&from != current_) return;
    const NoGradGuard no_grad;
    Node& node = to.node();
    const bool is_first = node.pass != *pass_;
    events_.push_back(
        object({{"kind", quoted("deliver")},
                {"from", place(from)},
                {"node", place(node)},
                {"input", number(static_cast<size_t>(&to - from.edges().data()))},
                {"output", number(size_t{to.output_nr})},
                {"gradient", value_of(gradient)},
                {"had", is_first ? "null" : value_or_null(node.nth_output(to.output_nr).gradient)}}));
  }

  /// The engine has released what the node before this one had saved, unless the graph is retained.
  void note_release() {
    if (current_ && had_saved_ && current_->saved().empty())
      events_.push_back(object({{"kind", quoted("release")}, {"node", place(*current_)}}));
  }

  std::string place(const Node& node) const { return number(tape_.place(node)); }

  const Tape& tape_;
  std::optional<uint64_t> pass_;
  Node* current_ = nullptr;
  bool had_saved_ = false;
  Texts events_;
};

/// Runs the backward pass and writes the page. `values` may be nullptr.
void write_page(const Tensor& loss, const ValueLog* values, const std::string& file) {
  const Tape tape(gradient_edge(loss));
  const std::string nodes = nodes_of(tape, loss, values);
  EventLog log(tape);
  loss.backward();
  std::string page = kPage;
  const std::string place = ">null</script>";
  page.replace(page.find(place) + 1, 4, object({{"nodes", nodes}, {"events", log.json()}}));
  replace_file(file, page);
}

}  // namespace

Tensor tape_html(const std::function<Tensor()>& loss, const std::string& file) {
  const ValueLog values;
  const Tensor result = loss();
  write_page(result, &values, file);
  return result;
}

void tape_html(const Tensor& loss, const std::string& file) { write_page(loss, nullptr, file); }

}  // namespace gradus
