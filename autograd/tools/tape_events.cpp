// Snapshots of tensors, and the events of a backward pass.
#include "autograd/tools/tape_events.h"

#include <algorithm>
#include <cmath>

#include "autograd/grad_mode.h"
#include "autograd/saved_tensor.h"

namespace gradus::autograd {

namespace {

// ---- Snapshots ----------------------------------------------------------------------------------

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

void draw(const Matrix& x, Snapshot& picture) {
  picture.rows = std::min(x.rows, kMostCells), picture.columns = std::min(x.columns, kMostCells);
  for (const double value : x.values)
    if (std::isfinite(value)) picture.most = std::max(picture.most, std::abs(value));
  for (int64_t row = 0; row < picture.rows; ++row)
    for (int64_t column = 0; column < picture.columns; ++column)
      picture.cells += letter_of(strongest(x, row, picture.rows, column, picture.columns), picture.most);
}

std::optional<Snapshot> snapshot_or_nothing(const Tensor& x) {
  if (!x.defined()) return {};
  return snapshot_of(x);
}

}  // namespace

Snapshot snapshot_of(const Tensor& x) {
  const Matrix matrix(x);
  Snapshot snapshot = {shape_of(x), norm_of(matrix), matrix.rows, matrix.columns};
  if (x.numel() > kMostNumbers)
    draw(matrix, snapshot);
  else
    snapshot.numbers = matrix.values;
  return snapshot;
}

// ---- The nodes ----------------------------------------------------------------------------------

std::optional<Snapshot> ValueLog::value(Node& node) const {
  const auto known = values_.find(node.number());
  if (known == values_.end() || node.output_count() > 1) return {};
  return known->second;
}

void ValueLog::recorded(Node& node, const Tensor& y) {
  const NoGradGuard no_grad;
  values_[node.number()] = snapshot_of(y);
}

std::vector<std::optional<Snapshot>> known_values(const Tape& tape, const Tensor& loss, const ValueLog* log) {
  std::vector<std::optional<Snapshot>> values;
  for (Node* node : tape.nodes()) values.push_back(log ? log->value(*node) : std::nullopt);
  const auto note = [&](const Node& node, const Tensor& x) {
    if (!tape.contains(node)) return;
    if (auto& value = values[tape.place(node)]; !value) value = snapshot_of(x);
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

std::string name_of(const SavedTensor& saved, const Node& owner, const Tape& tape) {
  if (saved.is_output()) return tape.name(owner);
  const Edge edge = gradient_edge(saved.tensor());
  return edge && tape.contains(edge.node()) ? tape.name(edge.node()) + part_of(edge) : "constant";
}

// ---- The events ---------------------------------------------------------------------------------

std::vector<Event> EventLog::events() {
  note_release();
  return std::move(events_);
}

void EventLog::complete(Node& node) {
  // A pass inside this one, of a checkpoint or a hook, is left out.
  if (!pass_) pass_ = node.pass;
  if (node.pass != *pass_ || !tape_.contains(node)) return;
  note_release();
  current_ = &node;
  had_saved_ = !node.saved().empty();
  const NoGradGuard no_grad;
  Event event{Event::take, tape_.place(node)};
  for (uint32_t nr = 0; nr < node.output_count(); ++nr)
    event.gradients.push_back(snapshot_or_nothing(node.nth_output(nr).gradient));
  events_.push_back(std::move(event));
}

void EventLog::returned(Node& from, const Edge& to, const Tensor& gradient) {
  if (&from != current_) return;
  const NoGradGuard no_grad;
  Node& node = to.node();
  Event event{Event::deliver, tape_.place(node)};
  event.from = tape_.place(from);
  event.input = static_cast<size_t>(&to - from.edges().data());
  event.output = to.output_nr;
  event.gradient = snapshot_of(gradient);
  const bool is_first = node.pass != *pass_;
  if (!is_first) event.had = snapshot_or_nothing(node.nth_output(to.output_nr).gradient);
  events_.push_back(std::move(event));
}

/// The engine has released what the node before this one had saved, unless the graph is retained.
void EventLog::note_release() {
  if (current_ && had_saved_ && current_->saved().empty()) {
    events_.push_back({Event::release, tape_.place(*current_)});
    had_saved_ = false;
  }
}

}  // namespace gradus::autograd
