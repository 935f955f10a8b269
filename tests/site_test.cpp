// The site of all pages: docs/site/run builds it and checks its links. A headless Chromium then opens every page from
// the disk. Without mkdocs or Chromium these tests are skipped.
//
// GRADUS_SCREENSHOTS=FOLDER also writes pictures of some pages there: wide and narrow, light and dark.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "browser.h"

namespace fs = std::filesystem;

namespace {

class Site : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("gradus_site_" + std::to_string(getpid()));
    const std::string command = GRADUS_SOURCE_DIR "/docs/site/run '" + folder_.string() + "'";
    status_ = WEXITSTATUS(std::system(command.c_str()));
    if (const auto program = browser::installed(); program && status_ == 0)
      browser_ = std::make_unique<browser::Browser>(*program, (folder_ / "profile").string());
  }
  static void TearDownTestSuite() {
    browser_.reset();
    fs::remove_all(folder_);
  }
  void SetUp() override {
    if (status_ == 77) GTEST_SKIP() << "there is no mkdocs (Debian: mkdocs mkdocs-material)";
    ASSERT_EQ(status_, 0) << "docs/site/run has failed";
  }

  static std::string page(const std::string& name) { return (folder_ / "html" / name).string(); }
  static void expect_no_complaints() {
    for (const std::string& complaint : browser_->complaints()) ADD_FAILURE() << complaint;
  }

  static fs::path folder_;
  static int status_;
  static std::unique_ptr<browser::Browser> browser_;
};

fs::path Site::folder_;
int Site::status_ = 0;
std::unique_ptr<browser::Browser> Site::browser_;

TEST_F(Site, EveryPageFitsANarrowWindow) {
  if (!browser_) GTEST_SKIP() << "there is no Chromium to show the pages (Debian: chromium)";
  browser_->set_window(400, 900, "dark");
  int pages = 0;
  double slowest = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "html")) {
    const std::string name = fs::relative(entry.path(), folder_ / "html").string();
    if (entry.path().extension() != ".html" || name.starts_with("reference/") || name == "404.html") continue;
    slowest = std::max(slowest, browser_->open_file(page(name)));
    EXPECT_LE(browser_->evaluate("document.documentElement.scrollWidth"), 400) << name;
    EXPECT_EQ(browser_->evaluate("[...document.images].filter((image) => !image.naturalWidth).length"), 0)
        << name;
    ++pages;
  }
  std::cout << pages << " pages, the slowest loaded in " << slowest << " s\n";
  EXPECT_GT(pages, 20);
  expect_no_complaints();
}

TEST_F(Site, LooksRightWideAndNarrowLightAndDark) {
  if (!browser_) GTEST_SKIP() << "there is no Chromium to show the pages (Debian: chromium)";
  const char* pictures = std::getenv("GRADUS_SCREENSHOTS");
  for (const char* name : {"index", "course/05-order", "ops", "pytorch", "on-your-machine", "labs/mlp",
                           "source/labs/mlp.cpp", "reference/index", "reference/classgradus_1_1Tensor"})
    for (const int width : {1280, 400})
      for (const std::string scheme : {"light", "dark"}) {
        browser_->set_window(width, 900, scheme);
        browser_->open_file(page(name + std::string(".html")));
        browser_->evaluate("localStorage.clear()");  // the theme remembers the colours of the first page
        browser_->open_file(page(name + std::string(".html")));
        std::string file = name;
        for (char& c : file)
          if (c == '/') c = '_';
        if (pictures)
          browser_->screenshot(std::string(pictures) + "/site_" + file + "_" + std::to_string(width) + "_" +
                               scheme + ".png");
      }
  expect_no_complaints();
}

TEST_F(Site, TheSearchNeedsNoServer) {
  if (!browser_) GTEST_SKIP() << "there is no Chromium to show the pages (Debian: chromium)";
  browser_->set_window(1280, 900, "light");
  browser_->open_file(page("index.html"));
  browser_->press("f");  // the theme's key
  browser_->evaluate(
      "(() => { const box = document.querySelector('.md-search__input'); box.value = 'gradgradcheck'; "
      "box.dispatchEvent(new Event('keyup', {bubbles: true})); })()");
  const std::string first = "document.querySelector('.md-search-result__link')?.getAttribute('href') ?? ''";
  for (int i = 0; i < 100 && browser_->evaluate(first) == ""; ++i) usleep(100'000);
  EXPECT_NE(browser_->evaluate(first), "");
  expect_no_complaints();
}

}  // namespace
