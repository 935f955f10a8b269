// __syncthreads, __syncwarp, shuffles and votes, all on one primitive: the meeting of scheduler.h.
//
// At a warp's meeting every lane writes a value to its slot, and reads the others' when all have
// arrived. There are two sets of slots, used in turn. The lane that opens a meeting may write its
// next value while others still read the last one. It cannot get further ahead, because the next
// meeting needs the others.
#pragma once

#include <bit>
#include <cstring>

#include "kernels/cuda/emulator/race_check.h"
#include "kernels/cuda/emulator/scheduler.h"

namespace gradus::emulator {

/// Forgets all waiting threads. The scheduler calls it after a failure.
void reset_warps();

/// The values of all lanes, as the running thread reads them after a meeting.
struct WarpValues {
  const uint64_t* slots;
  unsigned mask;
  bool opened_by_me;

  GRADUS_NOT_RACE_CHECKED uint64_t operator[](int lane) const { return slots[lane]; }
};

/// Meets the lanes of `mask` and gives them `value`. Throws an Error if the mask lacks the running
/// lane, or has lanes that the block does not have.
WarpValues meet_warp(unsigned mask, uint64_t value, const char* what, const Place& place);

inline int lane() { return thread_number() % warpSize; }

/// The value of lane `source`, which must take part in the meeting.
template <class T>
GRADUS_NOT_RACE_CHECKED T value_of(const WarpValues& values, int source, const char* what,
                                   const Place& place) {
  if (!(values.mask >> source & 1)) [[unlikely]]
    fail_in_thread(what, " (", At{place}, "): reads lane ", source, ", which its mask leaves out");
  T value;
  std::memcpy(&value, &values.slots[source], sizeof value);
  return value;
}

/// The common part of all shuffles: returns the value of `source`, or the lane's own value if
/// `source` is outside of its segment.
template <class T, class Source>
T shuffle(unsigned mask, T value, int width, const char* what, const Place& place, Source source) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move values of 4 or 8 bytes");
  if (!std::has_single_bit(static_cast<unsigned>(width)) || width > warpSize)
    fail_in_thread(what, " (", At{place}, "): width must be a power of two up to 32, not ", width);
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  const WarpValues values = meet_warp(mask, bits, what, place);
  const int here = lane(), first = here & ~(width - 1), wanted = source(here, first);
  return wanted < first || wanted >= first + width ? value : value_of<T>(values, wanted, what, place);
}

}  // namespace gradus::emulator

/// Waits for all threads of the block. After it all may read what any of them wrote before it.
inline void __syncthreads(const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  using namespace gradus::emulator;
  if (meet(block_meeting(), threads_per_block(), "__syncthreads", place)) race_check::block_barrier();
}

/// Waits for the lanes of the mask. It orders their memory accesses too, which shuffles and
/// votes do not.
inline void __syncwarp(unsigned mask = 0xffffffffu,
                       const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  using namespace gradus::emulator;
  if (meet_warp(mask, 0, "__syncwarp", place).opened_by_me) race_check::warp_barrier();
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize,
              const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  return gradus::emulator::shuffle(mask, value, width, "__shfl_sync", place,
                                   [=](int, int first) { return first + (source & (width - 1)); });
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                 const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  return gradus::emulator::shuffle(mask, value, width, "__shfl_up_sync", place,
                                   [=](int here, int) { return here - static_cast<int>(delta); });
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize,
                   const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  return gradus::emulator::shuffle(mask, value, width, "__shfl_down_sync", place,
                                   [=](int here, int) { return here + static_cast<int>(delta); });
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = warpSize,
                  const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  return gradus::emulator::shuffle(mask, value, width, "__shfl_xor_sync", place,
                                   [=](int here, int) { return here ^ bits; });
}

/// One bit for each lane of the mask, set if its predicate is true.
inline unsigned __ballot_sync(unsigned mask, int predicate,
                              const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  const auto values = gradus::emulator::meet_warp(mask, predicate != 0, "__ballot_sync", place);
  unsigned ballot = 0;
  for (int lane = 0; lane < warpSize; ++lane)
    if (mask >> lane & 1) ballot |= static_cast<unsigned>(values[lane]) << lane;
  return ballot;
}
inline int __any_sync(unsigned mask, int predicate,
                      const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  return __ballot_sync(mask, predicate, place) != 0;
}
inline int __all_sync(unsigned mask, int predicate,
                      const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  return __ballot_sync(mask, predicate, place) == mask;
}
