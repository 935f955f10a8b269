// Modules: their tree, containers, clones and printing.
#include "nn/module.h"

#include <gtest/gtest.h>

#include <sstream>

#include "nn/activations/activations.h"
#include "nn/containers/modules.h"
#include "nn/containers/parameters.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/layers/without_parameters.h"
#include "nn/losses.h"
#include "tensor/create.h"
#include "tensor/indexing.h"
#include "tensor/random.h"
#include "tests/expectations.h"
#include "tests/german_numbers.h"

using namespace gradus;

namespace {

// ---- Modules ----------------------------------------------------------------------------------------------

struct Block : nn::Module {
  Block() {
    scale = register_parameter("scale", ones(3));
    count = register_buffer("count", zeros({}, kInt64));
    mean = register_buffer("mean", zeros(3));
  }
  Tensor forward(const Tensor& x) { return x * scale; }
  Tensor scale, count, mean;
};

struct Net : nn::Cloneable<Net> {
  Net() { reset(); }
  void reset() override {
    hidden = register_module("hidden", nn::Linear(4, 3));
    block = register_module("block", std::make_shared<Block>());
    out = register_module("out", nn::Linear(nn::LinearOptions(3, 2).bias(false)));
    offset = register_parameter("offset", zeros(2));
  }
  Tensor forward(const Tensor& x) { return out(block->forward(relu(hidden(x)))) + offset; }
  nn::Linear hidden{nullptr}, out{nullptr};
  std::shared_ptr<Block> block;
  Tensor offset;
};

TEST(Module, CollectsParametersOfTheTreeInOrder) {
  const auto net = std::make_shared<Net>();
  const std::vector<std::string> names = {"offset", "hidden.weight", "hidden.bias", "block.scale",
                                          "out.weight"};
  EXPECT_EQ(net->named_parameters().keys(), names);
  EXPECT_EQ(net->parameters().size(), 5u);
  EXPECT_EQ(net->parameters(/*recurse=*/false).size(), 1u);
  EXPECT_EQ(net->named_buffers().keys(), (std::vector<std::string>{"block.count", "block.mean"}));
  EXPECT_EQ(net->named_modules().keys(), (std::vector<std::string>{"", "hidden", "block", "out"}));
  EXPECT_EQ(net->modules().size(), 4u);
  EXPECT_EQ(net->children().size(), 3u);
  EXPECT_TRUE(net->named_parameters()["hidden.weight"].is_same(net->hidden->weight));
  for (const auto& item : net->named_parameters()) EXPECT_TRUE(item.value().requires_grad()) << item.key();
}

TEST(Module, RefusesBadNames) {
  Net net;
  EXPECT_EQ(error_of([&] { net.register_module("out", nn::ReLU()); }), "Submodule 'out' already defined");
  EXPECT_EQ(error_of([&] { net.register_parameter("offset", ones(1)); }),
            "Parameter 'offset' already defined");
  EXPECT_EQ(error_of([&] { net.register_buffer("a.b", ones(1)); }),
            "Buffer name must not contain a dot (got 'a.b')");
  EXPECT_EQ(error_of([&] { net.register_module("", nn::ReLU()); }), "Submodule name must not be empty");
  EXPECT_EQ(error_of([&] { nn::Linear(nullptr)->weight.sum(); }), "Accessing empty ModuleHolder");
}

TEST(Module, SwitchesTheTreeBetweenTrainingAndEvaluation) {
  Net net;
  net.eval();
  EXPECT_FALSE(net.is_training() || net.hidden->is_training() || net.block->is_training());
  net.train();
  EXPECT_TRUE(net.is_training() && net.hidden->is_training() && net.block->is_training());
}

TEST(Module, AppliesAFunctionToEveryModule) {
  Net net;
  std::vector<std::string> paths;
  net.apply([&](const std::string& path, nn::Module&) { paths.push_back(path); });
  EXPECT_EQ(paths, (std::vector<std::string>{"", "hidden", "block", "out"}));
  net.apply([](nn::Module& module) {
    if (auto* linear = module.as<nn::Linear>()) nn::init::constant_(linear->weight, 0.5);
  });
  EXPECT_TRUE(equal(net.hidden->weight, full({3, 4}, 0.5)));
  EXPECT_EQ(net.block->as<nn::LinearImpl>(), nullptr);
}

TEST(Module, ConvertsParametersInPlace) {
  Net net;
  net.forward(ones({1, 4})).sum().backward();
  const Tensor weight = net.hidden->weight;
  net.to(kFloat64);
  EXPECT_EQ(weight.dtype(), kFloat64);  // it is the same tensor, so an optimiser made before still holds it
  EXPECT_EQ(weight.grad().dtype(), kFloat64);
  EXPECT_EQ(net.block->mean.dtype(), kFloat64);
  EXPECT_EQ(net.block->count.dtype(), kInt64);
  EXPECT_EQ(net.forward(ones({1, 4}, kFloat64)).dtype(), kFloat64);
  EXPECT_ERROR(net.to(kInt64), "Module::to: parameters are floating point, they cannot become int64");
}

TEST(Module, ZeroesOrDropsGradients) {
  Net net;
  net.forward(ones({1, 4})).sum().backward();
  const Tensor gradient = net.offset.grad();
  net.zero_grad(/*set_to_none=*/false);
  EXPECT_TRUE(net.offset.grad().is_same(gradient));
  EXPECT_TRUE(equal(gradient, zeros(2)));
  net.zero_grad();
  EXPECT_FALSE(net.offset.grad().defined());
}

TEST(Module, ClonesDeeply) {
  Net net;
  net.block->eval();
  net.offset.requires_grad_(false);
  const auto copy = std::dynamic_pointer_cast<Net>(net.clone());
  ASSERT_NE(copy, nullptr);
  for (size_t i = 0; i < net.parameters().size(); ++i) {
    EXPECT_TRUE(equal(net.parameters()[i], copy->parameters()[i]));
    EXPECT_FALSE(net.parameters()[i].is_alias_of(copy->parameters()[i]));
  }
  EXPECT_TRUE(copy->is_training());
  EXPECT_FALSE(copy->block->is_training());
  EXPECT_FALSE(copy->offset.requires_grad());
  EXPECT_NE(copy->hidden.get(), net.hidden.get());
  EXPECT_TRUE(equal(copy->forward(ones({2, 4})), net.forward(ones({2, 4}))));
  EXPECT_THROW(Block().clone(), Error);  // not Cloneable
}

TEST(Module, ReplacesAndUnregistersSubmodules) {
  Net net;
  net.out = net.replace_module("out", nn::Linear(3, 7));
  EXPECT_EQ(net.named_parameters()["out.bias"].numel(), 7);
  net.unregister_module("block");
  EXPECT_FALSE(net.named_children().contains("block"));
  EXPECT_EQ(error_of([&] { net.unregister_module("block"); }), "Submodule 'block' is not defined");
  EXPECT_THROW(net.modules(), Error);  // it returns shared_ptrs, and a module on the stack has none
}

TEST(Module, PrintsItsTree) {
  std::ostringstream out;
  out << nn::Sequential(nn::Linear(4, 12), nn::ReLU(), nn::Sequential(nn::LeakyReLU(), nn::Softmax(1)));
  EXPECT_EQ(out.str(),
            "gradus::nn::Sequential(\n"
            "  (0): gradus::nn::Linear(in_features=4, out_features=12, bias=true)\n"
            "  (1): gradus::nn::ReLU()\n"
            "  (2): gradus::nn::Sequential(\n"
            "    (0): gradus::nn::LeakyReLU(negative_slope=0.01)\n"
            "    (1): gradus::nn::Softmax(dim=1)\n"
            "  )\n"
            ")");
  EXPECT_EQ((std::ostringstream() << nn::MSELoss()).str(), "gradus::nn::MSELoss()");
  EXPECT_EQ(nn::Linear(1, 1)->name(), "gradus::nn::LinearImpl");
}

TEST(Sequential, ChainsItsLayers) {
  nn::Linear first(4, 12), last(12, 3);
  nn::Sequential net(first, nn::Functional([](const Tensor& x) { return x.tanh(); }), last);
  net->push_back("flat", nn::Flatten(nn::FlattenOptions().start_dim(0)));
  const Tensor x = rand({5, 4});
  EXPECT_TRUE(equal(net->forward(x), last(tanh(first(x))).flatten()));
  EXPECT_TRUE(equal(net(x), net->forward(x)));
  EXPECT_EQ(net->size(), 4u);
  EXPECT_EQ(&net->at<nn::LinearImpl>(2), last.get());
  EXPECT_EQ(net[0].get(), first.get());
  EXPECT_THROW(net->at<nn::LinearImpl>(1), Error);
  EXPECT_THROW(net->ptr(4), Error);
  EXPECT_THROW(nn::Sequential()->forward(x), Error);
  EXPECT_EQ(net->named_parameters().keys(),
            (std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"}));
  size_t modules = 0;
  for (const auto& module : *net) modules += module != nullptr;
  EXPECT_EQ(modules, 4u);

  const auto copy = std::dynamic_pointer_cast<nn::SequentialImpl>(net->clone());
  EXPECT_TRUE(equal(copy->forward(x), net->forward(x)));
  EXPECT_NE(copy->ptr(0), net->ptr(0));
}

TEST(ModuleList, RegistersItsModules) {
  nn::ModuleList list(nn::Linear(2, 3), nn::Linear(3, 4));
  list->push_back(nn::ReLU());
  EXPECT_EQ(list->size(), 3u);
  EXPECT_EQ(list->parameters().size(), 4u);
  EXPECT_EQ(list->at<nn::LinearImpl>(1).options.out_features(), 4);
  list->insert(1, nn::Linear(3, 3));
  EXPECT_EQ(list->named_parameters()["2.bias"].numel(), 4);
  EXPECT_TRUE(list->named_parameters()["1.weight"].is_same(list->at<nn::LinearImpl>(1).weight));
  EXPECT_THROW(list->insert(5, nn::ReLU()), Error);
}

TEST(ModuleDict, UnregistersPoppedModules) {
  nn::ModuleDict dict(nn::ModuleDictImpl::Pairs{{"a", nn::Linear(2, 3).ptr()}, {"b", nn::ReLU().ptr()}});
  dict->update(nn::ModuleDictImpl::Pairs{{"a", nn::Linear(2, 5).ptr()}});
  EXPECT_EQ(dict->named_parameters()["a.bias"].numel(), 5);
  const auto copy = std::dynamic_pointer_cast<nn::ModuleDictImpl>(dict->clone());
  dict->pop("a");
  EXPECT_TRUE(dict->parameters().empty());
  EXPECT_EQ(copy->parameters().size(), 2u);
  EXPECT_THROW(dict->at<nn::LinearImpl>("b"), Error);
  EXPECT_THROW(dict["c"], Error);
}

TEST(ParameterList, ClonesItsParameters) {
  nn::ParameterList list(rand({2}, requires_grad()), rand({3}));
  const auto copy = std::dynamic_pointer_cast<nn::ParameterListImpl>(list->clone());
  EXPECT_TRUE(equal(copy->at(0), list[0]));
  EXPECT_FALSE(copy->at(0).is_alias_of(list[0]));
  EXPECT_TRUE(copy->at(0).requires_grad() && copy->at(0).is_leaf());
  EXPECT_FALSE(copy->at(1).requires_grad());
  EXPECT_THROW(list->at(2), Error);
}

TEST(OrderedDict, KeepsTheOrderOfInsertion) {
  OrderedDict<std::string, int> dict;
  dict.insert("b", 2);
  dict.insert("a", 1);
  EXPECT_EQ(dict.keys(), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(dict.values(), (std::vector<int>{2, 1}));
  dict["a"] = 5;
  EXPECT_EQ(*dict.find("a"), 5);
  EXPECT_EQ(dict.find("c"), nullptr);
  EXPECT_THROW(dict["c"], Error);
  EXPECT_THROW(dict.insert("a", 3), Error);
}

// ---- Tensors with two names -----------------------------------------------------------------------------------

struct Tied : nn::Cloneable<Tied> {
  Tied() { reset(); }
  void reset() override {
    a = register_module("a", nn::Linear(2, 2));
    b = register_module("b", a);
    register_parameter("c", a->bias);
    register_buffer("d", register_buffer("e", ones(1)));
  }
  nn::Linear a{nullptr}, b{nullptr};
};

TEST(Module, NamesATensorOnce) {
  using Names = std::vector<std::string>;
  const Tied tied;
  EXPECT_EQ(tied.named_parameters().keys(), (Names{"c", "a.weight"}));
  EXPECT_EQ(tied.parameters().size(), 2u);
  EXPECT_EQ(tied.named_parameters(/*recurse=*/true, /*remove_duplicate=*/false).keys(),
            (Names{"c", "a.weight", "a.bias", "b.weight", "b.bias"}));
  EXPECT_EQ(tied.named_buffers().keys(), Names{"e"});
  EXPECT_EQ(tied.buffers().size(), 1u);
  const auto copy = std::dynamic_pointer_cast<Tied>(tied.clone());
  EXPECT_EQ(copy->parameters().size(), 2u);
  EXPECT_TRUE(copy->a->weight.equal(tied.a->weight));
}

TEST(Module, IsPrintedTheSameInEveryLocale) {
  const test::GermanNumbers in_force;
  std::ostringstream out;
  out << nn::Sequential(nn::Linear(1234, 1), nn::Dropout(0.5));
  EXPECT_NE(out.str().find("in_features=1234"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("p=0.5"), std::string::npos) << out.str();
}

}  // namespace
