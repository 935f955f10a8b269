// A training run for experiments: tests/parallel/faults lets a rank fail in it, tests/parallel/overlap measures it.
//
//     mpirun -n 4 train width=512 layers=4 batch=256 steps=20 bucket=1
//     train save=net.safetensors steps=5            goes on from the file, if it exists; saves after each step
//     train fault=kill:backward when=FILE           rank 1 dies in its third step, and notes the time in FILE
//     train pause=5                                 each layer's backward takes 5 ms longer, without a processor
//
// The words are key=value; the keys with their defaults are in `defaults`.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "gradus.h"
#include "nn/parallel/distributed.h"

using namespace gradus;
namespace parallel = nn::parallel;
namespace F = nn::functional;

namespace {

std::map<std::string, std::string> words = {
    {"width", "64"},     {"layers", "3"}, {"batch", "32"}, {"steps", "6"},  // batch: of all ranks together
    {"bucket", "25"},                                                       // MiB
    {"mode", "average"},  // or "local": each rank goes its own way, to measure the step without messages
    {"pause", "0"},      {"save", ""},    {"fault", ""},   {"rank", "1"},  {"when", ""}};

int64_t number(const std::string& key) { return std::stoll(words.at(key)); }

/// Milliseconds since 1970.
double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Ends this rank's part of the run as if it had nothing more to do.
struct Leave {};

/// Does what fault=KIND:PHASE says, if this is the rank and the phase, in the third step.
void fault(const std::string& phase, int64_t step = 2) {
  const std::string kind = words.at("fault").substr(0, words.at("fault").find(':'));
  if (words.at("fault") != kind + ":" + phase || step != 2 || parallel::rank() != number("rank")) return;
  std::ofstream(words.at("when")) << static_cast<int64_t>(now()) << "\n";
  if (kind == "kill") raise(SIGKILL);
  if (kind == "interrupt") raise(SIGINT);
  if (kind == "stop") raise(SIGSTOP);
  if (kind == "exit") std::_Exit(3);
  if (kind == "leave") throw Leave();
  fail("a fault in ", phase);
}

nn::Sequential make_net() {
  nn::Sequential net;
  const int64_t width = number("width");
  for (int64_t i = 0; i < number("layers"); ++i) {
    net->push_back(nn::Linear(i == 0 ? 64 : width, width));
    net->push_back(nn::ReLU());
  }
  net->push_back(nn::Linear(width, 10));
  return net;
}

// A checkpoint is one file, so that network and optimiser are always of the same step. It says nothing about ranks.

void save_checkpoint(const nn::Sequential& net, const optim::Adam& adam) {
  if (words.at("save").empty() || parallel::rank() != 0) return;
  NamedTensors all;
  for (const auto& [name, x] : tensors_of(net)) all["net." + name] = x;
  for (const auto& [name, x] : tensors_of(adam)) all["adam." + name] = x;
  write_safetensors(words.at("save"), all);
}

/// Returns the steps that have been made; 0 without a file.
int64_t load_checkpoint(nn::Sequential& net, optim::Adam& adam) {
  const std::string path = words.at("save");
  if (path.empty() || !std::filesystem::exists(path)) return 0;
  const Safetensors all = read_safetensors(path);
  Safetensors of_net, of_adam;
  of_net.source = of_adam.source = path;
  for (const auto& [name, x] : all.tensors)
    name.starts_with("net.") ? of_net.tensors[name.substr(4)] = x : of_adam.tensors[name.substr(5)] = x;
  set_tensors(net, of_net);
  set_tensors(adam, of_adam);
  return adam.state()[0].step;
}

/// One step on this rank's part of the batch of `step`. Returns its milliseconds.
double train_step(nn::Sequential& net, optim::Adam& adam, int64_t step) {
  manual_seed(static_cast<uint64_t>(step));
  const int64_t rows = number("batch");
  const parallel::Part part = parallel::part_of(rows);
  const Tensor x = randn({rows, 64}).slice(0, part.begin, part.end);
  const Tensor y = randint(10, {rows}).slice(0, part.begin, part.end);
  const double start = now();
  adam.zero_grad();
  fault("forward", step);
  Tensor logits = x;
  for (size_t i = 0; i < net->size(); ++i) {
    logits = net[i]->as<nn::Linear>() ? net[i]->as<nn::Linear>()->forward(logits) : relu(logits);
    if (const int64_t pause = number("pause"); pause && net[i]->as<nn::Linear>())
      logits.register_hook(
          [pause](const Tensor&) { std::this_thread::sleep_for(std::chrono::milliseconds(pause)); });
  }
  logits.register_hook([&](const Tensor&) { fault("backward", step); });
  (F::cross_entropy(logits, y) * part.weight).backward();
  fault("step", step);
  adam.step();
  const double milliseconds = now() - start;
  save_checkpoint(net, adam);
  fault("save", step);
  return milliseconds;
}

int train() {
  fault("start");
  manual_seed(0);
  nn::Sequential net = make_net();
  optim::Adam adam(net->parameters(), 0.001);
  const int64_t begin = load_checkpoint(net, adam);
  parallel::require_same("the step to go on from", std::to_string(begin));
  parallel::DistributedDataParallel ddp(
      net, parallel::DistributedDataParallelOptions().bucket_cap_mb(std::stod(words.at("bucket"))));
  std::vector<double> milliseconds;
  const auto make_steps = [&] {
    for (int64_t step = begin; step < begin + number("steps"); ++step)
      milliseconds.push_back(train_step(net, adam, step));
  };
  if (words.at("mode") == "local") {
    const auto no_messages = ddp.no_sync();
    make_steps();
  } else {
    make_steps();
  }
  if (parallel::rank() != 0) return 0;
  std::ranges::sort(milliseconds);
  Tensor sum = zeros({}, kFloat64);
  for (const Tensor& parameter : net->parameters()) sum += parameter.detach().abs().to(kFloat64).sum();
  std::cout << "ranks " << parallel::world_size() << " steps " << begin << " to " << begin + number("steps")
            << " messages " << ddp.bucket_count() << " median_ms " << milliseconds[milliseconds.size() / 2]
            << " least_ms " << milliseconds[0] << std::setprecision(17) << " sum " << sum.item<double>()
            << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return parallel::run("train", [&] {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i], key = word.substr(0, word.find('='));
      check(words.contains(key) && key != word, "there is no ", word);
      words[key] = word.substr(key.size() + 1);
    }
    try {
      return train();
    } catch (const Leave&) {
      return 0;
    }
  });
}
