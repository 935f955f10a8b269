#include "tensor/program/contents.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "tensor/shape.h"

namespace gradus::programs {

Outside* Contents::find_outside(const View& view) {
  const auto is_owner = [&](const Outside& known) { return known.storage.get() == view.owner; };
  const auto found = std::ranges::find_if(outside, is_owner);
  return found == outside.end() ? nullptr : &*found;
}

void Contents::add(std::unique_ptr<Call> call) {
  for (const auto& [view, written] : call->arguments()) {
    if (view->numel() == 0) continue;
    if (ProgramMemory::Block* block = memory.find(view->data)) {
      block->is_used = true;
      block->owner = view->owner;
      continue;
    }
    check(view->owner != nullptr, "capture: ", call->name(), " uses memory that belongs to no tensor");
    Outside* known = find_outside(*view);
    if (!known) {
      outside.push_back({Ref(view->owner), view->owner->times_left, call->name(), view});
      known = &outside.back();
    }
    known->is_written |= written;
  }
  calls.push_back(std::move(call));
}

/// The tensor as a user knows it: "float32 (3, 4), first used by matmul".
static std::string described(const Outside& memory) {
  std::ostringstream text;
  text << memory.first_view->dtype << ' ' << ShapeText{memory.first_view->shape()} << ", first used by "
       << memory.first_call;
  return text.str();
}

void Contents::close() {
  memory.close();
  for (const Outside& one : outside)
    check(one.storage->references.value() > 1, "capture: the step reads a tensor (", described(one),
          ") that it then drops, so a replay would read the old one for ever; write into it instead: ",
          "w -= g, not w = w - g, and zero_grad() at the beginning of the step");
}

void Contents::run() {
  for (const Outside& one : outside) {
    if (one.storage->times_left != one.times_left)
      fail("replay: a tensor that the program uses (", described(one),
           ") was given other memory by set_data or to(); use copy_, or capture the step anew");
    if (one.is_written && one.storage->references.value() == 1)
      fail("replay: the program writes a tensor (", described(one), ") that nobody else refers to any more; ",
           "was a .grad cleared to none? Use zero_grad(false), or call zero_grad() inside of the step");
  }
  for (const std::unique_ptr<Call>& call : calls) call->run();
  for (const Outside& one : outside)
    if (one.is_written) ++one.storage->version;  // graphs that saved it must notice
}

namespace {

/// Prints each argument by the name of its memory: x1, x2, … existed before the capture; p1, p2, … are the program's.
class ArgumentPrinter {
 public:
  explicit ArgumentPrinter(const Contents& contents) : contents_(contents) {}

  std::string operator()(const View& view) {
    std::ostringstream text;
    text << name_of_memory(view) << ' ' << view.dtype << ' ' << ShapeText{view.shape()};
    if (!view.is_contiguous()) text << " by " << ShapeText{{view.strides, view.dim}};
    return text.str();
  }

 private:
  std::string name_of_memory(const View& view) {
    if (view.numel() == 0) return "nothing";
    const void* memory = view.owner;
    const char* kind = "x";
    const std::byte* first = nullptr;
    for (const auto& [address, block] : contents_.memory.blocks())
      if (view.data >= address && view.data < address + block.bytes) memory = first = address, kind = "p";
    const auto [entry, is_new] = names_.try_emplace(memory);
    if (is_new) entry->second = kind + std::to_string(++count_[*kind]);
    const std::byte* begin =
        *kind == 'x' ? static_cast<std::byte*>(view.owner->data) : first_of(memory, view);
    const auto offset = (static_cast<const std::byte*>(view.data) - begin) / item_size(view.dtype);
    return entry->second + (offset ? "+" + std::to_string(offset) : "");
  }

  /// Where the elements begin in a block of the program: on the CPU, after the storage's header.
  const std::byte* first_of(const void* address, const View&) const {
    const auto& block =
        contents_.memory.blocks().at(const_cast<std::byte*>(static_cast<const std::byte*>(address)));
    return static_cast<const std::byte*>(address) + (block.device ? 0 : sizeof(Storage));
  }

  const Contents& contents_;
  std::map<const void*, std::string> names_;
  std::map<char, int> count_;
};

}  // namespace

void Contents::print(std::ostream& out) const {
  out << "program: " << calls.size() << " calls, " << memory.bytes() << " bytes of its own\n";
  ArgumentPrinter argument(*this);
  int number = 0;
  for (const std::unique_ptr<Call>& call : calls) {
    std::ostringstream name;
    call->print(name);
    std::string written, read;
    for (const auto& [view, is_written] : call->arguments()) {
      std::string& list = is_written ? written : read;
      list += (list.empty() ? "" : ", ") + argument(*view);
    }
    out << std::setw(4) << ++number << "  " << std::left << std::setw(20) << name.str() << std::right;
    out << written << (read.empty() ? "" : "  <-  ") << read << '\n';
  }
}

}  // namespace gradus::programs
