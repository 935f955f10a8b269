#include "tensor/program/compile/write.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace gradus::programs {
namespace {

constexpr size_t kWidth = 110;  // columns of a line, as in all files of Gradus

/// The first lines of a text, after the line that counts the calls.
constexpr const char* kHead = R"(//
// x1, x2, … are tensors that existed before the capture, and p1, p2, … memory of the program, as in the
// listing. t7 is a tensor of this text alone: the result of line 7 of the listing. The comments name the line
// and the kernel from which a statement was written. The formulas are those of kernels/formulas.h.
#include "tensor/program/compile/prelude.h"

using namespace gradus::formulas;
using gradus::programs::dot, gradus::programs::reduce, gradus::programs::reduce_column;
)";

/// The loops of a nest after merging, and the steps of each operand's index in them.
struct Nest {
  std::vector<int64_t> sizes;
  std::vector<std::vector<int64_t>> strides;  // of each operand of each step, in order
};

/// Merges two neighbouring loops where all operands allow it: contiguous tensors need one loop.
Nest merged_nest(const Loop& loop) {
  Nest nest;
  std::vector<std::vector<int64_t>> strides;
  for (const Step& step : loop.steps)
    for (const Operand& operand : step.operands) {
      std::vector<int64_t>& of_operand = strides.emplace_back();
      for (int d = 0; d < operand.view.dim; ++d)
        if (operand.view.sizes[d] != 1) of_operand.push_back(operand.view.strides[d]);
    }
  nest.strides.resize(strides.size());
  for (size_t d = 0; d < loop.sizes.size(); ++d) {
    bool mergeable = !nest.sizes.empty();
    for (size_t o = 0; mergeable && o < strides.size(); ++o)
      mergeable = nest.strides[o].back() == loop.sizes[d] * strides[o][d];
    if (mergeable) {
      nest.sizes.back() *= loop.sizes[d];
      for (size_t o = 0; o < strides.size(); ++o) nest.strides[o].back() = strides[o][d];
    } else {
      nest.sizes.push_back(loop.sizes[d]);
      for (size_t o = 0; o < strides.size(); ++o) nest.strides[o].push_back(strides[o][d]);
    }
  }
  return nest;
}

/// "3 * i + j + 4"; "0" for the first element.
std::string index_text(const std::vector<int64_t>& strides, int64_t offset) {
  std::string text;
  for (size_t d = 0; d < strides.size(); ++d) {
    if (strides[d] == 0) continue;
    text += text.empty() ? "" : " + ";
    if (strides[d] != 1) text += std::to_string(strides[d]) + " * ";
    text += "ijklmnqr"[d];
  }
  if (offset || text.empty()) text += (text.empty() ? "" : " + ") + std::to_string(offset);
  return text;
}

struct Line {
  std::string code, comment;
};

/// The lines as a text. Comments of neighbouring lines begin in the same column, as clang-format aligns them.
std::string layout(const std::vector<Line>& lines) {
  std::string text;
  for (size_t begin = 0, end; begin < lines.size(); begin = end) {
    size_t code = 0, comment = 0;
    for (end = begin; end < lines.size() && !lines[end].comment.empty(); ++end) {
      code = std::max(code, lines[end].code.size());
      comment = std::max(comment, lines[end].comment.size());
    }
    end = std::max(end, begin + 1);
    const bool aligned = code + comment + 5 <= kWidth;
    for (size_t i = begin; i < end; ++i) {
      const size_t gap = aligned ? code - lines[i].code.size() + 2 : 2;
      text += lines[i].code;
      if (!lines[i].comment.empty()) text += std::string(gap, ' ') + "// " + lines[i].comment;
      text += '\n';
    }
  }
  return text;
}

class Writer {
 public:
  explicit Writer(const Contents& program) : plan_(program) {
    for (const Loop& loop : plan_.loops) write(loop);
    const std::vector<Line> body = std::exchange(lines_, {});
    write_head(program);
    source_.text = layout(lines_) + layout(body) + "}\n";
  }
  Source take() { return std::move(source_); }

 private:
  /// Adds a line. Its comment stands behind it or, if there is no room, above it.
  void line(size_t indent, const std::string& code, const std::string& comment = "") {
    const std::string space(indent, ' ');
    const bool beside = indent + code.size() + comment.size() + 5 <= kWidth;
    if (!comment.empty() && !beside) lines_.push_back({space + "// " + comment, ""});
    lines_.push_back({code.empty() ? "" : space + code, beside ? comment : ""});
  }

  // ---- The parts of a statement ---------------------------------------------------------------------------------

  /// The name under which the text knows a buffer. A memory with elements of several types has a pointer for each.
  std::string name_of(const Operand& operand) {
    const Buffer& buffer = plan_.buffers[operand.buffer];
    if (buffer.kind != Buffer::Kind::memory) return buffer.name;
    pointers_.insert(operand.buffer);
    return pointer_name(buffer, operand.view.dtype);
  }
  static std::string pointer_name(const Buffer& buffer, Dtype dtype) {
    return buffer.dtypes.size() == 1 ? buffer.name : buffer.name + '_' + cpp_name_of(dtype);
  }

  std::string text_of(const Operand& operand, const std::vector<int64_t>& strides) {
    const std::string name = name_of(operand);
    if (plan_.buffers[operand.buffer].kind == Buffer::Kind::number)
      return (operand.is_address ? "&" : "") + name;
    const std::string index = index_text(strides, operand.offset);
    if (operand.is_address) return index == "0" ? name : name + " + " + index;
    return name + '[' + index + ']';
  }

