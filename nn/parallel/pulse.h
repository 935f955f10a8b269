// Pulse: a thread that keeps messages moving while kernels run, and notices ranks that are gone.
//
// MPI moves messages only within its own functions. A message between two machines is a dialogue (I have something;
// send it; here it is), so it would stand still during a long kernel. The thread calls such a function every
// millisecond.
//
// The ranks also form a ring, in which each sends its right neighbour a byte twenty times a second. So a rank that
// computes for minutes has a pulse. A stopped process has none, and neither has a machine that has lost its power or its
// network. MPI itself would wait for them for ever.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace gradus::nn::parallel {

/// The thread of this rank. It runs while this object lives.
class Pulse {
 public:
  /// For two ranks or more; MPI must run with MPI_THREAD_MULTIPLE. Calls end_run(message), in the pulse's thread, if
  /// the left neighbour is missed. The environment variable GRADUS_PATIENCE is the number of silent seconds after which
  /// it is: 7 by default. Under a debugger, which stops ranks for longer, choose more.
  explicit Pulse(std::function<void(const std::string& message)> end_run);
  /// Tells the right neighbour that this rank ends, and waits until the left one does.
  ~Pulse();

  /// While one exists, this rank is in a call of MPI that waits for the other ranks.
  struct Waiting {
    Waiting() { ++count; }
    ~Waiting() { ++count; }
    /// The waits that have begun and those that have ended: odd within a wait.
    static inline std::atomic<int64_t> count = 0;
  };

 private:
  void run();

  std::function<void(const std::string&)> end_run_;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

}  // namespace gradus::nn::parallel
