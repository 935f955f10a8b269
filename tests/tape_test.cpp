// The tape as a table (print_tape), as a drawing (tape_dot), as a page (tape_html) and step by step (tape_steps), and
// how long its nodes live.
#include "autograd/tools/tape.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <set>
#include <sstream>

#include "autograd/node.h"
#include "autograd/tools/function.h"
#include "tensor/create.h"
#include "tensor/files/files.h"
#include "tensor/indexing.h"
#include "tensors.h"

using namespace gradus;
using autograd::live_node_count;

namespace {

std::string printed(const Tensor& result) {
  std::ostringstream out;
  print_tape(result, out);
  return out.str();
}

// ---- The table ----------------------------------------------------------------------------------

TEST(PrintTape, EveryUseIsAnInput) {
  const Tensor a = tensor(3.0).requires_grad_();
  const Tensor b = a + a;
  const Tensor c = b + b;
  EXPECT_EQ(printed(c),
            "    op    inputs  shape\n"
            "x1  leaf          ()\n"
            "%1  add   x1, x1  ()\n"
            "%2  add   %1, %1  ()\n");
}

TEST(PrintTape, GradientsGrowOnTheWayBack) {
  const Tensor a = tensor(3.0).requires_grad_();
  const Tensor b = a + a;
  const Tensor c = b + b;
  {
    const KeepGradientNorms keep;
    c.backward();
  }
  EXPECT_EQ(printed(c),
            "    op    inputs  shape  gradient norm\n"
            "x1  leaf          ()     4\n"
            "%1  add   x1, x1  ()     2\n"
            "%2  add   %1, %1  ()     1\n");
}

TEST(PrintTape, MatrixFactorisation) {
  const Tensor U = ones({3, 2}).requires_grad_(), V = ones({3, 2}).requires_grad_(), A = ones({3, 3});
  EXPECT_EQ(printed((U.mm(V.t()) - A).pow(2).sum()),
            "    op    inputs        shape\n"
            "x1  leaf                (3, 2)\n"
            "x2  leaf                (3, 2)\n"
            "%1  t     x1            (2, 3)\n"
            "%2  mm    x2, %1        (3, 3)\n"
            "%3  sub   %2, constant  (3, 3)\n"
            "%4  pow   %3            (3, 3)\n"
            "%5  sum   %4            ()\n");
}

TEST(PrintTape, PowersAreNamedPow) {
  const Tensor x = tensor({1.0, 4.0}).requires_grad_();
  for (const Tensor& y : {x.pow(0.5), x.pow(2), x.pow(3), x.square(), pow(2, x)}) {
    EXPECT_EQ(y.grad_fn()->name(), "PowBackward0");
    EXPECT_EQ(printed(y), "    op    inputs  shape\nx1  leaf          (2,)\n%1  pow   x1      (2,)\n");
  }
  EXPECT_EQ(x.sqrt().grad_fn()->name(), "SqrtBackward0");
}

TEST(PrintTape, NormsAreOfTheWholeGradient) {
  const Tensor x = tensor({3.0, 4.0}).requires_grad_();
  const Tensor loss = (x * x).sum();
  const KeepGradientNorms keep;
  loss.backward();
  EXPECT_EQ(printed(loss),
            "    op    inputs  shape  gradient norm\n"
            "x1  leaf          (2,)   10\n"     // |2x| = |(6, 8)|
            "%1  mul   x1, x1  (2,)   1.414\n"  // |(1, 1)|
            "%2  sum   %1      ()     1\n");
}

TEST(PrintTape, ShowsWhereNanArises) {
  const Tensor x = tensor({0.0, 4.0}).requires_grad_();
  const Tensor loss = (x * 0 / x).sum();
  const KeepGradientNorms keep;
  loss.backward();
  EXPECT_NE(printed(loss).find("nan"), std::string::npos);
}

TEST(PrintTape, NoNormsWithoutTheGuard) {
  const Tensor x = tensor(2.0).requires_grad_();
  const Tensor y = x * x;
  y.backward({}, true);
  EXPECT_EQ(printed(y).find("gradient"), std::string::npos);
  { const KeepGradientNorms keep; }
  y.backward();
  EXPECT_EQ(printed(y).find("gradient"), std::string::npos);
}

TEST(PrintTape, LeafAlone) {
  EXPECT_EQ(printed(ones({2, 3}).requires_grad_()),
            "    op    inputs  shape\n"
            "x1  leaf          (2, 3)\n");
}

TEST(PrintTape, NothingRecorded) {
  EXPECT_EQ(printed(ones({2}) * 3), "nothing is recorded: no input of this tensor requires grad\n");
  EXPECT_THROW(printed(Tensor()), Error);
}

TEST(PrintTape, DoesNotChangeTheTape) {
  const int64_t before = autograd::live_node_count();
  {
    const Tensor x = tensor(2.0).requires_grad_();
    const Tensor y = x.exp();
    EXPECT_EQ(printed(y), printed(y));  // numbers start from 1 each time
    tape_dot(y);
    y.backward();
    EXPECT_FLOAT_EQ(x.grad().item<float>(), std::exp(2.0F));
  }
  EXPECT_EQ(autograd::live_node_count(), before);
}

// ---- Ops with several outputs or many inputs ----------------------------------------------------

struct SplitSigns : autograd::Function<SplitSigns> {
  static constexpr const char* name = "split \"signs\" \\";  // a name that DOT must escape
  static autograd::variable_list forward(autograd::AutogradContext*, const Tensor& x) {
    return {relu(x), relu(-x)};
  }
  static autograd::variable_list backward(autograd::AutogradContext*, autograd::variable_list gradients) {
    return {gradients[0] - gradients[1]};
  }
};

TEST(PrintTape, SeveralOutputs) {
  const Tensor x = tensor({1.0, -2.0}).requires_grad_();
  const std::vector<Tensor> signs = SplitSigns::apply(x);
  EXPECT_EQ(printed(signs[1] * signs[0]),
            "    op               inputs        shape\n"
            "x1  leaf                           (2,)\n"
            "%1  split \"signs\" \\  x1            (2,), (2,)\n"
            "%2  mul              %1[1], %1[0]  (2,)\n");
}

TEST(PrintTape, ManyInputsAreShortened) {
  std::vector<Tensor> parts;
  for (int i = 0; i < 9; ++i) parts.push_back(ones({1}).requires_grad_());
  const std::string text = printed(cat(parts));
  EXPECT_NE(text.find("%1  cat   x1, x2, x3, ..., x9  (9,)\n"), std::string::npos) << text;
  parts.resize(6);
  EXPECT_NE(printed(cat(parts)).find("x1, x2, x3, x4, x5, x6  (6,)\n"), std::string::npos);
}

// ---- The drawing --------------------------------------------------------------------------------

/// The line with each quoted string replaced by Q. A string ends at the next quote that is not escaped.
std::string skeleton(const std::string& line) {
  std::string result;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '"') {
      result += line[i];
      continue;
    }
    for (++i; i < line.size() && line[i] != '"'; ++i) i += line[i] == '\\';
    result += i < line.size() ? "Q" : "(not closed)";
  }
  return result;
}

