// Prints what the chapters show: each block below a comment such as
//
//     <!-- printed by: course_numbers losses -->
//
// is what this program prints for the name. tests/printed_test.cpp runs it again and compares.
#include <iomanip>
#include <map>

#include "check.h"
#include "kernels/memory.h"
#include "labs/factorisation.h"
#include "scalar.h"

namespace {

using course::in_a_row, course::sentence, course::shape_of;

Tensor small_matrix() {
  return tensor({{0.3374, 0.6005, 0.1735}, {3.3359, 0.0492, 1.8374}, {2.9407, 0.5301, 2.2620}});
}

double loss_of(const Tensor& U, const Tensor& V, const Tensor& A) {
  return (A - U.mm(V.t())).pow(2).sum().item<double>();
}

/// A plot of characters: one column for each value, `rows` high, logarithmic. `line` is drawn as dashes.
void plot(const std::vector<double>& values, double lowest, double highest, int rows, double line = 0) {
  const auto row_of = [&](double value) {
    return static_cast<int>(std::lround(std::log(value / lowest) / std::log(highest / lowest) * (rows - 1)));
  };
  for (int row = rows - 1; row >= 0; --row) {
    const double level = lowest * std::pow(highest / lowest, static_cast<double>(row) / (rows - 1));
    std::cout << std::setw(8) << std::setprecision(2) << level << " │";
    std::string text;
    for (const double value : values) {
      const bool here = row_of(value) == row;
      text += here ? " ●" : line > 0 && row_of(line) == row ? " -" : "  ";
    }
    std::cout << text.substr(0, text.find_last_not_of(' ') + 1) << "\n";
  }
}

// ---- 1 -----------------------------------------------------------------------------------------------------------------

void one_step() {
  const Tensor A = tensor({{2.}}), U = tensor({{1.}}), V = tensor({{1.}});
  const double lr = 0.1;
  for (int step = 1; step <= 4; ++step) {
    const Tensor e = A[0][0] - dot(U[0], V[0]);
    std::cout << "step " << step << "   u v = " << U.mm(V.t()).item<double>()
              << "   e = " << e.item<double>();
    U[0] += lr * e * V[0];
    V[0] += lr * e * U[0];
    std::cout << "   u becomes " << U.item<double>() << ", v " << V.item<double>() << "\n";
  }
}

void losses() {
  const Tensor A = small_matrix();
  std::vector<double> losses;
  std::cout << "epochs   loss\n";
  for (const int epochs : {0, 1, 10, 30, 100, 300, 1000}) {
    manual_seed(0);
    const auto [U, V] = lab::sgd_factorise(A, 2, epochs);
    std::cout << std::setw(6) << epochs << "   " << std::setprecision(4) << loss_of(U, V, A) << "\n";
  }
}

void loss_curve() {
  const Tensor A = small_matrix();
  std::vector<double> losses;
  for (int i = 0; i < 30; ++i) {
    manual_seed(0);
    const auto [U, V] = lab::sgd_factorise(A, 2, 10 * i);
    losses.push_back(loss_of(U, V, A));
  }
  plot(losses, 0.1, 20, 12, 0.1219);
  std::cout << "         └" << std::string("────────────────────────────────────────────────────────────")
            << "\n"
            << "          0 epochs            100                 200\n";
}

void singular_values() {
  const auto [U, S, V] = svd(small_matrix().to(kFloat64));
  std::cout << "singular values   " << std::setprecision(6) << in_a_row(S) << "\n"
            << "σ₃²               " << std::setprecision(17) << std::pow(S[2].item<double>(), 2) << "\n";
}

void bounds() {
  const auto [U, S, V] = svd(small_matrix().to(kFloat64));
  const Tensor squares = S.pow(2);
  std::cout << std::setprecision(4);
  for (int64_t rank = 0; rank < 3; ++rank) {
    const double loss = squares.slice(0, rank, 3).sum().item<double>();
    std::cout << "rank " << rank << "   best loss " << std::left << std::setw(7) << loss
              << " an entry is off by " << std::sqrt(loss / 9) << "\n";
  }
}

void by_tape() {
  const Tensor A = small_matrix();
  manual_seed(0);
  const auto [U, V] = lab::gd_factorise_ad(A, 2, 1000);
  std::cout << "by hand, one entry at a time   ";
  manual_seed(0);
  const auto [U1, V1] = lab::sgd_factorise(A, 2, 1000);
  std::cout << std::setprecision(4) << loss_of(U1, V1, A) << "\nby the tape, all entries       "
            << loss_of(U, V.t(), A) << "\n";
}

// ---- 2 -----------------------------------------------------------------------------------------------------------------

template <class T>
double error_at(double eps) {
  const T x = 1, e = static_cast<T>(eps);
  const T quotient = (std::exp(x + e) - std::exp(x - e)) / (2 * e);
  return std::abs(static_cast<double>(quotient) - std::exp(1.0));
}

void errors() {
  std::cout << "ε        one side   two sides  two sides, float32\n"
            << std::setprecision(1) << std::scientific;
  for (int k = 1; k <= 12; ++k) {
    const double eps = std::pow(10, -k);
    const double one = std::abs((std::exp(1 + eps) - std::exp(1.0)) / eps - std::exp(1.0));
    std::cout << "1e-" << std::setw(2) << std::left << k << std::right << "    " << one << "    "
              << error_at<double>(eps) << "    " << (k <= 7 ? sentence("") : "");
    if (k <= 7) std::cout << error_at<float>(eps);
    std::cout << "\n";
  }
  std::cout << std::defaultfloat;
}

void the_v() {
  std::vector<double> errors;
  for (int k = 1; k <= 12; ++k) errors.push_back(std::max(error_at<double>(std::pow(10, -k)), 1e-11));
  plot(errors, 1e-11, 1e-1, 11);
  std::cout << "         └────────────────────────\n           ε = 1e-1 … 1e-12\n";
}

void wrong_rule() {
  const Tensor x = tensor({2., 3.}).to(kFloat64).requires_grad_();
  const auto cube = [](const Tensor& x) {
    return autograd::record(
        "cube", x.detach() * x.detach() * x.detach(),
        autograd::wrt(x, autograd::saved(x), [](const Tensor& g, const Tensor& x) { return g * 2 * x * x; }));
  };
  try {
    autograd::gradcheck([&](const autograd::variable_list& in) { return cube(in[0]); }, {x});
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
}

void kink() {
  for (const double at : {1e-3, 1e-7}) {
    const Tensor x = tensor(at).to(kFloat64).requires_grad_();
    std::cout << "|x| at " << at << ": ";
    try {
      autograd::gradcheck([](const autograd::variable_list& in) { return in[0].abs(); }, {x});
      std::cout << "right\n";
    } catch (const Error& error) {
      std::cout << error.what() << "\n";
    }
  }
}

void float32_refused() {
  try {
    const Tensor x = tensor({1.f}).to(kFloat32).requires_grad_();
    autograd::gradcheck([](const autograd::variable_list& in) { return in[0].exp(); }, {x});
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
}

// ---- 3 -----------------------------------------------------------------------------------------------------------------

void six_numbers() {
  const Tensor x = arange(1, 7, kFloat32).view({2, 3});
  const auto* first = x.data_ptr<float>();
  std::cout << "                        sizes   strides  begins at  elements\n";
  const auto row = [&](const std::string& name, const Tensor& y) {
    std::string strides = "(";
    for (int d = 0; d < y.dim(); ++d) strides += sentence(d ? ", " : "", y.stride(d));
    std::cout << std::left << std::setw(24) << name << std::setw(8) << shape_of(y) << std::setw(9)
              << strides + (y.dim() == 1 ? ",)" : ")") << std::setw(11) << y.data_ptr<float>() - first
              << in_a_row(y) << "\n";
  };
  row("x", x);
  row("x.t()", x.t());
  row("x[1]", x[1]);
  row("x.slice(1, 0, 3, 2)", x.slice(1, 0, 3, 2));
  row("x[0].expand({2, 3})", x[0].expand({2, 3}));
}

void diagonal() {
  const Tensor x = arange(1, 10, kInt64).view({3, 3}), d = x.diagonal();
  std::cout << "x             " << in_a_row(x) << "\nx.diagonal()  " << in_a_row(d) << "   sizes "
            << shape_of(d) << ", stride " << d.stride(0) << "\n";
  d.fill_(0);
  std::cout << "x, after d.fill_(0)   " << in_a_row(x) << "\n";
}

void copies() {
  const Tensor x = rand({1000, 1000});
  const auto same = [&](const char* name, const Tensor& y) {
    std::cout << std::left << std::setw(22) << name
              << (y.data_ptr<float>() == x.data_ptr<float>() ? "the same memory" : "memory of its own")
              << "\n";
  };
  same("x.t()", x.t());
  same("x.view({100, 10000})", x.view({100, 10000}));
  same("x.contiguous()", x.contiguous());
  same("x.t().contiguous()", x.t().contiguous());
  same("x.clone()", x.clone());
  try {
    x.t().view({100, 10000});
  } catch (const Error& error) {
    std::cout << "x.t().view({100, 10000}): " << error.what() << "\n";
  }
}

void broadcast_error() {
  try {
    zeros({3, 4}) + zeros({2});
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
}

// ---- 4 -----------------------------------------------------------------------------------------------------------------

void tape() {
  const Tensor A = small_matrix();
  manual_seed(0);
  const Tensor U = rand({3, 2}, requires_grad()), V = rand({3, 2}, requires_grad());
  print_tape((U.mm(V.t()) - A).pow(2).sum());
}

void drawing() {
  const Tensor a = tensor(3., requires_grad()), b = tensor(4., requires_grad());
  std::cout << tape_dot(a * b);
}

void bytes() {
  const Tensor a = rand({4}, requires_grad()), b = rand({4}, requires_grad()), plain = rand({4});
  const auto freed = [](auto make) {
    make();  // leaves make their nodes at the first use
    Tensor y = make();
    const size_t before = block_cache::lists.bytes;
    y.reset();
    return block_cache::lists.bytes - before;
  };
  std::cout << "a product of 4 elements, not recorded   " << freed([&] { return plain * plain; })
            << " bytes\n"
            << "recorded, with its two rules            " << freed([&] { return a * b; }) << " bytes\n";
}

void version() {
  const Tensor x = tensor({3.}, requires_grad()), y = x * 1;
  const Tensor z = y * y;
  y.mul_(2);
  try {
    z.backward();
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
}

void twice() {
  const Tensor x = tensor({3.}, requires_grad()), y = x * x;
  y.backward();
  try {
    y.backward();
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
}

// ---- 5 -----------------------------------------------------------------------------------------------------------------

void diamond() {
  const Tensor x = tensor(2., requires_grad()), y = 3 * x, a = 2 * y, b = 5 * y, c = a + b;
  const KeepGradientNorms keep;
  c.backward({}, /*retain_graph=*/true);
  print_tape(c);
}

void steps() {
  const Tensor x = tensor(2., requires_grad());
  tape_steps([&] {
    const Tensor y = 3 * x, a = 2 * y, b = 5 * y;
    return a + b;
  });
}

void walks() {
  const std::pair<const char*, NextNode> orders[] = {
      {"largest number first",
       [](const std::vector<int>& w) { return *std::max_element(w.begin(), w.end()); }},
      {"last come, first served", [](const std::vector<int>& w) { return w.back(); }},
      {"first come, first served", [](const std::vector<int>& w) { return w.front(); }},
      {"smallest number first",
       [](const std::vector<int>& w) { return *std::min_element(w.begin(), w.end()); }}};
  std::cout << "                          the diamond     the long way\n";
  for (const auto& [name, next] : orders) {
    std::cout << std::left << std::setw(26) << name;
    for (const bool long_way : {false, true}) {
      ScalarTape tape;
      const int y = tape.times(3, tape.leaf(2)), a = tape.times(2, y), b = tape.times(5, long_way ? a : y);
      const int c = long_way ? tape.add(b, y) : tape.add(a, b);
      std::string order;
      for (const int node : walk_back(tape, c, next)) order += node == 0 ? "x " : sentence(node, " ");
      std::cout << order << sentence(" ", tape.nodes[0].gradient, "   ");
    }
    std::cout << "\n";
  }
}

/// The obvious recursion: add to the node's gradient, then pass the whole of it on along every edge.
void obvious(ScalarTape& tape, int node, double arriving) {
  tape.nodes[node].gradient += arriving;
  for (const ScalarInput& input : tape.nodes[node].inputs)
    obvious(tape, input.node, tape.nodes[node].gradient * input.slope);
}

int64_t visits(const ScalarTape& tape, int node) {
  int64_t count = 1;
  for (const ScalarInput& input : tape.nodes[node].inputs) count += visits(tape, input.node);
  return count;
}

void doublings() {
  std::cout << "doublings   right   obvious recursion   visits of the right recursion   of the engine\n";
  for (const int count : {1, 2, 3, 4, 10, 20}) {
    ScalarTape tape;
    int last = tape.leaf(1);
    for (int i = 0; i < count; ++i) last = tape.add(last, last);
    ScalarTape other = tape;
    std::cout << std::right << std::setw(9) << count << std::setw(8) << (1 << count);
    if (count <= 4) {
      obvious(other, last, 1);
      std::cout << std::setw(20) << other.nodes[0].gradient;
    } else {
      std::cout << std::setw(20) << "";
    }
    std::cout << std::setw(32) << visits(tape, last) << std::setw(16) << count + 1 << "\n";
  }
}

void thirty() {
  const Tensor a = tensor(1., requires_grad());
  Tensor last = a;
  for (int i = 0; i < 30; ++i) last = last + last;
  last.backward();
  std::cout << "ā = " << std::setprecision(10) << a.grad().item<double>() << " = 2^30\n";
}

// ---- 6 -----------------------------------------------------------------------------------------------------------------

void bias() {
  const Tensor X = ones({8, 2}), W = full({2, 3}, 0.5, requires_grad()), b = zeros({3}, requires_grad());
  const Tensor y = X.mm(W) + b;
  y.backward(ones({8, 3}), /*retain_graph=*/true);
  print_tape(y);
  std::cout << "\nW̄ " << shape_of(W.grad()) << "   " << in_a_row(W.grad()) << "\nb̄ " << shape_of(b.grad())
            << "     " << in_a_row(b.grad()) << "\n";
}

void product_by_hand() {
  const Tensor A = tensor({{1., 2., 3.}, {4., 5., 6.}}, requires_grad());
  const Tensor B = tensor({{1., 0.}, {0., 1.}, {2., 2.}}, requires_grad());
  const Tensor Y = A.mm(B);
  const Tensor G = tensor({{1., 0.}, {0., 10.}});
  Y.backward(G);
  std::cout << "Y " << shape_of(Y) << "   " << in_a_row(Y) << "\nȲ " << shape_of(G) << "   " << in_a_row(G)
            << "\nĀ " << shape_of(A.grad()) << "   " << in_a_row(A.grad()) << "\nB̄ " << shape_of(B.grad())
            << "   " << in_a_row(B.grad()) << "\n";
}

/// A layer of one neuron with two inputs, on two examples: its gradients by the four rules, and by the tape.
void layer_by_hand() {
  const Tensor X = tensor({{1., 0.}, {1., 2.}}, requires_grad()),
               W = tensor({{0.5}, {0.25}}, requires_grad()), b = tensor({-0.5}, requires_grad()),
               T = tensor({{1.}, {0.}});
  const Tensor Y = tanh(X.mm(W) + b);
  (Y - T).pow(2).sum().backward();
  const NoGradGuard no_grad;
  const Tensor G = 2 * (Y - T), Z = G * (1 - Y * Y);
  const auto row = [](const char* name, const Tensor& by_hand, const Tensor& by_tape) {
    std::cout << name << std::left << std::setw(8) << shape_of(by_hand) << std::setw(29) << in_a_row(by_hand)
              << (by_tape.defined() ? in_a_row(by_tape) : "") << "\n";
  };
  std::cout << "            by hand                      by the tape\n";
  row("Ȳ   ", G, {}), row("Z̄   ", Z, {});
  row("W̄   ", X.t().mm(Z), W.grad()), row("b̄   ", Z.sum(0), b.grad()), row("X̄   ", Z.mm(W.t()), X.grad());
}

void wrong_shape() {
  const Tensor b = zeros({3}, requires_grad());
  const Tensor y = autograd::record("my_add", ones({8, 3}) + b.detach(),
                                    autograd::wrt(b, [](const Tensor& g) { return g.slice(1, 0, 2); }));
  try {
    y.sum().backward();
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
}

void rows_taken() {
  const Tensor table = zeros({5, 2}, requires_grad());
  const Tensor y = table.index_select(0, tensor({2, 4, 2}, kInt64));
  y.sum().backward();
  std::cout << table.grad() << "\n";
}

void second_derivative() {
  const Tensor x = tensor(2., requires_grad()), y = x.pow(3);
  const Tensor first = autograd::grad({y}, {x}, {}, {}, /*create_graph=*/true)[0];
  const Tensor second = autograd::grad({first}, {x})[0];
  std::cout << "y = " << y.item<double>() << "   y' = " << first.item<double>()
            << "   y'' = " << second.item<double>() << "\n";
  print_tape(first);
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, void (*)()> blocks = {{"one_step", one_step},
                                                    {"losses", losses},
                                                    {"loss_curve", loss_curve},
                                                    {"singular_values", singular_values},
                                                    {"bounds", bounds},
                                                    {"by_tape", by_tape},
                                                    {"errors", errors},
                                                    {"the_v", the_v},
                                                    {"wrong_rule", wrong_rule},
                                                    {"kink", kink},
                                                    {"float32_refused", float32_refused},
                                                    {"six_numbers", six_numbers},
                                                    {"diagonal", diagonal},
                                                    {"copies", copies},
                                                    {"broadcast_error", broadcast_error},
                                                    {"tape", tape},
                                                    {"drawing", drawing},
                                                    {"bytes", bytes},
                                                    {"version", version},
                                                    {"twice", twice},
                                                    {"diamond", diamond},
                                                    {"steps", steps},
                                                    {"walks", walks},
                                                    {"doublings", doublings},
                                                    {"thirty", thirty},
                                                    {"bias", bias},
                                                    {"product_by_hand", product_by_hand},
                                                    {"layer_by_hand", layer_by_hand},
                                                    {"wrong_shape", wrong_shape},
                                                    {"rows_taken", rows_taken},
                                                    {"second_derivative", second_derivative}};
  if (argc == 2 && blocks.contains(argv[1])) return blocks.at(argv[1])(), 0;
  for (const auto& [name, print] : blocks) {
    std::cout << "== " << name << "\n";
    print();
  }
}
