// The pages for the browser: tape_html's, and the page of a lab's run. A headless Chromium opens them from the disk, and
// the tests press keys and read what is shown. Without a Chromium they are skipped.
//
// GRADUS_SCREENSHOTS=FOLDER also writes pictures of the pages there: wide and narrow, light and dark.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "autograd/tools/tape.h"
#include "browser.h"
#include "gradus.h"
#include "labs/common/lab.h"

namespace fs = std::filesystem;
using namespace gradus;

namespace {

class Pages : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("gradus_pages_" + std::to_string(getpid()));
    fs::create_directories(folder_);
    if (const auto program = browser::installed())
      browser_ = std::make_unique<browser::Browser>(*program, (folder_ / "profile").string());
  }
  static void TearDownTestSuite() {
    browser_.reset();
    fs::remove_all(folder_);
  }
  void SetUp() override {
    if (!browser_) GTEST_SKIP() << "there is no Chromium to show the pages (Debian: chromium)";
    browser_->set_window(1280, 900, "light");
  }
  void TearDown() override {
    if (!browser_) return;
    for (const std::string& complaint : browser_->complaints()) ADD_FAILURE() << complaint;
  }

  static std::string path(const std::string& name) { return (folder_ / name).string(); }
  static std::string shown(const std::string& selector) { return browser_->text(selector); }
  /// The names of the nodes that have this status.
  static std::string named(const std::string& status) {
    return browser_->evaluate("[...document.querySelectorAll('tr." + status +
                              "')].map((row) => row.dataset.name).join(' ')");
  }
  static void press(const std::string& key, int times = 1) {
    for (int i = 0; i < times; ++i) browser_->press(key);
  }

  /// Presses Tab until the element that a selector of CSS finds has the focus.
  static void tab_to(const std::string& selector) {
    const std::string reached = "document.activeElement.matches(" + nlohmann::json(selector).dump() + ")";
    for (int i = 0; i < 100 && !browser_->evaluate(reached).get<bool>(); ++i) press("Tab");
    EXPECT_TRUE(browser_->evaluate(reached)) << selector << " cannot be reached with Tab";
  }

  /// Nothing is wider than the window, at both widths and in both colours.
  static void expect_to_fit(const std::string& name) {
    const char* pictures = std::getenv("GRADUS_SCREENSHOTS");
    for (const int width : {1280, 400})
      for (const std::string scheme : {"light", "dark"}) {
        browser_->set_window(width, 900, scheme);
        EXPECT_LE(browser_->evaluate("document.documentElement.scrollWidth"), width) << name << " " << scheme;
        if (pictures)
          browser_->screenshot(std::string(pictures) + "/" + name + "_" + std::to_string(width) + "_" +
                               scheme + ".png");
      }
  }

  /// A step that takes a tenth of its limit already seems slow. The limits are wide because the machine may be busy.
  static void expect_steps_within(double limit) {
    const double milliseconds = browser_->evaluate(
        "(() => { const begin = performance.now(); for (let i = 0; i < 20; ++i) show(position + 1); "
        "document.body.offsetHeight; return (performance.now() - begin) / 20; })()");
    std::cout << "one step: " << milliseconds << " ms\n";
    EXPECT_LT(milliseconds, limit);
  }

  static fs::path folder_;
  static std::unique_ptr<browser::Browser> browser_;
};

fs::path Pages::folder_;
std::unique_ptr<browser::Browser> Pages::browser_;

/// y = 3 x;  a = 2 y;  b = 5 y;  c = a + b at x = 2: the diamond, whose gradient is 21.
Tensor diamond() {
  const Tensor x = tensor(2.0).requires_grad_();
  const Tensor y = 3 * x;
  const Tensor a = 2 * y, b = 5 * y;
  return a + b;
}

