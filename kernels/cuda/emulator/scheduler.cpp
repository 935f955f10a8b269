#include "kernels/cuda/emulator/scheduler.h"

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <sstream>
#include <vector>

#include "kernels/cuda/emulator/async_copy.h"
#include "kernels/cuda/emulator/race_check.h"
#include "kernels/cuda/emulator/synchronisation.h"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace gradus::emulator {
namespace {

using Context = boost::context::fiber;  // where a stack's execution stopped

/// Wakes a waiting thread after another one failed. Not a std::exception: no kernel should catch it.
struct Cancelled {};

struct ThreadPlace {
  uint3 index;
  int number;
};

/// A stack, and the thread that runs or waits on it.
struct Fiber {
  Context context;
  Stack stack;
  ThreadPlace thread{};
  const Meeting* waits_at = nullptr;  // none: the fiber is between threads
  uint32_t generation = 0;            // of that meeting, when it began to wait
  bool given_up = false;              // in the middle of a thread that must not go on
};

class Scheduler {
 public:
  Scheduler();
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void run(const Launch& launch);
  void wait(const Meeting& meeting);
  [[noreturn]] void give_up(const std::string& message);

  std::mutex one_kernel_at_a_time;
  uint64_t seed = 0;
  const Launch* launch = nullptr;
  Fiber* running = nullptr;
  int thread_count = 0;
  Meeting block_meeting;
  void* shared = nullptr;

 private:
  void place_threads();
  void run_block();
  void start_thread();
  void put_away(Fiber& fiber);
  void resume_round();
  void cancel_all();
  std::string deadlock() const;

  Fiber& new_fiber();
  void run_threads(Fiber& fiber);
  void resume(Fiber& fiber);
  void suspend();

