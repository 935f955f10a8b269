// Modules and optimisers in files. A resumed run continues bit for bit. A file that does not fit gives an
// Error that names all differences, and changes nothing.
#include <gtest/gtest.h>

#include "gradus.h"
#include "in_folder.h"

using namespace gradus;

namespace {

using Checkpoint = InFolder;
using MakeOptimizer = std::unique_ptr<optim::Optimizer> (*)(const nn::Sequential& net);

/// A net with dropout, which draws random numbers, and batch norm, which has buffers.
nn::Sequential make_net(int64_t hidden = 8) {
  return nn::Sequential(nn::Linear(4, hidden), nn::BatchNorm1d(hidden), nn::Dropout(0.3),
                        nn::Linear(hidden, 3));
}

void train(nn::Sequential& net, optim::Optimizer& optimizer, int steps) {
  for (int step = 0; step < steps; ++step) {
    const Tensor x = randn({16, 4}), y = randint(3, 16);
    optimizer.step([&] {
      optimizer.zero_grad();
      const Tensor loss = nn::functional::cross_entropy(net->forward(x), y);
      loss.backward();
      return loss;
    });
  }
}

bool identical(const NamedTensors& a, const NamedTensors& b) {
  return std::ranges::equal(a, b, [](auto& one, auto& other) {
    return one.first == other.first && one.second.equal(other.second);
  });
}

/// An optimiser that is saved, and the one into which it is loaded. The second has other options, since those
/// of the file must replace them.
struct Case {
  const char* name;
  MakeOptimizer saved, resumed;
};

template <class Optimizer, class Options>
std::unique_ptr<optim::Optimizer> in_two_groups(const nn::Sequential& net, const Options& first,
                                                const Options& rest) {
  std::vector<optim::OptimizerParamGroup> groups;
  groups.emplace_back(net->ptr(0)->parameters(), first.clone());
  auto optimizer = std::make_unique<Optimizer>(std::move(groups), rest);
  for (const size_t layer : {1, 3}) optimizer->add_param_group(net->ptr(layer)->parameters());
  return optimizer;
}

const Case cases[] = {
    {"SGD",
     [](auto& net) {
       return in_two_groups<optim::SGD>(net, optim::SGDOptions(0.1),
                                        optim::SGDOptions(0.05).momentum(0.9).nesterov(true));
     },
     [](auto& net) { return in_two_groups<optim::SGD>(net, optim::SGDOptions(1), optim::SGDOptions(1)); }},
    {"Adam",
     [](auto& net) {
       return in_two_groups<optim::Adam>(net, optim::AdamOptions(0.01).amsgrad(true),
                                         optim::AdamOptions(0.02).betas({0.8, 0.99}).weight_decay(0.1));
     },
     [](auto& net) { return in_two_groups<optim::Adam>(net, optim::AdamOptions(1), optim::AdamOptions(1)); }},
    {"AdamW",
     [](auto& net) {
       return in_two_groups<optim::AdamW>(net, optim::AdamWOptions(0.01), optim::AdamWOptions(1.0 / 3));
     },
     [](auto& net) {
       return in_two_groups<optim::AdamW>(net, optim::AdamWOptions(1), optim::AdamWOptions(1));
     }},
    {"Adagrad",
     [](auto& net) {
       return in_two_groups<optim::Adagrad>(
           net, optim::AdagradOptions(0.1).lr_decay(0.1),
           optim::AdagradOptions(0.1).initial_accumulator_value(0.5).eps(1e-3));
     },
     [](auto& net) {
       return in_two_groups<optim::Adagrad>(net, optim::AdagradOptions(1), optim::AdagradOptions(1));
     }},
    {"RMSprop",
     [](auto& net) {
       return in_two_groups<optim::RMSprop>(net, optim::RMSpropOptions(0.01).alpha(0.9),
                                            optim::RMSpropOptions(0.01).centered(true).momentum(0.5));
     },
     [](auto& net) {
       return in_two_groups<optim::RMSprop>(net, optim::RMSpropOptions(1), optim::RMSpropOptions(1));
     }},
    {"LBFGS",
     [](auto& net) -> std::unique_ptr<optim::Optimizer> {
       return std::make_unique<optim::LBFGS>(
           net->parameters(),
           optim::LBFGSOptions(0.5).max_iter(3).max_eval(7).history_size(5).line_search_fn("strong_wolfe"));
     },
     [](auto& net) -> std::unique_ptr<optim::Optimizer> {
       return std::make_unique<optim::LBFGS>(net->parameters());
     }},
};

class Resumed : public InFolder, public testing::WithParamInterface<Case> {};

TEST_P(Resumed, RunsContinueBitForBit) {
  manual_seed(1);
  nn::Sequential net = make_net();
  auto optimizer = GetParam().saved(net);
  train(net, *optimizer, 10);
  randn(1);  // the generator draws normals in pairs and keeps the second one
  save(net, "net.safetensors");
  save(*optimizer, "optimizer.safetensors");
  save(get_rng_state(), "rng.safetensors");
  train(net, *optimizer, 10);

  manual_seed(2);
  nn::Sequential fresh = make_net();
  auto resumed = GetParam().resumed(fresh);
  Tensor rng_state;
  load(fresh, "net.safetensors");
  load(*resumed, "optimizer.safetensors");
  load(rng_state, "rng.safetensors");
  set_rng_state(rng_state);
  train(fresh, *resumed, 10);
  EXPECT_TRUE(identical(tensors_of(fresh), tensors_of(net)));
  EXPECT_TRUE(identical(tensors_of(*resumed), tensors_of(*optimizer)));
}

INSTANTIATE_TEST_SUITE_P(Checkpoint, Resumed, testing::ValuesIn(cases),
                         [](const auto& info) { return std::string(info.param.name); });

// ---- The state of optimisers ----------------------------------------------------------------------------------

struct Everything {
  double number = 0;
  int64_t count = 0;
  bool yes = false;
  std::tuple<double, double> pair;
  std::string word;
  std::vector<double> numbers;
  std::optional<int64_t> maybe;
  std::optional<std::string> maybe_word;
  Tensor x;
  std::vector<Tensor> list;
  void fields(optim::Fields& fields) {
    fields("number", number)("count", count)("yes", yes)("pair", pair)("word", word)("numbers", numbers);
    fields("maybe", maybe)("maybe_word", maybe_word)("x", x)("list", list);
  }
  bool operator==(const Everything& other) const {
    return number == other.number && count == other.count && yes == other.yes && pair == other.pair &&
           word == other.word && numbers == other.numbers && maybe == other.maybe &&
           maybe_word == other.maybe_word && x.defined() == other.x.defined() &&
           (!x.defined() || x.equal(other.x)) &&
           std::ranges::equal(list, other.list, [](auto& a, auto& b) { return a.equal(b); });
  }
};

/// An optimiser whose state has a member of every type.
class KeepsEverything final : public optim::PerParameterOptimizer<optim::SGDOptions, Everything> {
 public:
  using PerParameterOptimizer::PerParameterOptimizer;

