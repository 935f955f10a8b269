// instructions OP TIMES: runs the op OP TIMES times, recorded, forward and backward, on tensors of a few elements.
// Nothing is timed. count_instructions runs this program under callgrind, which counts the same instructions on a busy
// machine as on an idle one.
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "gradus.h"

using namespace gradus;

namespace {

/// Runs chains of 100 ops on x, each forward and backward. After the first chain, all memory is reused.
void chain(const Tensor& x, int times, const std::function<Tensor(const Tensor&)>& op) {
  x.requires_grad_(true);
  for (int done = 0; done < times; done += 100) {
    Tensor y = x;
    for (int i = 0; i < 100; ++i) y = op(y);
    y.sum().backward();
    x.mutable_grad().reset();
  }
}

using Run = std::function<void(int times)>;

const std::map<std::string, Run> kOps = {
    {"add", [](int n) { chain(full({4}, 0.5), n, [b = full({4}, 0.5)](const Tensor& y) { return y + b; }); }},
    {"mul", [](int n) { chain(full({4}, 0.5), n, [b = full({4}, 0.9)](const Tensor& y) { return y * b; }); }},
    {"mul_number", [](int n) { chain(full({4}, 0.5), n, [](const Tensor& y) { return 0.9 * y; }); }},
    {"tanh", [](int n) { chain(full({4}, 0.5), n, [](const Tensor& y) { return tanh(y); }); }},
    {"mm", [](int n) { chain(eye(3), n, [b = eye(3)](const Tensor& y) { return mm(y, b); }); }},
    {"select",
     [](int n) {
       chain(full({1, 4}, 0.5), n, [](const Tensor& y) { return y[0].unsqueeze(0); });
     }},
    // A whole pass over one op.
    {"backward",
     [](int n) {
       Tensor x = full({1}, 0.5).requires_grad_(true);
       for (int i = 0; i < n; ++i) {
         (x * x).backward();
         x.mutable_grad().reset();
       }
     }},
};

}  // namespace

int main(int argc, char** argv) {
  const auto op = argc == 3 ? kOps.find(argv[1]) : kOps.end();
  if (op == kOps.end()) {
    std::cerr << "usage: instructions OP TIMES, where OP is one of";
    for (const auto& [name, run] : kOps) std::cerr << " " << name;
    std::cerr << "\n";
    return 2;
  }
  op->second(std::atoi(argv[2]));
}
