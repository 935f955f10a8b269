// __syncthreads, __syncwarp, shuffles and votes, all on one primitive: the meeting of scheduler.h.
//
// At a warp's meeting every lane lays a value into its slot, and reads the others' once all have
// arrived. Slots come in two sets that take turns: whoever opened the meeting may lay down its
// next value while others still read the last one, but cannot get further ahead, since the next
// meeting needs them.
#pragma once

#include <bit>
#include <cstring>

#include "kernels/cuda/emulator/race_check.h"
#include "kernels/cuda/emulator/scheduler.h"

namespace gradus::emulator {

/// Forgets who waits where; the scheduler calls it after a failure.
void reset_warps();

/// What the running thread of a warp reads after a meeting: everybody's value.
struct WarpValues {
  const uint64_t* slots;
  unsigned mask;
  bool opened_by_me;

  GRADUS_NOT_RACE_CHECKED uint64_t operator[](int lane) const { return slots[lane]; }
};

/// Meets the lanes of `mask` and shows them `value`. Errors: a mask without the running lane, or
/// with lanes that the block does not have.
WarpValues meet_warp(unsigned mask, uint64_t value, const char* what, const Place& place);

inline int lane() { return thread_number() % warpSize; }

/// The value of lane `source`, which must take part.
template <class T>
GRADUS_NOT_RACE_CHECKED T value_of(const WarpValues& values, int source, const char* what,
                                   const Place& place) {
  if (!(values.mask >> source & 1)) [[unlikely]]
    fail_in_thread(what, " (", At{place}, "): reads lane ", source, ", which its mask leaves out");
  T value;
  std::memcpy(&value, &values.slots[source], sizeof value);
  return value;
}

/// The common part of all shuffles: reads from `source`, or keeps its own value if that lies
/// outside of its segment.
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

/// Waits for all threads of the block; what they wrote before it they may all read after it.
inline void __syncthreads(const gradus::emulator::Place& place = gradus::emulator::Place::current()) {
  using namespace gradus::emulator;
  if (meet(block_meeting(), threads_per_block(), "__syncthreads", place)) race_check::block_barrier();
}

/// Waits for the lanes of the mask; orders their memory accesses too, which shuffles and
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

/// One bit for each lane of the mask: is its predicate true?
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
