// Program::source and Program::compile.
#include <chrono>
#include <iomanip>
#include <ostream>
#include <sstream>

#include "tensor/program/compile/code.h"
#include "tensor/program/compile/write.h"
#include "tensor/program/program.h"

namespace gradus {

using programs::Contents;

std::ostream& operator<<(std::ostream& out, const Compilation& compilation) {
  if (!compilation.done) return out << "not compiled, replay goes on with the list: " << compilation.reason;
  std::ostringstream seconds;
  seconds << std::setprecision(2) << compilation.seconds;
  return out << "compiled " << compilation.calls << " calls in " << seconds.str() << " s"
             << (compilation.from_cache ? " (from the cache)" : "") << ": " << compilation.loops << " loops, "
             << compilation.kernels << " calls of kernels";
}

std::string Program::source() const {
  static const Contents nothing;
  const Contents& program = contents_ ? *contents_ : nothing;
  program.check_has_source("source");
  return programs::write_source(program).text;
}

Compilation Program::compile() {
  const auto start = std::chrono::steady_clock::now();
  Compilation result;
  result.calls = size();
  if (!contents_) {
    result.reason = "the program is empty";
    return result;
  }
  const programs::Running running(*contents_, "compile");
  try {
    contents_->check_has_source("compile");
    programs::Source source = programs::write_source(*contents_);
    programs::Loaded loaded = programs::compile_text(source.text, programs::kFunctionName);
    result.from_cache = loaded.from_cache;
    result.file = loaded.text_file;
    result.loops = source.loops;
    result.kernels = source.kernels;
    contents_->code = std::make_shared<programs::CompiledCode>(
        programs::CompiledCode{std::move(loaded), std::move(source.memory)});
    result.done = true;
  } catch (const std::exception& error) {
    result.reason = error.what();
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace gradus
