// The layout is that of torch/_tensor_str.py: all numbers of a tensor are printed in one style and one width, which
// depend on the numbers, see NumberFormat.
#include "tensor/print.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>

#include "kernels/text_stream.h"

namespace gradus {
namespace {

// ---- The options --------------------------------------------------------------------------------

constinit std::mutex options_mutex;
constinit PrintOptions current_options;

// ---- One number ---------------------------------------------------------------------------------

/// As Python's format: "0.1220" or "1.2200e-01". The program's locale does not matter.
std::string digits(double value, std::chars_format style, int precision) {
  if (std::isnan(value)) return "nan";  // to_chars would show the sign of a NaN
  char text[512];                       // 309 digits before the point, 100 after it, and the sign
  return {text, std::to_chars(text, text + sizeof text, value, style, precision).ptr};
}

/// The style and the width in which all numbers of one tensor are printed.
///
///   whole       2.          if all of them are whole
///   fixed       0.1220      if not
///   scientific  1.2200e-01  if the largest is above 10⁸ or more than 1000 times the smallest; if not all are whole,
///                           also if the smallest is below 10⁻⁴. Only magnitudes count, without 0, NaN and infinities.
///
/// PyTorch's quirk: sci_mode changes the style but not the width. Numbers that are scientific by default keep
/// that width even if sci_mode prints them in fixed style.
class NumberFormat {
 public:
  /// `for_each_number(f)` calls f with each number that will be printed, as a Scalar.
  template <class Visit>
  NumberFormat(Dtype dtype, const PrintOptions& options, const Visit& for_each_number)
      : dtype_(dtype), precision_(options.precision) {
    if (!is_floating_point(dtype)) {
      for_each_number([&](Scalar x) { widen(text(x).size()); });
      return;
    }
    double smallest = HUGE_VAL, largest = 0;
    for_each_number([&](Scalar x) {
      const double value = x.toDouble();
      if (!std::isfinite(value) || value == 0) return;
      smallest = std::min(smallest, std::abs(value));
      largest = std::max(largest, std::abs(value));
      whole_ &= value == std::ceil(value);
    });
    if (largest > 0) {
      scientific_ = largest / smallest > 1000 || largest > 1e8 || (!whole_ && smallest < 1e-4);
      for_each_number([&](Scalar x) {
        const double value = x.toDouble();
        if (std::isfinite(value) && value != 0) widen(text(x).size());
      });
      scientific_ = options.sci_mode.value_or(scientific_);
    }
  }

  size_t width() const { return width_; }

  std::string operator()(Scalar x) const {
    std::string number = text(x);
    number.insert(0, width_ - std::min(width_, number.size()), ' ');
    return number;
  }

 private:
  void widen(size_t width) { width_ = std::max(width_, width); }

  std::string text(Scalar x) const {
    if (dtype_ == kBool) return x.to<bool>() ? "True" : "False";
    if (!is_floating_point(dtype_)) return std::to_string(x.toLong());
    const double value = x.toDouble();
    if (scientific_) return digits(value, std::chars_format::scientific, precision_);
    if (!whole_) return digits(value, std::chars_format::fixed, precision_);
    return digits(value, std::chars_format::fixed, 0) + (std::isfinite(value) ? "." : "");
  }

  Dtype dtype_;
  int precision_;
  bool whole_ = true;
  bool scientific_ = false;
  size_t width_ = 1;
};

// ---- One tensor ---------------------------------------------------------------------------------

/// Prints the elements of a tensor in host memory: brackets, commas, line breaks and "...".
class ElementPrinter {
 public:
  ElementPrinter(const View& x, const PrintOptions& options)
      : x_(x),
        options_(options),
        shortened_(x.numel() > options.threshold),
        format_(x.dtype, options, [this](auto f) { for_each_shown(0, 0, f); }) {}

  std::string text(size_t indent) const { return nested(0, 0, indent); }

 private:
  Scalar element(int64_t offset) const {
    return visit_stored_dtype(x_.dtype, [&]<class T>(T) { return Scalar(x_.as<T>()[offset]); });
  }

  /// Are the middle elements of this dimension left out?
  bool has_gap(int d) const { return shortened_ && x_.sizes[d] > 2 * options_.edgeitems; }

  /// Calls f(i) for every index of dimension d that is shown, and gap() where others are left out.
  template <class F, class Gap>
  void for_each_index(int d, F f, Gap gap) const {
    for (int64_t i = 0; i < x_.sizes[d]; ++i) {
      if (has_gap(d) && i == options_.edgeitems) {
        gap();
        i = x_.sizes[d] - options_.edgeitems;
      }
      f(i);
    }
  }

