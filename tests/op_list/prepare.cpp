#include "op_list/prepare.h"

#include <limits>

namespace gradus::test {
namespace {

/// The value of the memory around an input, which no op may read.
Scalar poison(Dtype dtype) {
  if (dtype == kBool) return true;
  if (is_small_integer(dtype)) return 99;
  if (!is_floating_point(dtype)) return int64_t{1} << 40;
  return std::numeric_limits<double>::quiet_NaN();
}

/// A tensor of these sizes with the setting's memory layout.
Tensor place_for(const Sizes& sizes, const Setting& setting, Dtype dtype) {
  const TensorOptions options = TensorOptions(dtype).device(setting.device);
  const auto dim = static_cast<int64_t>(sizes.size());
  if (setting.layout == Layout::transposed && dim >= 2) {
    std::vector<int64_t> backwards(sizes.size());
    for (int64_t d = 0; d < dim; ++d) backwards[d] = dim - 1 - d;
    return full(Sizes(sizes.rbegin(), sizes.rend()), poison(dtype), options).permute(backwards);
  }
  if (setting.layout == Layout::transposed && dim == 1)  // one column of a matrix
    return full({sizes[0], 3}, poison(dtype), options).select(1, 1);
  if (setting.layout == Layout::offset) {  // the middle of a larger tensor
    Sizes larger = sizes;
    for (int64_t& size : larger) size += 2;
    Tensor x = full(larger, poison(dtype), options);
    for (int64_t d = 0; d < dim; ++d) x = x.narrow(d, 1, sizes[d]);
    return x;
  }
  return empty(sizes, options);
}

Tensor lay_out(const Array& elements, const Setting& setting, Dtype dtype) {
  const NoGradGuard no_grad;
  Tensor x = place_for(elements.sizes, setting, dtype);
  if (!elements.values.empty()) x.copy_(tensor(elements.values, kFloat64).view(elements.sizes));
  return x;
}

}  // namespace

LaidOut make_input(const Input& input, const Setting& setting, Random& random) {
  Array small{input.sizes, {}};
  if (setting.layout == Layout::expanded && input.expanded_dim >= 0 && !input.sizes.empty())
    small.sizes[input.expanded_dim] = 1;
  small.values = input.draw(count_of(small.sizes), random);
  for (double& value : small.values) value = static_cast<float>(value);  // equal in float32 and float64
  const Dtype dtype = input.dtype == kFloat64 ? setting.dtype : input.dtype;
  Tensor leaf = lay_out(small, setting, dtype);
  if (leaf.is_floating_point()) leaf.requires_grad_();
  return {leaf, input.sizes, expanded(small, input.sizes)};
}

Prepared prepare(const Op& op, const Setting& setting, uint32_t draw) {
  Random random(static_cast<uint32_t>(std::hash<std::string>()(op.name)) + draw);
  Prepared prepared;
  std::vector<Sizes> sizes;
  for (const Input& input : op.inputs) {
    const LaidOut x = make_input(input, setting, random);
    prepared.leaves.push_back(x.leaf);
    prepared.elements.push_back(x.elements);
    sizes.push_back(x.sizes);
  }
  prepared.function = [call = op.call, sizes](const variable_list& leaves) {
    variable_list inputs;
    for (size_t i = 0; i < leaves.size(); ++i)
      inputs.push_back(leaves[i].sizes() == IntArrayRef(sizes[i]) ? leaves[i] : leaves[i].expand(sizes[i]));
    return call(inputs);
  };
  return prepared;
}

}  // namespace gradus::test
