// The framework of the portable tests. Every file of this folder is built against Gradus and, with
// GRADUS_COMPARE_LIBTORCH, a second time against libtorch (`namespace gradus = torch`). So a test uses only
// what both have, and its expectations must be true of both.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "labs/common/framework.h"

/// The namespace of all portable tests. It contains all names of the framework. libtorch has two versions of
/// each creation function: at::rand, which does not record, and torch::rand, which does. The
/// using-declarations choose the second. (Functions of a tensor such as zeros_like are ambiguous because of
/// argument-dependent lookup; write gradus::zeros_like.)
namespace portable {
using namespace gradus;
using gradus::arange, gradus::bernoulli, gradus::empty, gradus::eye, gradus::from_blob, gradus::full,
    gradus::linspace, gradus::ones, gradus::rand, gradus::randint, gradus::randn, gradus::randperm,
    gradus::tensor, gradus::zeros;
namespace nn = gradus::nn;
namespace optim = gradus::optim;
namespace autograd = gradus::autograd;
namespace indexing = gradus::indexing;

/// Success if the statement throws the framework's Error with this text in its message.
template <class Statement>
testing::AssertionResult fails_with(const std::string& text, Statement statement) {
  try {
    statement();
  } catch (const gradus::Error& error) {
    const std::string message = error.what_without_backtrace();
    if (message.find(text) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "the error says: " << message;
  }
  return testing::AssertionFailure() << "no error, expected: " << text;
}

/// Success if both have the same shape, the same dtype and, up to rounding, the same elements.
inline testing::AssertionResult same(const Tensor& got, const Tensor& wanted, double tolerance = 1e-6) {
  if (got.sizes() != wanted.sizes() || got.dtype() != wanted.dtype() ||
      !allclose(got.to(kFloat64), wanted.to(kFloat64), tolerance, tolerance, /*equal_nan=*/true))
    return testing::AssertionFailure() << "got " << got.sizes() << "\n"
                                       << got << "\ninstead of " << wanted.sizes() << "\n"
                                       << wanted;
  return testing::AssertionSuccess();
}
}  // namespace portable
