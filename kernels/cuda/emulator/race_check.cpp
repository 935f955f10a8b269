// This file must not itself be compiled with -fsanitize=thread.
#include "kernels/cuda/emulator/race_check.h"

#if GRADUS_RACE_CHECK

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/cuda/emulator/scheduler.h"

// The linker's names for the beginning of the program's variables, among them all __shared__ ones,
// and for its end.
extern "C" char __executable_start[], __data_start[], _end[];  // NOLINT

namespace gradus::emulator::race_check {
namespace {

/// An access to a word: the thread, the place in the code, and the number of barriers
/// passed before it.
struct Access {
  const void* code = nullptr;  // nullptr: nobody
  uint32_t launch = 0, block = 0, barriers = 0, warp_barriers = 0;
  uint16_t thread = 0;
  uint8_t bytes = 0;  // which of the word's four, as bits
  bool atomic = false;
  bool under_way = false;  // an asynchronous copy that nobody has waited for
};

/// The shadow of four bytes of memory.
struct Shadow {
  Access writer;
  Access readers[2];    // the last one, and the last one that was another thread
  uint8_t written = 0;  // bytes that have ever been written, as bits
};

/// A range of memory with its shadow.
struct Region {
  const char* begin;
  size_t bytes;
  bool shared;  // forgotten at the end of a block
  std::vector<Shadow> shadow;

