// Captured and compiled programs of the ops of the list.
#pragma once

#include "op_list/prepare.h"

namespace gradus::test {

/// Can the op be captured, and replayed for any other inputs?
bool can_be_replayed(const Op& op);

/// Captures the op with its derivatives, changes the inputs, replays, and compares with the op itself: bit for bit.
void check_replay(const Op& op, const Setting& setting);

/// Captures several entries with their derivatives as one program, since calling the compiler takes a second. Changes the
/// inputs, runs the compiled program, and compares with the ops themselves.
void check_compiled(const std::vector<const Op*>& entries, const Setting& setting);

}  // namespace gradus::test
