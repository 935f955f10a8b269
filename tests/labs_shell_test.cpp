// The code that all labs share: flags, exit statuses, and that no file is left half-written.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "labs/common/files.h"
#include "labs/common/lab.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct Outcome {
  int status;
  std::string out, err;
};

class LabShell : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("gradus_labs_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  Outcome run(std::vector<std::string> arguments, const lab::Lab& lab) {
    arguments.insert(arguments.begin(), lab.name);
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = lab::run_lab(static_cast<int>(argv.size()), argv.data(), lab);
    return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }

  /// For EXPECT_EXIT, which runs this in a process of its own. A process remembers that it was interrupted.
  [[noreturn]] void run_and_exit(const lab::Lab& lab) const {
    const std::vector<const char*> argv = {"sample", "--json", "r.json"};
    fs::current_path(folder_);
    std::exit(lab::run_lab(static_cast<int>(argv.size()), argv.data(), lab));
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string content(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  fs::path folder_;
};

void first(lab::Session& session) {
  std::cout << "the first part\n";
  session.set("loss", 0.5);
  session.expect("loss", 0.5004, 1e-3);
}
void second(lab::Session& session) {
  std::cout << "the second part with " << session.options().epochs.value_or(20) << " epochs\n";
  session.set("accuracy", 0.97);
  session.expect_at_least("accuracy", 0.96);
}
void not_a_number(lab::Session& session) {
  session.set("loss", std::nan(""));
  session.expect("loss", 0, 1e300);
}

const lab::Lab kLab = {
    .name = "sample",
    .summary = "A lab",
    .parts = {{"one", "First", first}, {"two", "Second", second}},
    .flags = {{"--epochs", "passes", "20"}, {"--lr", "rate"}, {"--rank", "rank"}, {"--seed", "seed"}},
    .seed = 7};

TEST_F(LabShell, RunsAllPartsOrThoseThatAreNamed) {
  const Outcome all = run({}, kLab);
  EXPECT_EQ(all.status, 0);
  EXPECT_NE(all.out.find("== sample 1: First =="), std::string::npos);
  EXPECT_NE(all.out.find("the second part with 20 epochs"), std::string::npos);
  EXPECT_EQ(all.err, "");  // no progress bar, no chatter
  for (const char* name : {"two", "2"}) {
    const Outcome one = run({"--part", name, "--epochs", "5"}, kLab);
    EXPECT_EQ(one.out.find("the first part"), std::string::npos);
    EXPECT_NE(one.out.find("the second part with 5 epochs"), std::string::npos);
  }
}

TEST_F(LabShell, PartsMayShareANumber) {
  lab::Lab lab = kLab;
  lab.parts = {
      {"one", "First", first}, {"again", "First again", first, /*number=*/1}, {"two", "Second", second}};
  const Outcome both = run({"--part", "1"}, lab);
  EXPECT_NE(both.out.find("== sample 1: First =="), std::string::npos);
  EXPECT_NE(both.out.find("== sample 1: First again =="), std::string::npos);
  EXPECT_EQ(both.out.find("Second"), std::string::npos);
  EXPECT_EQ(run({"--part", "again"}, lab).out.find("First =="), std::string::npos);
  EXPECT_NE(run({"--part", "2"}, lab).out.find("== sample 2: Second =="), std::string::npos);
  EXPECT_NE(run({"--part", "3"}, lab).err.find("a number from 1 to 2"), std::string::npos);
}

TEST_F(LabShell, BadFlagsAreOneLineAndStatusTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--epochs", "0"}, "must be a whole number from 1"},
      {{"--epochs", "-3"}, "must be a whole number from 1"},
      {{"--epochs", "many"}, "many"},
      {{"--epochs", "1e3"}, "must be a whole number from 1 to 1e15, but is 1e3"},
      {{"--epochs", "99999999999999999999"}, "99999999999999999999"},
      {{"--epochs"}, "--epochs"},
      {{"--lr", "nan"}, "must be a positive number"},
      {{"--lr", "inf"}, "must be a positive number"},
      {{"--lr", "-0.1"}, "must be a positive number"},
      {{"--rank", "0"}, "must be a whole number from 1"},
      {{"--seed", "-1"}, "must be a whole number from 0"},
      {{"--seed", "99999999999999999999"}, "must be a whole number from 0"},
      {{"--device", "tpu"}, "must be one of cpu, cuda, but is tpu"},
      {{"--part", "three"}, "must be one of one, two, but is three"},
      {{"--part", "3"}, "a number from 1 to 2"},
      {{"--part", "0"}, "a number from 1 to 2"},
      // kLab has none of these three flags.
      {{"--tape"}, "--tape"},
      {{"--data", "/dev/null"}, "--data"},
      {{"--dtype", "float32"}, "--dtype"},
      {{"--frobnicate"}, "there is no --frobnicate"},
      {{"stray"}, "stray"},
      {{"--out", ""}, "--out"},
      {{"--out", "/dev/null/x"}, "cannot write /dev/null/x"},
      {{"--json", "/no/such/folder/r.json"},
       "cannot write /no/such/folder/r.json: No such file or directory"},
      {{"--json", "/tmp"}, "cannot write /tmp: Is a directory"},
  };
  for (const auto& [arguments, complaint] : cases) {
    const Outcome outcome = run(arguments, kLab);
    EXPECT_EQ(outcome.status, 2) << complaint;
    EXPECT_EQ(outcome.out, "") << complaint;  // no part has run
    EXPECT_NE(outcome.err.find(complaint), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.err.rfind("sample: ", 0), 0u) << outcome.err;
  }
}

