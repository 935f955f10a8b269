// The project's own files, for tests that check the sources and the pages.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

/// The lines of a file. A relative path begins at the project's root.
inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(GRADUS_SOURCE_DIR / path);
  EXPECT_TRUE(file) << path << " cannot be read";
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// The whole file as one string. Every line ends in '\n'.
inline std::string text_of(const std::filesystem::path& path) {
  std::string text;
  for (const std::string& line : lines_of(path)) text += line + "\n";
  return text;
}
