// The code that the pages show is the code that runs. Above such a block stands a comment that names its source:
//
//     <!-- from kernels/cuda/matmul.cu: tiles -->
//     ```cpp
//
// The file is searched for the function (or struct) of that name; without a name the whole file counts. A block
// may leave lines out: "…" alone on a line stands for any number of them. All other lines must follow one another
// in the source as they do on the page. Indentation is that of the page: the first line decides it.
//
// If the source has changed inside an excerpt, GRADUS_WRITE_EXCERPTS=1 excerpts_test writes the page anew. It looks for
// the first and the last line before each "…" in the source, and copies all lines from the one to the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "source_text.h"

namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

const fs::path kRoot = GRADUS_SOURCE_DIR;

/// The lines of a page or a source without "#pragma": pages leave out what only the compiler reads.
Lines readable_lines_of(const fs::path& path) {
  Lines lines = lines_of(path);
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("#pragma"); });
  return lines;
}

size_t indentation_of(const std::string& line) { return std::min(line.find_first_not_of(' '), line.size()); }

/// The line without the indentation of the excerpt's first line.
std::string dedented(const std::string& line, size_t indentation) {
  return line.substr(std::min(indentation, indentation_of(line)));
}

/// The line after the closing brace of the definition whose head is line `head`; nothing if it is a declaration.
std::optional<size_t> end_of_definition(const Lines& source, size_t head) {
  int depth = 0;
  bool opened = false;
  for (size_t i = head; i < source.size(); ++i) {
    for (const char c : source[i].substr(0, source[i].find("//"))) {
      if (c == ';' && !opened) return {};
      if (c == '{') ++depth, opened = true;
      if (c == '}') --depth;
    }
    if (opened && depth == 0) return i + 1;
  }
  return {};
}

/// The lines of the function or struct `name`, from its head to its closing brace: of several, the one that is indented
/// least, since a member is indented and a call even more. Empty if there is none.
Lines definition_of(const Lines& source, const std::string& name) {
  const std::regex head("(^|[^/]*[^\\w:/])" + name + R"(( ?\(| \{| : |<.*).*)");
  Lines best;
  for (size_t i = 0; i < source.size(); ++i) {
    if (!std::regex_match(source[i], head)) continue;
    const auto end = end_of_definition(source, i);
    if (end && (best.empty() || indentation_of(source[i]) < indentation_of(best[0])))
      best.assign(source.begin() + i, source.begin() + *end);
  }
  return best;
}

/// Consecutive lines of a page without an ellipsis.
struct Segment {
  size_t begin, end;  // lines of the page
};

struct Excerpt {
  std::string source, name;  // name may be empty
  std::vector<Segment> segments;
};

bool is_ellipsis(const std::string& line) { return line.substr(indentation_of(line)) == "…"; }

std::vector<Excerpt> excerpts_of(const Lines& page) {
  static const std::regex comment(R"(<!-- from ([^ :]+)(?:: (.+))? -->)");
  std::vector<Excerpt> excerpts;
  for (size_t i = 0; i + 1 < page.size(); ++i) {
    std::smatch match;
    if (!std::regex_match(page[i], match, comment)) continue;
    Excerpt excerpt{match[1], match[2], {}};
    EXPECT_TRUE(page[i + 1].starts_with("```")) << "no code block below " << page[i];
    bool inside = false;
    for (size_t line = i + 2; line < page.size() && page[line] != "```"; ++line) {
      const bool here = !is_ellipsis(page[line]);
      if (here && !inside) excerpt.segments.push_back({line, line});
      if (here) excerpt.segments.back().end = line + 1;
      inside = here;
    }
    excerpts.push_back(std::move(excerpt));
  }
  return excerpts;
}

/// The line of the source, `from` or later, at which all lines of the segment follow one another.
std::optional<size_t> find_segment(const Lines& page, const Segment& segment, const Lines& source,
                                   size_t from) {
  for (size_t at = from; at + (segment.end - segment.begin) <= source.size(); ++at) {
    const size_t indentation = indentation_of(source[at]), on_page = indentation_of(page[segment.begin]);
    bool same = true;
    for (size_t i = 0; same && i < segment.end - segment.begin; ++i)
      same = dedented(source[at + i], indentation) == dedented(page[segment.begin + i], on_page);
    if (same) return at;
  }
  return {};
}

/// The source's lines from the segment's first to its last line, indented as on the page; nothing if one is missing.
Lines newest(const Lines& page, const Segment& segment, const Lines& source) {
  const auto same = [&](const std::string& line, size_t on_page) {
    return line.substr(indentation_of(line)) == page[on_page].substr(indentation_of(page[on_page]));
  };
  for (size_t first = 0; first < source.size(); ++first) {
    if (!same(source[first], segment.begin)) continue;
    for (size_t last = first; last < source.size(); ++last) {
      if (!same(source[last], segment.end - 1)) continue;
      Lines lines;
      const std::string margin(indentation_of(page[segment.begin]), ' ');
      for (size_t i = first; i <= last; ++i) {
        const std::string line = dedented(source[i], indentation_of(source[first]));
        lines.push_back(line.empty() ? line : margin + line);
      }
      return lines;
    }
  }
  return {};
}

