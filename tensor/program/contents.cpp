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
    if (memory.note_use(view->data, view->owner)) continue;
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

/// Writes an argument as the name of its memory, an offset into it, and what the kernel sees there. Memory is numbered
/// in the order of its first use: x1, x2, … existed before the capture, p1, p2, … are the program's own.
class ArgumentText {
 public:
  explicit ArgumentText(const ProgramMemory& memory) : memory_(memory) {}

  std::string operator()(const View& view) {
    std::ostringstream text;
    text << (view.numel() == 0 ? "nothing" : place(view)) << ' ' << view.dtype << ' '
         << ShapeText{view.shape()};
    if (!view.is_contiguous()) text << " by " << ShapeText{{view.strides, view.dim}};
    return text.str();
  }

 private:
  std::string place(const View& view) {
    const ProgramMemory::Found own = memory_.find(view.data);
    // On the CPU the header of a storage begins its block.
    const std::byte* begin = !own.block          ? static_cast<const std::byte*>(view.owner->data)
                             : own.block->device ? own.address
                                                 : own.address + sizeof(Storage);
    std::map<const void*, size_t>& numbers = own.block ? own_ : outside_;
    const size_t number = numbers.try_emplace(begin, numbers.size() + 1).first->second;
    const auto offset = (static_cast<const std::byte*>(view.data) - begin) / item_size(view.dtype);
    return (own.block ? "p" : "x") + std::to_string(number) + (offset ? "+" + std::to_string(offset) : "");
  }

  const ProgramMemory& memory_;
  std::map<const void*, size_t> own_, outside_;  // the number of each memory, by its first element
};

}  // namespace

void Contents::print(std::ostream& out) const {
  out << "program: " << calls.size() << " calls, " << memory.bytes() << " bytes of its own\n";
  ArgumentText argument(memory);
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