TEST_F(LabShell, HelpListsOnlyTheFlagsOfTheLab) {
  const Outcome help = run({"--help"}, kLab);
  EXPECT_EQ(help.status, 0);
  for (const char* flag : {"--part", "--epochs", "--lr", "--rank", "--seed", "--device", "--out", "--json",
                           "--check", "--quiet", "(default: 20)"})
    EXPECT_NE(help.out.find(flag), std::string::npos) << flag;
  for (const char* flag : {"--tape", "--data", "--dtype"})
    EXPECT_EQ(help.out.find(flag), std::string::npos) << flag;
}

TEST_F(LabShell, CheckPrintsATableAndFailsOnAMiss) {
  const Outcome pass = run({"--check", "--quiet"}, kLab);
  EXPECT_EQ(pass.status, 0);
  EXPECT_EQ(pass.out.find("the first part"), std::string::npos);
  EXPECT_NE(pass.out.find("sample: 2 checks, 0 missed"), std::string::npos);

  lab::Lab off = kLab;
  off.parts.push_back({"off", "Off", [](lab::Session& session) { session.expect("loss", 0.6, 1e-3); }});
  EXPECT_EQ(run({"--check"}, off).status, 1);
  EXPECT_EQ(run({}, off).status, 0);                            // without --check the miss does not count
  EXPECT_EQ(run({"--check", "--part", "off"}, off).status, 1);  // this part never sets the loss
  off.parts = {{"nan", "NaN", not_a_number}};
  EXPECT_EQ(run({"--check"}, off).status, 1);
  off.parts = {{"empty", "Empty", [](lab::Session&) {}}};
  EXPECT_EQ(run({"--check"}, off).status, 1);  // a run without any check does not pass
}

TEST_F(LabShell, JsonHasEveryResult) {
  lab::Lab lab = kLab;
  lab.parts.push_back({"nan", "NaN", [](lab::Session& session) { session.set("broken", std::nan("")); }});
  EXPECT_EQ(run({"--json", path("r.json"), "--seed", "42"}, lab).status, 0);
  const json report = json::parse(content("r.json"));
  EXPECT_EQ(report["lab"], "sample");
  EXPECT_EQ(report["seed"], 42);
  EXPECT_EQ(report["device"], "cpu");
  EXPECT_EQ(report["dtype"], "float32");
  EXPECT_GE(report["seconds"].get<double>(), 0);
  EXPECT_EQ(report["results"].size(), 3u);
  EXPECT_EQ(report["results"]["accuracy"], 0.97);
  EXPECT_TRUE(report["results"]["broken"].is_null());
  ASSERT_EQ(report["checks"].size(), 2u);
  EXPECT_EQ(report["checks"][0], json({{"name", "loss"},
                                       {"got", 0.5},
                                       {"relation", "="},
                                       {"expected", 0.5004},
                                       {"tolerance", 1e-3},
                                       {"pass", true}}));
  EXPECT_EQ(report["checks"][1]["relation"], ">=");
  EXPECT_EQ(files(), std::vector<std::string>{"r.json"});
}

TEST_F(LabShell, AnErrorKeepsTheOldFile) {
  std::ofstream(path("r.json")) << "old";
  lab::Lab lab = kLab;
  lab.parts = {
      {"bad", "Bad", [](lab::Session&) { throw std::runtime_error("rank 9 is above the shape (3, 3)"); }}};
  const Outcome outcome = run({"--json", path("r.json")}, lab);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "sample: rank 9 is above the shape (3, 3)\n");
  EXPECT_EQ(content("r.json"), "old");
  EXPECT_EQ(files(), std::vector<std::string>{"r.json"});
}

