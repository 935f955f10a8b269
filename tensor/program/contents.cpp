#include "tensor/program/contents.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "tensor/program/compile/code.h"
#include "tensor/shape.h"

namespace gradus::programs {

Outside* Contents::find_outside(const View& view) {
  const auto is_owner = [&](const Outside& known) { return known.storage.get() == view.owner; };
  const auto found = std::ranges::find_if(outside, is_owner);
  return found == outside.end() ? nullptr : &*found;
}

void Contents::add(std::unique_ptr<Call> call) {
  std::vector<size_t> tensors_used;
  for (const auto& [view, written] : call->arguments()) {
    tensors_used.push_back(ProgramMemory::kOutside);
    if (view->numel() == 0) continue;
    tensors_used.back() = memory.note_use(view->data, view->owner);
    if (tensors_used.back() != ProgramMemory::kOutside) continue;
    check(view->owner != nullptr, "capture: ", call->name(), " uses memory that belongs to no tensor");
    Outside* known = find_outside(*view);
    if (!known) {
      outside.push_back({Ref(view->owner), view->owner->times_left, call->name(), view});
      known = &outside.back();
    }
    known->is_written |= written;
  }
  calls.push_back(std::move(call));
  tensors.push_back(std::move(tensors_used));
}

void Contents::check_has_source(const char* op) const {
  std::map<const std::byte*, const std::byte*> ranges;  // first and last byte of the memory from outside
  bool on_device = memory.is_on_device();
  for (const Outside& one : outside) {
    on_device |= one.storage->device != DeviceType::CPU;
    const auto* begin = static_cast<const std::byte*>(one.storage->data);
    ranges[begin] = std::max(ranges[begin], begin + one.storage->bytes);
  }
  check(!on_device, op, ": C++ is written for programs of the CPU only, and this one uses a CUDA device");
  const std::byte* end = nullptr;
  for (const auto& [begin, its_end] : ranges) {
    check(begin >= end, op,
          ": two tensors overlap in memory that from_blob borrowed, so their order matters");
    end = its_end;
  }
}

/// Describes a tensor to the user: "float32 (3, 4), first used by matmul".
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
  if (code)
    code->run(calls);
  else
    for (const std::unique_ptr<Call>& call : calls) call->run();
  for (const Outside& one : outside)
    if (one.is_written) ++one.storage->version;  // graphs that saved it must notice
}

MemoryNames::Name MemoryNames::operator()(const View& view) {
  const ProgramMemory::Found own = memory_.find(view.data);
  // On the CPU the header of a storage begins its block.
  const std::byte* begin = !own.block          ? static_cast<const std::byte*>(view.owner->data)
                           : own.block->device ? own.address
                                               : own.address + sizeof(Storage);
  std::map<const void*, size_t>& numbers = own.block ? own_ : outside_;
  const size_t number = numbers.try_emplace(begin, numbers.size() + 1).first->second;
  return {(own.block ? "p" : "x") + std::to_string(number), const_cast<std::byte*>(begin),
          (static_cast<const std::byte*>(view.data) - begin) / item_size(view.dtype)};
}

namespace {

/// Writes an argument as the name of its memory, an offset into it, and the shape that the kernel sees there.
std::string argument_text(MemoryNames& names, const View& view) {
  std::ostringstream text;
  if (view.numel() == 0) {
    text << "nothing";
  } else {
    const MemoryNames::Name name = names(view);
    text << name.text;
    if (name.offset) text << '+' << name.offset;
  }
  text << ' ' << view.dtype << ' ' << ShapeText{view.shape()};
  if (!view.is_contiguous()) text << " by " << ShapeText{{view.strides, view.dim}};
  return text.str();
}

}  // namespace

void Contents::print(std::ostream& out) const {
  out << "program: " << calls.size() << " calls, " << memory.bytes() << " bytes of its own\n";
  MemoryNames names(memory);
  int number = 0;
  for (const std::unique_ptr<Call>& call : calls) {
    std::ostringstream name;
    call->print(name);
    std::string written, read;
    for (const auto& [view, is_written] : call->arguments()) {
      std::string& list = is_written ? written : read;
      list += (list.empty() ? "" : ", ") + argument_text(names, *view);
    }
    out << std::setw(4) << ++number << "  " << std::left << std::setw(20) << name.str() << std::right;
    out << written << (read.empty() ? "" : "  <-  ") << read << '\n';
  }
}

}  // namespace gradus::programs
