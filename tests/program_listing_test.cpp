// The listing of a program, and its drawing in Graphviz' language.
#include <gtest/gtest.h>

#include <sstream>

#include "gradus.h"

namespace gradus {
namespace {

TEST(Listing, NamesKernelsAndMemory) {
  const Tensor x = ones({2, 3}, kFloat64);
  Tensor y;
  const Program program = capture([&] { y = (x.t() * 2).tanh().sum(); });
  std::ostringstream text;
  text << program;
  EXPECT_EQ(text.str(),
            "program: 3 calls, 384 bytes of its own\n"
            "   1  mul 2               p1 float64 (3, 2)  <-  x1 float64 (3, 2) by (1, 3)\n"
            "   2  tanh                p2 float64 (3, 2)  <-  p1 float64 (3, 2)\n"
            "   3  sum                 p3 float64 (1, 1)  <-  p2 float64 (3, 2)\n");
}

TEST(Drawing, HasAnArrowForEachUse) {
  const Tensor x = ones({2, 3}, kFloat64);
  Tensor y;
  const Program program = capture([&] {
    y = (x.t() * 2).tanh();
    y = y * y + x.t();
  });
  EXPECT_EQ(program_dot(program),
            "digraph program {\n"
            "  rankdir=BT;\n"
            "  node [fontname=\"monospace\"];\n"
            "  \"1\" [label=\"1 mul 2\\n(3, 2)\", shape=ellipse];\n"
            "  \"x1\" [label=\"x1 float64\", shape=box];\n"
            "  \"x1\" -> \"1\";\n"
            "  \"2\" [label=\"2 tanh\\n(3, 2)\", shape=ellipse];\n"
            "  \"1\" -> \"2\" [label=\"p1\"];\n"
            "  \"3\" [label=\"3 mul\\n(3, 2)\", shape=ellipse];\n"
            "  \"2\" -> \"3\" [label=\"p2\"];\n"
            "  \"4\" [label=\"4 add\\n(3, 2)\", shape=ellipse];\n"
            "  \"3\" -> \"4\" [label=\"p1\"];\n"
            "  \"x1\" -> \"4\";\n"
            "}\n");
  EXPECT_EQ(program_dot(Program()),
            "digraph program {\n  rankdir=BT;\n  node [fontname=\"monospace\"];\n}\n");
}

TEST(Drawing, FollowsPartsOfATensor) {
  const Tensor x = zeros({4}), rows = tensor({1, 2});
  Tensor y;
  const Program program = capture([&] {
    x.slice(0, 0, 2).add_(1);  // 1
    x.slice(0, 2, 4).add_(2);  // 2
    y = x.slice(0, 0, 2) * 2;  // reads 1 only
    y = x * 3;                 // reads 1 and 2
    x.fill_(5);
    y = x + 1;  // reads fill only
  });
  const std::string dot = program_dot(program);
  const auto arrows_to = [&](const std::string& call) {
    std::string from;
    std::istringstream lines(dot);
    for (std::string line; std::getline(lines, line);)
      if (line.find("-> \"" + call + "\"") != std::string::npos)
        from += line.substr(3, line.find('"', 3) - 3) + " ";
    return from;
  };
  EXPECT_EQ(arrows_to("1"), "x1 ");
  EXPECT_EQ(arrows_to("2"), "x1 ");
  EXPECT_EQ(arrows_to("3"), "1 ");
  EXPECT_EQ(arrows_to("4"), "2 1 x1 ");
  EXPECT_EQ(arrows_to("5"), "");
  EXPECT_EQ(arrows_to("6"), "5 ");
}

TEST(Drawing, GivesWorkOfTheHostItsPlace) {
  const Tensor w = ones({2}, TensorOptions().requires_grad(true));
  optim::SGD sgd({w}, 0.1);
  const std::string dot = program_dot(capture([&] {
    sgd.zero_grad();
    (w * w).sum().backward();
    sgd.step();
  }));
  EXPECT_NE(dot.find("step (host)\", shape=box];"), std::string::npos) << dot;
  EXPECT_NE(dot.find("[style=dotted];"), std::string::npos) << dot;
}

}  // namespace
}  // namespace gradus
