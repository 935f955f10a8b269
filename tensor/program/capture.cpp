// Capturing a step, and replaying it.
#include <mutex>

#include "tensor/program/begin_end.h"
#include "tensor/program/program.h"
#include "tensor/program/recording.h"

namespace gradus {
namespace programs {
namespace {

std::mutex mutex;
int count = 0;           // of the threads that capture
const Kernels* real[2];  // the tables that were in force before

}  // namespace

Capture::Capture(Contents& program) : blocks_(block_cache::lists) {
  check(!capturing, "capture: this thread captures a step already");
  const std::lock_guard lock(mutex);
  if (count++ == 0) {
    kernels_for(DeviceType::CPU);  // chooses the table, if this is its first use
    for (const DeviceType device : {DeviceType::CPU, DeviceType::CUDA}) {
      std::atomic<const Kernels*>& in_force = kernels_in_force[static_cast<int>(device)];
      if ((real[static_cast<int>(device)] = in_force)) in_force = &recording_table(device, *in_force);
    }
  }
  block_cache::lists = {};
  block_cache::lists.closed = true;
  block_cache::lists.pool = &program.memory;
  captured = capturing = &program;
}

Capture::~Capture() {
  captured = capturing = nullptr;
  block_cache::lists = blocks_;
  const std::lock_guard lock(mutex);
  if (--count > 0) return;
  for (int device = 0; device < 2; ++device)
    if (real[device]) kernels_in_force[device] = real[device];
}

void Capture::check_devices() {
  for (int device = 0; device < 2; ++device)
    check(real[device] || !kernels_in_force[device],
          "capture: the step uses a device for the first time; use it once before the capture");
}

Running::Running(Contents& program, const char* what) : program_(program) {
  check(!capturing, what, ": not inside of a capture");
  check(!program.is_running.test_and_set(), what, ": another thread uses this program at the same time");
}

}  // namespace programs

using programs::Contents;

Program capture(const std::function<void()>& step) {
  auto contents = std::make_unique<Contents>();
  {
    const programs::Capture capture(*contents);
    step();
    capture.check_devices();
  }
  contents->close();
  return Program(std::move(contents));
}

Program::Program() = default;
Program::Program(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

void Program::replay() {
  if (!contents_) return;
  const programs::Running running(*contents_, "replay");
  contents_->run();
}

size_t Program::size() const { return contents_ ? contents_->calls.size() : 0; }
size_t Program::memory_bytes() const { return contents_ ? contents_->memory.bytes() : 0; }

std::ostream& operator<<(std::ostream& out, const Program& program) {
  static const Contents nothing;
  (program.contents_ ? *program.contents_ : nothing).print(out);
  return out;
}

}  // namespace gradus