/// Is every line a statement of DOT, with all quotes closed?
void expect_dot(const std::string& text) {
  const std::set<std::string> statements = {
      "  rankdir=BT;", "  node [fontname=Q];", "  Q [label=Q, shape=box];", "  Q [label=Q, shape=ellipse];",
      "  Q -> Q;",     "  Q -> Q [label=Q];",
  };
  std::istringstream lines(text);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(line, "digraph tape {");
  while (std::getline(lines, line) && line != "}") EXPECT_TRUE(statements.contains(skeleton(line))) << line;
  EXPECT_EQ(line, "}");
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(TapeDot, EveryUseIsAnArrow) {
  const Tensor a = tensor(3.0).requires_grad_();
  const std::string dot = tape_dot(a + a);
  expect_dot(dot);
  EXPECT_EQ(dot,
            "digraph tape {\n"
            "  rankdir=BT;\n"
            "  node [fontname=\"monospace\"];\n"
            "  \"x1\" [label=\"x1 leaf\\n()\", shape=box];\n"
            "  \"%1\" [label=\"%1 add\\n()\", shape=ellipse];\n"
            "  \"x1\" -> \"%1\";\n"
            "  \"x1\" -> \"%1\";\n"
            "}\n");
}

TEST(TapeDot, EscapesNamesAndLabelsOutputs) {
  const Tensor x = tensor({1.0, -2.0}).requires_grad_();
  const std::vector<Tensor> signs = SplitSigns::apply(x);
  const Tensor loss = (signs[1] * 2).sum();
  const KeepGradientNorms keep;
  loss.backward();
  const std::string dot = tape_dot(loss);
  expect_dot(dot);
  EXPECT_NE(dot.find(R"("%1" [label="%1 split \"signs\" \\\n(2,), (2,))"), std::string::npos) << dot;
  EXPECT_NE(dot.find(R"("%1" -> "%2" [label="[1]"];)"), std::string::npos) << dot;
  EXPECT_NE(dot.find(R"(\ngradient norm 1", shape=ellipse];)"), std::string::npos) << dot;
}

TEST(TapeDot, NothingRecorded) { expect_dot(tape_dot(ones({2}))); }

// ---- The page -----------------------------------------------------------------------------------

// labs_pages_test looks at pages in a browser. These tests need none.

size_t count_of(const std::string& part, const std::string& text) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(TapeHtml, RunsBackwardAndWritesEveryEvent) {
  const std::string file = testing::TempDir() + "tape_test_" + std::to_string(getpid()) + ".html";
  const Tensor x = tensor({3.0, 4.0}).requires_grad_();
  tape_html((x * x).sum(), file);
  EXPECT_EQ(x.grad()[1].item<double>(), 8);
  const std::string page = read_file(file);
  std::remove(file.c_str());
  EXPECT_EQ(count_of(R"("kind":"take")", page), 3u);     // sum, mul, x
  EXPECT_EQ(count_of(R"("kind":"deliver")", page), 3u);  // sum to mul, and mul to x twice
  EXPECT_EQ(count_of(R"("kind":"release")", page), 1u);  // mul has saved x
  EXPECT_NE(page.find(R"json("gradient":[{"shape":"(2,)","norm":10,"numbers":[6,8])json"), std::string::npos);
  for (const char* other_file : {"src=", "href=", "url(", "@import", "import("})
    EXPECT_EQ(page.find(other_file), std::string::npos) << other_file;
}

TEST(TapeHtml, ErrorsAreThoseOfBackwardAndOfTheFile) {
  const Tensor x = tensor(3.0).requires_grad_();
  EXPECT_THROW(tape_html(tensor(1.0), "/dev/null"), Error);
  EXPECT_THROW(tape_html(x * 2, "/no/such/folder/tape.html"), Error);
  const Tensor y = x * x;
  y.backward();
  EXPECT_THROW(tape_html(y, "/dev/null"), Error);
}

// ---- In the terminal ----------------------------------------------------------------------------

TEST(TapeSteps, TheDiamond) {
  const Tensor x = tensor(2.0).requires_grad_();
  std::ostringstream out;
  const Tensor c = tape_steps(
      [&] {
        const Tensor y = 3 * x, a = 2 * y, b = 5 * y;
        return a + b;
      },
      out);
  EXPECT_EQ(c.item<double>(), 42);
  EXPECT_EQ(x.grad().item<double>(), 21);
  EXPECT_EQ(out.str(),
            "forward\n"
            "  x1 leaf  ()  2\n"
            "  %1 mul(x1)  ()  6\n"
            "  %2 mul(%1)  ()  12\n"
            "  %3 mul(%1)  ()  30\n"
            "  %4 add(%2, %3)  ()  42\n"
            "backward\n"
            "  %4 add is next, with 1\n"
            "    to %2 mul  1\n"
            "    to %3 mul  1\n"
            "  %3 mul is next, with 1   waiting: %2\n"
            "    to %1 mul  5\n"
            "  %2 mul is next, with 1   waiting: %1\n"
            "    to %1 mul  2, added to 5\n"
            "  %1 mul is next, with 7\n"
            "    to x1 leaf  21\n"
            "  x1 leaf is next, with 21, which is its .grad\n");
}

TEST(TapeSteps, SaysWhatIsKeptAndFreedAndShortensLargeTensors) {
  const Tensor x = ones({2, 3}).requires_grad_(), w = ones({3, 10}).requires_grad_();
  std::ostringstream out;
  tape_steps([&] { return x.mm(w).exp().sum(); }, out);
  const std::string text = out.str();
  for (const char* line :
       {"  x1 leaf  (2, 3)  1 1 1 / 1 1 1\n", "  %1 mm(x1, x2)  (2, 10)  norm 13.42   keeps x2, x1\n",
        "  %2 exp(%1)  (2, 10)  norm 89.83   keeps %2\n",
        "    to %1 mm  norm 89.83\n    frees what %2 kept\n", "    frees what %1 kept\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "is not in\n" << text;
}

TEST(TapeSteps, StopsWhereItIsTold) {
  const Tensor x = tensor(3.0).requires_grad_();
  std::ostringstream out;
  int steps = 0;
  tape_steps([&] { return x * x; }, out, [&] { return ++steps < 2; });
  EXPECT_EQ(out.str(), "forward\n  x1 leaf  ()  3\n  %1 mul(x1, x1)  ()  9   keeps x1, x1\n");
  EXPECT_EQ(x.grad().item<double>(), 6);  // the pass is run to its end
  EXPECT_THROW(tape_steps([] { return tensor(1.0); }, out), Error);
}

TEST(TapeSteps, OpsWithSeveralOutputs) {
  const Tensor x = tensor({1.0, -2.0}).requires_grad_();
  std::ostringstream out;
  tape_steps(
      [&] {
        const std::vector<Tensor> signs = SplitSigns::apply(x);
        return (3 * signs[1] - signs[0]).sum();
      },
      out);
  for (const char* line :
       {"    to %1 split \"signs\" \\[0]  -1 -1\n", "    to %1 split \"signs\" \\[1]  3 3\n",
        "  %1 split \"signs\" \\ is next, with -1 -1, 3 3\n"})
    EXPECT_NE(out.str().find(line), std::string::npos) << line << "is not in\n" << out.str();
}

// ---- Size ---------------------------------------------------------------------------------------

TEST(PrintTape, ALongChainNeedsNoDeepStack) {
  constexpr int kOps = 300'000;
  Tensor y = tensor(1.0).requires_grad_();
  for (int i = 0; i < kOps; ++i) y = y + 1;
  const std::string text = printed(y);
  EXPECT_EQ(std::ranges::count(text, '\n'), kOps + 2);
  EXPECT_NE(text.find("\n%300000  add   %299999  ()\n"), std::string::npos);
  EXPECT_EQ(std::ranges::count(tape_dot(y), '\n'), 3 + 1 + 2 * kOps + 1);
}

TEST(PrintTape, SharedNodesAreVisitedOnce) {
  Tensor y = tensor(1.0).requires_grad_();
  for (int i = 0; i < 100; ++i) y = y + y;  // 2¹⁰⁰ paths
  const std::string text = printed(y);
  EXPECT_EQ(std::ranges::count(text, '\n'), 102);
}

// ---- The life of nodes --------------------------------------------------------------------------------------------------------

TEST(Nodes, AreFreedWithOrWithoutBackward) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf({1, 2}), y = (x * x).exp().sum();
    EXPECT_EQ(live_node_count(), before + 3);  // mul, exp, sum
    y.backward();
  }
  EXPECT_EQ(live_node_count(), before);
  for (int i = 0; i < 3; ++i) leaf({1, 2}).exp().log().sum();
  EXPECT_EQ(live_node_count(), before);
}

TEST(Nodes, ThatSaveTheirOwnOutputFormNoCycle) {
  const int64_t before = live_node_count();
  const Tensor x = leaf({{0.5, 0.25}, {0.125, 0.75}});
  for (Tensor (*f)(const Tensor&) : {exp, sqrt, rsqrt, reciprocal, tanh, sigmoid, relu}) f(x);
  x / x, 1 / x, pow(x, x), pow(2, x), softmax(x, 0), log_softmax(x, 0), norm(x), max(x), amin(x, 0);
  svd(x);
  for (const auto& in_place : std::vector<std::function<void(const Tensor&)>>{
           [](const Tensor& y) { y.mul_(y); }, [&](const Tensor& y) { y.mul_(x); },
           [&](const Tensor& y) { y.div_(x); }, [](const Tensor& y) { y.clamp_(0, 1); },
           [&](const Tensor& y) { y.copy_(x); }, [](const Tensor& y) { y.fill_(1); },
           [&](const Tensor& y) { y.index_put_({0}, x[0].detach()); }}) {
    try {
      in_place(x * 2);
    } catch (const Error&) {  // an op that raises an Error must not leave nodes either
    }
  }
  EXPECT_EQ(live_node_count(), before);
}

TEST(Nodes, OfHigherOrdersAreFreed) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf({0.5, 2});
    const Tensor first = autograd::grad(x.tanh().exp().sum(), x, {}, {}, true)[0];
    autograd::grad(first.square().sum(), x, {}, {}, true)[0].sum().backward();
    EXPECT_TRUE(x.grad().defined());
  }
  EXPECT_EQ(live_node_count(), before);
}