  template <class F>
  void for_each_shown(int d, int64_t offset, const F& f) const {
    if (d == x_.dim) return f(element(offset));
    for_each_index(
        d, [&](int64_t i) { for_each_shown(d + 1, offset + i * x_.strides[d], f); }, [] {});
  }

  /// Dimension d and those below it, with the element at `offset` as their first.
  std::string nested(int d, int64_t offset, size_t indent) const {
    if (d == x_.dim) return format_(element(offset));
    const bool innermost = d + 1 == x_.dim;

    std::vector<std::string> parts;
    for_each_index(
        d, [&](int64_t i) { parts.push_back(nested(d + 1, offset + i * x_.strides[d], indent + 1)); },
        [&] { parts.push_back(innermost ? " ..." : "..."); });

    // Numbers follow one another until the line is full. Between the matrices of a batch there is an empty line.
    const std::string new_line(innermost ? 1 : x_.dim - d - 1, '\n');
    const size_t per_line = innermost ? numbers_per_line(indent) : 1;
    std::string text = "[";
    for (size_t i = 0; i < parts.size(); ++i) {
      if (i != 0) text += i % per_line != 0 ? ", " : "," + new_line + std::string(indent + 1, ' ');
      text += parts[i];
    }
    return text + "]";
  }

  size_t numbers_per_line(size_t indent) const {
    const size_t linewidth = static_cast<size_t>(options_.linewidth);
    return std::max<size_t>(1, (linewidth - std::min(linewidth, indent)) / (format_.width() + 2));
  }

  const View& x_;
  const PrintOptions& options_;
  bool shortened_;
  NumberFormat format_;
};

/// What is printed after the elements: the properties of x that they do not show.
std::vector<std::string> properties(const Tensor& x) {
  std::vector<std::string> list;
  const Dtype dtype = x.dtype();
  const bool empty = x.numel() == 0;
  if (!x.device().is_cpu()) list.push_back("device='" + x.device().str() + "'");
  if (empty && x.dim() != 1) {
    TextStream size;
    size << "size=" << gradus::text(x.sizes());
    list.push_back(size.str());
  }
  // The elements show whether they are int64 or bool, if there are any.
  const bool is_plain = dtype == get_default_dtype() || (!empty && (dtype == kInt64 || dtype == kBool));
  if (!is_plain) list.push_back(std::string("dtype=") + name_of(dtype));
  if (!x.is_leaf())
    list.push_back("grad_fn=<" + grad_fn_name(x) + ">");
  else if (x.requires_grad())
    list.emplace_back("requires_grad=True");
  return list;
}

}  // namespace

void set_printoptions(const PrintOptions& options) {
  check(options.precision >= 0 && options.precision <= 100,
        "set_printoptions: precision must be 0 to 100, not ", options.precision);
  check(options.edgeitems >= 1, "set_printoptions: edgeitems must be at least 1, not ", options.edgeitems);
  check(options.threshold >= 0, "set_printoptions: threshold must not be negative, but is ",
        options.threshold);
  check(options.linewidth >= 0, "set_printoptions: linewidth must not be negative, but is ",
        options.linewidth);
  const std::lock_guard lock(options_mutex);
  current_options = options;
}

PrintOptions get_printoptions() {
  const std::lock_guard lock(options_mutex);
  return current_options;
}

std::string Tensor::toString() const {
  if (!defined()) return "tensor(undefined)";
  const PrintOptions options = get_printoptions();
  const std::string prefix = "tensor(";
  refuse_capture(kernels_of(*this), "print");
  const Tensor host = detach().to(kCPU);
  std::string text = prefix;
  text += numel() == 0 ? "[]" : ElementPrinter(host.raw(), options).text(prefix.size());

  // A property that would not fit on the line begins a new line. (PyTorch counts one or two columns too many.)
  size_t column = text.size() - (text.rfind('\n') + 1) + 2;
  for (const std::string& property : properties(*this)) {
    if (column + property.size() + 2 > static_cast<size_t>(options.linewidth)) {
      text += ",\n" + std::string(prefix.size(), ' ') + property;
      column = prefix.size() + property.size();
    } else {
      text += ", " + property;
      column += property.size() + 2;
    }
  }
  return text + ")";
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << x.toString(); }

}  // namespace gradus
