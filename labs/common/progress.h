// Loops that show their progress and end at Ctrl-C:
//
//   for (int64_t epoch : progress(epochs, "SGD")) { … }
//
// If stderr is a terminal, the loop draws a bar there with the rate and the time left, and erases it at the end. Elsewhere
// a loop that has run for ten seconds says in one line how long it will take. This header does not include Gradus, so the
// labs' functions that use it also compile with libtorch.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace lab {

/// Whether Ctrl-C was pressed. Loops over progress() then end; other loops can call this function.
bool interrupted();

/// After this call the first Ctrl-C makes interrupted() true, and the second one ends the process.
void catch_interrupts();

/// Waits for a key if somebody sits at a terminal. Returns false for the key q.
bool wait_for_key();

/// Whether loops that start after this call show their progress. They do by default.
void show_progress(bool show);

/// The numbers 0, 1, …, total - 1, or fewer after Ctrl-C. If loops are nested, only the outermost shows its progress.
class Progress {
 public:
  Progress(int64_t total, std::string label);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  struct End {};
  class Iterator {
   public:
    explicit Iterator(Progress& progress) : progress_(progress) {}
    int64_t operator*() const { return done_; }
    Iterator& operator++() { return ++done_, *this; }
    bool operator!=(End) const {
      return done_ < progress_.next_stop_ ? !interrupted() : progress_.goes_on(done_);
    }

   private:
    Progress& progress_;
    int64_t done_ = 0;
  };
  Iterator begin() { return Iterator(*this); }
  End end() const { return {}; }

 private:
  using Clock = std::chrono::steady_clock;

  /// Shows the progress if its time has come. Returns whether the loop goes on.
  bool goes_on(int64_t done);
  void draw(int64_t done, double seconds) const;
  void tell(int64_t done, double seconds) const;

  int64_t total_;
  std::string label_;
  bool shows_;
  // The clock is read only at these steps, about a tenth of a second apart.
  int64_t next_stop_ = 0;
  Clock::time_point start_ = Clock::now();
};

inline Progress progress(int64_t total, std::string label) { return {total, std::move(label)}; }

namespace detail {
inline std::atomic<bool> interrupt_seen = false;  // set by the signal handler
inline double tell_after = 10;                    // seconds
}  // namespace detail
inline bool interrupted() { return detail::interrupt_seen.load(std::memory_order_relaxed); }

}  // namespace lab
