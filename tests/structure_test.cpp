// Each folder may include only the folders below it.
//
//   labs ──> nn, optim ──> autograd ──> tensor ──> kernels        kernels/cpu may include kernels/plain
//
// An arrow may skip folders (nn may include tensor), but it never points up or sideways.
//
// tensor, autograd, nn, optim and kernels/plain have two tiers. A first reading needs the first tier. The second
// tier is the rest, in sub-folders such as tensor/files. It includes the first tier, never the other way round.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

// What the files of each folder may include, and "gradus.h" itself.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"kernels", {"kernels"}},
    {"tensor", {"kernels", "tensor"}},
    {"autograd", {"kernels", "tensor", "autograd"}},
    {"nn", {"kernels", "tensor", "autograd", "nn"}},
    {"optim", {"kernels", "tensor", "autograd", "optim"}},
    {"gradus.h", {"kernels", "tensor", "autograd", "nn", "optim"}},
    {"labs", {"kernels", "tensor", "autograd", "nn", "optim", "labs", "gradus.h"}},
};

// Folders whose sub-folders are the second tier; and the exceptions, which belong to the first tier.
const std::set<std::string> kHaveTiers = {"tensor", "autograd", "nn", "optim", "kernels/plain"};
const std::set<std::string> kFirstTierSubfolders = {"autograd/ops"};
// Headers that collect both tiers for gradus.h.
const std::set<std::string> kCollections = {"nn/nn.h", "optim/optim.h"};

std::string first_part(const fs::path& path) { return path.begin()->string(); }

/// "cpu" for kernels/cpu/a.h; "" for kernels/a.h.
std::string subfolder(const fs::path& path) {
  return std::distance(path.begin(), path.end()) < 3 ? "" : std::next(path.begin())->string();
}

std::string device_folder(const fs::path& path) {
  return first_part(path) == "kernels" ? subfolder(path) : "";
}

bool is_first_tier(const fs::path& path) {
  const std::string folder = path.parent_path();
  return kHaveTiers.contains(folder) || kFirstTierSubfolders.contains(folder);
}

bool is_second_tier(const fs::path& path) {
  const auto contains_it = [&](const std::string& folder) { return path.string().starts_with(folder + "/"); };
  return std::ranges::any_of(kHaveTiers, contains_it) && !is_first_tier(path);
}

/// The project's files that a file includes, with paths from the root. An include may also name a path from
/// the file's own folder.
std::vector<std::string> project_includes(const fs::path& root, const fs::path& file) {
  static const std::regex include(R"re(^\s*#\s*include\s*["<]([^">]+)[">].*)re");
  std::vector<std::string> found;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    if (std::smatch match; std::regex_match(line, match, include)) {
      std::string name = match[1];
      if (const fs::path beside = file.parent_path() / name; fs::exists(beside))
        name = fs::relative(beside, root);
      if (kMayInclude.contains(first_part(name))) found.push_back(name);
    }
  return found;
}

struct Survey {
  size_t files = 0, includes = 0;
  std::vector<std::string> broken;  // "tensor/a.cpp includes nn/b.h"
};

void survey_file(const fs::path& root, const fs::path& file, Survey& survey) {
  static const std::set<std::string> endings = {".h", ".cpp", ".cu", ".cuh"};
  if (!endings.contains(file.extension())) return;
  const fs::path path = fs::relative(file, root);
  ++survey.files;
  for (const std::string& included : project_includes(root, file)) {
    ++survey.includes;
    const std::string ours = device_folder(path), theirs = device_folder(included);
    const bool sideways =
        !ours.empty() && !theirs.empty() && ours != theirs && !(ours == "cpu" && theirs == "plain");
    const bool skips_tier =
        is_first_tier(path) && is_second_tier(included) && !kCollections.contains(path.string());
    const bool allowed =
        kMayInclude.at(first_part(path)).contains(first_part(included)) && !sideways && !skips_tier;
    if (!allowed) survey.broken.push_back(path.string() + " includes " + included);
    if (!fs::exists(root / included))
      survey.broken.push_back(path.string() + " includes the missing " + included);
  }
}

Survey survey(const fs::path& root) {
  Survey result;
  for (const auto& [part, may] : kMayInclude) {
    if (fs::is_directory(root / part)) {
      for (const auto& entry : fs::recursive_directory_iterator(root / part))
        survey_file(root, entry.path(), result);
    } else if (fs::exists(root / part)) {
      survey_file(root, root / part, result);
    }
  }
  return result;
}

// A small tree with one or two files in each folder. A test plants an include in one of them.
class PlantedTree : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("gradus_structure_" + std::to_string(::getpid()));
    for (const char* file : {"kernels/k.h", "kernels/plain/p.h", "kernels/plain/linalg/l.h",
                             "kernels/cpu/c.h", "kernels/cuda/c.h", "tensor/t.h", "tensor/files/f.h",
                             "autograd/a.h", "autograd/ops/a.h", "autograd/tools/t.h", "nn/n.h", "nn/nn.h",
                             "nn/rare/r.h", "optim/o.h", "labs/common/l.h", "gradus.h"})
      plant(file, "");
  }
  void TearDown() override { fs::remove_all(root_); }

  void plant(const std::string& file, const std::string& included) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << (included.empty() ? "" : "#include \"" + included + "\"\n");
  }

  std::vector<std::string> broken_with(const std::string& file, const std::string& included) {
    plant(file, included);
    std::vector<std::string> broken = survey(root_).broken;
    plant(file, "");
    return broken;
  }

  fs::path root_;
};

