// Measures every entry of the list of ops (tests/op_list) at a given size, and prints a line for each:
//
//     ops 1000000 '^(sum|amax)'       →  family <tab> entry <tab> layout <tab> elements <tab> nanoseconds
//
// The program is built on Gradus and on libtorch (libtorch/gradus.h), and ops_table.cpp runs the two in turn.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <regex>

#include "op_list.h"

namespace gradus::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Family {
  const char* name;
  std::vector<Op> (*ops)();
  double most_elements = 1e7;
};
/// Products and factorisations of larger matrices take seconds, which they spend in the same BLAS and LAPACK.
const Family kFamilies[] = {
    {"pointwise", pointwise_ops},   {"activations", activation_ops}, {"arithmetic", arithmetic_ops},
    {"products", product_ops, 1e6}, {"reductions", reduction_ops},   {"views and copies", view_ops},
    {"indexing", indexing_ops},     {"matrices", linalg_ops, 3e4},   {"in place", in_place_ops}};

/// In the list these stand only in sums with other tensors, since their own gradient is 0.
std::vector<Op> writes_alone() {
  const auto add = [](std::vector<Op>& ops, std::string name, std::vector<Input> inputs, Call call) {
    ops.push_back({.name = std::move(name),
                   .inputs = std::move(inputs),
                   .call = std::move(call),
                   .reference = [](double x) { return x; }});
  };
  std::vector<Op> ops;
  add(ops, "zero_.alone", {any({3, 4})}, [](Inputs x) { return target(x[0]).zero_(); });
  add(ops, "fill_.alone", {any({3, 4})}, [](Inputs x) { return target(x[0]).fill_(2); });
  add(ops, "copy_.alone", {any({3, 4}), any({3, 4})}, [](Inputs x) { return target(x[0]).copy_(x[1]); });
  add(ops, "masked_fill_.alone", {any({3, 4}), mask({3, 4})},
      [](Inputs x) { return target(x[0]).masked_fill_(x[1], 0.5); });
  return ops;
}

/// `sizes` with every dimension `times` as long, but for dimensions of size 1.
Sizes scaled(Sizes sizes, int64_t times) {
  for (int64_t& size : sizes) size *= size == 1 ? 1 : times;
  return sizes;
}

/// An empty tensor. If strided, its dimensions are stored in the opposite order; a vector is a column of a matrix.
Tensor place_for(const Sizes& sizes, Dtype dtype, bool strided) {
  if (!strided || sizes.empty()) return empty(sizes, dtype);
  if (sizes.size() == 1) return empty({sizes[0], 2}, dtype).select(1, 0);
  std::vector<int64_t> backwards(sizes.size());
  for (size_t d = 0; d < sizes.size(); ++d) backwards[d] = static_cast<int64_t>(sizes.size() - 1 - d);
  return empty(Sizes(sizes.rbegin(), sizes.rend()), dtype).permute(backwards);
}

/// An input `times` as long in every dimension. Its elements repeat after some tens of thousands.
Tensor make(const Input& input, int64_t times, bool strided, Random& random) {
  const Sizes sizes = scaled(input.sizes, times);
  const int64_t count = count_of(sizes);
  const std::vector<double> drawn = input.draw(std::min<int64_t>(count, 50'000), random);
  const Tensor dense = empty(sizes, kFloat32);
  float* const values = dense.data_ptr<float>();
  for (int64_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(drawn[static_cast<size_t>(i) % drawn.size()]);
  const Tensor x = place_for(sizes, input.dtype == kFloat64 ? kFloat32 : input.dtype, strided);
  x.copy_(dense);
  return x;
}

/// An entry with inputs of one size and layout.
struct Case {
  const Op& op;
  variable_list inputs;
  int64_t elements = 0, dim = 0;  // of the largest input or result

  Case(const Op& op, int64_t times, bool strided) : op(op) {
    Random random(0);
    for (const Input& input : op.inputs) inputs.push_back(make(input, times, strided, random));
    variable_list all = op.call(inputs);
    all.insert(all.end(), inputs.begin(), inputs.end());
    for (const Tensor& x : all)
      if (x.numel() > elements) elements = x.numel(), dim = x.dim();
  }

  /// The least time of a call, in nanoseconds. An op in place finds its inputs as they were: else they would run away.
  double nanoseconds() const {
    const bool restores = op.name.substr(0, op.name.find('.')).ends_with('_');
    variable_list saved;
    for (const Tensor& x : inputs) saved.push_back(restores ? x.clone() : x);
    const int calls = elements < 10'000 ? 16 : 1;
    double least = HUGE_VAL;
    const Clock::time_point end = Clock::now() + std::chrono::milliseconds(elements < 10'000 ? 1 : 6);
    for (int batch = 0; batch < 4 || Clock::now() < end; ++batch) {
      for (size_t i = 0; restores && i < inputs.size(); ++i) inputs[i].copy_(saved[i]);
      const Clock::time_point start = Clock::now();
      for (int call = 0; call < calls; ++call) op.call(inputs);
      least = std::min(least, std::chrono::duration<double, std::nano>(Clock::now() - start).count() / calls);
    }
    return least;
  }
};

/// The entry at about `elements` elements. Entries whose call names the list's own sizes, views for instance, stay
/// at those.
Case sized(const Op& op, double elements, bool strided) {
  const Case small(op, 1, strided);
  if (small.dim == 0) return small;
  const double ratio = elements / static_cast<double>(small.elements);
  const auto times = static_cast<int64_t>(std::pow(ratio, 1.0 / static_cast<double>(small.dim)));
  try {
    return Case(op, std::max<int64_t>(times, 1), strided);
  } catch (const std::exception&) {
    return small;
  }
}

void measure(const char* family, const std::vector<Op>& ops, double elements, const std::regex& wanted) {
  for (const Op& op : ops)
    for (const bool strided : {false, true}) try {
        if (!std::regex_search(op.name, wanted)) continue;
        const Case sample = sized(op, elements, strided);
        std::printf("%s\t%s\t%s\t%lld\t%.1f\n", family, op.name.c_str(), strided ? "strided" : "contiguous",
                    static_cast<long long>(sample.elements), sample.nanoseconds());
        std::fflush(stdout);
      } catch (const std::exception& error) {
        const std::string text = error.what();
        std::fprintf(stderr, "%s: %s\n", op.name.c_str(), text.substr(0, text.find('\n')).c_str());
      }
}

}  // namespace
}  // namespace gradus::test

int main(int argc, char** argv) {
  using namespace gradus::test;
  const double elements = argc > 1 ? std::atof(argv[1]) : 1000;
  const std::regex wanted(argc > 2 ? argv[2] : ".");
  const gradus::NoGradGuard no_grad;
  overwrites_inputs = true;
  for (const auto& [name, ops, most] : kFamilies) measure(name, ops(), std::min(elements, most), wanted);
  measure("in place", writes_alone(), elements, wanted);
}