/// Compares every excerpt of a page with its source. Returns the page as it should be.
Lines check_page(const fs::path& path, const Lines& page, int& count) {
  Lines result = page;
  const std::vector<Excerpt> excerpts = excerpts_of(page);
  // From the last to the first, so that the line numbers of the others stay right.
  for (auto excerpt = excerpts.rbegin(); excerpt != excerpts.rend(); ++excerpt, ++count) {
    const Lines file = readable_lines_of(excerpt->source);
    const Lines source = excerpt->name.empty() ? file : definition_of(file, excerpt->name);
    EXPECT_FALSE(source.empty()) << path << ": " << excerpt->source << " does not define " << excerpt->name;
    size_t at = 0;
    std::vector<Segment> stale;
    for (const Segment& segment : excerpt->segments)
      if (const auto found = find_segment(page, segment, source, at))
        at = *found + (segment.end - segment.begin);
      else
        stale.push_back(segment);
    for (auto segment = stale.rbegin(); segment != stale.rend(); ++segment) {
      ADD_FAILURE() << path.string() << ":" << segment->begin + 1 << ": these lines are not in "
                    << excerpt->source << (excerpt->name.empty() ? "" : ", " + excerpt->name)
                    << " (any more); GRADUS_WRITE_EXCERPTS=1 excerpts_test writes the page anew\n"
                    << page[segment->begin];
      const Lines lines = newest(page, *segment, source);
      if (lines.empty()) continue;  // its first or its last line has changed: a person must look
      result.erase(result.begin() + segment->begin, result.begin() + segment->end);
      result.insert(result.begin() + segment->begin, lines.begin(), lines.end());
    }
  }
  return result;
}

TEST(Excerpts, AreTheCodeThatRuns) {
  std::vector<fs::path> pages = {"README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "docs"))
    if (entry.path().extension() == ".md") pages.push_back(fs::relative(entry.path(), kRoot));
  int count = 0;
  for (const fs::path& path : pages) {
    const Lines page = readable_lines_of(path), wanted = check_page(path, page, count);
    if (wanted == page || !std::getenv("GRADUS_WRITE_EXCERPTS")) continue;
    std::ofstream file(kRoot / path);
    for (const std::string& line : wanted) file << line << '\n';
  }
  EXPECT_GE(count, 5) << "the pages have excerpts, but the test found none";
}

// Messages on the page name lines of matmul.cu. Some messages come from a copy in which one line above was removed.
TEST(Excerpts, MessagesNameTheRightLines) {
  std::ifstream page_file(kRoot / "docs/cuda.md"), source_file(kRoot / "kernels/cuda/matmul.cu");
  const std::string page{std::istreambuf_iterator<char>(page_file), {}};
  Lines source;
  for (std::string line; std::getline(source_file, line);) source.push_back(line);
  static const std::regex named(R"(matmul\.cu:(\d+))"),
      expected(
          R"(\s*(launch<tiles<T>>.*|for .* sum \+= a\[y\]\[p\].*|a\[y\]\[x\] = .*|if .* one\.c\(i, j\) = sum;))");
  int count = 0;
  for (std::sregex_iterator match(page.begin(), page.end(), named), last; match != last; ++match, ++count) {
    const size_t line = std::stoul((*match)[1]);  // from 1
    EXPECT_TRUE(std::regex_match(source.at(line - 1), expected) ||
                std::regex_match(source.at(line), expected))
        << "docs/cuda.md names line " << line << " of matmul.cu, which is\n"
        << source.at(line - 1);
  }
  EXPECT_GE(count, 4);
}

/// The words of a page outside of its blocks of code and its comments.
size_t words_of(const fs::path& page) {
  size_t count = 0;
  bool in_code = false;
  for (const std::string& line : lines_of(page)) {
    if (line.starts_with("```")) in_code = !in_code;
    if (in_code || line.starts_with("```") || line.starts_with("<!--")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) ++count;
  }
  return count;
}

TEST(Chapters, AreReadInAboutAnHour) {
  std::vector<fs::path> chapters = {kRoot / "docs/cuda.md"};
  for (const auto& entry : fs::directory_iterator(kRoot / "docs/course"))
    if (std::isdigit(entry.path().filename().string()[0]) && entry.path().extension() == ".md")
      chapters.push_back(entry.path());
  EXPECT_EQ(chapters.size(), 12u);
  for (const fs::path& chapter : chapters) {
    EXPECT_GE(words_of(chapter), 2500u) << chapter;
    EXPECT_LE(words_of(chapter), 4000u) << chapter;
  }
}

// A test that never finds a fault would pass, too. Each of these pages has one fault.
TEST(Excerpts, StaleOnesAreFound) {
  const Lines source = {"int f(int x) {", "  int y = x;", "  return y;", "}", "int g();"};
  EXPECT_EQ(definition_of(source, "f").size(), 4u);
  EXPECT_TRUE(definition_of(source, "g").empty()) << "a declaration is no definition";
  const Lines right = {"int y = x;", "return y;"}, changed = {"int y = x;", "return x;"},
              exchanged = {"return y;", "int y = x;"};
  EXPECT_EQ(find_segment(right, {0, 2}, source, 0), 1u);
  EXPECT_FALSE(find_segment(right, {0, 2}, source, 2)) << "it stands before the last segment";
  EXPECT_FALSE(find_segment(changed, {0, 2}, source, 0));
  EXPECT_FALSE(find_segment(exchanged, {0, 2}, source, 0));
  EXPECT_EQ(newest({"  int y = x;", "  old();", "  return y;"}, {0, 3}, source),
            (Lines{"  int y = x;", "  return y;"}));
}

}  // namespace
