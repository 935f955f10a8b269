// Call: one entry of a program, a kernel with its arguments.
#pragma once

#include <functional>
#include <ostream>
#include <tuple>
#include <vector>

#include "kernels/kernels.h"

namespace gradus::programs {

/// A view among a call's arguments. A `written` view may also be read.
struct Argument {
  const View* view;
  bool written;
};

/// An entry of the table of kernels.
struct Description {
  const char* name;
  int outputs = 1;             // the last views are written
  const char* flag = nullptr;  // what a bool argument means
};

class Call {
 public:
  Call(const char* name, DeviceType device) : name_(name), device_(device) {}
  virtual ~Call() = default;
  virtual void run() const = 0;
  /// The views, inputs first.
  virtual std::vector<Argument> arguments() const { return {}; }
  /// The kernel and the arguments that are not views, for the listing: "tanh", "mul 2".
  virtual void print(std::ostream& out) const = 0;
  const char* name() const { return name_; }
  /// The device whose table had the kernel; the CPU for work of the host.
  DeviceType device() const { return device_; }

 private:
  const char* name_;
  DeviceType device_;
};

/// A call of an entry of the table, with copies of its arguments: KernelCall<&Kernels::unary>.
template <auto entry>
class KernelCall;
template <class... Parameters, void (*Kernels::*entry)(Parameters...)>
class KernelCall<entry> final : public Call {
 public:
  using Kernel = void (*)(Parameters...);
  const Kernel kernel;
  const std::tuple<std::remove_cvref_t<Parameters>...> values;

  KernelCall(const Description& description, DeviceType device, Kernel kernel, const Parameters&... arguments)
      : Call(description.name, device), kernel(kernel), values(arguments...), description_(description) {}

  void run() const override { std::apply(kernel, values); }

  std::vector<Argument> arguments() const override {
    std::vector<Argument> views;
    const auto add = [&](const auto& argument) {
      if constexpr (std::same_as<decltype(argument), const View&>) views.push_back({&argument, false});
    };
    std::apply([&](const auto&... argument) { (add(argument), ...); }, values);
    for (int i = 1; i <= description_.outputs; ++i) views[views.size() - i].written = true;
    return views;
  }

  void print(std::ostream& out) const override {
    if constexpr (!(std::derived_from<std::remove_cvref_t<Parameters>, FormulaId> || ...)) out << name();
    std::apply([&](const auto&... argument) { (print_detail(out, argument), ...); }, values);
  }

 private:
  void print_detail(std::ostream&, const View&) const {}
  void print_detail(std::ostream& out, const FormulaId& f) const { out << f.name; }
  void print_detail(std::ostream& out, const Scalar& number) const { out << ' ' << number; }
  void print_detail(std::ostream& out, double number) const { out << ' ' << number; }
  void print_detail(std::ostream& out, int dim) const { out << " dim " << dim; }
  void print_detail(std::ostream& out, bool flag) const {
    if (flag) out << ", " << description_.flag;
  }
  void print_detail(std::ostream& out, Triangle half) const {
    out << (half.upper ? " upper" : " lower") << (half.unit ? ", unit" : "");
  }

  Description description_;
};

/// Work of the host: a range check, a random draw, an optimiser's step.
class HostCall final : public Call {
 public:
  HostCall(const char* op, std::function<void()> work) : Call(op, DeviceType::CPU), work_(std::move(work)) {}
  void run() const override { work_(); }
  void print(std::ostream& out) const override { out << name() << " (host)"; }

 private:
  std::function<void()> work_;
};

}  // namespace gradus::programs
