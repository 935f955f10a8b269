#include "optim/tools/serialize.h"

#include <set>

#include "tensor/create.h"

namespace gradus::optim {
namespace {

// ---- Writing ----------------------------------------------------------------------------------------------

/// The one-dimensional tensor of some numbers, or of a string's characters.
template <class List>
Tensor tensor_of(const List& list) {
  using T = typename List::value_type;
  return tensor(std::vector<T>(list.begin(), list.end()), dtype_of<T>());
}

/// Copies members to named tensors.
class FieldsToTensors final : public Fields {
 public:
  NamedTensors tensors;

  Fields& in(std::string prefix, const Tensor&) override { return prefix_ = std::move(prefix) + '.', *this; }
  Fields& operator()(const char* name, double& value) override { return put(name, tensor(value, kFloat64)); }
  Fields& operator()(const char* name, int64_t& value) override { return put(name, tensor(value, kInt64)); }
  Fields& operator()(const char* name, bool& value) override { return put(name, tensor(value, kBool)); }
  Fields& operator()(const char* name, std::string& value) override { return put(name, tensor_of(value)); }
  Fields& operator()(const char* name, std::tuple<double, double>& pair) override {
    return put(name, tensor({std::get<0>(pair), std::get<1>(pair)}, kFloat64));
  }
  Fields& operator()(const char* name, std::vector<double>& list) override {
    return put(name, tensor_of(list));
  }
  Fields& operator()(const char* name, std::vector<Tensor>& list) override {
    for (size_t i = 0; i < list.size(); ++i) put(name + ("." + std::to_string(i)), list[i]);
    return *this;
  }
  Fields& operator()(const char* name, Tensor& x) override { return x.defined() ? put(name, x) : *this; }

 private:
  bool is_present(const char*, bool has_value) override { return has_value; }
  Fields& put(const std::string& name, const Tensor& x) { return tensors[prefix_ + name] = x, *this; }

  std::string prefix_;
};

// ---- Reading ----------------------------------------------------------------------------------------------

/// Sets members from the tensors of a file and records which tensors do not fit.
class FieldsFromFile final : public Fields {
 public:
  explicit FieldsFromFile(const Safetensors& file) : file_(file) {}

  Fields& in(std::string prefix, const Tensor& like) override {
    prefix_ = std::move(prefix) + '.';
    like_ = like;
    return *this;
  }
  Fields& operator()(const char* name, double& value) override { return get(name, value); }
  Fields& operator()(const char* name, int64_t& value) override { return get(name, value); }
  Fields& operator()(const char* name, bool& value) override { return get(name, value); }
  Fields& operator()(const char* name, std::string& value) override { return get_list(name, value); }
  Fields& operator()(const char* name, std::tuple<double, double>& pair) override {
    if (const Tensor* both = find_matching(name, kFloat64, {2}))
      pair = {(*both)[0].item<double>(), (*both)[1].item<double>()};
    return *this;
  }
  Fields& operator()(const char* name, std::vector<double>& list) override { return get_list(name, list); }
  Fields& operator()(const char* name, std::vector<Tensor>& list) override {
    list.clear();
    for (std::string item; find(item = name + ("." + std::to_string(list.size())));)
      (*this)(item.c_str(), list.emplace_back());
    return *this;
  }
  Fields& operator()(const char* name, Tensor& x) override {
    const Tensor* found = find(name);
    x = found ? *found : Tensor();
    if (found && like_.defined() && differences_.compare(prefix_ + name, x, like_.dtype(), like_.sizes()))
      x = x.to(like_.device());
    return *this;
  }

  /// Error if the file lacks a field, has a field of another shape or dtype, or has a field that was not read.
  void check_complete() {
    for (const auto& [name, x] : file_.tensors)
      if (!used_.contains(name)) differences_.unexpected(name);
    differences_.check_none(file_.source);
  }

 private:
  bool is_present(const char* name, bool) override { return find(name) != nullptr; }

  /// A tensor of the file, or nullptr.
  const Tensor* find(const std::string& name) {
    used_.insert(prefix_ + name);
    const auto found = file_.tensors.find(prefix_ + name);
    return found == file_.tensors.end() ? nullptr : &found->second;
  }
  /// A tensor of the file, if it has this dtype and these sizes. Otherwise records the
  /// difference and returns nullptr.
  const Tensor* find_matching(const char* name, Dtype dtype, IntArrayRef sizes) {
    const Tensor* found = find(name);
    if (!found) differences_.missing(prefix_ + name);
    return found && differences_.compare(prefix_ + name, *found, dtype, sizes) ? found : nullptr;
  }
  template <class T>
  Fields& get(const char* name, T& value) {
    if (const Tensor* found = find_matching(name, dtype_of<T>(), {})) value = found->item<T>();
    return *this;
  }
  /// Reads a one-dimensional tensor of any length.
  template <class List>
  Fields& get_list(const char* name, List& list) {
    using T = typename List::value_type;
    const Tensor* found = find(name);
    const int64_t size = found && found->dim() == 1 ? found->size(0) : static_cast<int64_t>(list.size());
    if (!find_matching(name, dtype_of<T>(), {size})) return *this;
    list.clear();
    for (int64_t i = 0; i < size; ++i) list.push_back((*found)[i].item<T>());
    return *this;
  }

  const Safetensors& file_;
  std::string prefix_;
  Tensor like_;
  std::set<std::string> used_;
  Differences differences_;
};

void visit_all(Optimizer& optimizer, Fields& fields) {
  size_t first = 0;
  for (size_t i = 0; i < optimizer.param_groups().size(); ++i) {
    const OptimizerParamGroup& group = optimizer.param_groups()[i];
    group.options().fields(fields.in("param_groups." + std::to_string(i)));
    // The numbers of the group's parameters, counted over all groups: [0, 1, …]. The file must have as many.
    const size_t end = first + group.params().size();
    Tensor params = arange(static_cast<int64_t>(first), static_cast<int64_t>(end));
    const Tensor like = params;
    fields.in("param_groups." + std::to_string(i), like)("params", params);
    first = end;
  }
  optimizer.state_fields(fields);
}

}  // namespace

NamedTensors tensors_of(const Optimizer& optimizer) {
  FieldsToTensors fields;
  visit_all(const_cast<Optimizer&>(optimizer), fields);  // FieldsToTensors changes nothing
  return fields.tensors;
}

void set_tensors(Optimizer& optimizer, const Safetensors& file) {
  const Safetensors before{.tensors = tensors_of(optimizer), .metadata = {}};
  try {
    FieldsFromFile fields(file);
    visit_all(optimizer, fields);
    fields.check_complete();
    for (const OptimizerParamGroup& group : optimizer.param_groups()) group.options().validate();
  } catch (...) {
    FieldsFromFile fields(before);
    visit_all(optimizer, fields);
    throw;
  }
}

}  // namespace gradus::optim