TEST_F(Pages, TheDiamondStepByStep) {
  tape_html(diamond(), path("diamond.html"));
  browser_->open_file(path("diamond.html"));
  EXPECT_NE(shown("#now").find("No op has run yet"), std::string::npos) << shown("#now");
  EXPECT_EQ(named("future"), "%1 %2 %3 %4");

  press("ArrowRight");
  EXPECT_EQ(named("current"), "%1");
  EXPECT_NE(shown("#now").find("%1 mul runs with x1"), std::string::npos) << shown("#now");
  press("b");
  EXPECT_NE(shown("#now").find("The pass begins"), std::string::npos) << shown("#now");
  EXPECT_EQ(named("waiting"), "%4");

  // The newest node comes first, whatever the order of the deliveries: %1 waits until both have delivered to it.
  std::vector<std::string> taken;
  for (int i = 0; i < 5; ++i) {
    press("ArrowDown");
    taken.push_back(named("current"));
  }
  EXPECT_EQ(taken, (std::vector<std::string>{"%4", "%3", "%2", "%1", "x1"}));
  EXPECT_NE(shown("tr[data-name=x1]").find("21"), std::string::npos);
  EXPECT_EQ(shown("tr[data-name='%1'] td:last-child"), "7");

  // %2 delivers 2 to %1, where 5 has arrived before.
  press("ArrowUp", 2);
  press("ArrowRight");
  EXPECT_NE(shown("#now").find("%2 mul delivers a gradient to %1 mul"), std::string::npos) << shown("#now");
  EXPECT_EQ(
      browser_->evaluate("[...document.querySelectorAll('#now .numbers')].map((x) => x.innerText).join(' ')"),
      "5 2 7");
  EXPECT_NE(shown("#waiting").find("%1 mul 7 ← next"), std::string::npos) << shown("#waiting");
  press("Home");
  EXPECT_EQ(named("future"), "%1 %2 %3 %4");
  press("End");
  EXPECT_NE(shown("#now").find("The pass is over"), std::string::npos);
  EXPECT_EQ(named("done"), "x1 %1 %2 %3 %4");
  expect_to_fit("diamond_end");
}

Tensor factorisation() {
  manual_seed(0);
  const Tensor A = tensor({{0.3374, 0.6005, 0.1735}, {3.3359, 0.0492, 1.8374}, {2.9407, 0.5301, 2.2620}});
  const Tensor U = rand({3, 2}, requires_grad()), V = rand({3, 2}, requires_grad());
  return (U.mm(V.t()) - A).pow(2).sum();
}

TEST_F(Pages, WhatIsSavedAndWhenItIsReleased) {
  tape_html(factorisation(), path("mm.html"));
  browser_->open_file(path("mm.html") + "#step=5");
  // mm saves its factors (24 bytes each), pow its base (36 bytes).
  EXPECT_EQ(shown("#saved"), "84 of 84 bytes\n%4 pow: %3 (3, 3)\n%2 mm: %1 (2, 3), x2 (3, 2)")
      << shown("#saved");
  expect_to_fit("mm_forward");
  press("b");
  while (shown("#now").find("lets go of") == std::string::npos) press("ArrowRight");
  EXPECT_NE(shown("#now").find("it lets go of %3 (3, 3)"), std::string::npos) << shown("#now");
  EXPECT_EQ(shown("#saved"), "48 of 84 bytes\n%2 mm: %1 (2, 3), x2 (3, 2)");
  press("End");
  EXPECT_EQ(shown("#saved"), "0 of 84 bytes\n");
  press("ArrowLeft", 8);
  expect_to_fit("mm_backward");
}

TEST_F(Pages, EveryOpShowsItsValueIfItRanForThePage) {
  const Tensor loss = tape_html(factorisation, path("values.html"));
  browser_->open_file(path("values.html"));
  const auto shown_numbers = [] {
    return browser_->evaluate(
        "[...document.querySelectorAll('#now .numbers td')].map((cell) => cell.innerText).join(' ')");
  };
  std::vector<std::string> unknown;
  for (const char* name : {"%1 t", "%2 mm", "%3 sub", "%4 pow", "%5 sum"}) {
    press("ArrowRight");
    EXPECT_NE(shown("#now").find(name), std::string::npos) << shown("#now");
    if (shown_numbers() == "") unknown.push_back(name);
  }
  EXPECT_EQ(unknown, std::vector<std::string>());
  EXPECT_NEAR(std::stod(shown_numbers().get<std::string>()), loss.item<double>(), 1e-2);
}

