// scaling FOLDER: draws time and memory against size, and writes the numbers as CSV. Both axes are
// logarithmic, so a linear cost is a straight line at 45 degrees. The memory of a training loop
// should be constant.
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "gradus.h"
#include "labs/common/figures.h"

using namespace gradus;

namespace {

/// The seconds that f takes: the best of all runs that fit into 0.2 seconds, but of at least three.
double seconds_of(const std::function<void()>& f) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  f();              // the first call gets memory from the system
  int repeats = 1;  // enough calls for the clock's resolution
  double best = INFINITY;
  const Clock::time_point first = Clock::now();
  for (int run = 0; run < 3 || seconds_since(first) < 0.2; ++run) {
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < repeats; ++i) f();
    const double taken = seconds_since(start);
    best = std::min(best, taken / repeats);
    if (taken < 1e-4) repeats *= 2;
  }
  return best;
}

/// The resident memory of this process.
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double whole = 0, resident = 0;
  statm >> whole >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// The resident memory that make() adds. Its result is kept until the memory is counted.
double bytes_of(const std::function<Tensor()>& make) {
  empty_block_cache();
#if defined(__GLIBC__)
  malloc_trim(0);  // returns free memory to the system, so that new allocations are counted
#endif
  const double before = resident_bytes();
  const Tensor made = make();
  return std::max(resident_bytes() - before, 0.0);
}

/// Times ops on vectors of 1e2 to 1e8 elements. Up to some thousand elements, the time is that of a call.
void elements(const std::filesystem::path& folder, lab::LinePlot& memory) {
  const std::pair<const char*, std::function<void(const Tensor&)>> ops[] = {
      {"a + a", [](const Tensor& a) { a + a; }},
      {"exp(a)", [](const Tensor& a) { exp(a); }},
      {"sum(a)", [](const Tensor& a) { sum(a); }},
      {"(a * a).sum().backward()",
       [](const Tensor& a) {
         const Tensor x = a.detach().requires_grad_(true);
         (x * x).sum().backward();
       }},
  };
  lab::LinePlot plot{.title = "Time of an op against the number of elements (float32)",
                     .x_label = "elements",
                     .y_label = "seconds",
                     .log_x = true,
                     .log_y = true};
  for (const auto& [name, op] : ops) {
    lab::Series series{.name = name};
    for (int half_decades = 4; half_decades <= 16; ++half_decades) {
      const double n = std::pow(10, half_decades / 2.0);
      const Tensor a = full({std::llround(n)}, 0.5);
      series.x.push_back(n);
      series.y.push_back(seconds_of([&] { op(a); }));
      empty_block_cache();
    }
    std::cout << name << ": " << 1e9 * series.y.front() << " ns for 100 elements, " << series.y.back() * 10
              << " ns each for 1e8\n";
    plot.series.push_back(std::move(series));
  }
  lab::save_figure(folder / "time-against-elements", plot);

  lab::Series bytes{.name = "elements of x in x * x, recorded"};
  // Below 1e5 elements, whole pages distort the count.
  for (int half_decades = 10; half_decades <= 16; ++half_decades) {
    const double n = std::pow(10, half_decades / 2.0);
    const Tensor x = full({std::llround(n)}, 0.5).requires_grad_(true);
    bytes.x.push_back(n);
    bytes.y.push_back(bytes_of([&] { return x * x; }));
  }
  std::cout << "x * x: " << bytes.y.back() / 1e8 << " bytes an element\n";
  memory.series.push_back(std::move(bytes));
}

/// Times chains of 10 to 1e6 recorded ops, forward and backward.
void chains(const std::filesystem::path& folder, lab::LinePlot& memory) {
  lab::Series time{.name = "forward + backward"}, bytes{.name = "ops of a chain, recorded"};
  for (int half_decades = 2; half_decades <= 12; ++half_decades) {
    const double n = std::pow(10, half_decades / 2.0);
    const Tensor x = full({4}, 0.5).requires_grad_(true), b = full({4}, 0.999);
    const auto chain = [&] {
      Tensor y = x;
      for (int64_t i = 0; i < std::llround(n); ++i) y = y * b;
      return y.sum();
    };
    time.x.push_back(n);
    time.y.push_back(seconds_of([&] { chain().backward(); }));
    if (n < 1e3) continue;  // below 1e3, whole pages distort the count
    bytes.x.push_back(n);
    bytes.y.push_back(bytes_of(chain));
  }
  std::cout << "chain: " << 1e9 * time.y.front() / time.x.front() << " ns an op for 10 ops, "
            << 1e9 * time.y.back() / time.x.back() << " ns for 1e6; the tape takes " << bytes.y.back() / 1e6
            << " bytes an op\n";
  memory.series.push_back(std::move(bytes));
  lab::save_figure(folder / "time-against-ops", lab::LinePlot{.title = "A chain of recorded products",
                                                              .x_label = "ops",
                                                              .y_label = "seconds",
                                                              .series = {time},
                                                              .log_x = true,
                                                              .log_y = true});
}

/// Draws the memory of this process while it trains a perceptron.
void training(const std::filesystem::path& folder) {
  nn::Sequential net(nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10));
  optim::Adam adam(net->parameters(), 1e-3);
  const Tensor x = rand({64, 784}), target = randint(0, 10, {64}, kInt64);
  lab::Series memory{.name = "784-256-128-10, batches of 64, Adam"};
  memory.y.reserve(200);  // so that this vector does not grow during the measurement
  for (int step = 0; step < 200; ++step) {
    adam.zero_grad();
    nn::functional::cross_entropy(net->forward(x), target).backward();
    adam.step();
    memory.y.push_back(resident_bytes() / (1 << 20));
  }
  std::cout << "training: " << memory.y[1] << " MiB after two steps, " << memory.y.back()
            << " MiB after 200\n";
  lab::save_figure(
      folder / "memory-of-training",
      lab::LinePlot{
          .title = "Memory in a training loop", .x_label = "step", .y_label = "MiB", .series = {memory}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: scaling FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  training(folder);  // first, while the process has little memory
  lab::LinePlot memory{.title = "Memory that a recorded computation takes",
                       .x_label = "elements, ops",
                       .y_label = "bytes",
                       .log_x = true,
                       .log_y = true};
  chains(folder, memory);
  elements(folder, memory);
  lab::save_figure(folder / "memory-against-size", memory);
}
