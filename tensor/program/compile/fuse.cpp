#include "tensor/program/compile/fuse.h"

#include <algorithm>
#include <map>

namespace gradus::programs {
namespace {

constexpr int64_t kMostArrayBytes = 4096;        // the largest local array
constexpr int64_t kMostArrayBytesInAll = 65536;  // of all local arrays; a thread's stack is larger
constexpr size_t kMostLoopsBack = 64;            // how many earlier loops a step may consider
constexpr size_t kMostSteps = 32;                // the most steps of a loop

/// The sizes of the loops over a view.
std::vector<int64_t> loop_sizes(const View& view) {
  std::vector<int64_t> sizes;
  for (const int64_t size : view.shape())
    if (size != 1) sizes.push_back(size);
  return sizes;
}

/// One more than the largest position that the view reaches from its first element.
int64_t reach_of(const View& view) {
  int64_t last = 0;
  for (int d = 0; d < view.dim; ++d) last += (view.sizes[d] - 1) * view.strides[d];
  return last + 1;
}

enum class Relation { independent, same_elements, ordered };

/// Whether two steps may exchange their order, or share a loop.
Relation relation(const Step& a, const Step& b) {
  Relation result = Relation::independent;
  for (const Operand& x : a.operands)
    for (const Operand& y : b.operands) {
      if (x.buffer != y.buffer || !(x.written || y.written)) continue;
      if (x.is_address || y.is_address || !same_elements(x.view, y.view)) return Relation::ordered;
      result = Relation::same_elements;
    }
  return result;
}

Relation relation(const Loop& loop, const Step& step) {
  const bool is_host_work = step.operands.empty() || loop.steps[0].operands.empty();
  Relation result = is_host_work ? Relation::ordered : Relation::independent;
  for (const Step& other : loop.steps) result = std::max(result, relation(other, step));
  return result;
}

}  // namespace

/// How a program uses one of its own tensors.
struct Plan::Life {
  size_t first_line;  // the first line that uses it
  bool is_local;      // only steps with a text use it, and the first of them writes it
  int64_t elements = 0;
  std::set<Dtype> dtypes = {};
};

namespace {

std::vector<Step> steps_of(const Contents& program) {
  std::vector<Step> steps;
  for (size_t i = 0; i < program.calls.size(); ++i) {
    steps.push_back(step_of(*program.calls[i]));
    Step& step = steps.back();
    step.line = i + 1;
    for (size_t o = 0; o < step.operands.size(); ++o) step.operands[o].tensor = program.tensors[i][o];
    std::erase_if(step.operands, [](const Operand& operand) { return operand.view.numel() == 0; });
  }
  return steps;
}

}  // namespace

Plan::Plan(const Contents& program) {
  std::vector<Step> steps = steps_of(program);
  MemoryNames names(program.memory);
  Lives lives;
  for (Step& step : steps) {
    has_host_work |= step.operands.empty();
    for (Operand& operand : step.operands) {
      operand.offset = names(operand.view).offset;
      if (operand.tensor == ProgramMemory::kOutside) continue;
      const bool is_written_first = step.has_text() && operand.written;
      const bool is_released = program.memory.is_released(operand.tensor);
      Life& life =
          lives.try_emplace(operand.tensor, Life{step.line, is_written_first && is_released}).first->second;
      life.is_local &= step.has_text();
      life.elements = std::max(life.elements, operand.offset + reach_of(operand.view));
      life.dtypes.insert(operand.view.dtype);
    }
  }
  for (auto& [tensor, life] : lives) life.is_local &= life.dtypes.size() == 1;
  choose_buffers(steps, lives, program);
  for (Step& step : steps) add(std::move(step));
  find_numbers(lives);
}

/// Gives each operand its place: a local array for a small local tensor, else the memory of the listing.
void Plan::choose_buffers(std::vector<Step>& steps, const Lives& lives, const Contents& program) {
  MemoryNames names(program.memory);
  std::map<size_t, size_t> arrays;         // the buffer of each tensor in an array
  std::map<const void*, size_t> memories;  // the buffer of each memory, by its first element
  int64_t bytes_left = kMostArrayBytesInAll;
  for (Step& step : steps)
    for (Operand& operand : step.operands) {
      const MemoryNames::Name memory = names(operand.view);
      const auto life = lives.find(operand.tensor);
      const bool is_local = life != lives.end() && life->second.is_local;
      if (is_local && !arrays.contains(operand.tensor)) {
        const int64_t bytes = life->second.elements * item_size(operand.view.dtype);
        if (bytes <= std::min(kMostArrayBytes, bytes_left)) {
          bytes_left -= bytes;
          arrays[operand.tensor] = buffers.size();
          const std::string name = "t" + std::to_string(life->second.first_line);
          buffers.push_back({.kind = Buffer::Kind::array, .name = name, .elements = life->second.elements});
        }
      }
      if (arrays.contains(operand.tensor)) {
        operand.buffer = arrays[operand.tensor];
      } else {
        operand.buffer = memories.try_emplace(memory.begin, buffers.size()).first->second;
        if (operand.buffer == buffers.size())
          buffers.push_back({.kind = Buffer::Kind::memory,
                             .name = memory.text,
                             .begin = memory.begin,
                             .first_view = operand.argument});
      }
      Buffer& buffer = buffers[operand.buffer];
      buffer.writes += operand.written;
      buffer.is_shared |= !step.has_text();
      if (step.has_text()) buffer.dtypes.insert(operand.view.dtype);
    }
}

/// Puts a step into the last loop that it may join, or else into a new one.
void Plan::add(Step step) {
  const std::vector<int64_t> sizes = step.has_text() ? loop_sizes(step.out()) : std::vector<int64_t>{};
  for (size_t back = 0; step.has_text() && back < std::min(loops.size(), kMostLoopsBack); ++back) {
    Loop& loop = loops[loops.size() - 1 - back];
    const Relation to_loop = relation(loop, step);
    if (to_loop != Relation::ordered && !loop.is_call() && loop.sizes == sizes &&
        loop.steps.size() < kMostSteps)
      return loop.steps.push_back(std::move(step));
    if (to_loop != Relation::independent) break;
  }
  loops.push_back({sizes, {}});
  loops.back().steps.push_back(std::move(step));
}

/// Replaces some local tensors by a number: each tensor that has one element, and each of which a single loop uses one
/// element in each round.
void Plan::find_numbers(const Lives& lives) {
  struct Uses {
    std::vector<Operand*> operands;
    std::set<const Loop*> loops;
  };
  std::map<size_t, Uses> uses;
  for (Loop& loop : loops)
    for (Step& step : loop.steps)
      for (Operand& operand : step.operands) {
        const auto life = lives.find(operand.tensor);
        if (life == lives.end() || !life->second.is_local) continue;
        uses[operand.tensor].operands.push_back(&operand);
        uses[operand.tensor].loops.insert(&loop);
      }
  for (const auto& [tensor, of] : uses) {
    const Operand& first = *of.operands[0];
    const auto is_like_first = [&](const Operand* operand) {
      return !operand->is_address && same_elements(operand->view, first.view);
    };
    const bool in_one_loop = of.loops.size() == 1 && std::ranges::all_of(of.operands, is_like_first);
    const Plan::Life& life = lives.at(tensor);
    if (!in_one_loop && life.elements != 1) continue;
    size_t writes = 0;
    for (Operand* operand : of.operands) {
      writes += operand->written;
      operand->buffer = buffers.size();
    }
    buffers.push_back(
        {.kind = Buffer::Kind::number, .name = "t" + std::to_string(life.first_line), .writes = writes});
  }
}

}  // namespace gradus::programs
