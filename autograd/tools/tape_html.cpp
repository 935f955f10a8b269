// The tape as a page for the browser. The page (page/) holds the tape and the events of a backward pass as JSON, with a
// script that steps through them.
//
//     {"nodes": [{"name": "%1", "op": "mm", "leaf": false, "shape": "(3, 3)", "inputs": [{"node": 0, "part": ""}, null],
//                 "saved": [{"of": "x1", "shape": "(3, 2)", "bytes": 24, "memory": 0}], "value": V or null}, …],
//      "events": [{"kind": "take", "node": 5, "gradient": [V]},
//                 {"kind": "deliver", "from": 5, "node": 4, "input": 0, "output": 0, "gradient": V, "had": V or null},
//                 {"kind": "release", "node": 5}, …]}
//
// Nodes are numbered by their place in "nodes". A value V has its shape and norm and, if it has at most 16 elements,
// its numbers in rows and columns. If it has more, "cells" is a picture of it with one letter for each cell.
#include <cmath>

#include "autograd/saved_tensor.h"
#include "autograd/tools/tape.h"
#include "autograd/tools/tape_events.h"
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

/// JSON has no NaN and no infinity, so these are strings.
std::string number(double value) {
  return std::isfinite(value) ? four_digits(value) : quoted(four_digits(value));
}

// ---- Values -------------------------------------------------------------------------------------

std::string value_of(const Snapshot& x) {
  if (!x.cells.empty())
    return object({{"shape", quoted(x.shape)},
                   {"norm", number(x.norm)},
                   {"most", number(x.most)},
                   {"cells", quoted(x.cells)},
                   {"rows", number(x.rows)},
                   {"columns", number(x.columns)}});
  Texts numbers;
  for (const double value : x.numbers) numbers.push_back(number(value));
  return object({{"shape", quoted(x.shape)},
                 {"norm", number(x.norm)},
                 {"numbers", array(numbers)},
                 {"rows", number(x.rows)},
                 {"columns", number(x.columns)}});
}

std::string value_or_null(const std::optional<Snapshot>& x) { return x ? value_of(*x) : "null"; }

// ---- The nodes ----------------------------------------------------------------------------------

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
  const auto values = known_values(tape, loss, log);
  MemoryNumbers numbers;
  Texts list;
  for (Node* node : tape.nodes())
    list.push_back(object({{"name", quoted(tape.name(*node))},
                           {"op", quoted(node->op())},
                           {"leaf", is_leaf(*node) ? "true" : "false"},
                           {"shape", quoted(shapes(*node))},
                           {"inputs", inputs_of(*node, tape)},
                           {"saved", saved_by(*node, tape, numbers)},
                           {"value", value_or_null(values[list.size()])}}));
  return array(list);
}

// ---- The events ---------------------------------------------------------------------------------

std::string json_of(const Event& event) {
  const std::string node = number(event.node);
  if (event.kind == Event::release) return object({{"kind", quoted("release")}, {"node", node}});
  if (event.kind == Event::take) {
    Texts gradients;
    for (const auto& gradient : event.gradients) gradients.push_back(value_or_null(gradient));
    return object({{"kind", quoted("take")}, {"node", node}, {"gradient", array(gradients)}});
  }
  return object({{"kind", quoted("deliver")},
                 {"from", number(event.from)},
                 {"node", node},
                 {"input", number(event.input)},
                 {"output", number(event.output)},
                 {"gradient", value_or_null(event.gradient)},
                 {"had", value_or_null(event.had)}});
}

/// Runs the backward pass and writes the page. `values` may be nullptr.
void write_page(const Tensor& loss, const ValueLog* values, const std::string& file) {
  const Tape tape(gradient_edge(loss));
  const std::string nodes = nodes_of(tape, loss, values);
  EventLog log(tape);
  loss.backward();
  Texts events;
  for (const Event& event : log.events()) events.push_back(json_of(event));
  std::string page = kPage;
  const std::string place = ">null</script>";
  page.replace(page.find(place) + 1, 4, object({{"nodes", nodes}, {"events", array(events)}}));
  replace_file(file, page);
}

}  // namespace

Tensor tape_html(const std::function<Tensor()>& loss, const std::string& file) {
  const ValueLog values;
  Tensor result = loss();
  write_page(result, &values, file);
  return result;
}

void tape_html(const Tensor& loss, const std::string& file) { write_page(loss, nullptr, file); }

}  // namespace gradus
