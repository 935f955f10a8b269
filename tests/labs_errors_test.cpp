// Runs the four labs with wrong input. Each must end with status 2 and one line on stderr that names the
// mistake, and must write no file. To add a case, add a line to a table. Last come two properties of whole runs.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tensor/options.h"

namespace fs = std::filesystem;

namespace {

using Strings = std::vector<std::string>;

struct BadRun {
  Strings arguments;
  std::string complaint;  // a part of the line on stderr
};

/// Wrong flags, for every lab.
const std::vector<BadRun> kOfEveryLab = {
    {{"--device", "tpu"}, "must be one of cpu, cuda, but is tpu"},
    {{"--part", "nonsense"}, "must be one of"},
    {{"--part", "0"}, "must be one of"},
    {{"--epochs", "0"}, "must be a whole number from 1"},
    {{"--epochs", "ten"}, "ten"},
    {{"--lr", "-1"}, "must be a positive number"},
    {{"--lr", "nan"}, "must be a positive number"},
    {{"--seed", "-1"}, "must be a whole number from 0"},
    {{"--dtype", "int64"}, "must be one of float32, float64, but is int64"},
    {{"--out", "/dev/null/figures"}, "cannot write /dev/null/figures"},
    {{"--out", "input.csv"}, "cannot write input.csv"},
    {{"--json", "no/such/folder/results.json"}, "cannot write no/such/folder/results.json"},
    {{"--unknown"}, "--unknown"},
    {{"--replay", "--compile"}, "--replay and --compile exclude each other"},
    {{"--replay=yes"}, "--replay takes no value"},
    {{"stray"}, "stray"},
};

struct BadData {
  std::string lab;
  Strings arguments;  // "input.csv" is a file with this content
  std::string content;
  std::string complaint;
};

const std::vector<BadData> kOfOneLab = {
    {"factorisation", {"--rank", "0"}, "", "--rank"},
    {"factorisation", {"--part", "6"}, "", "a number from 1 to 5"},
    {"factorisation", {"--rank", "4"}, "", "must be from 1 to 3, but is 4"},
    {"factorisation", {"--part", "iris", "--rank", "5"}, "", "must be from 1 to 4, but is 5"},
    {"factorisation", {"--part", "ratings", "--rank", "11"}, "", "must be from 1 to 10, but is 11"},
    {"factorisation", {"--part", "svd", "--rank", "2"}, "", "--rank is not used by the chosen parts"},
    {"factorisation",
     {"--part", "sgd", "--data", "input.csv"},
     "1,2\n",
     "--data is not used by the chosen parts"},
    {"factorisation", {"--part", "svd", "--replay"}, "", "--replay is not used by the chosen parts"},
    {"embeddings", {"--part", "dot,svd", "--compile"}, "", "--compile is not used by the chosen parts"},
    {"mlp", {"--checkpoint", "file", "--replay"}, "", "work neither with --checkpoint nor with --shard"},
    {"mlp", {"--part", "iris", "--checkpoint", "file"}, "", "--checkpoint"},
    {"embeddings", {"--shard", "1"}, "", "--shard"},
    {"embeddings", {"--data", "input.csv", "--checkpoint", "file"}, "a,b\n", "--checkpoint"},
    {"factorisation", {"--data", "missing.csv"}, "", "missing.csv does not exist"},
    {"factorisation", {"--data", "."}, "", ". is a folder"},
    {"factorisation", {"--data", "input.csv"}, "", "input.csv: the file is empty"},
    {"factorisation", {"--data", "input.csv"}, "a,b\n", "no rows"},
    {"factorisation",
     {"--data", "input.csv"},
     "a,b\n1,2\n3,x\n",
     "input.csv, line 3, column 2 (b): expected a number"},
    {"factorisation",
     {"--data", "input.csv"},
     "a,b\n1,2\n3\n",
     "input.csv, line 3: expected 2 fields, found 1"},
    {"factorisation", {"--data", "input.csv"}, "1,2\n3,inf\n", "infinite"},
    {"factorisation",
     {"--data", "input.csv"},
     "1,2\n,4\n",
     "1 of 4 ratings are missing, and part ratings has no mask"},
    {"factorisation", {"--part", "missing", "--data", "input.csv"}, "nan,nan\nnan,nan\n", "no rating at all"},
    {"factorisation",
     {"--part", "missing", "--rank", "3", "--data", "input.csv"},
     "1,2\n,4\n",
     "must be from 1 to 2"},
    {"factorisation",
     {"--data", "input.csv"},
     "userId,movieId,rating,timestamp\n1,2,3,4\n",
     "the column \"userId\" holds no ratings"},
    {"factorisation",
     {"--data", "input.csv"},
     "MOVIE_ID,a\n1,2\n",
     "the column \"MOVIE_ID\" holds no ratings"},
    {"factorisation", {"--data", "input.csv"}, "5,1\n3,2\n4,3\n4,4\n1,5\n2,6\n", "numbers the rows"},
    {"factorisation", {"--data", "/dev/zero"}, "", "/dev/zero is a device or a pipe"},
    {"embeddings", {"--data", "/dev/null"}, "", "/dev/null is a device or a pipe"},
    {"mlp",
     {"--data", "input.csv"},
     "a,b,species\n1,x,cat\n",
     "input.csv, line 2, column 2 (b): expected a number"},
    {"mlp", {"--rank", "2"}, "", "there is no --rank"},
    {"embeddings", {"--rank", "11"}, "", "must be from 1 to 10, but is 11"},
    {"embeddings", {"--data", "input.csv"}, "user,movie\n1,2\n", "there is no column \"userId\""},
    {"embeddings",
     {"--data", "input.csv"},
     "userId,movieId,rating,timestamp\n1,2.5,4,0\n",
     "input.csv, line 2, column 2 (movieId): expected a whole number"},
    {"embeddings",
     {"--data", "input.csv"},
     "userId,movieId,rating,timestamp\n1,2,nan,0\n",
     "input.csv, line 2, column 3 (rating): expected a number"},
    {"svd", {"--rank", "2"}, "", "there is no --rank"},
    {"svd", {"--data", "input.csv"}, "1\n", "there is no --data"},
};

class LabErrors : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("gradus_lab_errors_" + std::to_string(getpid()));
    fs::create_directories(folder_ / "work");
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Runs the lab in the work folder and returns its exit status. `before` is put before the command.
  int run(const std::string& lab, const Strings& arguments, const std::string& before = "") {
    std::string command =
        "cd '" + (folder_ / "work").string() + "' && " + before + " '" GRADUS_LABS_FOLDER "/" + lab + "'";
    for (const std::string& argument : arguments) command += " '" + argument + "'";
    command += " >'" + (folder_ / "stdout").string() + "' 2>'" + (folder_ / "stderr").string() + "'";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string content(const fs::path& name) const {
    std::stringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  Strings files() const {
    Strings names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "work"))
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }

