// The base of tests that need the device.
#pragma once

#include <gtest/gtest.h>

#include "gradus.h"

namespace gradus::test {

/// Tests that are skipped if there is no device.
class OnDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::is_available()) GTEST_SKIP() << "there is no cuda device";
  }
};

}  // namespace gradus::test
