// What a portable test computes with. Every file of this folder is built against Gradus, and, where
// GRADUS_COMPARE_LIBTORCH is on, a second time against libtorch under Gradus's name: what it expects is then true of
// both. So it says nothing of what only one of them has, and compares numbers that both compute alike.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "labs/common/framework.h"

/// What portable tests are written in: namespace portable sees all of the framework. libtorch has creation functions
/// twice, at::rand below the tape and torch::rand on it; naming them here says which is meant.
/// (Those that take a tensor, zeros_like and so on, are found beside it anyway; write gradus::zeros_like.)
namespace portable {
using namespace gradus;
using gradus::arange, gradus::bernoulli, gradus::empty, gradus::eye, gradus::from_blob, gradus::full,
    gradus::linspace, gradus::ones, gradus::rand, gradus::randint, gradus::randn, gradus::randperm,
    gradus::tensor, gradus::zeros;
namespace nn = gradus::nn;
namespace optim = gradus::optim;
namespace autograd = gradus::autograd;
namespace indexing = gradus::indexing;

/// Does the statement throw the framework's Error, with this text in its message?
template <class Statement>
testing::AssertionResult fails_with(const std::string& text, Statement statement) {
  try {
    statement();
  } catch (const gradus::Error& error) {
    const std::string message = error.what_without_backtrace();
    if (message.find(text) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "the error says: " << message;
  }
  return testing::AssertionFailure() << "no error; expected: " << text;
}

/// Have both the same shape, the same dtype and, up to rounding, the same elements?
inline testing::AssertionResult same(const Tensor& got, const Tensor& wanted, double tolerance = 1e-6) {
  if (got.sizes() != wanted.sizes() || got.dtype() != wanted.dtype() ||
      !allclose(got.to(kFloat64), wanted.to(kFloat64), tolerance, tolerance, /*equal_nan=*/true))
    return testing::AssertionFailure() << "got " << got.sizes() << "\n"
                                       << got << "\ninstead of " << wanted.sizes() << "\n"
                                       << wanted;
  return testing::AssertionSuccess();
}
}  // namespace portable
