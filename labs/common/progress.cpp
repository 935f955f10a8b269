#include "labs/common/progress.h"

#include <signal.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace lab {
namespace {

const bool is_terminal = isatty(STDERR_FILENO) != 0;
bool is_wanted = true;
bool is_shown = false;  // a running loop shows its progress; inner loops then show none

// timeout(1) and similar programs send one interrupt to the process and one to its group. Therefore
// two interrupts within a fifth of a second count as one Ctrl-C. The handler calls only functions
// that POSIX allows in a handler.
extern "C" void on_interrupt(int) {
  static timespec first;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (!detail::interrupt_seen.exchange(true, std::memory_order_relaxed)) {
    first = now;
  } else if (static_cast<double>(now.tv_sec - first.tv_sec) +
                 1e-9 * static_cast<double>(now.tv_nsec - first.tv_nsec) >
             0.2) {
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);  // delivered when this handler returns
  }
}

std::string minutes_and_seconds(double seconds) {
  char text[32];
  const int whole = static_cast<int>(std::clamp(seconds, 0.0, 359999.0));
  std::snprintf(text, sizeof text, "%d:%02d", whole / 60, whole % 60);
  return text;
}

}  // namespace

void catch_interrupts() {
  struct sigaction previous, action{};
  sigaction(SIGINT, nullptr, &previous);
  if (previous.sa_handler == SIG_IGN) return;  // started in the background: Ctrl-C is for another program
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
}

bool wait_for_key() {
  termios usual;
  if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &usual) != 0) return true;
  termios by_key = usual;
  by_key.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // the key is read at once and not shown
  tcsetattr(STDIN_FILENO, TCSANOW, &by_key);
  char key = 'q';  // also at the end of the input
  const bool was_read = read(STDIN_FILENO, &key, 1) == 1;
  tcsetattr(STDIN_FILENO, TCSANOW, &usual);
  return was_read && key != 'q' && !interrupted();
}

void show_progress(bool show) { is_wanted = show; }

Progress::Progress(int64_t total, std::string label)
    : total_(total), label_(std::move(label)), shows_(is_wanted && !is_shown) {
  if (shows_) is_shown = true;
}

Progress::~Progress() {
  if (!shows_) return;
  is_shown = false;
  if (is_terminal) std::fputs("\r\033[K", stderr);
}

bool Progress::goes_on(int64_t done) {
  if (done >= total_ || interrupted()) return false;
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const bool tells = !is_terminal && shows_ && done > 0 && seconds >= detail::tell_after;
  if (tells) tell(done, seconds);
  if (!shows_ || tells) {
    next_stop_ = total_;
    return true;
  }
  if (is_terminal && done > 0) draw(done, seconds);
  const int64_t stride = done == 0 ? 1 : static_cast<int64_t>(static_cast<double>(done) * 0.1 / seconds);
  next_stop_ = std::min(total_, done + std::clamp<int64_t>(stride, 1, done + 1));
  return true;
}

void Progress::tell(int64_t done, double seconds) const {
  const double part = static_cast<double>(done) / static_cast<double>(total_);
  std::fprintf(stderr, "%s: %.0f%% after %.0f s, about %s left\n", label_.c_str(), 100 * part, seconds,
               minutes_and_seconds(seconds / part - seconds).c_str());
}

void Progress::draw(int64_t done, double seconds) const {
  constexpr int kWidth = 28;
  const double part = static_cast<double>(done) / static_cast<double>(total_);
  const double rate = static_cast<double>(done) / seconds;
  const int filled = static_cast<int>(part * kWidth);
  std::string bar(static_cast<size_t>(filled), '#');
  bar.resize(kWidth, '.');
  std::fprintf(stderr, "\r\033[K%.24s [%s] %3.0f%%  %.4g/s  %s left", label_.c_str(), bar.c_str(), 100 * part,
               rate, minutes_and_seconds(seconds / part - seconds).c_str());
  std::fflush(stderr);
}

}  // namespace lab
