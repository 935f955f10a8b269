// The recording tables. They replace the real tables of kernels while a step is captured. Each entry calls the real
// kernel and then adds the call to the program that this thread captures.
#pragma once

#include "tensor/program/contents.h"

namespace gradus::programs {

/// The program that this thread captures. It is nullptr if there is none, and also while the host does work that is
/// captured as one call.
inline thread_local Contents* captured = nullptr;
/// The same, but also while the host works.
inline thread_local Contents* capturing = nullptr;

/// The recording form of a device's table. `real` does the work. The caller keeps `real` alive.
const Kernels& recording_table(DeviceType device, const Kernels& real);

}  // namespace gradus::programs
