// Modules and containers of modules, as far as Gradus and libtorch agree: all names must compile, and behave in
// the same way.
#include <sstream>

#include "framework.h"

namespace portable {
namespace {

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
  const Tensor x = tensor({{1.0, -2.0, 0.5}, {-0.25, 3.0, -1.0}}), y = last(tanh(first(x)));
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

}  // namespace
}  // namespace portable
