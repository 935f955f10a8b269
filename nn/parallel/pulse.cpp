#include "nn/parallel/pulse.h"

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "nn/parallel/ranks.h"

namespace gradus::nn::parallel {
namespace {

constexpr int kTag = 1;  // the beats are the only messages with a tag: collective calls have none

void beat(int to, bool goodbye) { MPI_Send(&goodbye, 1, MPI_CXX_BOOL, to, kTag, MPI_COMM_WORLD); }

/// A beat that has arrived: is it the last one? MPI_Iprobe also moves all other messages.
std::optional<bool> hear(int from) {
  int arrived;
  MPI_Iprobe(from, kTag, MPI_COMM_WORLD, &arrived, MPI_STATUS_IGNORE);
  if (!arrived) return std::nullopt;
  bool goodbye;
  MPI_Recv(&goodbye, 1, MPI_CXX_BOOL, from, kTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  return goodbye;
}

}  // namespace

Pulse::Pulse(std::function<void(const std::string&)> end_run)
    : end_run_(std::move(end_run)), thread_([this] { run(); }) {}

Pulse::~Pulse() {
  ends_ = true;
  thread_.join();
}

void Pulse::run() {
  using namespace std::chrono_literals;
  using Clock = std::chrono::steady_clock;
  const char* const asked = std::getenv("GRADUS_PATIENCE");
  const Clock::duration patience = (asked ? std::atoi(asked) : 7) * 1s;
  const int own = static_cast<int>(rank()), ranks = static_cast<int>(world_size());
  const int left = (own + ranks - 1) % ranks, right = (own + 1) % ranks;
  const std::string name = "rank " + std::to_string(left);

  bool said_goodbye = false, left_has_ended = false;
  Clock::duration since_beat = 0s, silent = 0s, waited = 0s;
  int64_t last_count = 0;
  for (Clock::time_point before = Clock::now(), now; !said_goodbye || !left_has_ended; before = now) {
    std::this_thread::sleep_for(1ms);
    now = Clock::now();
    // At most 0.1 s counts: if the whole run was suspended for an hour, nobody is missed.
    const Clock::duration passed = std::min<Clock::duration>(now - before, 100ms);

    since_beat += passed;
    if (!said_goodbye && (ends_ || since_beat >= 50ms)) {
      beat(right, said_goodbye = ends_);
      since_beat = 0s;
    }

    silent += passed;
    while (const auto goodbye = hear(left)) {
      left_has_ended = *goodbye;
      silent = 0s;
    }
    if (!left_has_ended && silent >= patience)
      end_run_(name + " gives no sign of life: its process or its machine has stopped");

    const int64_t count = Pulse::Waiting::count;
    const bool same_wait = count % 2 == 1 && count == last_count;
    waited = left_has_ended && same_wait ? waited + passed : 0s;
    last_count = count;
    if (waited >= 2s)
      end_run_(name + " has ended, and this rank still waits for it; all ranks must make equally many steps");
  }
}

}  // namespace gradus::nn::parallel