 private:
  void update(const optim::SGDOptions&, std::span<const Item>) override {}
};

TEST_F(Checkpoint, MembersOfEveryTypeAreSavedAndLoaded) {
  const Everything nothing, full{1.0 / 3,     INT64_MAX, true, {0.1, -0.0}, "strong_wolfe",
                                 {1e-300, 2}, 5,         "é",  ones(2),     {ones(2), zeros(2)}};
  for (const bool is_full : {false, true}) {
    const std::vector<Tensor> parameters = {zeros(2)};
    KeepsEverything saved(parameters), loaded(parameters);
    saved.state() = {is_full ? full : nothing};
    loaded.state() = {is_full ? nothing : full};
    save(saved, "everything.safetensors");
    load(loaded, "everything.safetensors");
    EXPECT_TRUE(loaded.state().at(0) == saved.state().at(0));
  }
}

// ---- Modules --------------------------------------------------------------------------------------------------

struct Net : nn::Module {
  Net() {
    out = register_module("out", nn::Linear(2, 1));
    scale = register_buffer("scale", ones({}));
    register_parameter("nothing", Tensor());
  }
  nn::Linear out{nullptr};
  Tensor scale;
};

TEST_F(Checkpoint, ModulesAreSavedByName) {
  const auto net = std::make_shared<Net>();
  save(net, "net.safetensors");
  const Safetensors file = read_safetensors("net.safetensors");
  ASSERT_EQ(file.tensors.size(), 3u);
  EXPECT_TRUE(file.tensors.at("out.weight").equal(net->out->weight));
  EXPECT_TRUE(file.tensors.at("out.bias").equal(net->out->bias));
  EXPECT_TRUE(file.tensors.at("scale").equal(tensor(1.0)));
}

TEST_F(Checkpoint, LoadingWritesIntoTheModulesOwnTensors) {
  auto net = std::make_shared<Net>(), other = std::make_shared<Net>();
  other->scale.fill_(3);
  save(other, "net.safetensors");
  const Tensor weight = net->out->weight;
  const Tensor loss = weight.square().sum();
  load(net, "net.safetensors");
  EXPECT_TRUE(weight.is_same(net->out->weight) && weight.requires_grad() && weight.is_leaf());
  EXPECT_TRUE(weight.equal(other->out->weight) && net->scale.equal(tensor(3.0)));
  EXPECT_THROW(loss.backward(), Error);  // loading has changed a tensor that the graph saved
}

TEST_F(Checkpoint, AModuleThatDiffersFromTheFileIsNotChanged) {
  auto net = std::make_shared<Net>();
  write_safetensors(
      "net.safetensors",
      {{"out.weight", ones({1, 3})}, {"scale", ones({}, kFloat64)}, {"extra", ones(1)}, {"more", ones(1)}});
  const Tensor weight = net->out->weight.detach().clone();
  EXPECT_EQ(error_of([&] { load(net, "net.safetensors"); }),
            "net.safetensors: there is no \"out.bias\"; no place for \"extra\", \"more\"; "
            "\"out.weight\" is float32 (1, 3), not float32 (1, 2); "
            "\"scale\" is float64 (), not float32 ()");
  EXPECT_TRUE(net->out->weight.equal(weight));
  NamedTensors many;
  for (int i = 0; i < 30; ++i) many["extra" + std::to_string(i)] = ones(1);
  write_safetensors("net.safetensors", many);
  EXPECT_NE(error_of([&] { load(net, "net.safetensors"); }).find("and 10 more"), std::string::npos);
}

TEST_F(Checkpoint, OneNameForTwoTensorsIsAnError) {
  struct Twice : nn::Module {
    Twice() {
      register_parameter("x", ones(1));
      register_buffer("x", ones(1));
    }
  };
  EXPECT_EQ(error_of([] { save(std::make_shared<Twice>(), "x"); }),
            "save: the module has a parameter and a buffer called \"x\"");
}

// ---- Optimisers -----------------------------------------------------------------------------------------------

TEST_F(Checkpoint, OptimizersAreSavedUnderTheNamesOfPyTorch) {
  Tensor p = ones({2, 3}, requires_grad());
  optim::Adam adam({p}, 0.1);
  p.mutable_grad() = ones({2, 3});
  adam.step();
  save(adam, "adam.safetensors");
  const NamedTensors tensors = read_safetensors("adam.safetensors").tensors;
  EXPECT_EQ(tensors.size(), 9u);
  EXPECT_EQ(tensors.at("param_groups.0.lr").item<double>(), 0.1);
  EXPECT_TRUE(tensors.at("param_groups.0.betas").equal(tensor({0.9, 0.999}, kFloat64)));
  EXPECT_TRUE(tensors.at("param_groups.0.params").equal(tensor({0})));
  EXPECT_EQ(tensors.at("state.0.step").item<int64_t>(), 1);
  EXPECT_TRUE(tensors.at("state.0.exp_avg").equal(adam.state()[0].exp_avg));
}

TEST_F(Checkpoint, AnOptimizerThatDiffersFromTheFileIsNotChanged) {
  Tensor p = ones({2, 3}, requires_grad()), q = ones(2, requires_grad());
  p.mutable_grad() = ones({2, 3});
  optim::SGD sgd({p}, optim::SGDOptions(0.1).momentum(0.5));
  sgd.step();
  const NamedTensors before = tensors_of(sgd);

  const auto refusal = [&](const NamedTensors& tensors) {
    write_safetensors("x", tensors);
    const std::string text = error_of([&] { load(sgd, "x"); });
    EXPECT_TRUE(identical(tensors_of(sgd), before)) << text;
    return text;
  };
  NamedTensors other = before;
  other["param_groups.0.lr"] = tensor(7.0, kFloat64);
  EXPECT_EQ(error_of([&] { set_tensors(sgd, {.tensors = other, .metadata = {}}); }), "no error");
  EXPECT_EQ(sgd.param_groups()[0].options().get_lr(), 7);
  set_tensors(sgd, {.tensors = before, .metadata = {}});

  other["state.0.momentum_buffer"] = ones(5);
  other["param_groups.0.params"] = arange(2);
  other["param_groups.0.nesterov"] = tensor(1);
  other["param_groups.1.lr"] = tensor(0.5, kFloat64);
  other.erase("param_groups.0.momentum");
  EXPECT_EQ(refusal(other),
            "x: there is no \"param_groups.0.momentum\"; no place for \"param_groups.1.lr\"; "
            "\"param_groups.0.nesterov\" is int64 (), not bool (); "
            "\"param_groups.0.params\" is int64 (2,), not int64 (1,); "
            "\"state.0.momentum_buffer\" is float32 (5,), not float32 (2, 3)");
  other = before;
  other["param_groups.0.lr"] = tensor(-1.0, kFloat64);
  EXPECT_EQ(refusal(other), "Invalid learning rate: -1");
  EXPECT_NE(refusal(tensors_of(optim::Adam({q}, 0.1))).find("no place for \"param_groups.0.amsgrad\""),
            std::string::npos);
}

}  // namespace