  /// "out = expression;"
  std::string statement(const Step& step, const std::vector<int64_t>* strides) {
    std::vector<std::string> texts;
    for (const Operand& operand : step.operands) texts.push_back(text_of(operand, *strides++));
    const Operand& out = step.operands.back();
    std::string to = texts.back();
    texts.pop_back();
    const Buffer& buffer = plan_.buffers[out.buffer];
    if (buffer.kind == Buffer::Kind::number && declared_.insert(out.buffer).second)
      to = std::string(buffer.writes == 1 ? "const " : "") + cpp_name_of(out.view.dtype) + ' ' + to;
    return to + " = " + step.expression(texts) + ';';
  }

  /// "12 mul 0.5", "6 matmul x2 x2ᵀ"
  std::string comment_of(const Step& step) const {
    std::ostringstream comment;
    comment << step.line << ' ';
    step.call->print(comment);
    if (!step.has_text() || step.call->name() != std::string_view("matmul")) return comment.str();
    for (const int side : {0, 1}) {
      const View& matrix = *step.operands[side].argument;
      const bool is_transposed = matrix.strides[0] == 1 && matrix.strides[1] != 1;
      comment << ' ' << plan_.buffers[step.operands[side].buffer].name << (is_transposed ? "ᵀ" : "");
    }
    return comment.str();
  }

  // ---- Loops ----------------------------------------------------------------------------------------------------

  void write(const Loop& loop) {
    const bool is_loop = !loop.sizes.empty();
    if (!lines_.empty() && (is_loop || after_loop_)) line(0, "");
    after_loop_ = is_loop;
    if (loop.is_call()) return write_call(loop.steps[0]);
    declare_arrays(loop);
    const Nest nest = merged_nest(loop);
    std::vector<Line> lines;
    const std::vector<int64_t>* strides = nest.strides.data();
    for (const Step& step : loop.steps) {
      lines.push_back({statement(step, strides), comment_of(step)});
      strides += step.operands.size();
    }
    std::vector<std::string> heads;
    for (size_t d = 0; d < nest.sizes.size(); ++d) {
      const std::string i(1, "ijklmnqr"[d]);
      heads.push_back("for (int " + i + " = 0; " + i + " < " + std::to_string(nest.sizes[d]) + "; ++" + i +
                      ")");
    }
    source_.loops += !heads.empty();
    // A single statement follows the innermost loop on the same line, if there is room.
    if (!heads.empty() && lines.size() == 1) {
      const std::string together = heads.back() + ' ' + lines[0].code;
      if (2 * heads.size() + together.size() <= kWidth) {
        lines[0].code = together;
        heads.pop_back();
      }
    }
    const bool braces = lines.size() > 1 && !heads.empty();
    if (braces) heads.back() += " {";
    for (size_t d = 0; d < heads.size(); ++d) line(2 + 2 * d, heads[d]);
    for (const auto& [code, comment] : lines) line(2 + 2 * heads.size(), code, comment);
    if (braces) line(2 * heads.size(), "}");
  }

  void declare_arrays(const Loop& loop) {
    std::map<Dtype, std::string> lists;
    for (const Step& step : loop.steps) {
      const Operand& out = step.operands.back();
      const Buffer& buffer = plan_.buffers[out.buffer];
      if (buffer.kind != Buffer::Kind::array || !declared_.insert(out.buffer).second) continue;
      std::string& list = lists[out.view.dtype];
      list += (list.empty() ? "" : ", ") + buffer.name + '[' + std::to_string(buffer.elements) + ']';
    }
    for (const auto& [dtype, list] : lists) line(2, std::string(cpp_name_of(dtype)) + ' ' + list + ';');
  }

  void write_call(const Step& step) {
    ++source_.kernels;
    std::string read, written;
    for (const Operand& operand : step.operands) {
      std::string& list = operand.written ? written : read;
      list += (list.empty() ? "" : ", ") + plan_.buffers[operand.buffer].name;
    }
    std::string comment = comment_of(step);
    if (!written.empty()) comment += ": " + written;
    if (!read.empty()) comment += " <- " + read;
    line(2, "program.call(" + std::to_string(step.line) + ");", comment);
  }

  // ---- The head -------------------------------------------------------------------------------------------------

  void write_head(const Contents& program) {
    line(0, "// A program of Gradus, written from the " + std::to_string(program.calls.size()) +
                " calls of its listing.");
    line(0, kHead);
    line(0,
         std::string("extern \"C\" void ") + kFunctionName + "(const gradus::programs::Recorded& program) {");
    for (const size_t buffer : pointers_) declare_pointers(plan_.buffers[buffer]);
    if (!pointers_.empty()) line(0, "");
  }

  void declare_pointers(const Buffer& buffer) {
    // Nobody else writes or reads this memory while the function runs.
    const bool alone = buffer.dtypes.size() == 1 && !buffer.is_shared && !plan_.has_host_work;
    std::ostringstream shape;
    shape << ShapeText{buffer.first_view->shape()};
    for (const Dtype dtype : buffer.dtypes) {
      const std::string type = cpp_name_of(dtype);
      line(2,
           type + "* " + (alone ? "__restrict " : "") + "const " + pointer_name(buffer, dtype) +
               " = program.elements<" + type + ">(" + std::to_string(source_.memory.size()) + ");",
           shape.str());
    }
    source_.memory.push_back(buffer.begin);
  }

  Plan plan_;
  Source source_;
  std::vector<Line> lines_;
  bool after_loop_ = false;    // the last statement was a loop
  std::set<size_t> declared_;  // arrays and numbers
  std::set<size_t> pointers_;  // the memory that the text uses
};

}  // namespace

Source write_source(const Contents& program) { return Writer(program).take(); }

}  // namespace gradus::programs
