// Loops that show how far they are and that Ctrl-C can end:
//
//   for (int epoch : progress(epochs, "SGD")) { … }
//
// On a terminal a bar with the rate and the time left is drawn on stderr, and taken away when the loop ends;
// piped, nothing is. This header knows nothing of tensors, so a lab's functions that use it also compile with
// libtorch.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace lab {

/// True once Ctrl-C was pressed. Loops over progress() end by themselves then; others may ask.
bool interrupted();

/// From here on the first Ctrl-C makes interrupted() true, and the second ends the process as usual.
void catch_interrupts();

/// Whether loops that start from here on draw a bar: yes at first, if stderr is a terminal.
void show_progress(bool show);

/// The numbers 0, 1, … total - 1, ending early when interrupted. Of nested loops the outermost draws the bar.
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
      return done_ < progress_.next_stop_ ? !interrupted() : progress_.stop(done_);
    }

   private:
    Progress& progress_;
    int64_t done_ = 0;
  };
  Iterator begin() { return Iterator(*this); }
  End end() const { return {}; }

 private:
  using Clock = std::chrono::steady_clock;

  bool stop(int64_t done);  // reads the clock, draws if it is time, and says whether to go on
  void draw(int64_t done, double seconds) const;

  int64_t total_;
  std::string label_;
  bool drawing_;
  int64_t next_stop_ =
      0;  // the clock is read only here: as many steps apart as take about a tenth of a second
  Clock::time_point start_ = Clock::now();
};

inline Progress progress(int64_t total, std::string label) { return {total, std::move(label)}; }

namespace detail {
inline std::atomic<bool> interrupt_seen = false;  // written by the signal handler
}
inline bool interrupted() { return detail::interrupt_seen.load(std::memory_order_relaxed); }

}  // namespace lab
