// Tests of files run in a folder of their own, so messages name bare files.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "kernels/error.h"

/// A folder that is empty before each test and gone after it, and is the current one.
class InFolder : public testing::Test {
 protected:
  void SetUp() override {
    before_ = std::filesystem::current_path();
    std::string name = (std::filesystem::temp_directory_path() / "gradus-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::current_path(folder_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }

  /// What the statement's Error says.
  template <class F>
  static std::string message(F f) {
    try {
      f();
    } catch (const gradus::Error& error) {
      return error.what();
    }
    return "accepted";
  }

  static size_t files_in_folder() {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("."), {}));
  }

 private:
  std::filesystem::path before_, folder_;
};