TEST_F(Pages, LargeTensorsArePicturesAndSumsAreSaid) {
  manual_seed(1);
  const Tensor W = randn({30, 20}, requires_grad()), b = zeros({20}, requires_grad()), x = randn({50, 30});
  tape_html(tanh(x.mm(W) + b).pow(2).mean(), path("layer.html"));
  browser_->open_file(path("layer.html"));
  press("End");
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('#now canvas').length"), 2);
  EXPECT_NE(shown("tr[data-name=x1]").find("norm "), std::string::npos);
  expect_to_fit("layer_end");
  const int last = browser_->evaluate("steps.length - 1");
  std::string sums;
  for (int i = 0; i < last; ++i, press("ArrowLeft"))
    if (shown("#now").find("summed to (20,)") != std::string::npos) sums += shown("#now");
  EXPECT_NE(sums.find("add delivers a gradient to x2 leaf, for input 2. It is summed to (20,)"),
            std::string::npos)
      << sums;
}

TEST_F(Pages, ATapeOf2000NodesFolds) {
  Tensor x = tensor({0.5, -0.25}).requires_grad_();
  Tensor y = x;
  for (int i = 0; i < 666; ++i) y = tanh(y * 1.01 + 0.1);
  tape_html(y.sum(), path("long.html"));
  double seconds = browser_->open_file(path("long.html"));  // the least of three: other programs may run, too
  for (int i = 0; i < 2; ++i) seconds = std::min(seconds, browser_->open_file(path("long.html")));
  EXPECT_LT(seconds, 1);
  RecordProperty("seconds", std::to_string(seconds));
  std::cout << "2000 nodes: " << fs::file_size(path("long.html")) << " bytes, loaded in " << seconds
            << " s\n";
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('#rows tr').length"), 3);  // x1, the run, sum
  EXPECT_NE(shown("td.op button").find("mul add tanh × 666"), std::string::npos) << shown("td.op button");
  press("b");
  press("ArrowDown", 4);
  EXPECT_EQ(named("current"), "%1");
  EXPECT_NE(shown("#now").find("%1996"), std::string::npos) << shown("#now");
  expect_steps_within(200);
  expect_to_fit("long_folded");
  press("f");
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('#rows tr').length"), 2000);
  expect_steps_within(1000);
  expect_to_fit("long_unfolded");
  press("f");
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('#rows tr').length"), 3);
}

TEST_F(Pages, TheKeyboardAloneIsEnough) {
  tape_html(diamond(), path("keys.html"));
  browser_->open_file(path("keys.html"));
  std::vector<std::string> reached;
  for (int i = 0; i < 10; ++i) {
    press("Tab");
    reached.push_back(browser_->evaluate("document.activeElement.id"));
  }
  EXPECT_EQ(reached, (std::vector<std::string>{"first", "previous", "next", "last", "backward", "play",
                                               "theme", "slider", "nodes", ""}));
  tab_to("#next");
  press("Enter");
  EXPECT_EQ(shown("#count").substr(0, 2), "1 ");
  tab_to("#slider");
  press("ArrowRight");
  EXPECT_EQ(shown("#count").substr(0, 2), "2 ");
  EXPECT_EQ(browser_->evaluate("document.documentElement.dataset.theme"), "light");
  press("t");
  EXPECT_EQ(browser_->evaluate("document.documentElement.dataset.theme"), "dark");
  press(" ");
  EXPECT_EQ(shown("#play"), "pause");
  press(" ");
  EXPECT_EQ(shown("#play"), "play");
}

TEST_F(Pages, NanAndOpsWithSeveralOutputsAreShown) {
  const Tensor x = tensor({0.0, 4.0}).requires_grad_();
  tape_html((x * 0 / x).sum(), path("nan.html"));
  browser_->open_file(path("nan.html"));
  press("End");
  EXPECT_NE(shown("#now").find("nan"), std::string::npos) << shown("#now");
  const Tensor A = tensor({{2.0, 1.0}, {0.0, 3.0}}).requires_grad_();
  const auto [U, S, V] = svd(A);
  tape_html(S.sum() + U[0][0] * 0, path("svd.html"));
  browser_->open_file(path("svd.html"));
  press("b");
  press("End");
  EXPECT_NE(shown("#now").find("The pass is over"), std::string::npos) << shown("#now");
}