  Region(const void* begin, size_t bytes, bool shared)
      : begin(static_cast<const char*>(begin)), bytes(bytes), shared(shared), shadow((bytes + 3) / 4) {}
  bool holds(const char* address) const { return address >= begin && address < begin + bytes; }
};

struct State {
  std::map<const char*, std::unique_ptr<Region>> allocations;  // global memory
  Region variables{__data_start, static_cast<size_t>(_end - __data_start), true};
  std::unique_ptr<Region> dynamic_shared;
  bool paused = false;
  Region* last = nullptr;  // where the last access was: mostly the next one is there, too
  uint32_t launch = 0, block = 0, barriers = 0, warp_barriers[32] = {};
};

State& state() {
  static State& one = *new State;
  return one;
}

Region* allocation_at(const char* address) {
  auto after = state().allocations.upper_bound(address);
  if (after == state().allocations.begin()) return nullptr;
  Region* region = std::prev(after)->second.get();
  return region->holds(address) ? region : nullptr;
}

Region* region_at(const char* address) {
  State& all = state();
  if (all.last && all.last->holds(address)) return all.last;
  if (all.dynamic_shared && all.dynamic_shared->holds(address)) return all.last = all.dynamic_shared.get();
  if (all.variables.holds(address)) return all.last = &all.variables;
  Region* allocation = allocation_at(address);
  return allocation ? all.last = allocation : nullptr;
}

// ---- Reports ------------------------------------------------------------------------------------

/// "matmul.cu:41", by asking addr2line, or the address in the program if that is not installed.
std::string place_of(const void* code) {
  Dl_info program{};
  dladdr(code, &program);
  char offset[32], command[4200];
  const auto* begin = static_cast<const char*>(program.dli_fbase);
  // The offset of the instruction after the call.
  const auto after = static_cast<size_t>(static_cast<const char*>(code) - begin);
  std::snprintf(offset, sizeof offset, "%#zx", after - 1);
  std::snprintf(command, sizeof command, "addr2line -e '%s' %s 2>/dev/null", program.dli_fname, offset);
  std::string line = offset;
  if (FILE* pipe = popen(command, "r")) {
    char text[4096];
    if (std::fgets(text, sizeof text, pipe)) line = text;
    pclose(pipe);
  }
  line = line.substr(line.rfind('/') + 1);
  return line.substr(0, line.find_first_of(" \n"));
}

std::string who(const Access& access) {
  const auto number = [](unsigned n, const dim3& size) {
    return text(uint3{n % size.x, n / size.x % size.y, n / size.x / size.y});
  };
  return "thread " + number(access.thread, blockDim) + " of block " + number(access.block, gridDim);
}

std::string kind_of(const Region& region) { return region.shared ? "shared memory" : "global memory"; }

template <class... Parts>
[[noreturn]] void give_up(const Parts&... parts) {  // the compiler believes that what it calls throws nothing
  std::ostringstream message;
  (message << ... << parts);
  give_up_thread(message.str());
}

[[noreturn]] void report_race(const Region& region, const Access& now, const char* did, const Access& before,
                              const char* had) {
  give_up("race in ", kind_of(region), ": ", did, " (", place_of(now.code), ") what ", who(before), " ", had,
          " (", place_of(before.code), "), and no barrier orders them");
}

// ---- One access ---------------------------------------------------------------------------------

[[noreturn]] void report_early(const Region& region, const Access& now, const char* does,
                               const Access& copy) {
  give_up("race in ", kind_of(region), ": ", does, " (", place_of(now.code),
          ") what an asynchronous copy of ", who(copy), " (", place_of(copy.code),
          ") is still writing: wait_for_copies must come first, then a barrier");
}

/// True if `before` is certain to have happened before the running thread's `now`.
bool ordered(const Access& before, const Access& now) {
  if (!before.code || before.launch != now.launch) return true;
  if (before.block != now.block) return false;
  if (before.thread == now.thread || before.barriers < now.barriers) return true;
  return before.thread / warpSize == now.thread / warpSize && before.warp_barriers < now.warp_barriers;
}

bool conflict(const Access& before, const Access& now) {
  return (before.bytes & now.bytes) != 0 && !(before.atomic && now.atomic) && !ordered(before, now);
}

/// Shared memory counts as unwritten if an earlier block or kernel wrote it.
void forget_other_blocks(Shadow& shadow, const Access& now) {
  const auto of_this_block = [&](const Access& access) {
    return access.launch == now.launch && access.block == now.block;
  };
  if (!of_this_block(shadow.writer)) shadow = {};
}

/// True if an asynchronous copy that this block has begun may be writing these bytes.
bool is_under_way(const Access& before, const Access& now) {
  return before.under_way && (before.bytes & now.bytes) != 0 && before.launch == now.launch &&
         before.block == now.block;
}

void read(const Region& region, Shadow& shadow, const Access& now) {
  if (is_under_way(shadow.writer, now)) report_early(region, now, "reads", shadow.writer);
  if ((shadow.written & now.bytes) != now.bytes)
    give_up("reads ", kind_of(region), " (", place_of(now.code), ") that nobody has written");
  if (conflict(shadow.writer, now)) report_race(region, now, "reads", shadow.writer, "wrote");
  auto& [last, other] = shadow.readers;
  const bool other_block = other.code && other.launch == now.launch && other.block != now.block;
  if (!other_block && (last.thread != now.thread || last.block != now.block)) other = last;
  last = now;
}

void write(const Region& region, Shadow& shadow, const Access& now) {
  if (is_under_way(shadow.writer, now)) report_early(region, now, "writes", shadow.writer);
  if (conflict(shadow.writer, now)) report_race(region, now, "writes", shadow.writer, "wrote");
  for (const Access& reader : shadow.readers)
    if (conflict(reader, now)) report_race(region, now, "writes", reader, "read");
  shadow.writer = now;
  shadow.written |= now.bytes;
}

/// Read-only memory of the program, or threadIdx and the like.
bool is_constant(const char* address) {
  const auto in = [&](const auto& variable) {
    const auto* begin = reinterpret_cast<const char*>(&variable);
    return address >= begin && address < begin + sizeof variable;
  };
  if (address >= __executable_start && address < __data_start) return true;
  return in(threadIdx) || in(blockIdx) || in(blockDim) || in(gridDim);
}

enum class Kind { read, write, atomic, begin_copy, end_copy };

void access(const void* memory, size_t bytes, Kind kind, const void* code) {
  State& all = state();
  const auto* address = static_cast<const char*>(memory);
  const Stack* stack = running_stack();
  // Another thread of the host has a stack of its own.
  const bool by_kernel = stack && stack->holds(__builtin_frame_address(0));
  if (!by_kernel || all.paused || stack->holds(memory) || is_constant(address)) return;
  all.paused = true;  // the library's functions that are used here may have been compiled with the kernels
  Region* region = region_at(address);
  if (!region || address + bytes > region->begin + region->bytes) {
    give_up(kind == Kind::read ? "reads " : "writes ", bytes, " bytes (", place_of(code),
            region ? ") across the end of " : ") outside of all ", region ? kind_of(*region) : "allocations");
  }
  Access now{.code = code,
             .launch = all.launch,
             .block = all.block,
             .barriers = all.barriers,
             .warp_barriers = all.warp_barriers[thread_number() / warpSize],
             .thread = static_cast<uint16_t>(thread_number()),
             .atomic = kind == Kind::atomic,
             .under_way = kind == Kind::begin_copy};
  size_t first = static_cast<size_t>(address - region->begin);
  for (const size_t end = first + bytes; first < end;) {
    const size_t in_word = std::min(end - first, 4 - first % 4);
    now.bytes = static_cast<uint8_t>(((1u << in_word) - 1) << first % 4);
    Shadow& shadow = region->shadow[first / 4];
    if (region->shared) forget_other_blocks(shadow, now);
    if (kind == Kind::end_copy) shadow.writer.under_way = false;
    if (kind == Kind::read || kind == Kind::atomic) read(*region, shadow, now);
    if (kind != Kind::read) write(*region, shadow, now);
    first += in_word;
  }
  all.paused = false;
}

}  // namespace

void begin_launch(void* dynamic_shared, size_t bytes) {
  State& all = state();
  all.last = nullptr;
  all.paused = false;
  ++all.launch;
  all.dynamic_shared = bytes ? std::make_unique<Region>(dynamic_shared, bytes, true) : nullptr;
}

void pause() { state().paused = true; }

void begin_block() {
  State& all = state();
  all.block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  all.barriers = 0;
  std::fill(std::begin(all.warp_barriers), std::end(all.warp_barriers), 0);
}

void block_barrier() { ++state().barriers; }
void warp_barrier() { ++state().warp_barriers[thread_number() / warpSize]; }

void atomic_access(void* address, size_t bytes) {
  access(address, bytes, Kind::atomic, __builtin_return_address(0));
}

void copy_begins(void* to, const void* from, size_t bytes, size_t valid, const void* code) {
  if (valid > 0) access(from, valid, Kind::read, code);
  access(to, bytes, Kind::begin_copy, code);
}

void copy_arrives(void* to, size_t bytes, const void* code) { access(to, bytes, Kind::end_copy, code); }

void allocated(void* memory, size_t bytes) {
  state().allocations[static_cast<const char*>(memory)] = std::make_unique<Region>(memory, bytes, false);
}

void released(void* memory) {
  state().last = nullptr;
  state().allocations.erase(static_cast<const char*>(memory));
}

void copied(void* to, const void* from, size_t bytes) {
  Region *target = allocation_at(static_cast<char*>(to)),
         *source = allocation_at(static_cast<const char*>(from));
  if (!target) return;
  for (size_t i = 0; i < bytes; ++i) {
    const size_t at = static_cast<size_t>(static_cast<char*>(to) - target->begin) + i;
    const size_t was = source ? static_cast<size_t>(static_cast<const char*>(from) - source->begin) + i : 0;
    const bool written = !source || (source->shadow[was / 4].written >> was % 4 & 1);
    uint8_t& bits = target->shadow[at / 4].written;
    bits = static_cast<uint8_t>((bits & ~(1u << at % 4)) | (written ? 1u << at % 4 : 0));
  }
}

void written_by_host(void* memory, size_t bytes) { copied(memory, nullptr, bytes); }

}  // namespace gradus::emulator::race_check

