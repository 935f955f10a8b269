// Modules, layers, activations, losses and initialisers, as far as Gradus and libtorch agree: all names must
// compile, and behave in the same way. tests/nn_reference_test.cpp compares the numbers with libtorch's.
#include <cmath>
#include <sstream>

#include "framework.h"

namespace portable {
namespace {

namespace F = gradus::nn::functional;
namespace init = gradus::nn::init;

Tensor matrix() { return tensor({{1.0, -2.0, 0.5}, {-0.25, 3.0, -1.0}}); }

/// The printed module, without the names of namespaces.
template <class Module>
std::string printed(const Module& module) {
  std::ostringstream out;
  out << module;
  std::string text = out.str();
  for (size_t at; (at = text.find("::nn::")) != std::string::npos;) {
    const size_t begin = text.find_last_of(" \n", at);
    text.erase(begin == std::string::npos ? 0 : begin + 1,
               at + 6 - (begin == std::string::npos ? 0 : begin + 1));
  }
  return text;
}

// ---- Modules ----------------------------------------------------------------------------------------------

struct NetImpl : nn::Cloneable<NetImpl> {
  explicit NetImpl(int64_t width) : width(width) { reset(); }
  void reset() override {
    hidden = register_module("hidden", nn::Linear(3, width));
    norm = register_module("norm", nn::BatchNorm1d(width));
    out = register_module("out", nn::Linear(nn::LinearOptions(width, 2).bias(false)));
    scale = register_parameter("scale", ones({2}));
    offset = register_buffer("offset", zeros({2}));
  }
  Tensor forward(Tensor x) { return out(norm(relu(hidden->forward(x)))) * scale + offset; }

