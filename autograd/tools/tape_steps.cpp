// The tape, stepped through in the terminal. The steps are those of tape_html. For y = 3 x, c = 2 y + 5 y at x = 2:
//
//     forward
//       x1 leaf  ()  2
//       %1 mul(x1)  ()  6
//       …
//     backward
//       %4 add is next, with 1
//         to %2 mul  1
//         to %3 mul  1
//       %3 mul is next, with 1   waiting: %2
//         to %1 mul  5
//       %2 mul is next, with 1   waiting: %1
//         to %1 mul  2, added to 5
//       …
#include <functional>
#include <ostream>
#include <set>

#include "autograd/saved_tensor.h"
#include "autograd/tools/tape.h"
#include "autograd/tools/tape_events.h"

namespace gradus {

using namespace autograd;

namespace {

/// "1 2 3 / 4 5 6", or the norm of a tensor of more than 16 elements.
std::string value_text(const Snapshot& x) {
  if (!x.cells.empty()) return "norm " + four_digits(x.norm);
  if (x.numbers.empty()) return "no elements";
  std::string list;
  for (size_t i = 0; i < x.numbers.size(); ++i) {
    if (i != 0) list += i % static_cast<size_t>(x.columns) == 0 ? " / " : " ";
    list += four_digits(x.numbers[i]);
  }
  return list;
}

std::string value_text(const std::optional<Snapshot>& x) { return x ? value_text(*x) : "nothing"; }

std::string kept_by(const Node& node, const Tape& tape) {
  std::string list;
  for (const SavedTensor* saved : node.saved())
    list += (list.empty() ? "" : ", ") + name_of(*saved, node, tape);
  return list;
}

/// The text of each step: first a line for each node of the tape, as it ran, then the events of the pass.
class Steps {
 public:
  explicit Steps(const Tape& tape) : tape_(tape) {}

  void add_forward(const Tensor& loss, const ValueLog& log) {
    const auto values = known_values(tape_, loss, &log);
    for (size_t i = 0; i < values.size(); ++i) {
      Node& node = *tape_.nodes()[i];
      std::string line = title(i);
      if (!is_leaf(node)) line += "(" + inputs(tape_, node) + ")";
      line += "  " + shapes(node);
      if (values[i]) line += "  " + value_text(values[i]);
      if (const std::string kept = kept_by(node, tape_); !kept.empty()) line += "   keeps " + kept;
      texts.push_back(line);
    }
  }

  void add_backward(const std::vector<Event>& events) {
    for (const Event& event : events) {
      switch (event.kind) {
        case Event::take:
          add_turn(event);
          break;
        case Event::deliver:
          add_delivery(event);
          break;
        case Event::release:
          texts.push_back("  frees what " + name(event.node) + " kept");
          break;
      }
    }
  }

  std::vector<std::string> texts;

 private:
  std::string name(size_t place) const { return tape_.name(*tape_.nodes()[place]); }
  std::string title(size_t place) const { return name(place) + " " + tape_.nodes()[place]->op(); }

  void add_turn(const Event& event) {
    waiting_.erase(event.node);
    std::string line = title(event.node) + " is next, with ";
    for (size_t nr = 0; nr < event.gradients.size(); ++nr)
      line += (nr == 0 ? "" : ", ") + value_text(event.gradients[nr]);
    if (is_leaf(*tape_.nodes()[event.node])) line += ", which is its .grad";
    std::string rest;
    for (const size_t place : waiting_) rest += " " + name(place);
    if (!rest.empty()) line += "   waiting:" + rest;
    texts.push_back(line);
  }

  void add_delivery(const Event& event) {
    waiting_.insert(event.node);
    std::string line = "  to " + title(event.node) + part_of(*tape_.nodes()[event.node], event.output) +
                       "  " + value_text(event.gradient);
    if (event.had) line += ", added to " + value_text(event.had);
    texts.push_back(line);
  }

  static std::string part_of(Node& node, size_t output) {
    return node.output_count() > 1 ? "[" + std::to_string(output) + "]" : "";
  }

  const Tape& tape_;
  std::set<size_t, std::greater<>> waiting_;  // in the order of their turns
};

}  // namespace

Tensor tape_steps(const std::function<Tensor()>& loss, std::ostream& out,
                  const std::function<bool()>& go_on) {
  const ValueLog values;
  const Tensor result = loss();
  const Tape tape(gradient_edge(result));
  Steps steps(tape);
  steps.add_forward(result, values);
  const size_t forward = steps.texts.size();
  EventLog log(tape);
  result.backward();
  steps.add_backward(log.events());
  for (size_t i = 0; i < steps.texts.size(); ++i) {
    if (i == 0) out << "forward\n";
    if (i == forward) out << "backward\n";
    out << "  " << steps.texts[i] << std::endl;
    if (go_on && !go_on()) break;
  }
  return result;
}

}  // namespace gradus