TEST_F(Pages, ALeafAlone) {
  tape_html(tensor(1.0).requires_grad_(), path("leaf.html"));
  browser_->open_file(path("leaf.html"));
  press("ArrowRight", 2);
  EXPECT_NE(shown("#now").find("x1 is a leaf"), std::string::npos) << shown("#now");
}

// ---- The page of a lab --------------------------------------------------------------------------

void sample_part(lab::Session& session) {
  std::cout << "a < b & c\n";
  session.set("loss", 0.5);
  session.expect("loss", 0.5, 1e-3);
  session.expect_at_least("loss", 0.6);
  session.figure(
      "curve",
      lab::LinePlot{
          .title = "curve", .x_label = "x", .y_label = "y", .series = {{.name = "a", .y = {1, 2, 4}}}});
  if (const auto page = session.tape_page("tape_one")) tape_html(diamond, *page);
}

/// Writes a lab's page, its figure and its tape to a folder.
void run_sample(const std::string& name, const std::string& out) {
  const lab::Lab sample = {.name = name, .summary = "A lab", .parts = {{"one", "First", sample_part}}};
  const std::vector<const char*> arguments = {name.c_str(), "--quiet", "--out", out.c_str()};
  ASSERT_EQ(lab::run_lab(static_cast<int>(arguments.size()), arguments.data(), sample), 0);
}

TEST_F(Pages, ALabsPageShowsTextFiguresTapesAndChecks) {
  run_sample("sample", path("out"));
  browser_->open_file(path("out/index.html"));
  EXPECT_EQ(shown("pre"), "a < b & c\n");
  const int drawn = lab::gnuplot_is_installed() ? 1 : 0;
  EXPECT_EQ(browser_->evaluate("[...document.images].filter((image) => image.naturalWidth > 0).length"),
            drawn);
  EXPECT_EQ(shown("tr:nth-child(2)"), "loss\t0.5\t0.5\t0.001\tpass");
  EXPECT_EQ(shown("tr:nth-child(3)"), "loss\t0.5\t≥ 0.6\t\tMISS");
  expect_to_fit("sample_lab");
  tab_to("p a");
  press("Enter");
  for (int i = 0; i < 50 && shown("#now") == "(none)"; ++i) usleep(100'000);
  EXPECT_NE(shown("#now").find("No op has run yet"), std::string::npos);
}

// ./labs/run joins the pages of the four labs. Here the function that does so gets the pages of four samples.
TEST_F(Pages, TheJoinedPageOfTheLabsHasAllOfThem) {
  const std::vector<std::string> labs = {"factorisation", "mlp", "embeddings", "svd"};
  for (const std::string& name : labs) run_sample(name, path("labs/out/" + name));
  const std::string join = "root='" + folder_.string() +
                           "'; eval \"$(sed -n '/^all_labs=/p; /^join_pages()/,/^}/p' " +
                           GRADUS_SOURCE_DIR "/labs/run)\"; join_pages";
  ASSERT_EQ(std::system(("bash -c '" + std::regex_replace(join, std::regex("'"), "'\\''") + "'").c_str()), 0);
  EXPECT_LT(browser_->open_file(path("labs/out/index.html")), 1);
  EXPECT_EQ(browser_->evaluate("[...document.querySelectorAll('h1')].map((title) => title.id)"),
            nlohmann::json(labs));
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('section').length"), 4);
  const int drawn = lab::gnuplot_is_installed() ? 4 : 0;
  EXPECT_EQ(browser_->evaluate("document.images.length"), drawn);
  expect_to_fit("joined_labs");
  tab_to("nav a[href='#svd']");
  press("Enter");
  EXPECT_EQ(browser_->evaluate("location.hash"), "#svd");
  tab_to("a[href='./svd/tape_one.html']");
  press("Enter");
  for (int i = 0; i < 50 && shown("#now") == "(none)"; ++i) usleep(100'000);
  EXPECT_NE(shown("#now").find("No op has run yet"), std::string::npos);
}

}  // namespace
