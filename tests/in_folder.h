// Each test of files runs in a folder of its own. This folder is the current one, so messages have no
// folder in them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "expectations.h"

/// Makes an empty folder before each test, changes into it, and removes it afterwards.
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

  static size_t files_in_folder() {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("."), {}));
  }

 private:
  std::filesystem::path before_, folder_;
};
