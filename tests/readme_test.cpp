// README's program is compiled as it stands on the page. It must print what the page says, and so must README's tape.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>
#include <string>

#include "gradus.h"

namespace {

std::string readme() {
  std::ifstream file(GRADUS_SOURCE_DIR "/README.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

void run_the_program(){
#include "readme_program.h"  // the first block of C++ of README.md, which CMake has copied
}

TEST(Readme, TheProgramPrintsWhatThePageSays) {
  testing::internal::CaptureStdout();
  run_the_program();
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_EQ(printed, "tensor(0.1219, grad_fn=<SumBackward0>)");
  EXPECT_NE(readme().find("// " + printed), std::string::npos) << "the page's comment says something else";
}

TEST(Readme, TheTapeIsWhatThePageShows) {
  using namespace gradus;
  const Tensor a = tensor(1., requires_grad()), b = a + a, c = b + b;
  const KeepGradientNorms keep;
  c.backward({}, /*retain_graph=*/true);
  std::ostringstream tape;
  print_tape(c, tape);
  EXPECT_NE(readme().find("```\n" + tape.str() + "```"), std::string::npos)
      << "the page shows another table than\n"
      << tape.str();
}

}  // namespace
