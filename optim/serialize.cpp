#include "optim/serialize.h"

#include "optim/optimizer.h"

namespace gradus::optim {

Fields& Fields::in(std::string prefix, const Tensor& like) {
  prefix_ = std::move(prefix) + '.';
  like_ = like;
  return *this;
}

/// A tensor of the file, or nullptr.
const Tensor* Fields::find(const std::string& name) {
  used_.insert(name);
  const auto found = file_->tensors.find(name);
  return found == file_->tensors.end() ? nullptr : &found->second;
}

/// To tensors: x goes there. From the file: the tensor there, which must be like x; x itself if it is not.
Tensor Fields::carried(const char* name, const Tensor& x) {
  const std::string full = prefix_ + name;
  if (!file_) return tensors_[full] = x;
  const Tensor* found = find(full);
  if (!found) differences_.missing(full);
  return found && differences_.compare(full, *found, x.dtype(), x.sizes()) ? *found : x;
}

/// The same of a tensor of one dimension that may have another length.
Tensor Fields::carried_list(const char* name, const Tensor& x) {
  const Tensor* found = file_ ? find(prefix_ + name) : nullptr;
  return found && found->dim() == 1 ? carried(name, empty(found->sizes(), x.dtype())) : carried(name, x);
}

Fields& Fields::operator()(const char* name, std::tuple<double, double>& pair) {
  auto& [first, second] = pair;
  const Tensor both = carried(name, tensor({first, second}, kFloat64));
  first = both[0].item<double>();
  second = both[1].item<double>();
  return *this;
}

Fields& Fields::operator()(const char* name, Tensor& x) {
  const std::string full = prefix_ + name;
  if (!file_) {
    if (x.defined()) tensors_[full] = x;
    return *this;
  }
  const Tensor* found = find(full);
  x = found ? *found : Tensor();
  if (found && like_.defined() && differences_.compare(full, x, like_.dtype(), like_.sizes()))
    x = x.to(like_.device());
  return *this;
}

Fields& Fields::operator()(const char* name, std::deque<Tensor>& list) {
  const auto name_of = [&](size_t i) { return name + ("." + std::to_string(i)); };
  if (file_) {
    list.clear();
    while (find(prefix_ + name_of(list.size()))) list.emplace_back();
  }
  for (size_t i = 0; i < list.size(); ++i) (*this)(name_of(i).c_str(), list[i]);
  return *this;
}

void Fields::check_complete() {
  for (const auto& [name, x] : file_->tensors)
    if (!used_.contains(name)) differences_.unexpected(name);
  differences_.check_none(file_->source);
}

namespace {

void carry_all(Optimizer& optimizer, Fields& fields) {
  size_t first = 0;
  for (size_t i = 0; i < optimizer.param_groups().size(); ++i) {
    const OptimizerParamGroup& group = optimizer.param_groups()[i];
    group.options().fields(fields.in("param_groups." + std::to_string(i)));
    // Which parameters the group has, counted from the optimiser's first: [0, 1, …]. There must be as many.
    const size_t end = first + group.params().size();
    Tensor params = arange(static_cast<int64_t>(first), static_cast<int64_t>(end));
    fields.in("param_groups." + std::to_string(i), params)("params", params);
    first = end;
  }
  optimizer.state_fields(fields);
}

}  // namespace

NamedTensors tensors_of(const Optimizer& optimizer) {
  Fields fields;
  carry_all(const_cast<Optimizer&>(optimizer), fields);  // which then changes nothing
  return fields.tensors();
}

void set_tensors(Optimizer& optimizer, const Safetensors& file) {
  const Safetensors before{.tensors = tensors_of(optimizer), .metadata = {}};
  try {
    Fields fields(file);
    carry_all(optimizer, fields);
    fields.check_complete();
    for (const OptimizerParamGroup& group : optimizer.param_groups()) group.options().validate();
  } catch (...) {
    Fields fields(before);
    carry_all(optimizer, fields);
    throw;
  }
}

}  // namespace gradus::optim