TEST(Structure, EveryIncludeIsAllowed) {
  const Survey found = survey(GRADUS_SOURCE_DIR);
  EXPECT_GT(found.files, 50u);
  EXPECT_GT(found.includes, 150u);
  for (const std::string& arrow : found.broken) ADD_FAILURE() << arrow;
}

TEST(Structure, TheTopLevelIsFixed) {
  const std::set<std::string> house = {"CMakeLists.txt",
                                       "CMakePresets.json",
                                       "README.md",
                                       "LICENSE",
                                       "gradus.h",
                                       "tensor",
                                       "autograd",
                                       "optim",
                                       "nn",
                                       "kernels",
                                       "labs",
                                       "tests",
                                       "docs",
                                       "build"};
  for (const auto& entry : fs::directory_iterator(GRADUS_SOURCE_DIR)) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(name[0] == '.' || house.contains(name)) << name << " must not be in the top-level folder";
  }
}

TEST_F(PlantedTree, ArrowsThatPointDownAreAllowed) {
  for (auto [file, included] : {std::pair{"kernels/cpu/c.h", "kernels/k.h"},
                                {"kernels/cpu/c.h", "kernels/plain/p.h"},
                                {"kernels/cpu/c.h", "kernels/plain/linalg/l.h"},
                                {"kernels/plain/linalg/l.h", "kernels/plain/p.h"},
                                {"tensor/t.h", "kernels/k.h"},
                                {"autograd/ops/a.h", "tensor/t.h"},
                                {"nn/n.h", "autograd/ops/a.h"},
                                {"optim/o.h", "tensor/t.h"},
                                {"autograd/a.h", "autograd/ops/a.h"},
                                {"autograd/tools/t.h", "autograd/a.h"},
                                {"autograd/tools/t.h", "tensor/files/f.h"},
                                {"nn/rare/r.h", "nn/n.h"},
                                {"nn/nn.h", "nn/rare/r.h"},
                                {"labs/common/l.h", "gradus.h"},
                                {"labs/common/l.h", "tensor/files/f.h"},
                                {"gradus.h", "autograd/tools/t.h"},
                                {"gradus.h", "nn/n.h"}})
    EXPECT_EQ(broken_with(file, included), std::vector<std::string>{}) << file << " includes " << included;
}

TEST_F(PlantedTree, ArrowsThatPointUpOrSidewaysAreFound) {
  for (auto [file, included] : {std::pair{"kernels/k.h", "tensor/t.h"},
                                {"tensor/t.h", "autograd/ops/a.h"},
                                {"autograd/ops/a.h", "nn/n.h"},
                                {"autograd/ops/a.h", "optim/o.h"},
                                {"nn/n.h", "optim/o.h"},
                                {"optim/o.h", "nn/n.h"},
                                {"nn/n.h", "gradus.h"},
                                {"nn/n.h", "labs/common/l.h"},
                                {"kernels/cpu/c.h", "kernels/cuda/c.h"},
                                {"kernels/plain/p.h", "kernels/cpu/c.h"},
                                {"tensor/t.h", "gradus.h"},
                                {"gradus.h", "labs/common/l.h"}})
    EXPECT_EQ(broken_with(file, included),
              std::vector<std::string>{std::string(file) + " includes " + included});
}

/// Lines that are neither blank nor a comment.
int lines_of_code(const fs::path& file) {
  std::ifstream lines(file);
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find_first_not_of(" \t");
    count += first != std::string::npos && line.compare(first, 2, "//") != 0;
  }
  return count;
}

// The first tier stays small. docs/architecture.md gives this number. If you add code to it, move other code
// to the second tier.
TEST(Structure, TheFirstTierHasAtMost6000LinesOfCode) {
  int lines = 0;
  for (const std::set<std::string>* folders : {&kHaveTiers, &kFirstTierSubfolders})
    for (const std::string& folder : *folders)
      for (const auto& entry : fs::directory_iterator(fs::path(GRADUS_SOURCE_DIR) / folder))
        if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp")
          lines += lines_of_code(entry.path());
  EXPECT_GT(lines, 3000);
  EXPECT_LE(lines, 6000);
}

TEST_F(PlantedTree, ArrowsFromTheFirstTierToTheSecondAreFound) {
  for (auto [file, included] : {std::pair{"tensor/t.h", "tensor/files/f.h"},
                                {"autograd/a.h", "autograd/tools/t.h"},
                                {"autograd/ops/a.h", "autograd/tools/t.h"},
                                {"autograd/ops/a.h", "tensor/files/f.h"},
                                {"nn/n.h", "nn/rare/r.h"},
                                {"nn/n.h", "autograd/tools/t.h"},
                                {"optim/o.h", "tensor/files/f.h"},
                                {"kernels/plain/p.h", "kernels/plain/linalg/l.h"}})
    EXPECT_EQ(broken_with(file, included),
              std::vector<std::string>{std::string(file) + " includes " + included});
}

TEST_F(PlantedTree, RelativePathsAreResolved) {
  EXPECT_EQ(broken_with("tensor/t.h", "../nn/n.h"), std::vector<std::string>{"tensor/t.h includes nn/n.h"});
  EXPECT_EQ(broken_with("kernels/cpu/c.h", "../cuda/c.h"),
            std::vector<std::string>{"kernels/cpu/c.h includes kernels/cuda/c.h"});
  EXPECT_EQ(broken_with("tensor/t.h", "../kernels/k.h"), std::vector<std::string>{});
}

TEST_F(PlantedTree, IncludesOfMissingFilesAreFound) {
  EXPECT_EQ(broken_with("nn/n.h", "tensor/gone.h"),
            std::vector<std::string>{"nn/n.h includes the missing tensor/gone.h"});
}

}  // namespace