  std::vector<ThreadPlace> threads_;  // of a block, in the order in which they start
  size_t next_ = 0;                   // the first of them that has not started
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_, waiting_, round_;
  bool cancelling_ = false, closing_ = false;
  std::exception_ptr failure_;
  Context scheduler_;  // where the scheduler stopped, while a fiber runs
  Stack scheduler_stack_;
  std::mt19937_64 random_;
};

Scheduler& scheduler() {
  static Scheduler one;
  return one;
}

Scheduler::Scheduler() {
  if (const char* text = std::getenv("GRADUS_EMULATOR_SEED")) seed = std::strtoull(text, nullptr, 10);
}

Scheduler::~Scheduler() {  // every stack comes to its end
  closing_ = true;
  for (auto& fiber : fibers_)
    if (fiber->given_up)
      fiber.release();  // the objects on its stack cannot be destroyed in order
    else
      resume(*fiber);
}

// ---- A launch -----------------------------------------------------------------------------------

void Scheduler::run(const Launch& wanted) {
  launch = &wanted;
  gridDim = wanted.grid;
  blockDim = wanted.block;
  place_threads();
  block_meeting = {};
  const std::unique_ptr<void, decltype(&std::free)> memory(std::malloc(wanted.shared_bytes), &std::free);
  shared = memory.get();
  race_check::begin_launch(shared, wanted.shared_bytes);
  const unsigned last = gridDim.x - 1;
  for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
    for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
      for (unsigned x = 0; x <= last && !failure_; ++x) {
        blockIdx.x = seed & 1 ? last - x : x;
        std::memset(shared, 0xff, wanted.shared_bytes);  // NaN
        race_check::begin_block();
        run_block();
      }
  launch = nullptr;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Scheduler::place_threads() {
  threads_.clear();
  for (unsigned z = 0; z < blockDim.z; ++z)
    for (unsigned y = 0; y < blockDim.y; ++y)
      for (unsigned x = 0; x < blockDim.x; ++x)
        threads_.push_back({{x, y, z}, static_cast<int>(threads_.size())});
  thread_count = static_cast<int>(threads_.size());
  if (seed == 0) return;
  random_.seed(seed);
  std::shuffle(threads_.begin(), threads_.end(), random_);
}

void Scheduler::run_block() {
  next_ = 0;
  while (!failure_ && next_ < threads_.size()) start_thread();
  while (!failure_ && !waiting_.empty()) resume_round();
  if (failure_) cancel_all();
  forget_copies();
}

/// Starts the next thread on an idle stack. If it ends there, the threads after it run on
/// the same stack.
void Scheduler::start_thread() {
  Fiber& fiber = idle_.empty() ? new_fiber() : *idle_.back();
  idle_.pop_back();
  resume(fiber);
  put_away(fiber);
}

void Scheduler::put_away(Fiber& fiber) {
  if (!fiber.given_up) (fiber.waits_at ? waiting_ : idle_).push_back(&fiber);
}

/// Resumes each waiting thread whose meeting has opened.
void Scheduler::resume_round() {
  if (seed) std::shuffle(waiting_.begin(), waiting_.end(), random_);
  round_.swap(waiting_);
  waiting_.clear();
  bool progress = false;
  for (Fiber* fiber : round_) {
    if (fiber->waits_at->generation != fiber->generation && !failure_) {
      const bool later = seed && random_() % 2 == 0;
      if (!later) resume(*fiber);
      progress = true;
    }
    put_away(*fiber);
  }
  if (!progress) failure_ = std::make_exception_ptr(Error(deadlock()));
}

void Scheduler::cancel_all() {
  cancelling_ = true;
  for (Fiber* fiber : waiting_) {
    resume(*fiber);
    idle_.push_back(fiber);
  }
  waiting_.clear();
  cancelling_ = false;
  reset_warps();
}

std::string Scheduler::deadlock() const {
  std::map<std::string, std::pair<int, uint3>> crowds;  // by meeting: how many, and one of them
  for (const Fiber* fiber : waiting_) {
    const Meeting& meeting = *fiber->waits_at;
    std::ostringstream where;
    where << meeting.what << " (" << At{meeting.place} << ")";
    auto& [count, example] = crowds[where.str()];
    if (count++ == 0) example = fiber->thread.index;
  }
  std::ostringstream message;
  message << launch->kernel << " (" << At{launch->place} << "), block " << text(blockIdx) << ": deadlock: ";
  for (const auto& [what, crowd] : crowds)
    message << crowd.first << " threads wait at " << what << ", such as thread " << text(crowd.second)
            << "; ";
  message << threads_.size() - waiting_.size() << " have returned";
  return message.str();
}

// ---- Stacks -------------------------------------------------------------------------------------

Fiber& Scheduler::new_fiber() {
  Fiber* fiber = fibers_.emplace_back(std::make_unique<Fiber>()).get();
  boost::context::protected_fixedsize_stack allocator(kStackBytes);
  const boost::context::stack_context memory = allocator.allocate();
  fiber->stack = {static_cast<const char*>(memory.sp) - memory.size, memory.size};
  const boost::context::preallocated place(memory.sp, memory.size, memory);
  fiber->context = Context(std::allocator_arg, place, allocator, [this, fiber](Context&& from) {
    scheduler_ = std::move(from);
    LeaveStack::arrive_first_time(&scheduler_stack_);
    while (!closing_) {
      run_threads(*fiber);
      suspend();
    }
    LeaveStack::leave_for_ever(scheduler_stack_);
    return std::move(scheduler_);
  });
  idle_.push_back(fiber);
  return *fiber;
}

/// Runs threads that have not started yet, one after another, until none is left.
void Scheduler::run_threads(Fiber& fiber) {
  while (next_ < threads_.size() && !failure_) {
    fiber.thread = threads_[next_++];
    threadIdx = fiber.thread.index;
    try {
      launch->thread(launch->arguments);
    } catch (const Cancelled&) {
      fiber.waits_at = nullptr;
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
}

void Scheduler::wait(const Meeting& meeting) {
  running->waits_at = &meeting;
  running->generation = meeting.generation;
  suspend();
  if (cancelling_) throw Cancelled{};
  running->waits_at = nullptr;
}

void Scheduler::give_up(const std::string& message) {
  failure_ = std::make_exception_ptr(Error(message));
  running->given_up = true;
  suspend();
  std::abort();  // nobody resumes it
}

void Scheduler::resume(Fiber& fiber) {
  running = &fiber;
  threadIdx = fiber.thread.index;
  const LeaveStack leave(fiber.stack);
  fiber.context = std::move(fiber.context).resume();
  leave.come_back();
  running = nullptr;
}

void Scheduler::suspend() {
  const LeaveStack leave(scheduler_stack_);
  scheduler_ = std::move(scheduler_).resume();
  leave.come_back(&scheduler_stack_);
}

bool same(const Place& a, const Place& b) {
  return a.line() == b.line() && a.column() == b.column() &&
         (a.file_name() == b.file_name() || std::strcmp(a.file_name(), b.file_name()) == 0);
}

}  // namespace

void run(const Launch& launch) {
  thread_local const Launch* around = nullptr;  // of this thread of the host
  if (around)
    fail_in_thread("launches ", launch.kernel, " (", At{launch.place},
                   "), but a kernel cannot launch another one");
  const std::lock_guard lock(scheduler().one_kernel_at_a_time);
  around = &launch;
  const std::unique_ptr<const Launch*, void (*)(const Launch**)> at_the_end(
      &around, [](const Launch** here) { *here = nullptr; });
  scheduler().run(launch);
}

void set_thread_order_seed(uint64_t seed) { scheduler().seed = seed; }

bool meet(Meeting& meeting, int expected, const char* what, const Place& place) {
  if (meeting.arrived == 0) {
    meeting.what = what;
    meeting.place = place;
  } else if (!same(meeting.place, place)) {
    fail_in_thread("is at ", what, " (", At{place}, ") while others wait at ", meeting.what, " (",
                   At{meeting.place}, "): all must pass the same one");
  }
  if (++meeting.arrived < expected) {
    scheduler().wait(meeting);
    return false;
  }
  meeting.arrived = 0;
  ++meeting.generation;
  return true;
}

Meeting& block_meeting() { return scheduler().block_meeting; }
int thread_number() { return scheduler().running->thread.number; }
int threads_per_block() { return scheduler().thread_count; }
void* dynamic_shared_memory() { return scheduler().shared; }
void give_up_thread(const std::string& message) { scheduler().give_up(running_thread() + ": " + message); }
bool in_kernel() { return scheduler().running != nullptr; }
const Stack* running_stack() {
  const Fiber* fiber = scheduler().running;
  return fiber ? &fiber->stack : nullptr;
}

std::string text(const uint3& index) {
  std::ostringstream out;
  out << '(' << index.x << ", " << index.y << ", " << index.z << ')';
  return out.str();
}

std::ostream& operator<<(std::ostream& out, const At& at) {
  const std::string_view path = at.place.file_name();
  return out << path.substr(path.rfind('/') + 1) << ':' << at.place.line();
}

std::string running_thread() {
  std::ostringstream out;
  out << scheduler().launch->kernel << " (" << At{scheduler().launch->place} << "), block " << text(blockIdx)
      << ", thread " << text(threadIdx);
  return out.str();
}

}  // namespace gradus::emulator