// ---- What the compiler calls --------------------------------------------------------------------

using gradus::emulator::race_check::access;
using gradus::emulator::race_check::Kind;

// NOLINTBEGIN
#define READ_AND_WRITE(bytes)                                                                               \
  void __tsan_read##bytes(void* p) { access(p, bytes, Kind::read, __builtin_return_address(0)); }           \
  void __tsan_write##bytes(void* p) { access(p, bytes, Kind::write, __builtin_return_address(0)); }         \
  void __tsan_unaligned_read##bytes(void* p) { access(p, bytes, Kind::read, __builtin_return_address(0)); } \
  void __tsan_unaligned_write##bytes(void* p) { access(p, bytes, Kind::write, __builtin_return_address(0)); }

extern "C" {
READ_AND_WRITE(1)
READ_AND_WRITE(2)
READ_AND_WRITE(4)
READ_AND_WRITE(8)
READ_AND_WRITE(16)
void __tsan_read_range(void* p, size_t n) { access(p, n, Kind::read, __builtin_return_address(0)); }
void __tsan_write_range(void* p, size_t n) { access(p, n, Kind::write, __builtin_return_address(0)); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
// What the host's part of such a file may use: reference counts, and static variables that
// are initialised once.
int __tsan_atomic32_fetch_add(volatile int* p, int n, int) {
  return __atomic_fetch_add(p, n, __ATOMIC_SEQ_CST);
}
char __tsan_atomic8_load(const volatile char* p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
int __tsan_atomic32_load(const volatile int* p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
void __tsan_atomic32_store(volatile int* p, int n, int) { __atomic_store_n(p, n, __ATOMIC_SEQ_CST); }
long __tsan_atomic64_load(const volatile long* p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
}
// NOLINTEND
#endif
