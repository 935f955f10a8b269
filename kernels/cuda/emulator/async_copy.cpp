#include "kernels/cuda/emulator/async_copy.h"

#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "kernels/cuda/emulator/race_check.h"
#include "kernels/cuda/emulator/scheduler.h"

namespace gradus::emulator {
namespace {

struct Copy {
  void* to;
  int bytes;
  unsigned char data[16];
  const void* code;  // where it began, for the race check
};

struct Copies {
  std::vector<Copy> begun;               // since the last commit
  std::deque<std::vector<Copy>> groups;  // committed and not waited for
};

std::map<int, Copies> by_thread;  // of the running block

bool is_multiple(const void* address, int of) {
  return reinterpret_cast<uintptr_t>(address) % static_cast<size_t>(of) == 0;
}

}  // namespace

void begin_copy(void* shared, const void* global, int bytes, int valid, const void* code) {
  if (!is_multiple(shared, bytes) || !is_multiple(global, bytes))
    fail_in_thread("copy_async: both addresses must be multiples of ", bytes, ", but are ", shared, " and ",
                   global);
  if (valid < 0 || valid > bytes) fail_in_thread("copy_async: ", valid, " valid bytes of ", bytes);
  race_check::copy_begins(shared, global, static_cast<size_t>(bytes), static_cast<size_t>(valid), code);
  Copy copy{shared, bytes, {}, code};
  std::memcpy(copy.data, global, static_cast<size_t>(valid));
  by_thread[thread_number()].begun.push_back(copy);
}

void commit_copies() {
  Copies& mine = by_thread[thread_number()];
  mine.groups.push_back(std::move(mine.begun));
  mine.begun.clear();
}

void wait_for_copies(int groups) {
  Copies& mine = by_thread[thread_number()];
  while (static_cast<int>(mine.groups.size()) > groups) {
    for (const Copy& copy : mine.groups.front()) {
      std::memcpy(copy.to, copy.data, static_cast<size_t>(copy.bytes));
      race_check::copy_arrives(copy.to, static_cast<size_t>(copy.bytes), copy.code);
    }
    mine.groups.pop_front();
  }
}

void forget_copies() { by_thread.clear(); }

}  // namespace gradus::emulator
