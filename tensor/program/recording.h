// The recording tables: while a step is captured, they are in force in the place of the real ones. Each entry
// calls the real kernel and then adds the call to the program that this thread captures.
#pragma once

#include "tensor/program/contents.h"

namespace gradus::programs {

/// The program that this thread captures; nullptr if there is none, and while the host does work that is
/// captured as a whole.
inline thread_local Contents* captured = nullptr;
/// The same, but also while the host works.
inline thread_local Contents* capturing = nullptr;

/// The recording form of a device's table. `real` does the work, and must live on.
const Kernels& recording_table(DeviceType device, const Kernels& real);

}  // namespace gradus::programs
