#include "autograd/tools/anomaly.h"

#include <cxxabi.h>

#include <cstdlib>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/tools/tape.h"
#include "autograd/watch.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

#if __has_include(<execinfo.h>)
#include <execinfo.h>
#define GRADUS_HAVE_BACKTRACE 1
#endif

namespace gradus::autograd {
namespace {

// ---- The calls that led to an op ----------------------------------------------------------------

#ifdef GRADUS_HAVE_BACKTRACE

constexpr int kMostCalls = 48;

/// The return addresses on this thread's stack, innermost first.
std::vector<void*> calls_that_led_here() {
  std::vector<void*> calls(kMostCalls);
  calls.resize(static_cast<size_t>(backtrace(calls.data(), kMostCalls)));
  return calls;
}

/// "program(_ZN…+0x1f) [0x55…]" with the function's name as C++ writes it.
std::string readable(std::string call) {
  const size_t begin = call.find('(') + 1, end = call.find('+', begin);
  if (begin == 0 || end == std::string::npos || begin == end) return call;
  int status = 0;
  char* name = abi::__cxa_demangle(call.substr(begin, end - begin).c_str(), nullptr, nullptr, &status);
  if (status == 0) call.replace(begin, end - begin, name);
  std::free(name);
  return call;
}

bool is_own(const std::string& call) { return call.find("(gradus::") == call.find('('); }

/// One line per call. The innermost calls, which are Gradus's own, are left out.
std::string lines_of(const std::vector<void*>& calls) {
  char** symbols = backtrace_symbols(calls.data(), static_cast<int>(calls.size()));
  std::string lines;
  for (size_t i = 0; symbols && i < calls.size(); ++i)
    if (const std::string call = readable(symbols[i]); !lines.empty() || !is_own(call))
      lines += "  " + call + "\n";
  std::free(symbols);
  return lines;
}

#else  // only glibc and the BSDs have backtrace()

std::vector<void*> calls_that_led_here() { return {}; }
std::string lines_of(const std::vector<void*>&) { return ""; }

#endif

// ---- The watch ----------------------------------------------------------------------------------

struct AnomalyWatch final : Watch {
  using Watch::turn_off;
  using Watch::turn_on;

  void recorded(Node& node, const Tensor&) override { node.make_notes().recorded_at = calls_that_led_here(); }

  void returned(Node& from, const Edge& to, const Tensor& gradient) override {
    if (!AnomalyMode::should_check_nan()) return;
    const NoGradGuard no_grad;
    if (!isnan(gradient.detach()).any().item<bool>()) return;
    const auto input = &to - from.edges().data();
    fail("Function '", from.name(), "' returned nan values in its ", input, "th output.", explain(from));
  }

  std::string explain(Node& node) override {
    const std::string tape = "\nThe tape up to this op ends with\n" + end_of_tape(node, 6);
    if (!node.notes || node.notes->recorded_at.empty())
      return tape + "The place where it was recorded is unknown: anomaly mode was off then.\n";
    return tape +
           "It was recorded by these calls, innermost first "
           "(addr2line -Cfie PROGRAM +0x… finds the source line of a call without a name)\n" +
           lines_of(node.notes->recorded_at);
  }
};

constinit thread_local AnomalyWatch watch;

}  // namespace

void AnomalyMode::set_enabled(bool on, bool nan) {
  watch.turn_off();
  if (on) watch.turn_on();
  enabled = on;
  check_nan = on && nan;
}

}  // namespace gradus::autograd