TEST(Nodes, DoNotKeepTheirLeavesAlive) {
  Tensor y;
  bool asked = false;
  {
    const Tensor x = leaf({1, 2});
    x.register_hook([&](const Tensor&) { asked = true; });
    y = x.sum();
  }
  y.backward();  // x is destroyed, so there is no .grad to add to
  EXPECT_TRUE(asked);
}

double seconds_for_chain(int64_t length, bool differentiate) {
  const std::clock_t begin = std::clock();
  {
    const Tensor x = leaf(1);
    Tensor y = x;
    for (int64_t i = 0; i < length; ++i) y = i % 2 ? y.neg() : y * 1.0;
    if (differentiate) {
      y.backward();
      EXPECT_EQ(x.grad().item<double>(), (length / 2) % 2 ? -1 : 1);
    }
  }
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

TEST(LongChain, OfAMillionOpsTakesLinearTimeAndBoundedStack) {
  const int64_t before = live_node_count();
  for (const bool differentiate : {false, true}) {  // destroyed before backward, and after it
    seconds_for_chain(1 << 20, differentiate);
    const double quarter = seconds_for_chain(1 << 18, differentiate);
    const double whole = seconds_for_chain(1 << 20, differentiate);
    EXPECT_LT(whole, 4 * quarter * 4)
        << "a chain of four times the length took " << whole / quarter << " times as long";
  }
  EXPECT_EQ(live_node_count(), before);
}

TEST(LongChain, WithGradOfOneInput) {
  const Tensor x = leaf(1);
  Tensor y = x;
  for (int i = 0; i < 200'000; ++i) y = -y;
  EXPECT_EQ(autograd::grad(y, x)[0].item<double>(), 1);
}

}  // namespace
