// Optimisers in files: save(adam, "adam.safetensors"), load(adam, "adam.safetensors"). See tensor/files/serialize.h.
//
// A file holds what the next step depends on beside the parameters and their gradients, under the names of PyTorch's
// state_dict: "state.0.exp_avg" of the first parameter, "param_groups.0.lr" of the first group. All are tensors: a
// learning rate in decimal digits would not come back bit for bit.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "tensor/create.h"
#include "tensor/files/serialize.h"

namespace gradus::optim {

class Optimizer;

NamedTensors tensors_of(const Optimizer& optimizer);
/// The optimiser must have groups of as many parameters, of the shapes and dtypes, as the saved one had.
void set_tensors(Optimizer& optimizer, const Safetensors& file);

/// Carries the members of a struct to named tensors, or back, whichever it was made for; so a struct lists them once:
///
///     void fields(Fields& fields) { fields("step", step)("exp_avg", exp_avg); }
class Fields {
 public:
  Fields() = default;                                         // from members to tensors()
  explicit Fields(const Safetensors& file) : file_(&file) {}  // from the file to members
  const NamedTensors& tensors() const { return tensors_; }

  /// What follows is called prefix.name. Tensors must have the shape and the dtype of `like`, if that is given.
  Fields& in(std::string prefix, const Tensor& like = {});

  /// A number: float64, int64 or bool, without dimensions.
  template <class T>
  requires std::is_arithmetic_v<T> Fields& operator()(const char* name, T& value) {
    value = carried(name, tensor(value, dtype_of<T>())).template item<T>();
    return *this;
  }
  Fields& operator()(const char* name, std::tuple<double, double>& pair);
  /// Any number of numbers, or a string's characters: one dimension.
  template <class List>
  requires std::is_arithmetic_v<typename List::value_type> Fields& operator()(const char* name, List& list) {
    using T = typename List::value_type;
    const Tensor x = carried_list(name, tensor(std::vector<T>(list.begin(), list.end()), dtype_of<T>()));
    list.clear();
    for (int64_t i = 0; i < x.numel(); ++i) list.push_back(x[i].template item<T>());
    return *this;
  }
  /// Any number of tensors: name.0, name.1, …
  Fields& operator()(const char* name, std::deque<Tensor>& list);
  /// What there may be: then the file has it.
  template <class T>
  Fields& operator()(const char* name, std::optional<T>& value) {
    if (!(file_ ? find(prefix_ + name) != nullptr : value.has_value())) return value.reset(), *this;
    if (!value) value.emplace();
    return (*this)(name, *value);
  }
  /// A tensor; if it is undefined, the file does not have it.
  Fields& operator()(const char* name, Tensor& x);

  /// Error if the file lacked something, had it in another shape, or has more than was asked for.
  void check_complete();

 private:
  const Tensor* find(const std::string& name);
  Tensor carried(const char* name, const Tensor& x);
  Tensor carried_list(const char* name, const Tensor& x);

  const Safetensors* file_ = nullptr;
  NamedTensors tensors_;
  std::string prefix_;
  Tensor like_;
  std::set<std::string> used_;
  Differences differences_;
};

}  // namespace gradus::optim
