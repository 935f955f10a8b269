// A block of printed text on a page is compared with the output of a program. A comment above the block names it:
//
//     <!-- printed by: course_numbers losses -->
//     ```
//
// The fence may also be "```cpp". The program is run again, and its words are compared with those of the block: line
// breaks do not matter, and numbers may differ by a fiftieth, since another processor rounds in another order.
// "…, within 0.5 -->" allows more, for numbers that are rounding errors themselves. A program that exits with 77 cannot
// print the block in this build.
//
// GRADUS_WRITE_EXCERPTS=1 printed_test writes the blocks anew.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <string>

#include "words.h"

namespace {

namespace fs = std::filesystem;

/// The output of a command: "" if it fails, nothing if it skips.
std::optional<std::string> output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return "";
  std::array<char, 4096> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), count);
  const int status = pclose(pipe);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return {};
  return status == 0 ? output : "";
}

struct Block {
  std::string program, text;
  double tolerance;
  size_t begin, length;  // of the text, in the page
};

std::vector<Block> blocks_of(const std::string& page) {
  static const std::regex comment("<!-- printed by: ([^,\n]+?)(?:, within ([0-9.]+))? -->\n```(?:cpp)?\n");
  std::vector<Block> blocks;
  for (std::sregex_iterator match(page.begin(), page.end(), comment), last; match != last; ++match) {
    const size_t begin = match->position() + match->length(), end = page.find("```\n", begin);
    const double tolerance = (*match)[2].matched ? std::stod((*match)[2]) : 0.02;
    blocks.push_back({(*match)[1], page.substr(begin, end - begin), tolerance, begin, end - begin});
  }
  return blocks;
}

#ifdef GRADUS_COURSE_PROGRAMS
TEST(Printed, BlocksAreWhatTheProgramsPrint) {
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(GRADUS_SOURCE_DIR "/docs")) {
    if (entry.path().extension() != ".md") continue;
    std::ifstream file(entry.path());
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    std::string wanted = page;
    const std::vector<Block> blocks = blocks_of(page);
    for (auto block = blocks.rbegin(); block != blocks.rend(); ++block, ++count) {  // positions stay right
      const auto printed = output_of("'" GRADUS_COURSE_PROGRAMS "'/" + block->program);
      if (!printed || gradus::same_words(block->text, *printed, block->tolerance)) continue;
      ADD_FAILURE() << entry.path().string() << ": " << block->program << " prints something else:\n"
                    << *printed << "GRADUS_WRITE_EXCERPTS=1 printed_test writes the page anew";
      wanted.replace(block->begin, block->length, *printed);
    }
    if (wanted != page && std::getenv("GRADUS_WRITE_EXCERPTS")) std::ofstream(entry.path()) << wanted;
  }
  EXPECT_GE(count, 5) << "the pages have printed blocks, but the test found none";
}
#endif

// A test that compares nothing would pass, too.
TEST(Printed, DifferencesAreFound) {
  EXPECT_TRUE(gradus::same_words("loss 0.1219,\n ok", "loss 0.1220, ok", 0.02));
  EXPECT_FALSE(gradus::same_words("loss 0.1219", "loss 0.1419", 0.02));
  EXPECT_FALSE(gradus::same_words("loss 0.1219", "lost 0.1219", 0.02));
  EXPECT_FALSE(gradus::same_words("loss 1e-06", "loss 1e-07", 0.02));
  EXPECT_FALSE(gradus::same_words("one two", "one", 0.02));
  const std::vector<Block> blocks = blocks_of("<!-- printed by: f x, within 0.5 -->\n```\n1 2\n```\n");
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].program, "f x");
  EXPECT_EQ(blocks[0].text, "1 2\n");
  EXPECT_EQ(blocks[0].tolerance, 0.5);
}

}  // namespace
