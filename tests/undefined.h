// Calls with undefined tensors. Each must raise an Error that says so.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "gradus.h"

namespace gradus {

/// Tensors for the calls of a test. `none` is the undefined one.
class Undefined : public testing::Test {
 protected:
  const Tensor none, x = ones({2, 2}), v = ones({2}), i = zeros({2}, kInt64), m = ones({2, 2}, kBool);
  const Tensor leaf = ones({2, 2}).requires_grad_();

  template <class Call>
  void expect_error(const char* call, Call f) {
    try {
      f();
      ADD_FAILURE() << call << " raises no Error";
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("undefined"), std::string::npos) << call << ": " << e.what();
    }
  }
};
#define NONE(...) expect_error(#__VA_ARGS__, [&] { static_cast<void>(__VA_ARGS__); })

}  // namespace gradus
