#include "tensor/program/recording.h"

#include "tensor/scoped_value.h"

namespace gradus::programs {
namespace {

/// The tables that do the work while the recording tables are in use.
const Kernels* real_kernels[2];

/// The recording form of one entry of one device's table.
template <DeviceType device, auto entry>
struct Recorded;
template <DeviceType device, class... Parameters, void (*Kernels::*entry)(Parameters...)>
struct Recorded<device, entry> {
  inline static Description description;

  static void call(Parameters... arguments) {
    const auto kernel = real_kernels[static_cast<int>(device)]->*entry;
    kernel(arguments...);
    if (captured)
      captured->add(std::make_unique<KernelCall<entry>>(description, device, kernel, arguments...));
  }
};

/// Replaces an entry by its recording form.
template <DeviceType device, auto entry>
void record_entry(Kernels& table, const Description& description) {
  if (!(table.*entry)) return;  // the device has no such kernel, and the op reports it
  Recorded<device, entry>::description = description;
  table.*entry = Recorded<device, entry>::call;
}

/// The entry host_work. It runs the work and captures it as one call. Without `work` the op only says that the host reads
/// or writes elements. That is an Error in a capture.
void host_work(const char* op, const std::function<void()>& work) {
  if (!captured) return work ? work() : void();
  check(work != nullptr, op, ": a captured step must not read or write elements on the host, since a replay ",
        "could not repeat it; move it out of the capture, and give inputs to the program by x.copy_(…)");
  Contents& program = *captured;
  auto call = std::make_unique<HostCall>(op, work);
  {
    const ScopedValue<Contents*> no_capture(captured, nullptr);
    const ScopedValue<bool> own_memory(program.memory.is_paused, true);
    call->run();
  }
  program.add(std::move(call));
}

// ---- The memory of a device ---------------------------------------------------------------------

template <DeviceType device>
const DeviceMemory& real_memory() {
  return *real_kernels[static_cast<int>(device)]->memory;
}
template <DeviceType device>
void* allocate(int64_t bytes) {
  const DeviceMemory& memory = real_memory<device>();
  if (!captured) return memory.allocate(bytes);
  return captured->memory.allocate(static_cast<size_t>(bytes), block_cache::Use::elements, &memory);
}
template <DeviceType device>
void release(void* block, int64_t bytes) {
  // This also holds while the host works, because a block of the program must not get into the device's own cache.
  if (!capturing || !capturing->memory.release_own(block)) real_memory<device>().release(block, bytes);
}

// ---- The tables ---------------------------------------------------------------------------------

/// A copy of a device's table in which every entry is replaced by its recording form.
template <DeviceType device>
const Kernels& make_table(const Kernels& real) {
  static Kernels table;
  static DeviceMemory memory;
  if (real_kernels[static_cast<int>(device)] == &real) return table;  // other threads may be using it
  real_kernels[static_cast<int>(device)] = &real;
  table = real;
  record_entry<device, &Kernels::fill>(table, {"fill"});
  record_entry<device, &Kernels::arange>(table, {"arange"});
  record_entry<device, &Kernels::copy>(table, {"copy"});
  record_entry<device, &Kernels::unary>(table, {"unary"});
  record_entry<device, &Kernels::binary>(table, {"binary"});
  record_entry<device, &Kernels::ternary>(table, {"ternary"});
  record_entry<device, &Kernels::binary_scalar>(table, {"binary_scalar", 1, "number first"});
  record_entry<device, &Kernels::where>(table, {"where"});
  record_entry<device, &Kernels::reduce>(table, {"reduce"});
  record_entry<device, &Kernels::argmax>(table, {"argmax"});
  record_entry<device, &Kernels::argmin>(table, {"argmin"});
  record_entry<device, &Kernels::cumsum>(table, {"cumsum"});
  record_entry<device, &Kernels::sort>(table, {"sort", 2, "descending"});
  record_entry<device, &Kernels::matmul>(table, {"matmul"});
  record_entry<device, &Kernels::softmax>(table, {"softmax"});
  record_entry<device, &Kernels::log_softmax>(table, {"log_softmax"});
  record_entry<device, &Kernels::softmax_gradient>(table, {"softmax_gradient"});
  record_entry<device, &Kernels::log_softmax_gradient>(table, {"log_softmax_gradient"});
  record_entry<device, &Kernels::cross_entropy>(table, {"cross_entropy"});
  record_entry<device, &Kernels::cross_entropy_gradient>(table, {"cross_entropy_gradient"});
  record_entry<device, &Kernels::layer_norm>(table, {"layer_norm", 2});
  record_entry<device, &Kernels::layer_norm_gradient>(table, {"layer_norm_gradient"});
  record_entry<device, &Kernels::take>(table, {"take"});
  record_entry<device, &Kernels::put>(table, {"put", 1, "accumulate"});
  record_entry<device, &Kernels::gather_rows>(table, {"gather_rows"});
  record_entry<device, &Kernels::scatter_add_rows>(table, {"scatter_add_rows"});
  record_entry<device, &Kernels::lu>(table, {"lu", 2});
  record_entry<device, &Kernels::cholesky>(table, {"cholesky"});
  record_entry<device, &Kernels::solve_triangular>(table, {"solve_triangular"});
  record_entry<device, &Kernels::qr>(table, {"qr", 2});
  record_entry<device, &Kernels::eigh>(table, {"eigh", 2});
  record_entry<device, &Kernels::svd>(table, {"svd", 3});
  table.host_work = host_work;
  if (real.memory) {
    memory = *real.memory;
    memory.allocate = allocate<device>;
    memory.release = release<device>;
    table.memory = &memory;
  }
  return table;
}

}  // namespace

const Kernels& recording_table(DeviceType device, const Kernels& real) {
  return device == DeviceType::CPU ? make_table<DeviceType::CPU>(real) : make_table<DeviceType::CUDA>(real);
}

}  // namespace gradus::programs
