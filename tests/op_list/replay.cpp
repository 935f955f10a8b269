#include "op_list/replay.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

namespace gradus::test {
namespace {

/// Entries that read elements on the host to know the shape of the result, so they cannot be captured.
const std::set<std::string> kReadOnHost = {"index.mask", "index.mask_of_rows", "index_put_.mask",
                                           "index_put_.mask_number", "masked_select"};
/// Entries that treat negative indices differently on the host. The changed inputs may have negative indices where the
/// captured ones have none. Then a replay is an Error.
const std::set<std::string> kDecideOnHost = {"index.slice_and_tensor"};

/// Weights for the elements of y, which differ from each other: sin 1, sin 2, …
Tensor weights_for(const Tensor& y) {
  return sin(arange(1, y.numel() + 1, y.options().dtype(kFloat64))).to(y.dtype()).view(y.sizes());
}

/// The outputs of the op, then first and second derivatives of their weighted sum.
variable_list results_of(const Op& op, const Prepared& prepared) {
  variable_list results = prepared.function(prepared.leaves), wanted, totals;
  for (const Tensor& x : prepared.leaves)
    if (x.requires_grad()) wanted.push_back(x);
  for (const Tensor& y : results)
    if (y.requires_grad()) totals.push_back((y * weights_for(y)).sum());
  for (int order = 1; order <= op.order && !totals.empty(); ++order) {
    const variable_list gradients = autograd::grad(totals, wanted, {}, true, order < op.order, true);
    totals.clear();
    for (const Tensor& gradient : gradients) {
      if (!gradient.defined()) continue;
      results.push_back(gradient);
      if (gradient.requires_grad()) totals.push_back((gradient * weights_for(gradient)).sum());
    }
  }
  return results;
}

/// Expects the same bits. A library that was compiled with fused multiply-adds may differ from the text in last digits.
void expect_same_bits(const Tensor& got, const Tensor& wanted, const std::string& what) {
  const std::vector<double> a = elements_of(got), b = elements_of(wanted);
  ASSERT_EQ(a.size(), b.size()) << what;
#ifdef __FP_FAST_FMA
  expect_close(a, b, got.dtype() == kFloat64 ? 1e-12 : 1e-4, what);
#else
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(double)), 0) << what << ": compiled\n"
                                                                           << got << "\nand the op\n"
                                                                           << wanted;
#endif
}

}  // namespace

bool can_be_replayed(const Op& op) {
  return !kReadOnHost.contains(op.name) && !kDecideOnHost.contains(op.name);
}

void check_replay(const Op& op, const Setting& setting) {
  const Prepared captured = prepare(op, setting), other = prepare(op, setting, 1);
  variable_list replayed;
  Program program;
  try {
    program = capture([&] { replayed = results_of(op, captured); });
  } catch (const Error& error) {
    const bool moves = op.name == "cpu" && setting.device.is_cuda();
    EXPECT_TRUE(moves || kReadOnHost.contains(op.name)) << error.what();
    EXPECT_NE(std::string(error.what()).find("must not read or write elements on the host"),
              std::string::npos)
        << error.what();
    return;
  }
  EXPECT_FALSE(kReadOnHost.contains(op.name));
  {
    const NoGradGuard no_grad;
    for (size_t i = 0; i < captured.leaves.size(); ++i) captured.leaves[i].detach().copy_(other.leaves[i]);
  }
  try {
    program.replay();
  } catch (const Error& error) {
    EXPECT_TRUE(kDecideOnHost.contains(op.name)) << error.what();
    EXPECT_NE(std::string(error.what()).find("takes another way"), std::string::npos) << error.what();
    return;
  }
  const variable_list wanted = results_of(op, other);
  ASSERT_EQ(replayed.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::vector<double> got = elements_of(replayed[i]), right = elements_of(wanted[i]);
    ASSERT_EQ(got.size(), right.size());
    EXPECT_EQ(std::memcmp(got.data(), right.data(), got.size() * sizeof(double)), 0)
        << "result " << i << " of the replay\n"
        << replayed[i] << "\nand of the op\n"
        << wanted[i] << program;
  }
}

void check_compiled(const std::vector<const Op*>& entries, const Setting& setting) {
  std::vector<Prepared> captured, other;
  for (const Op* op : entries) {
    captured.push_back(prepare(*op, setting));
    other.push_back(prepare(*op, setting, 1));
  }
  std::vector<variable_list> results(entries.size());
  Program program = capture([&] {
    for (size_t i = 0; i < entries.size(); ++i) results[i] = results_of(*entries[i], captured[i]);
  });
  {
    const NoGradGuard no_grad;
    for (size_t i = 0; i < entries.size(); ++i)
      for (size_t l = 0; l < captured[i].leaves.size(); ++l)
        captured[i].leaves[l].detach().copy_(other[i].leaves[l]);
  }
  const Compilation compilation = program.compile();
  ASSERT_TRUE(compilation.done) << compilation;
  program.replay();
  for (size_t i = 0; i < entries.size(); ++i) {
    const variable_list wanted = results_of(*entries[i], other[i]);
    ASSERT_EQ(results[i].size(), wanted.size());
    for (size_t r = 0; r < wanted.size(); ++r)
      expect_same_bits(results[i][r], wanted[r], entries[i]->name + ": result " + std::to_string(r));
  }
}

}  // namespace gradus::test