TEST_F(LabShell, ANewFolderThatStaysEmptyIsRemoved) {
  lab::Lab lab = kLab;
  lab.parts = {{"bad", "Bad", [](lab::Session&) { throw std::runtime_error("in the middle"); }}};
  EXPECT_EQ(run({"--out", path("a/b/c")}, lab).status, 2);
  EXPECT_EQ(run({"--out", path("a/"), "--json", "/no/such/folder/r.json"}, kLab).status, 2);
  EXPECT_EQ(files(), std::vector<std::string>{});

  lab.parts = {{"drawn", "Drawn", [](lab::Session& session) {
                  session.figure("plot", lab::LinePlot{.title = "plot",
                                                       .x_label = "x",
                                                       .y_label = "y",
                                                       .series = {{.name = "a", .y = {1, 2}}}});
                  throw std::runtime_error("after the first figure");
                }}};
  fs::create_directory(folder_ / "there");
  EXPECT_EQ(run({"--out", path("there/b")}, lab).status, 2);
  EXPECT_TRUE(fs::exists(folder_ / "there/b/plot.csv"));
  EXPECT_EQ(run({"--out", path("there/c")}, kLab).status, 0);
  EXPECT_TRUE(fs::exists(folder_ / "there/c/index.html"));  // the page of a run that had no figures
}

TEST_F(LabShell, AFullDiskIsAnErrorAndDevicesAreNotReplaced) {
  const Outcome outcome = run({"--json", "/dev/full"}, kLab);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "sample: cannot write /dev/full: No space left on device\n");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(LabShell, AnInterruptEndsTheLoopAndThePartsAfterIt) {
  lab::Lab lab = kLab;
  lab.parts = {{"loop", "Loop",
                [](lab::Session& session) {
                  int64_t steps = 0;
                  for (int64_t step : lab::progress(1000000, "loop")) {
                    if (step == 10) std::raise(SIGINT);
                    ++steps;
                  }
                  session.set("steps", static_cast<double>(steps));
                }},
               {"two", "Second", second}};
  EXPECT_EXIT(run_and_exit(lab), testing::ExitedWithCode(130), "interrupted");
  const json results = json::parse(content("r.json"))["results"];
  EXPECT_EQ(results, json({{"steps", 11}}));
}

