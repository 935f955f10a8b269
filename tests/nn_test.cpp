// Modules, layers, losses, initialisers and data loading: first every number against libtorch's, then what
// numbers cannot show.
#include "nn/nn.h"

#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "autograd/autograd.h"
#include "autograd/tools/gradcheck.h"
#include "optim/optim.h"

namespace lib = gradus;
#include "tests/nn_reference.h"

using namespace gradus;
namespace F = gradus::nn::functional;

namespace {

nlohmann::json read_json(const std::string& name) {
  std::ifstream file(std::string(GRADUS_TEST_DATA) + "/" + name);
  return nlohmann::json::parse(file);
}

template <class Statement>
std::string error_of(const Statement& statement) {
  try {
    statement();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// ---- The same program with libtorch -----------------------------------------------------------------------

using Family = std::pair<const char*, void (*)(reference::Numbers&)>;
class AgainstLibtorch : public testing::TestWithParam<Family> {};

TEST_P(AgainstLibtorch, GivesTheSameNumbers) {
  static const nlohmann::json expected = read_json("nn_reference.json");
  // libtorch computes these in float32, or with a constant that is one.
  const std::map<std::string, double> tolerances = {
      {"Linear forward", 1e-6},
      {"bce at the ends/gradient", 1e-8},
      {"LBFGS strong wolfe far", 1e-10}};  // it amplifies rounding
  reference::Numbers computed;
  GetParam().second(computed);
  for (const auto& [name, values] : computed) {
    ASSERT_TRUE(expected.contains(name)) << name;
    const auto wanted = expected[name].get<std::vector<double>>();
    ASSERT_EQ(values.size(), wanted.size()) << name;
    const double tolerance = tolerances.contains(name) ? tolerances.at(name) : 1e-12;
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(values[i], wanted[i], tolerance * (1 + std::abs(wanted[i]))) << name << ", number " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Nn, AgainstLibtorch,
    testing::Values(Family("activations", reference::activations), Family("losses", reference::losses),
                    Family("losses_of_pairs", reference::losses_of_pairs),
                    Family("layers", reference::layers), Family("initialisers", reference::initialisers),
                    Family("optimisers", reference::optimisers), Family("data", reference::data)),
    [](const auto& family) { return std::string(family.param.first); });

// ---- Initial values, bit for bit with PyTorch -------------------------------------------------------------

class InitialValues : public testing::Test {
 protected:
  /// Compares with draw number `draw` of the case, bit for bit.
  static void expect_draw(const std::string& name, size_t draw, const Tensor& x) {
    static const nlohmann::json vectors = read_json("torch_random.json");
    for (const auto& entry : vectors["cases"]) {
      if (entry["name"] != name) continue;
      const auto& values = entry["draws"][draw]["values"];
      ASSERT_EQ(static_cast<size_t>(x.numel()), values.size());
      for (size_t i = 0; i < values.size(); ++i)
        EXPECT_EQ(std::bit_cast<uint32_t>(x.data_ptr<float>()[i]),
                  std::stoul(values[i].get<std::string>(), nullptr, 16))
            << name << ", number " << i;
      return;
    }
    FAIL() << "no case named " << name;
  }
};

TEST_F(InitialValues, OfLinear) {
  manual_seed(6);
  const nn::Linear layer(4, 12);
  expect_draw("nn.Linear(4,12): weight, bias", 0, layer->weight);
  expect_draw("nn.Linear(4,12): weight, bias", 1, layer->bias);
}

TEST_F(InitialValues, OfEmbeddingAfterLinear) {
  manual_seed(8);
  const nn::Linear linear(7, 3);
  const nn::Embedding embedding(5, 3);
  expect_draw("nn.Linear(7,3) and nn.Embedding(5,3)", 0, linear->weight);
  expect_draw("nn.Linear(7,3) and nn.Embedding(5,3)", 1, embedding->weight);
}

TEST_F(InitialValues, OfXavierAndKaiming) {
  manual_seed(9);
  expect_draw("xavier and kaiming", 0, nn::init::xavier_uniform_(empty({5, 6})));
  expect_draw("xavier and kaiming", 1, nn::init::xavier_normal_(empty({5, 6})));
  expect_draw("xavier and kaiming", 2, nn::init::kaiming_uniform_(empty({5, 6}), 0, kFanIn, kReLU));
  expect_draw("xavier and kaiming", 3, nn::init::kaiming_normal_(empty({5, 6}), 0, kFanIn, kReLU));
}

TEST_F(InitialValues, AndDropoutMask) {
  manual_seed(5);
  bernoulli(full(20, 0.3));
  empty(6).exponential_();
  expect_draw("bernoulli, exponential and dropout", 2, F::dropout(ones(32), F::DropoutFuncOptions().p(0.25)));
}

TEST(Init, NeedsTwoDimensions) {
  EXPECT_EQ(
      error_of([] { nn::init::xavier_uniform_(empty(5)); }),
      "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, this one is (5,)");
}

TEST(Init, RecordsNothing) {
  const Tensor w = nn::init::kaiming_normal_(zeros({3, 4}, requires_grad()));
  EXPECT_TRUE(w.is_leaf());
  EXPECT_TRUE(w.requires_grad());
}

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
  EXPECT_EQ(weight.dtype(), kFloat64);  // the same tensor, as an optimiser made before sees it
  EXPECT_EQ(weight.grad().dtype(), kFloat64);
  EXPECT_EQ(net.block->mean.dtype(), kFloat64);
  EXPECT_EQ(net.block->count.dtype(), kInt64);
  EXPECT_EQ(net.forward(ones({1, 4}, kFloat64)).dtype(), kFloat64);
  EXPECT_THROW(net.to(kInt64), Error);
}

TEST(Module, ForgetsGradients) {
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

TEST(Module, ReplacesAndForgetsSubmodules) {
  Net net;
  net.out = net.replace_module("out", nn::Linear(3, 7));
  EXPECT_EQ(net.named_parameters()["out.bias"].numel(), 7);
  net.unregister_module("block");
  EXPECT_FALSE(net.named_children().contains("block"));
  EXPECT_EQ(error_of([&] { net.unregister_module("block"); }), "Submodule 'block' is not defined");
  EXPECT_THROW(net.modules(), Error);  // a module on the stack has no shared_ptr to give
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

TEST(ModuleDict, UnregistersWhatIsPopped) {
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

// ---- Layers -----------------------------------------------------------------------------------------------

TEST(Linear, TakesVectorsMatricesAndBatches) {
  nn::Linear layer(3, 2);
  const Tensor x = rand({4, 5, 3}), y = layer(x);
  EXPECT_EQ(y.sizes(), (IntArrayRef{4, 5, 2}));
  EXPECT_TRUE(allclose(y[1], layer(x[1]), 1e-6, 1e-7));
  EXPECT_TRUE(allclose(y[1][2], layer(x[1][2]), 1e-6, 1e-7));
  EXPECT_EQ(error_of([&] {
              layer(rand({4, 2}));
            }),
            "linear: x is (4, 2) and the weight (out, in) is (2, 3): x's last size must equal in");
  EXPECT_THROW(nn::Linear(0, 3), Error);
}

TEST(Embedding, StartsFromATable) {
  const Tensor table = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});
  auto frozen = nn::Embedding::from_pretrained(table);
  EXPECT_TRUE(equal(frozen(tensor({2, 0})), tensor({{5.0, 6.0}, {1.0, 2.0}})));
  EXPECT_FALSE(frozen->weight.requires_grad());
  auto trained =
      nn::Embedding::from_pretrained(table.clone(), nn::EmbeddingFromPretrainedOptions().freeze(false));
  trained(tensor({1, 1})).sum().backward();
  EXPECT_TRUE(equal(trained->weight.grad(), tensor({{0.0, 0.0}, {2.0, 2.0}, {0.0, 0.0}})));
  EXPECT_THROW(trained(tensor({3})), Error);
  EXPECT_THROW(trained(tensor({-1})), Error);
}

TEST(Embedding, IsRegisteredLikeEveryLayer) {
  struct Ratings : nn::Module {
    Ratings() { users = register_module("users", nn::Embedding(5, 2)); }
    nn::Embedding users{nullptr};
  } ratings;
  EXPECT_TRUE(ratings.parameters()[0].is_same(ratings.users->weight));
}

TEST(Dropout, KeepsTheMean) {
  manual_seed(1);
  nn::Dropout dropout(0.25);
  const Tensor y = dropout(ones(100000));
  EXPECT_NEAR(y.mean().item<double>(), 1, 0.01);
  EXPECT_NEAR(y.eq(0).to(kFloat64).mean().item<double>(), 0.25, 0.01);
  EXPECT_TRUE(equal(F::dropout(ones(5), F::DropoutFuncOptions().p(1)), zeros(5)));
  EXPECT_THROW(nn::Dropout(1.5), Error);
}

TEST(LayersWithoutParameters, ReshapeOrPass) {
  const Tensor x = rand({2, 3, 4});
  EXPECT_EQ(nn::Flatten()(x).sizes(), (IntArrayRef{2, 12}));
  EXPECT_TRUE(nn::Identity()(x).is_same(x));
  EXPECT_TRUE(equal(F::one_hot(tensor({1, 0}), 3), tensor({{0, 1, 0}, {1, 0, 0}})));
  EXPECT_THROW(F::one_hot(tensor({3}), 3), Error);
}

TEST(BatchNorm1d, NeedsMoreThanOneRow) {
  EXPECT_THROW(nn::BatchNorm1d(3)(ones({1, 3})), Error);
  EXPECT_THROW(nn::BatchNorm1d(3)(ones({4, 2})), Error);
}

// ---- Losses -----------------------------------------------------------------------------------------------

TEST(Losses, ByHand) {
  const Tensor x = tensor({1.0, 2.0, 4.0}), y = tensor({1.0, 4.0, 1.0});
  EXPECT_FLOAT_EQ(F::mse_loss(x, y).item<float>(), 13.0f / 3);
  EXPECT_FLOAT_EQ(F::mse_loss(x, y, kSum).item<float>(), 13);
  EXPECT_FLOAT_EQ(nn::MSELoss(nn::MSELossOptions().reduction(kSum))(x, y).item<float>(), 13);
  EXPECT_TRUE(equal(F::l1_loss(x, y, kNone), tensor({0.0, 2.0, 3.0})));
  // softmax of equal logits is uniform
  EXPECT_FLOAT_EQ(F::cross_entropy(zeros({2, 4}), tensor({0, 3})).item<float>(), std::log(4.0f));
  EXPECT_FLOAT_EQ(F::cross_entropy(zeros(4), tensor(2)).item<float>(), std::log(4.0f));
}

TEST(Losses, SayWhichTargetIsOutOfRange) {
  const Tensor logits = zeros({5, 5});
  EXPECT_EQ(error_of([&] {
              F::cross_entropy(logits, tensor({0, 1, 2, 7, 4}));
            }),
            "cross_entropy: target 7 at position 3 is out of range for 5 classes");
  EXPECT_EQ(error_of([&] {
              F::nll_loss(zeros({2, 3, 2}), tensor({{0, 1}, {-1, 2}}));
            }),
            "nll_loss: target -1 at position (1, 0) is out of range for 3 classes");
  EXPECT_EQ(error_of([&] { F::cross_entropy(logits, zeros(5)); }),
            "cross_entropy: the target must hold class indices (int64), not float32");
  EXPECT_EQ(
      error_of([&] {
        F::cross_entropy(logits, tensor({0, 1}));
      }),
      "cross_entropy: the input is (5, 5) and the target (2,), but it must be (5,): one class per row of the "
      "input");
  EXPECT_THROW(
      F::cross_entropy(logits, tensor({0, 1, 2, 3, 4}), F::CrossEntropyFuncOptions().weight(ones(3))), Error);
  EXPECT_THROW(F::binary_cross_entropy(tensor({1.5}), tensor({1.0})), Error);
}

TEST(Losses, RefuseAColumnAgainstARow) {
  EXPECT_EQ(error_of([] {
              F::mse_loss(zeros({5, 1}), zeros(5));
            }),
            "mse_loss: the input is (5, 1) and the target (5,); give them one shape, for example with "
            "target.reshape(input.sizes())");
  EXPECT_FLOAT_EQ(F::mse_loss(zeros({2, 2}), ones({})).item<float>(), 1);
}

TEST(Losses, AreFiniteAtTheEnds) {
  const Tensor p = tensor({0.0, 1.0, 0.0, 1.0}, kFloat64).requires_grad_(),
               y = tensor({0.0, 1.0, 1.0, 0.0}, kFloat64);
  const Tensor loss = F::binary_cross_entropy(p, y, F::BinaryCrossEntropyFuncOptions().reduction(kNone));
  EXPECT_TRUE(equal(loss, tensor({0.0, 0.0, 100.0, 100.0}, kFloat64)));
  const Tensor x = tensor({-1e4, 1e4}, kFloat64).requires_grad_();
  for (const Tensor& finite :
       {F::binary_cross_entropy_with_logits(x, tensor({1.0, 0.0}, kFloat64)), F::softplus(x).sum(),
        F::logsigmoid(x).sum(), F::elu(x).sum(), F::selu(x).sum(), F::mish(x).sum(), F::silu(x).sum(),
        F::gelu(x).sum(), F::gelu(x, F::GELUFuncOptions().approximate("tanh")).sum(),
        F::kl_div(log_softmax(x, 0), tensor({0.0, 1.0}, kFloat64), kSum),
        F::cosine_embedding_loss(x * 0, x, tensor(1)), loss.sum()}) {
    EXPECT_TRUE(std::isfinite(finite.item<double>()));
    const auto gradient = autograd::grad({finite}, {x}, {}, true, false, /*allow_unused=*/true)[0];
    EXPECT_TRUE(!gradient.defined() || isfinite(gradient).all().item<bool>());
  }
}

TEST(Losses, AreFiniteForExtremeLogits) {
  const Tensor logits = tensor({{1000.0, -1000.0}, {-1000.0, 1000.0}}, requires_grad());
  const Tensor loss = F::cross_entropy(logits, tensor({1, 1}));
  loss.backward();
  EXPECT_FLOAT_EQ(loss.item<float>(), 1000);
  EXPECT_TRUE(equal(logits.grad(), tensor({{0.5, -0.5}, {0.0, 0.0}})));
}

// Every function once more against finite differences, to second order where it is smooth.
using Function = std::function<Tensor(const std::vector<Tensor>&)>;
using Case = std::pair<const char*, Function>;
class Derivatives : public testing::TestWithParam<Case> {};

TEST_P(Derivatives, AgreeWithFiniteDifferences) {
  const Tensor x = reference::scattered(3, 4).requires_grad_(true),
               y = (reference::scattered(4, 4).narrow(0, 1, 3) * 0.7).requires_grad_(true);
  EXPECT_TRUE(autograd::gradcheck(GetParam().second, {x, y}));
  EXPECT_TRUE(autograd::gradgradcheck(GetParam().second, {x, y}));
}

INSTANTIATE_TEST_SUITE_P(
    Nn, Derivatives,
    testing::Values(
        Case("softsign", [](auto& in) { return F::softsign(in[0]) * in[1]; }),
        Case("tanhshrink", [](auto& in) { return F::tanhshrink(in[0]) * in[1]; }),
        Case("elu_in_place",
             [](auto& in) { return F::elu(in[0] * in[1], F::ELUFuncOptions().inplace(true)); }),
        Case("hinge_embedding_loss",
             [](auto& in) { return F::hinge_embedding_loss(in[0] * in[1], sign(in[1].detach())); }),
        Case("margin_ranking_loss",
             [](auto& in) {
               return F::margin_ranking_loss(in[0].square(), in[1].square(), sign(in[0].detach()));
             }),
        Case("cosine_embedding_loss",
             [](auto& in) {
               return F::cosine_embedding_loss(in[0], in[1], tensor({1, -1, 1}));
             }),
        Case("embedding_with_padding",
             [](auto& in) {
               const Tensor table = cat({zeros({1, 4}, kFloat64), in[0] * in[1]});
               return F::embedding(tensor({0, 3, 0, 1}), table, F::EmbeddingFuncOptions().padding_idx(0));
             }),
        Case("layer_norm",
             [](auto& in) { return F::layer_norm(in[0], F::LayerNormFuncOptions({4})) * in[1]; }),
        Case("batch_norm",
             [](auto& in) {
               return F::batch_norm(in[0], {}, {}, F::BatchNormFuncOptions().training(true)) * in[1];
             }),
        Case("mse_loss", [](auto& in) { return F::mse_loss(in[0], in[1]); }),
        Case("huber_loss", [](auto& in) { return F::huber_loss(in[0], in[1], kSum); }),
        Case("smooth_l1_loss", [](auto& in) { return F::smooth_l1_loss(in[0], in[1]); }),
        Case("cross_entropy",
             [](auto& in) {
               return F::cross_entropy(in[0] * in[1], tensor({1, 3, 0}));
             }),
        Case("cross_entropy_ignoring",
             [](auto& in) {
               return F::cross_entropy(in[0] * in[1], tensor({1, -100, 0}),
                                       F::CrossEntropyFuncOptions().label_smoothing(0.1));
             }),
        Case("cross_entropy_of_probabilities",
             [](auto& in) { return F::cross_entropy(in[0], softmax(in[1], 1)); }),
        Case("binary_cross_entropy",
             [](auto& in) { return F::binary_cross_entropy(sigmoid(in[0]), sigmoid(in[1])); }),
        Case("binary_cross_entropy_with_logits",
             [](auto& in) { return F::binary_cross_entropy_with_logits(in[0], sigmoid(in[1])); }),
        Case("kl_div", [](auto& in) { return F::kl_div(log_softmax(in[0], 1), softmax(in[1], 1), kSum); })),
    [](const auto& function) { return std::string(function.param.first); });

// ---- Helpers and data -------------------------------------------------------------------------------------

TEST(Utils, CopyParametersToAVectorAndBack) {
  const nn::Linear layer(3, 2);
  const Tensor flat = nn::utils::parameters_to_vector(layer->parameters());
  EXPECT_EQ(flat.sizes(), IntArrayRef{8});
  nn::utils::vector_to_parameters(arange(8, kFloat32), layer->parameters());
  EXPECT_TRUE(equal(layer->weight, arange(6, kFloat32).reshape({2, 3})));
  EXPECT_TRUE(equal(layer->bias, tensor({6.0, 7.0})));
  EXPECT_THROW(nn::utils::vector_to_parameters(arange(9, kFloat32), layer->parameters()), Error);
}

TEST(Utils, ReportInfiniteGradients) {
  Tensor p = ones(2, requires_grad());
  (p * INFINITY).sum().backward();
  EXPECT_THROW(nn::utils::clip_grad_norm_(p, 1, 2, /*error_if_nonfinite=*/true), Error);
  EXPECT_EQ(nn::utils::clip_grad_norm_(ones(2, requires_grad()), 1), 0);  // no gradient, nothing to clip
}

TEST(DataLoader, PairsRowsOfTwoTensors) {
  const Tensor x = arange(20, kFloat32).reshape({10, 2}), y = arange(10);
  auto loader = data::make_data_loader(data::datasets::TensorPairs(x, y), 4);
  std::vector<int64_t> sizes;
  Tensor seen = zeros(10, kInt64);
  for (auto& batch : *loader) {
    sizes.push_back(batch.data.size(0));
    EXPECT_TRUE(equal(batch.data, x.index_select(0, batch.target)));
    seen.index_put_({batch.target}, 1);
  }
  EXPECT_EQ(sizes, (std::vector<int64_t>{4, 4, 2}));
  EXPECT_TRUE(equal(seen, ones(10, kInt64)));
  EXPECT_THROW(data::datasets::TensorPairs(x, arange(9)), Error);
  EXPECT_THROW(data::make_data_loader(data::datasets::TensorPairs(x, y), 0), Error);
}

TEST(DataLoader, ShufflesBySeed) {
  const auto order = [](uint64_t seed) {
    manual_seed(seed);
    auto loader = data::make_data_loader(data::datasets::TensorPairs(rand({50, 1}), arange(50)), 50);
    return loader->begin()->target;
  };
  EXPECT_TRUE(equal(order(1), order(1)));
  EXPECT_FALSE(equal(order(1), order(2)));
}

TEST(DataLoader, TransformsImages) {
  struct Images : data::datasets::Dataset<Images> {
    data::Example<> get(size_t index) override {
      return {full({1, 2, 2}, 5.0 + static_cast<double>(index)), tensor(0)};
    }
    std::optional<size_t> size() const override { return 3; }
  };
  auto loader = data::make_data_loader<data::samplers::SequentialSampler>(
      Images().map(data::transforms::Normalize<>(5.0, 0.5)).map(data::transforms::Stack<>()), 3);
  EXPECT_TRUE(equal(loader->begin()->data.flatten(1).select(1, 0), tensor({0.0, 2.0, 4.0})));
}

}  // namespace
