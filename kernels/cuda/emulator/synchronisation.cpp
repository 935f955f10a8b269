#include "kernels/cuda/emulator/synchronisation.h"

#include <algorithm>
#include <list>

namespace gradus::emulator {
namespace {

/// The meeting of the lanes of a warp that a mask names.
struct WarpMeeting : Meeting {
  unsigned mask = 0;
  uint64_t slots[2][warpSize] = {};
};

// A warp mostly has one meeting, of all its lanes. These are lists, because waiting threads keep
// pointers to their meetings.
constexpr int kMostWarps = 1024 / warpSize;
std::list<WarpMeeting> warps[kMostWarps];

WarpMeeting& meeting_of(unsigned mask) {
  std::list<WarpMeeting>& meetings = warps[thread_number() / warpSize];
  for (WarpMeeting& meeting : meetings)
    if (meeting.mask == mask) return meeting;
  WarpMeeting& meeting = meetings.emplace_back();
  meeting.mask = mask;
  return meeting;
}

void check_mask(unsigned mask, const char* what, const Place& place) {
  const auto quote = [&](const char* problem) {
    fail_in_thread(what, " (", At{place}, "): the mask 0x", std::hex, mask, " ", problem);
  };
  const int lanes = std::min(warpSize, threads_per_block() - thread_number() / warpSize * warpSize);
  if (!(mask >> lane() & 1)) quote("leaves out the lane that calls");
  if (lanes < warpSize && mask >> lanes) quote("names lanes beyond the end of the block");
}

}  // namespace

void reset_warps() {
  for (auto& meetings : warps) meetings.clear();
}

WarpValues meet_warp(unsigned mask, uint64_t value, const char* what, const Place& place) {
  check_mask(mask, what, place);
  WarpMeeting& meeting = meeting_of(mask);
  const uint64_t* slots = meeting.slots[meeting.generation & 1];
  meeting.slots[meeting.generation & 1][lane()] = value;
  const bool opened_by_me = meet(meeting, std::popcount(mask), what, place);
  return {slots, mask, opened_by_me};
}

}  // namespace gradus::emulator