TEST_F(LabShell, ASecondInterruptEndsTheProcessUnlessItComesAtOnce) {
  lab::Lab stubborn = kLab;
  stubborn.parts = {{"stubborn", "Never asks whether it was interrupted", [](lab::Session&) {
                       std::raise(SIGINT);
                       std::raise(SIGINT);
                       std::cerr << "still here\n";
                       usleep(300'000);
                       std::raise(SIGINT);
                     }}};
  EXPECT_EXIT(run_and_exit(stubborn), testing::KilledBySignal(SIGINT), "still here");
}

TEST_F(LabShell, ProgressCountsFromZeroToTotal) {
  std::vector<int64_t> steps;
  for (int64_t step : lab::progress(4, "count")) steps.push_back(step);
  EXPECT_EQ(steps, (std::vector<int64_t>{0, 1, 2, 3}));
  for (int64_t step : lab::progress(0, "none")) FAIL() << step;
}

TEST_F(LabShell, WithoutATerminalALongLoopSaysOnceHowLongItWillTake) {
  if (isatty(STDERR_FILENO)) GTEST_SKIP() << "stderr is a terminal: the loop draws a bar";
  lab::detail::tell_after = 0.05;
  testing::internal::CaptureStderr();
  for (const int64_t i : lab::progress(8, "SGD")) {
    static_cast<void>(i);
    usleep(20'000);
    for (const int64_t inner : lab::progress(1000, "inner")) static_cast<void>(inner);
  }
  const std::string said = testing::internal::GetCapturedStderr();
  lab::detail::tell_after = 10;
  EXPECT_TRUE(std::regex_match(said, std::regex("SGD: \\d+% after 0 s, about 0:0\\d left\n"))) << said;
}

TEST_F(LabShell, FiguresAreWrittenWithTheirSeries) {
  lab::save_figure(folder_ / "plot", lab::LinePlot{.title = "It's a_b",
                                                   .x_label = "iteration",
                                                   .y_label = "loss",
                                                   .series = {{.name = "a, b", .y = {1, 0.5}},
                                                              {.name = "c", .x = {3}, .y = {0.25}}},
                                                   .log_y = true});
  EXPECT_EQ(content("plot.csv"), "series,iteration,loss\n\"a, b\",0,1\n\"a, b\",1,0.5\nc,3,0.25\n");
  std::vector<std::string> expected = {"plot.csv"};
  if (lab::gnuplot_is_installed()) {
    expected.insert(expected.end(), {"plot.png", "plot.svg"});
    EXPECT_NE(content("plot.svg").find("</svg>"), std::string::npos);
    EXPECT_NE(content("plot.svg").find("It's a_b"), std::string::npos);
    EXPECT_EQ(content("plot.png").substr(1, 3), "PNG");
  }
  EXPECT_EQ(files(), expected);
}

// The path of a curve begins with M and goes on with L. A second M is a gap.
TEST_F(LabShell, ACurveHasAGapWhereAValueIsNan) {
  if (!lab::gnuplot_is_installed()) GTEST_SKIP() << "there is no gnuplot";
  const auto curve = [&](std::vector<double> y) {
    const lab::LinePlot plot{.title = "t", .x_label = "x", .y_label = "y", .series = {{.name = "", .y = y}}};
    lab::save_figure(folder_ / "plot", plot);
    const std::string svg = content("plot.svg"), path = svg.substr(svg.find("gnuplot_plot_1"));
    std::smatch found;
    return std::regex_search(path, found, std::regex("d='(M[^']*)'")) ? found.str(1) : "no curve";
  };
  EXPECT_EQ(curve({1, 2, 3, 4, 5}).rfind('M'), 0u);
  EXPECT_GT(curve({1, 2, std::nan(""), 4, 5}).rfind('M'), 0u);
}

// As an image, browsers would blur the squares into each other.
TEST_F(LabShell, AHeatMapIsDrawnInSquares) {
  if (!lab::gnuplot_is_installed()) GTEST_SKIP() << "there is no gnuplot";
  lab::save_figure(folder_ / "map", lab::HeatMap{.title = "t",
                                                 .x_label = "x",
                                                 .y_label = "y",
                                                 .columns = {"a", "b"},
                                                 .rows = {"c", "d"},
                                                 .values = {{0, 1}, {2, 3}}});
  EXPECT_EQ(content("map.svg").find("<image"), std::string::npos);
}

TEST_F(LabShell, AFigureThatDoesNotFitOnTheDiskIsNotWritten) {
  if (!lab::gnuplot_is_installed()) GTEST_SKIP() << "there is no gnuplot";
  const lab::LinePlot plot{
      .title = "plot", .x_label = "x", .y_label = "y", .series = {{.name = "a", .y = {1, 2}}}};
  for (const char* name : {"plot.svg", "plot.png"}) {
    fs::create_symlink("/dev/full", lab::draft_of(folder_ / name));
    EXPECT_THROW(lab::save_figure(folder_ / "plot", plot), std::runtime_error) << name;
    EXPECT_EQ(files(), std::vector<std::string>{"plot.csv"});
  }
}

TEST_F(LabShell, AHistogramCountsEveryFiniteValueOnce) {
  lab::save_figure(folder_ / "h", lab::Histogram{.title = "h",
                                                 .x_label = "x",
                                                 .samples = {{"s", {0, 1, 1, 4, std::nan("")}}, {"one", {2}}},
                                                 .bins = 4});
  EXPECT_EQ(
      content("h.csv"),
      "sample,x,count\ns,0.5,1\ns,1.5,2\ns,2.5,0\ns,3.5,1\none,0.5,0\none,1.5,0\none,2.5,1\none,3.5,0\n");
  lab::save_figure(folder_ / "same",
                   lab::Histogram{.title = "h", .x_label = "x", .samples = {{"s", {1, 1}}}, .bins = 1});
  EXPECT_EQ(content("same.csv"), "sample,x,count\ns,1.5,2\n");
}

TEST_F(LabShell, ALinkIsKeptAndItsFileReplaced) {
  std::ofstream(path("real.txt")) << "old";
  fs::create_symlink("real.txt", folder_ / "link.txt");
  gradus::replace_file(folder_ / "link.txt", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.txt"));
  EXPECT_EQ(content("real.txt"), "new");
}

TEST_F(LabShell, DataIsFoundFromAnyFolder) {
  fs::current_path(folder_);
  EXPECT_TRUE(fs::exists(lab::data_file("iris.csv")));
  EXPECT_THROW(lab::data_file("none.csv"), std::runtime_error);
}

}  // namespace
