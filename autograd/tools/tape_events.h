// What happened on a tape, as values that stay when the tensors have changed or are gone: the result of each op, and
// what the engine did in a backward pass. tape_html shows it in the browser, and tape_steps in the terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "autograd/tools/tape_nodes.h"
#include "autograd/watch.h"
#include "tensor/tensor.h"

namespace gradus::autograd {

/// A tensor as it was at one moment, as a matrix: its last dimension along the rows. A 0-d tensor has one element. With
/// at most 16 elements it has its numbers, with more a picture of at most 16 by 16 cells.
struct Snapshot {
  std::string shape = {};            // "(3, 2)"
  double norm = 0;                   // √Σ xᵢ²
  int64_t rows = 0, columns = 0;     // of the numbers or of the picture
  std::vector<double> numbers = {};  // row by row
  double most = 0;                   // the largest finite |element|
  // A letter for each cell of the picture: from A (-most) over f (0) to + (most); / is NaN.
  std::string cells = {};
};

/// The tensor as it is now.
Snapshot snapshot_of(const Tensor& x);

/// Takes a snapshot of the output of each op that runs while it lives.
class ValueLog final : Watch {
 public:
  ValueLog() { turn_on(); }
  ~ValueLog() { turn_off(); }

  /// Nothing for an op of several outputs, and for one that ran before.
  std::optional<Snapshot> value(Node& node) const;

 private:
  void recorded(Node& node, const Tensor& y) override;

  std::unordered_map<uint64_t, Snapshot> values_;
};

/// The values of all nodes: those in the log, and those of leaves, of the loss and of whatever a rule has saved. `log`
/// may be nullptr.
std::vector<std::optional<Snapshot>> known_values(const Tape& tape, const Tensor& loss, const ValueLog* log);

/// The name of a saved tensor: "x1", "%3", or "constant" for one without a gradient.
std::string name_of(const SavedTensor& saved, const Node& owner, const Tape& tape);

/// What the engine did. Nodes are named by their places on the tape.
struct Event {
  enum Kind {
    take,     // the gradients of a node are complete, and it is its turn
    deliver,  // its rule has sent a gradient to the node of an input
    release   // what its rules had saved is freed
  };
  Kind kind;    // which of the three
  size_t node;  // deliver: the one that gets the gradient

  // take: one for each output of the node
  std::vector<std::optional<Snapshot>> gradients = {};

  // deliver: from input `input` of node `from` to output `output` of `node`; `had` is the sum of what arrived before
  size_t from = 0, input = 0, output = 0;
  std::optional<Snapshot> gradient = {}, had = {};
};

/// Writes down one backward pass over a tape. It keeps no gradient, only snapshots: the engine adds in place to a
/// gradient that nobody else refers to.
class EventLog final : Watch {
 public:
  explicit EventLog(const Tape& tape) : tape_(tape) { turn_on(); }
  ~EventLog() { turn_off(); }

  /// All events, once the pass is over.
  std::vector<Event> events();

 private:
  void complete(Node& node) override;
  void returned(Node& from, const Edge& to, const Tensor& gradient) override;
  void note_release();

  const Tape& tape_;
  std::optional<uint64_t> pass_;
  Node* current_ = nullptr;
  bool had_saved_ = false;
  std::vector<Event> events_;
};

}  // namespace gradus::autograd
