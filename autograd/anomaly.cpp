#include "autograd/anomaly.h"

#include <cxxabi.h>

#include <cstdlib>

#include "autograd/ops/ops.h"
#include "autograd/record.h"
#include "autograd/tape.h"

#if __has_include(<execinfo.h>)
#include <execinfo.h>
#define GRADUS_HAVE_BACKTRACE 1
#endif

namespace gradus::autograd {
namespace {

constexpr int kMostCalls = 48;

/// "program(_ZN…+0x1f) [0x55…]" with the name in it as C++ writes it.
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

}  // namespace

#ifdef GRADUS_HAVE_BACKTRACE

std::vector<void*> calls_that_led_here() {
  std::vector<void*> calls(kMostCalls);
  calls.resize(static_cast<size_t>(backtrace(calls.data(), kMostCalls)));
  return calls;
}

/// One line per call, from the first that is not of Gradus itself.
static std::string lines_of(const std::vector<void*>& calls) {
  char** symbols = backtrace_symbols(calls.data(), static_cast<int>(calls.size()));
  std::string lines;
  for (size_t i = 0; symbols && i < calls.size(); ++i)
    if (const std::string call = readable(symbols[i]); !lines.empty() || !is_own(call))
      lines += "  " + call + "\n";
  std::free(symbols);
  return lines;
}

#else

std::vector<void*> calls_that_led_here() { return {}; }
static std::string lines_of(const std::vector<void*>&) { return ""; }

#endif

std::string describe_recording(Node& node) {
  std::string text = "The tape up to this op ends with\n" + end_of_tape(node, 6);
  if (!node.notes || node.notes->recorded_at.empty())
    return text + "Where it was recorded is not known: anomaly mode was off then.\n";
  return text +
         "It was recorded by these calls, innermost first (addr2line -Cfie PROGRAM +0x… tells the line of "
         "one without a "
         "name)\n" +
         lines_of(node.notes->recorded_at);
}

void check_no_nan(Node& node, const Edge& edge, const Tensor& gradient) {
  const NoGradGuard no_grad;
  if (!any(isnan(gradient.detach())).item<bool>()) return;
  const auto input = &edge - node.edges().data();
  fail("Function '", node.name(), "' returned nan values in its ", input, "th output.\n",
       describe_recording(node));
}

}  // namespace gradus::autograd
