// A program as a drawing: which call computes what another one reads.
#include <set>

#include "kernels/text_stream.h"
#include "tensor/program/contents.h"
#include "tensor/program/program.h"

namespace gradus {
namespace programs {
namespace {

/// The bytes between the first and the last element of a view. `is_dense` if all of them are elements.
struct Range {
  const std::byte *begin, *end;
  bool is_dense;

  explicit Range(const View& view) : is_dense(view.is_contiguous()) {
    int64_t last = 0;
    for (int d = 0; d < view.dim; ++d) last += (view.sizes[d] - 1) * view.strides[d];
    begin = static_cast<const std::byte*>(view.data);
    end = begin + (last + 1) * item_size(view.dtype);
  }
  bool overlaps(const Range& other) const { return begin < other.end && other.begin < end; }
  bool covers(const Range& other) const { return is_dense && begin <= other.begin && other.end <= end; }
};

/// Does the call write only some elements of its output, or add to them?
bool keeps_elements(const Call& call) {
  const std::string_view name = call.name();
  return name == "put" || name == "scatter_add_rows";
}

class Drawing {
 public:
  explicit Drawing(const Contents& program) : names_(program.memory) {
    dot_ << "digraph program {\n  rankdir=BT;\n  node [fontname=\"monospace\"];\n";
    for (const std::unique_ptr<Call>& call : program.calls) add(*call);
    dot_ << "}\n";
  }
  std::string text() const { return dot_.str(); }

 private:
  struct Write {
    Range range;
    int call;
  };

  void add(const Call& call) {
    ++number_;
    TextStream name;
    call.print(name);
    const std::vector<Argument> arguments = call.arguments();
    dot_ << "  \"" << number_ << "\" [label=\"" << number_ << ' ' << name.str();
    if (!arguments.empty()) dot_ << "\\n" << ShapeText{arguments.back().view->shape()};
    dot_ << "\", shape=" << (arguments.empty() ? "box" : "ellipse") << "];\n";
    // The memory of the host's work is not known. A dotted arrow shows its place in the order.
    if (arguments.empty() && number_ > 1)
      dot_ << "  \"" << number_ - 1 << "\" -> \"" << number_ << "\" [style=dotted];\n";
    arrows_.clear();
    for (const auto& [view, is_written] : arguments)
      if (view->numel() > 0 && (!is_written || keeps_elements(call))) read(*view);
    for (const auto& [view, is_written] : arguments)
      if (view->numel() > 0 && is_written) written_.push_back({Range(*view), number_});
  }

  /// Draws arrows from the calls that wrote the elements of this view, or from the tensor that existed before the capture.
  void read(const View& view) {
    const Range range(view);
    const std::string memory = names_(view).text;
    for (size_t i = written_.size(); i-- > 0;) {
      if (!written_[i].range.overlaps(range)) continue;
      arrow(std::to_string(written_[i].call), memory);
      if (written_[i].range.covers(range)) return;
    }
    if (memory[0] != 'x') return;
    if (tensors_.insert(memory).second)
      dot_ << "  \"" << memory << "\" [label=\"" << memory << ' ' << view.dtype << "\", shape=box];\n";
    arrow(memory, "");
  }

  void arrow(const std::string& from, const std::string& label) {
    if (!arrows_.insert({from, label}).second) return;
    dot_ << "  \"" << from << "\" -> \"" << number_ << '"';
    if (!label.empty()) dot_ << " [label=\"" << label << "\"]";
    dot_ << ";\n";
  }

  TextStream dot_;
  MemoryNames names_;
  int number_ = 0;
  std::vector<Write> written_;
  std::set<std::string> tensors_;
  std::set<std::pair<std::string, std::string>> arrows_;  // of the present call
};

}  // namespace
}  // namespace programs

std::string program_dot(const Program& program) {
  static const programs::Contents nothing;
  return programs::Drawing(program.contents_ ? *program.contents_ : nothing).text();
}

}  // namespace gradus