  void expect_refusal(const std::string& lab, const Strings& arguments, const std::string& data,
                      const std::string& complaint) {
    std::ofstream(folder_ / "work/input.csv") << data;
    std::string trace = lab;
    for (const std::string& argument : arguments) trace += " " + argument;
    SCOPED_TRACE(trace);
    EXPECT_EQ(run(lab, arguments), 2);
    const std::string line = content("stderr");
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
    EXPECT_EQ(line.rfind(lab + ": ", 0), 0u) << line;
    EXPECT_NE(line.find(complaint), std::string::npos) << line;
    EXPECT_EQ(content("stdout"), "");
    EXPECT_EQ(files(), Strings{"input.csv"});
    EXPECT_EQ(content("work/input.csv"), data);
  }

  fs::path folder_;
};

const Strings kLabs = {"factorisation", "mlp", "embeddings", "svd"};

TEST_F(LabErrors, OfWrongFlags) {
  for (const std::string& lab : kLabs)
    for (const BadRun& bad : kOfEveryLab) expect_refusal(lab, bad.arguments, "as it was", bad.complaint);
}

TEST_F(LabErrors, OfWrongDataAndRanks) {
  for (const BadData& bad : kOfOneLab) {
    Strings arguments = bad.arguments;
    for (const char* flag : {"--out", "figures", "--json", "results.json"}) arguments.emplace_back(flag);
    expect_refusal(bad.lab, arguments, bad.content, bad.complaint);
  }
}

TEST_F(LabErrors, AnUnavailableDeviceSaysWhy) {
  if (gradus::cuda::is_available()) GTEST_SKIP() << "there is a cuda device";
  for (const std::string& lab : kLabs) expect_refusal(lab, {"--device", "cuda"}, "", "cuda");
}

TEST_F(LabErrors, CtrlCEndsARunAndWritesItsResults) {
  for (const std::string& lab : kLabs) {
    SCOPED_TRACE(lab);
    Strings arguments = {"--epochs", "1000000000", "--json", "results.json"};
    if (lab == "svd") arguments.emplace_back("--replay");  // the loop is the same
    const int status = run(lab, arguments, "timeout --signal=INT 1");
    EXPECT_EQ(status, 124);  // the status of `timeout` for a run that it ended
    EXPECT_NE(content("stderr").find(lab + ": interrupted"), std::string::npos) << content("stderr");
    EXPECT_NE(content("work/results.json").find("\"lab\": \"" + lab + "\""), std::string::npos);
    EXPECT_EQ(files(), Strings{"results.json"});
    fs::remove(folder_ / "work/results.json");
  }
}

/// The text without the line that says how long the run took.
std::string without_seconds(std::string text) {
  const size_t line = text.rfind('\n', text.find("\"seconds\""));
  return text.erase(line, text.find('\n', line + 1) - line);
}

// Printing the tape of an iteration draws random numbers where the model has dropout. Training must not notice.
TEST_F(LabErrors, TapeChangesNoResult) {
  for (const std::string lab : {"mlp", "embeddings"}) {
    ASSERT_EQ(run(lab, {"--epochs", "2", "--quiet", "--json", "without.json"}), 0) << content("stderr");
    for (const char* flag : {"--tape", "--step"}) {
      ASSERT_EQ(run(lab, {"--epochs", "2", "--quiet", "--json", "with.json", flag}), 0) << content("stderr");
      EXPECT_EQ(without_seconds(content("work/with.json")), without_seconds(content("work/without.json")))
          << flag;
    }
  }
}

TEST_F(LabErrors, ReplayChangesNoResult) {
  for (const std::string& lab : kLabs)
    for (const std::string dtype : {"float32", "float64"}) {
      Strings arguments = {"--quiet", "--dtype", dtype, "--epochs", "7", "--json", "called.json"};
      ASSERT_EQ(run(lab, arguments), 0) << content("stderr");
      arguments.back() = "replayed.json";
      for (const char* flag : {"--replay", "--tape"}) arguments.emplace_back(flag);
      ASSERT_EQ(run(lab, arguments), 0) << content("stderr");
      EXPECT_EQ(without_seconds(content("work/replayed.json")), without_seconds(content("work/called.json")))
          << lab << " " << dtype;
    }
}

}  // namespace