  int64_t width;
  nn::Linear hidden{nullptr}, out{nullptr};
  nn::BatchNorm1d norm{nullptr};
  Tensor scale, offset;
};
TORCH_MODULE(Net);

struct Pair : nn::Module {
  Pair() : nn::Module("Pair"), first(register_module("first", nn::Linear(2, 2))) {
    second = register_module("second", std::make_shared<NetImpl>(4));
  }
  nn::Linear first;
  std::shared_ptr<NetImpl> second;
};

TEST(Module, ListsWhatIsRegistered) {
  Net net(4);
  using Names = std::vector<std::string>;
  EXPECT_EQ(net->named_parameters().keys(),
            (Names{"scale", "hidden.weight", "hidden.bias", "norm.weight", "norm.bias", "out.weight"}));
  EXPECT_EQ(net->named_parameters(/*recurse=*/false).keys(), Names{"scale"});
  EXPECT_EQ(net->named_buffers().keys(),
            (Names{"offset", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}));
  EXPECT_EQ(net->named_children().keys(), (Names{"hidden", "norm", "out"}));
  EXPECT_EQ(net->named_modules().keys(), (Names{"", "hidden", "norm", "out"}));
  EXPECT_EQ(net->named_modules("net", /*include_self=*/false).keys(),
            (Names{"net.hidden", "net.norm", "net.out"}));
  EXPECT_EQ(net->parameters().size(), 6u);
  EXPECT_EQ(net->buffers().size(), 4u);
  EXPECT_EQ(net->children().size(), 3u);
  EXPECT_EQ(net->modules(/*include_self=*/false).size(), 3u);
  for (const auto& item : net->named_parameters()) {
    EXPECT_TRUE(item.value().requires_grad()) << item.key();
    EXPECT_TRUE(item->is_leaf());
  }
  EXPECT_TRUE(net->named_parameters().contains("scale"));
  EXPECT_EQ(Pair().name(), "Pair");
}

TEST(Module, RefusesNames) {
  Pair pair;
  EXPECT_TRUE(
      fails_with("Submodule 'first' already defined", [&] { pair.register_module("first", nn::ReLU()); }));
  EXPECT_TRUE(fails_with("Parameter 'p' already defined", [&] {
    pair.register_parameter("p", ones({1}));
    pair.register_parameter("p", ones({1}));
  }));
  EXPECT_TRUE(fails_with("Submodule name must not be empty", [&] { pair.register_module("", nn::ReLU()); }));
  EXPECT_TRUE(fails_with("Buffer name must not contain a dot (got 'a.b')",
                         [&] { pair.register_buffer("a.b", ones({1})); }));
  EXPECT_TRUE(fails_with("Accessing empty ModuleHolder", [] { nn::Linear(nullptr)->weight.sum(); }));
  EXPECT_TRUE(fails_with("is not defined", [&] { pair.named_children()["third"]; }));
}

TEST(Module, ReachesTheWholeTree) {
  auto pair = std::make_shared<Pair>();
  pair->eval();
  EXPECT_FALSE(pair->is_training() || pair->second->norm->is_training());
  pair->train();
  EXPECT_TRUE(pair->second->norm->is_training());
  pair->to(kFloat64);
  EXPECT_EQ(pair->second->hidden->weight.dtype(), kFloat64);
  EXPECT_EQ(pair->second->norm->running_mean.dtype(), kFloat64);
  pair->to(Device("cpu"), kFloat32);
  pair->second->forward(ones({5, 3})).sum().backward();
  EXPECT_TRUE(pair->second->scale.grad().defined());
  pair->zero_grad(/*set_to_none=*/true);
  EXPECT_FALSE(pair->second->scale.grad().defined());

  int linears = 0;
  std::vector<std::string> paths;
  pair->apply([&](nn::Module& module) { linears += module.as<nn::Linear>() != nullptr; });
  pair->apply([&](const std::string& path, nn::Module&) { paths.push_back(path); });
  pair->apply(
      [&](const std::shared_ptr<nn::Module>& module) { linears += module->as<nn::LinearImpl>() != nullptr; });
  EXPECT_EQ(linears, 6);
  EXPECT_EQ(paths,
            (std::vector<std::string>{"", "first", "second", "second.hidden", "second.norm", "second.out"}));
}

TEST(Module, ClonesDeeply) {
  Net net(4);
  net->scale.requires_grad_(false);
  net->norm->eval();
  const auto copy = std::dynamic_pointer_cast<NetImpl>(net->clone());
  ASSERT_NE(copy, nullptr);
  for (const auto& item : net->named_parameters()) {
    EXPECT_TRUE(equal(item.value(), copy->named_parameters()[item.key()])) << item.key();
    EXPECT_NE(item->data_ptr(), copy->named_parameters()[item.key()].data_ptr()) << item.key();
  }
  EXPECT_TRUE(equal(copy->out->weight, copy->named_parameters()["out.weight"]));
  EXPECT_FALSE(copy->norm->is_training());
  EXPECT_TRUE(copy->is_training());
  EXPECT_TRUE(fails_with("clone() has not been implemented for", [] { Pair().clone(); }));
}

TEST(Module, LetsLayersShareParameters) {
  struct Tied : nn::Cloneable<Tied> {
    Tied() { reset(); }
    void reset() override {
      a = register_module("a", nn::Linear(2, 2));
      b = register_module("b", a);
    }
    nn::Linear a{nullptr}, b{nullptr};
  };
  const Tied tied;
  EXPECT_EQ(tied.a->weight.data_ptr(), tied.b->weight.data_ptr());
  const auto copy = std::dynamic_pointer_cast<Tied>(tied.clone());
  EXPECT_EQ(copy->a->weight.data_ptr(), copy->b->weight.data_ptr());
  EXPECT_NE(copy->a->weight.data_ptr(), tied.a->weight.data_ptr());
}

TEST(Module, ReplacesAndUnregisters) {
  Net net(4);
  net->out = net->replace_module("out", nn::Linear(4, 7));
  EXPECT_EQ(net->named_parameters()["out.bias"].numel(), 7);
  net->unregister_module("out");
  EXPECT_FALSE(net->named_children().contains("out"));
}

TEST(Module, PrintsItself) {
  EXPECT_EQ(printed(nn::Sequential(nn::Linear(4, 12), nn::ReLU(), nn::Dropout(0.25))),
            "Sequential(\n"
            "  (0): Linear(in_features=4, out_features=12, bias=true)\n"
            "  (1): ReLU()\n"
            "  (2): Dropout(p=0.25, inplace=false)\n"
            ")");
  EXPECT_EQ(printed(nn::Embedding(nn::EmbeddingOptions(5, 2).padding_idx(1))),
            "Embedding(num_embeddings=5, embedding_dim=2, padding_idx=1)");
  EXPECT_EQ(printed(nn::LayerNorm(nn::LayerNormOptions({2, 3}))),
            "LayerNorm([2, 3], eps=1e-05, elementwise_affine=true)");
  EXPECT_EQ(printed(nn::BatchNorm1d(4)),
            "BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)");
  EXPECT_EQ(printed(nn::Flatten()), "Flatten(start_dim=1, end_dim=-1)");
  EXPECT_EQ(printed(nn::Identity()), "Identity()");
  EXPECT_EQ(printed(nn::ELU(nn::ELUOptions().alpha(2).inplace(true))), "ELU(alpha=2, inplace=true)");
  EXPECT_EQ(printed(nn::ReLU(true)), "ReLU(inplace=true)");
  EXPECT_EQ(printed(nn::LeakyReLU()), "LeakyReLU(negative_slope=0.01)");
  EXPECT_EQ(printed(nn::Hardtanh()), "Hardtanh(min_val=-1, max_val=1)");
  EXPECT_EQ(printed(nn::Threshold(1, 2)), "Threshold(threshold=1, value=2)");
  EXPECT_EQ(printed(nn::Softplus()), "Softplus(beta=1, threshold=20)");
  EXPECT_EQ(printed(nn::Hardshrink()), "Hardshrink(0.5)");
  EXPECT_EQ(printed(nn::Softmax(1)), "Softmax(dim=1)");
  EXPECT_EQ(printed(nn::MSELoss()), "MSELoss()");
  EXPECT_EQ(printed(nn::HingeEmbeddingLoss()), "HingeEmbeddingLoss(margin=1)");
}

// ---- Containers -------------------------------------------------------------------------------------------

TEST(Sequential, TakesLayersNamedOrNot) {
  nn::Linear first(3, 4), last(4, 2);
  nn::Sequential plain(first, nn::Tanh(), last),
      named({{"first", first}, {"act", nn::Tanh()}, {"last", last}});
  const Tensor x = matrix(), y = last(tanh(first(x)));
  EXPECT_TRUE(equal(plain->forward(x), y));
  EXPECT_TRUE(equal(named->forward(x), y));
  EXPECT_EQ(named->named_parameters().keys(),
            (std::vector<std::string>{"first.weight", "first.bias", "last.weight", "last.bias"}));
  plain->push_back("flat", nn::Flatten(nn::FlattenOptions().start_dim(0)));
  plain->push_back(std::make_shared<nn::IdentityImpl>());
  plain->push_back(nn::Functional([](const Tensor& x) { return x * 2; }));
  EXPECT_TRUE(equal(plain->forward(x), y.flatten() * 2));
  EXPECT_EQ(plain->size(), 6u);
  EXPECT_EQ(plain[0].get(), first.get());
  EXPECT_EQ(plain->ptr<nn::LinearImpl>(2), last.ptr());
  EXPECT_EQ(&plain->at<nn::LinearImpl>(2), last.get());
  const auto copy = std::dynamic_pointer_cast<nn::SequentialImpl>(plain->clone());
  EXPECT_TRUE(equal(copy->forward(x), plain->forward(x)));
  EXPECT_NE(copy->ptr(0), plain->ptr(0));
  EXPECT_TRUE(
      fails_with("Cannot call forward() on an empty Sequential", [&] { nn::Sequential()->forward(x); }));
  EXPECT_TRUE(fails_with("Index out of range", [&] { plain->ptr(6); }));
}

TEST(ModuleList, RegistersItsModules) {
  nn::ModuleList list(nn::Linear(2, 3), nn::Linear(3, 4));
  list->push_back(nn::ReLU());
  EXPECT_EQ(list->named_parameters().keys(),
            (std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias"}));
  list->insert(1, nn::Linear(3, 3));
  nn::ModuleList more(nn::Dropout(0.5));
  list->extend(*more);
  EXPECT_EQ(list->size(), 5u);
  EXPECT_FALSE(list->is_empty());
  EXPECT_EQ(list->at<nn::LinearImpl>(2).options.out_features(), 4);
  EXPECT_EQ(list[1]->as<nn::Linear>()->options.out_features(), 3);
  int linears = 0;
  for (const auto& module : *list) linears += module->as<nn::Linear>() != nullptr;
  EXPECT_EQ(linears, 3);
}

TEST(ModuleDict, FindsModulesByName) {
  nn::ModuleDict dict(std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>>{
      {"linear", nn::Linear(2, 3).ptr()}, {"act", nn::ReLU().ptr()}});
  EXPECT_EQ(dict->keys(), (std::vector<std::string>{"linear", "act"}));
  EXPECT_EQ(dict->size(), 2u);
  EXPECT_TRUE(dict->contains("act"));
  EXPECT_EQ(dict->at<nn::LinearImpl>("linear").options.out_features(), 3);
  EXPECT_NE(dict["act"]->as<nn::ReLU>(), nullptr);
  EXPECT_EQ(dict->parameters().size(), 2u);
  EXPECT_NE(dict->pop("act"), nullptr);
  EXPECT_FALSE(dict->contains("act"));
  EXPECT_EQ(dict->values().size(), 1u);
  for (const auto& item : *dict) EXPECT_EQ(item.key(), "linear");
}

TEST(ParameterList, RegistersItsParameters) {
  Tensor U = rand({2, 3}, requires_grad()), V = rand({3}, requires_grad());
  nn::ParameterList list(U, V);
  list->append(zeros({4}));
  EXPECT_EQ(list->size(), 3u);
  EXPECT_EQ(list[0].data_ptr(), U.data_ptr());
  EXPECT_FALSE(list->at(2).requires_grad());
  EXPECT_EQ(list->named_parameters().keys(), (std::vector<std::string>{"0", "1", "2"}));
}

TEST(ParameterDict, FindsParametersByName) {
  nn::ParameterDict dict;
  dict->insert("U", rand({2, 3}, requires_grad()));
  dict->insert("V", rand({3}));
  EXPECT_EQ(dict->keys(), (std::vector<std::string>{"U", "V"}));
  EXPECT_TRUE(dict["U"].requires_grad());
  EXPECT_FALSE(dict->get("V").requires_grad());
  EXPECT_TRUE(dict->contains("V"));
  EXPECT_EQ(dict->pop("V").numel(), 3);
  EXPECT_EQ(dict->parameters().size(), 1u);
}

// ---- Layers -----------------------------------------------------------------------------------------------

TEST(Layers, HaveTheShapesOfTheirInputs) {
  EXPECT_EQ(nn::Linear(3, 5)(matrix()).sizes(), IntArrayRef({2, 5}));
  EXPECT_FALSE(nn::Linear(nn::LinearOptions(3, 5).bias(false))->bias.defined());
  EXPECT_EQ(nn::Flatten()(zeros({2, 3, 4})).sizes(), IntArrayRef({2, 12}));
  EXPECT_TRUE(equal(nn::Identity()(matrix()), matrix()));
  EXPECT_TRUE(same(nn::LayerNorm(nn::LayerNormOptions({3}).elementwise_affine(false))(matrix()).mean(),
                   zeros({}), 1e-6));
  EXPECT_TRUE(equal(F::linear(matrix(), eye(3)), matrix()));
  EXPECT_TRUE(equal(gradus::linear(matrix(), eye(3), ones({3})), matrix() + 1));
  EXPECT_TRUE(
      same(gradus::layer_norm(matrix(), {3}), F::layer_norm(matrix(), F::LayerNormFuncOptions({3})), 1e-6));
  EXPECT_TRUE(equal(F::one_hot(tensor({1, 0}), 3), tensor({{0, 1, 0}, {1, 0, 0}})));
}

TEST(Embedding, DoesNotTrainItsPadding) {
  nn::Embedding embedding(nn::EmbeddingOptions(4, 2).padding_idx(1));
  EXPECT_TRUE(equal(embedding->weight[1], zeros({2})));
  embedding(tensor({{1, 0}, {3, 3}})).sum().backward();
  EXPECT_TRUE(equal(embedding->weight.grad(), tensor({{1.0, 1.0}, {0.0, 0.0}, {0.0, 0.0}, {2.0, 2.0}})));

  const Tensor table = tensor({{1.0, 2.0}, {3.0, 4.0}});
  auto frozen = nn::Embedding::from_pretrained(table);
  EXPECT_FALSE(frozen->weight.requires_grad());
  EXPECT_TRUE(equal(frozen(tensor({1})), tensor({{3.0, 4.0}})));
  auto trained = nn::Embedding::from_pretrained(
      table, nn::EmbeddingFromPretrainedOptions().freeze(false).padding_idx(0));
  EXPECT_TRUE(trained->weight.requires_grad());
  EXPECT_TRUE(equal(F::embedding(tensor({0}), table, F::EmbeddingFuncOptions().padding_idx(0)),
                    table.slice(0, 0, 1)));
  EXPECT_TRUE(equal(gradus::embedding(table, tensor({0})), table.slice(0, 0, 1)));
  EXPECT_TRUE(fails_with("Padding_idx must be within num_embeddings",
                         [] { nn::Embedding(nn::EmbeddingOptions(4, 2).padding_idx(4)); }));
}

TEST(Dropout, IsTheIdentityInEvaluation) {
  nn::Dropout dropout(nn::DropoutOptions(0.5).inplace(true));
  Tensor x = ones({100});
  EXPECT_TRUE(equal(dropout(x), x));
  const double kept = x.sum().item<double>() / 2;
  EXPECT_TRUE(kept > 20 && kept < 80) << kept;
  dropout->eval();
  EXPECT_TRUE(equal(dropout(ones({4})), ones({4})));
  EXPECT_TRUE(equal(gradus::dropout(ones({4}), 0.5, /*train=*/false), ones({4})));
  EXPECT_TRUE(equal(F::dropout(ones({4}), F::DropoutFuncOptions().p(1)), zeros({4})));
  EXPECT_TRUE(fails_with("dropout probability has to be between 0 and 1, but got", [] { nn::Dropout(1.5); }));
}

TEST(BatchNorm1d, KeepsRunningStatistics) {
  nn::BatchNorm1d norm(
      nn::BatchNorm1dOptions(3).eps(1e-4).momentum(0.5).affine(true).track_running_stats(true));
  norm(matrix());
  EXPECT_TRUE(same(norm->running_mean, matrix().mean(0) / 2));
  EXPECT_TRUE(same(norm->running_var, (matrix().var({0}, /*unbiased=*/true) + 1) / 2));
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 1);
  nn::BatchNorm1d averaging(nn::BatchNorm1dOptions(3).momentum(gradus::nullopt));
  averaging(matrix());
  averaging(matrix() + 1);
  EXPECT_TRUE(same(averaging->running_mean, matrix().mean(0) + 0.5));
  averaging->reset_running_stats();
  EXPECT_TRUE(equal(averaging->running_var, ones({3})));
  nn::BatchNorm1d plain(nn::BatchNorm1dOptions(3).affine(false).track_running_stats(false));
  plain->eval();
  EXPECT_TRUE(same(plain(matrix()).sum(0), zeros({3}), 1e-4));
  EXPECT_TRUE(plain->parameters().empty() && plain->buffers().empty());
}

// ---- Activations ------------------------------------------------------------------------------------------

TEST(Activations, AreTheSameAsLayersFunctionsAndFreeFunctions) {
  const Tensor x = matrix();
  const auto all_same = [](const Tensor& layer, const Tensor& function, const Tensor& free) {
    return equal(layer, function) && equal(layer, free);
  };
  EXPECT_TRUE(all_same(nn::ReLU()(x), F::relu(x), relu(x)));
  EXPECT_TRUE(all_same(nn::ReLU6()(x), F::relu6(x), relu6(x)));
  EXPECT_TRUE(all_same(nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2))(x),
                       F::leaky_relu(x, F::LeakyReLUFuncOptions().negative_slope(0.2)), leaky_relu(x, 0.2)));
  EXPECT_TRUE(
      all_same(nn::ELU(nn::ELUOptions().alpha(2))(x), F::elu(x, F::ELUFuncOptions().alpha(2)), elu(x, 2)));
  EXPECT_TRUE(all_same(nn::SELU()(x), F::selu(x), selu(x)));
  EXPECT_TRUE(all_same(nn::CELU(nn::CELUOptions().alpha(2))(x), F::celu(x, F::CELUFuncOptions().alpha(2)),
                       celu(x, 2)));
  EXPECT_TRUE(all_same(nn::GELU(nn::GELUOptions().approximate("tanh"))(x),
                       F::gelu(x, F::GELUFuncOptions().approximate("tanh")), gelu(x, "tanh")));
  EXPECT_TRUE(all_same(nn::SiLU()(x), F::silu(x), silu(x)));
  EXPECT_TRUE(all_same(nn::Mish()(x), F::mish(x), mish(x)));
  EXPECT_TRUE(all_same(nn::Sigmoid()(x), sigmoid(x), x.sigmoid()));
  EXPECT_TRUE(all_same(nn::LogSigmoid()(x), F::logsigmoid(x), log_sigmoid(x)));
  EXPECT_TRUE(all_same(nn::Tanh()(x), tanh(x), x.tanh()));
  EXPECT_TRUE(all_same(nn::Tanhshrink()(x), F::tanhshrink(x), x - tanh(x)));
  EXPECT_TRUE(all_same(nn::Softsign()(x), F::softsign(x), x / (1 + x.abs())));
  EXPECT_TRUE(all_same(nn::Softplus(nn::SoftplusOptions().beta(2).threshold(3))(x),
                       F::softplus(x, F::SoftplusFuncOptions().beta(2).threshold(3)), softplus(x, 2, 3)));
  EXPECT_TRUE(all_same(nn::Hardtanh(nn::HardtanhOptions().min_val(-2).max_val(1))(x),
                       F::hardtanh(x, F::HardtanhFuncOptions().min_val(-2).max_val(1)), hardtanh(x, -2, 1)));
  EXPECT_TRUE(all_same(nn::Threshold(0.5, 9)(x), F::threshold(x, F::ThresholdFuncOptions(0.5, 9)),
                       threshold(x, 0.5, 9)));
  EXPECT_TRUE(
      all_same(nn::Hardshrink(0.6)(x), F::hardshrink(x, F::HardshrinkFuncOptions(0.6)), hardshrink(x, 0.6)));
  EXPECT_TRUE(
      all_same(nn::Softshrink(0.6)(x), F::softshrink(x, F::SoftshrinkFuncOptions(0.6)), softshrink(x, 0.6)));
  EXPECT_TRUE(all_same(nn::Softmax(1)(x), F::softmax(x, F::SoftmaxFuncOptions(1)), softmax(x, 1)));
  EXPECT_TRUE(all_same(nn::Softmin(0)(x), F::softmin(x, 0), softmax(-x, 0)));
  EXPECT_TRUE(all_same(nn::LogSoftmax(1)(x), F::log_softmax(x, 1), log_softmax(x, 1)));
  EXPECT_EQ(F::softmax(x, F::SoftmaxFuncOptions(1).dtype(kFloat64)).dtype(), kFloat64);
}

TEST(Activations, WriteOverTheirInputIfAsked) {
  Tensor x = matrix();
  EXPECT_EQ(F::relu(x, F::ReLUFuncOptions(true)).data_ptr(), x.data_ptr());
  EXPECT_TRUE(equal(x, relu(matrix())));
  Tensor leaf = matrix().requires_grad_(), y = leaf * 1;
  nn::ELU elu(nn::ELUOptions().inplace(true));
  EXPECT_EQ(elu(y).data_ptr(), y.data_ptr());
  y.sum().backward();
  EXPECT_TRUE(same(leaf.grad(), where(matrix() > 0, ones({2, 3}), exp(matrix()))));
  EXPECT_TRUE(fails_with("a leaf Variable that requires grad", [&] { nn::ReLU(true)(leaf); }));
}

// ---- Losses -----------------------------------------------------------------------------------------------

TEST(Losses, HaveThreeReductions) {
  const Tensor x = matrix(), y = x * x, d = (x - y).abs();
  EXPECT_TRUE(same(F::mse_loss(x, y), d.square().mean()));
  EXPECT_TRUE(same(F::mse_loss(x, y, kSum), d.square().sum()));
  EXPECT_TRUE(same(F::mse_loss(x, y, F::MSELossFuncOptions(kNone)), d.square()));
  EXPECT_TRUE(same(nn::MSELoss(nn::MSELossOptions().reduction(kSum))(x, y), d.square().sum()));
  EXPECT_TRUE(same(gradus::mse_loss(x, y), d.square().mean()));
  EXPECT_TRUE(same(F::l1_loss(x, y, kSum), d.sum()));
  EXPECT_TRUE(same(nn::L1Loss()(x, y), gradus::l1_loss(x, y)));
  EXPECT_TRUE(same(F::smooth_l1_loss(x, y, kSum), where(d < 1, d * d / 2, d - 0.5).sum()));
  EXPECT_TRUE(same(nn::SmoothL1Loss()(x, y), gradus::smooth_l1_loss(x, y)));
  EXPECT_TRUE(same(F::huber_loss(x, y, F::HuberLossFuncOptions().delta(2).reduction(kSum)),
                   where(d < 2, d * d / 2, 2 * d - 2).sum()));
  EXPECT_TRUE(same(nn::HuberLoss()(x, y), gradus::huber_loss(x, y)));
}

TEST(Losses, OfClasses) {
  const Tensor x = matrix(), log_p = log_softmax(x, 1), t = tensor({2, 1}), w = tensor({1.0, 2.0, 3.0});
  const Tensor chosen = -stack({log_p[0][2], log_p[1][1]});
  EXPECT_TRUE(same(F::cross_entropy(x, t), chosen.mean()));
  EXPECT_TRUE(same(F::cross_entropy(x, t, F::CrossEntropyFuncOptions().reduction(kNone)), chosen));
  EXPECT_TRUE(same(nn::CrossEntropyLoss(nn::CrossEntropyLossOptions().weight(w).reduction(kSum))(x, t),
                   3 * chosen[0] + 2 * chosen[1]));
  EXPECT_TRUE(same(nn::CrossEntropyLoss(nn::CrossEntropyLossOptions().ignore_index(1))(x, t), chosen[0]));
  EXPECT_TRUE(same(F::cross_entropy(x, F::one_hot(t, 3).to(kFloat32)), chosen.mean()));
  EXPECT_TRUE(same(F::cross_entropy(x, t, F::CrossEntropyFuncOptions().label_smoothing(1)), -log_p.mean()));
  EXPECT_TRUE(same(gradus::cross_entropy_loss(x, t), chosen.mean()));
  EXPECT_TRUE(same(F::nll_loss(log_p, t), chosen.mean()));
  EXPECT_TRUE(
      same(nn::NLLLoss(nn::NLLLossOptions().weight(w))(log_p, t), (3 * chosen[0] + 2 * chosen[1]) / 5));
  EXPECT_TRUE(same(gradus::nll_loss(log_p, t), chosen.mean()));
}

TEST(Losses, OfTwoClasses) {
  const Tensor x = matrix(), p = sigmoid(x), y = (x > 0).to(kFloat32) * 0.75, w = tensor({1.0, 2.0, 3.0});
  const Tensor wanted = -(y * log(p) + (1 - y) * log(1 - p));
  EXPECT_TRUE(same(F::binary_cross_entropy(p, y), wanted.mean(), 1e-5));
  EXPECT_TRUE(
      same(nn::BCELoss(nn::BCELossOptions().weight(w).reduction(kSum))(p, y), (wanted * w).sum(), 1e-5));
  EXPECT_TRUE(same(gradus::binary_cross_entropy(p, y), wanted.mean(), 1e-5));
  EXPECT_TRUE(same(F::binary_cross_entropy_with_logits(x, y), wanted.mean(), 1e-5));
  EXPECT_TRUE(same(nn::BCEWithLogitsLoss(nn::BCEWithLogitsLossOptions().pos_weight(w).reduction(kNone))(x, y),
                   -(w * y * log(p) + (1 - y) * log(1 - p)), 1e-5));
  EXPECT_TRUE(same(gradus::binary_cross_entropy_with_logits(x, y), wanted.mean(), 1e-5));
}

TEST(Losses, OfDistributionsAndPairs) {
  const Tensor x = matrix(), log_p = log_softmax(x, 1), q = softmax(-x, 1),
               divergence = (q * (log(q) - log_p)).sum();
  EXPECT_TRUE(same(F::kl_div(log_p, q, kSum), divergence, 1e-5));
  EXPECT_TRUE(same(F::kl_div(log_p, q, kBatchMean), divergence / 2, 1e-5));
  EXPECT_TRUE(same(nn::KLDivLoss(nn::KLDivLossOptions(kBatchMean).log_target(true))(log_p, log(q)),
                   divergence / 2, 1e-5));
  EXPECT_TRUE(same(gradus::kl_div(log_p, q), divergence / 6, 1e-5));

  const Tensor sign = tensor({{1.0, -1.0, 1.0}, {-1.0, 1.0, -1.0}});
  EXPECT_TRUE(
      same(F::hinge_embedding_loss(x, sign, F::HingeEmbeddingLossFuncOptions().margin(2).reduction(kNone)),
           tensor({{1.0, 4.0, 0.5}, {2.25, 3.0, 3.0}})));
  EXPECT_TRUE(same(nn::HingeEmbeddingLoss()(x, sign), gradus::hinge_embedding_loss(x, sign)));
  EXPECT_TRUE(same(F::margin_ranking_loss(x, zeros({2, 3}), sign,
                                          F::MarginRankingLossFuncOptions().margin(1).reduction(kNone)),
                   tensor({{0.0, 0.0, 0.5}, {0.75, 0.0, 0.0}})));
  EXPECT_TRUE(same(nn::MarginRankingLoss()(x, -x, sign), gradus::margin_ranking_loss(x, -x, sign)));
  const Tensor t = tensor({1.0, -1.0});
  EXPECT_TRUE(same(
      F::cosine_embedding_loss(x, x, t, F::CosineEmbeddingLossFuncOptions().margin(0.25).reduction(kNone)),
      tensor({0.0, 0.75}), 1e-5));
  EXPECT_TRUE(same(nn::CosineEmbeddingLoss()(x, -x, t), gradus::cosine_embedding_loss(x, -x, t)));
  EXPECT_TRUE(fails_with("margin_ranking_loss : All input tensors should have same dimension",
                         [&] { F::margin_ranking_loss(x, x, t); }));
}

// ---- Initial values and helpers ---------------------------------------------------------------------------

TEST(Init, MakesOrthogonalMatrices) {
  const Tensor tall = init::orthogonal_(empty({5, 3}, kFloat64)),
               wide = init::orthogonal_(empty({2, 3, 2}, kFloat64), 3);
  EXPECT_TRUE(same(tall.t().mm(tall), eye(3, kFloat64)));
  const Tensor rows = wide.reshape({2, 6});
  EXPECT_TRUE(same(rows.mm(rows.t()), 9 * eye(2, kFloat64)));
  manual_seed(3);
  const Tensor first = init::orthogonal_(empty({4, 4}));
  manual_seed(3);
  const Tensor drawn = randn({4, 4}), R = first.t().mm(drawn);
  EXPECT_TRUE(same(R, R.triu())) << "orthogonal_ must return the Q of a QR of normal numbers";
  EXPECT_GT(R.diagonal().min().item<double>(), 0);
  EXPECT_TRUE(fails_with("Only tensors with 2 or more dimensions are supported",
                         [] { init::orthogonal_(empty({3})); }));
}

TEST(Init, FillsInPlaceAndRecordsNothing) {
  Tensor w = empty({3, 5}, requires_grad());
  EXPECT_EQ(init::ones_(w).data_ptr(), w.data_ptr());
  EXPECT_TRUE(w.is_leaf() && w.requires_grad());
  EXPECT_TRUE(equal(w, ones({3, 5})));
  EXPECT_TRUE(equal(init::zeros_(w), zeros({3, 5})));
  EXPECT_TRUE(equal(init::constant_(w, 2), full({3, 5}, 2.0)));
  EXPECT_TRUE(equal(init::eye_(w), eye(3, 5)));
  EXPECT_LE(init::uniform_(w, -2, 2).abs().max().item<double>(), 2);
  init::normal_(w, 5, 0.01);
  EXPECT_NEAR(w.mean().item<double>(), 5, 0.1);
  EXPECT_LE(init::xavier_uniform_(w, 2).abs().max().item<double>(), 2 * std::sqrt(6.0 / 8));
  EXPECT_LE(init::kaiming_uniform_(w, 0, kFanIn, kReLU).abs().max().item<double>(), std::sqrt(6.0 / 5));
  init::xavier_normal_(w);
  init::kaiming_normal_(w, 0.1, kFanOut, kLeakyReLU);
  EXPECT_NEAR(init::calculate_gain(kTanh), 5.0 / 3, 1e-15);
  EXPECT_NEAR(init::calculate_gain(kLeakyReLU, 0.1), std::sqrt(2 / 1.01), 1e-15);
  EXPECT_TRUE(fails_with("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions",
                         [] { init::xavier_normal_(empty({5})); }));
}

TEST(Utils, ClipGradients) {
  Tensor a = tensor({3.0, 4.0}).requires_grad_(), b = tensor({12.0}).requires_grad_(), unused = ones({1});
  (a.square().sum() / 2 + b.square().sum() / 2).backward();
  EXPECT_NEAR(nn::utils::clip_grad_norm_({a, b, unused}, 1.3), 13, 1e-5);
  EXPECT_TRUE(same(a.grad(), tensor({0.3, 0.4})));
  nn::utils::clip_grad_value_({a, b}, 0.35);
  EXPECT_TRUE(same(b.grad(), tensor({0.35})));
  a.grad().fill_(INFINITY);
  EXPECT_TRUE(fails_with("is non-finite, so it cannot be clipped", [&] {
    nn::utils::clip_grad_norm_({a, b}, 1, 2, /*error_if_nonfinite=*/true);
  }));
}

TEST(Utils, CopyParametersToAVectorAndBack) {
  nn::Linear layer(3, 2);
  EXPECT_EQ(nn::utils::parameters_to_vector(layer->parameters()).sizes(), IntArrayRef({8}));
  nn::utils::vector_to_parameters(arange(8).to(kFloat32), layer->parameters());
  EXPECT_TRUE(equal(layer->weight, arange(6).to(kFloat32).reshape({2, 3})));
  EXPECT_TRUE(equal(layer->bias, tensor({6.0, 7.0})));
}

}  // namespace
}  // namespace portable
