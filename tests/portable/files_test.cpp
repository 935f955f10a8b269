// save and load, as far as Gradus and libtorch agree. Their file formats differ.
#include <memory>
#include <sstream>
#include <vector>

#include "framework.h"

namespace portable {
namespace {

using gradus::load, gradus::save;

template <class Value, class Other>
void copy_through_a_stream(const Value& from, Other& to) {
  std::stringstream stream;
  save(from, stream);
  load(to, stream);
}

TEST(Files, Tensors) {
  Tensor x;
  copy_through_a_stream(tensor({{1.5, -2.0}}), x);
  EXPECT_TRUE(same(x, tensor({{1.5, -2.0}})));
  const Tensor handle = x;
  copy_through_a_stream(tensor({1.0, 2.0, 3.0}), x);  // the tensor itself takes the other shape
  EXPECT_TRUE(same(handle, tensor({1.0, 2.0, 3.0})));

  Tensor leaf = zeros(3, gradus::requires_grad());
  copy_through_a_stream(tensor({1.0, 2.0, 3.0}), leaf);
  EXPECT_TRUE(leaf.requires_grad() && leaf.is_leaf());
  leaf.square().sum().backward();
  EXPECT_TRUE(same(leaf.grad(), tensor({2.0, 4.0, 6.0})));
}

TEST(Files, ListsOfTensorsAreAppended) {
  std::vector<Tensor> list = {tensor(1)};
  copy_through_a_stream(std::vector<Tensor>{tensor({1.0, 2.0}), tensor({true})}, list);
  ASSERT_EQ(list.size(), 3u);
  EXPECT_TRUE(same(list[1], tensor({1.0, 2.0})));
  EXPECT_TRUE(same(list[2], tensor({true})));
}

TEST(Files, HaveNames) {
  const std::string path = testing::TempDir() + "gradus_portable_files_test";
  save(tensor({1, 2}), path);
  Tensor x;
  load(x, path);
  EXPECT_TRUE(same(x, tensor({1, 2})));
  std::remove(path.c_str());
  EXPECT_THROW(load(x, path), gradus::Error);
}

struct Net : nn::Module {
  Net() {
    hidden = register_module("hidden", nn::Linear(2, 3));
    out = register_module("out", nn::Linear(3, 1));
    scale = register_buffer("scale", ones({}));
  }
  Tensor forward(const Tensor& x) { return out(gradus::tanh(hidden(x))) * scale; }
  nn::Linear hidden{nullptr}, out{nullptr};
  Tensor scale;
};

TEST(Files, Modules) {
  auto one = std::make_shared<Net>(), other = std::make_shared<Net>();
  one->scale.fill_(2);
  const Tensor weight = other->hidden->weight;  // stays the module's own
  copy_through_a_stream(one, other);
  EXPECT_TRUE(same(other->forward(ones({1, 2})), one->forward(ones({1, 2}))));
  EXPECT_TRUE(same(weight, one->hidden->weight) && weight.requires_grad());

  nn::Sequential holder(nn::Linear(2, 2), nn::ReLU()), copy(nn::Linear(2, 2), nn::ReLU());
  copy_through_a_stream(holder, copy);
  EXPECT_TRUE(same(copy->forward(ones({1, 2})), holder->forward(ones({1, 2}))));
  std::stringstream nothing;
  save(nn::ReLU(), nothing);
  EXPECT_THROW(load(holder, nothing), gradus::Error);
}

template <class Optimizer, class Options>
void expect_to_resume(const Options& options) {
  const auto step = [](Optimizer& optimizer, const Tensor& p) {
    optimizer.step([&] {
      optimizer.zero_grad();
      const Tensor loss = (p - tensor({1.0, -1.0})).pow(4).sum();
      loss.backward();
      return loss;
    });
  };
  Tensor p = tensor({0.5, 0.25}).requires_grad_();
  Optimizer optimizer({p}, options);
  for (int i = 0; i < 3; ++i) step(optimizer, p);

  Tensor q = p.detach().clone().requires_grad_();
  Optimizer resumed({q}, options);
  copy_through_a_stream(optimizer, resumed);
  for (int i = 0; i < 3; ++i) {
    step(optimizer, p);
    step(resumed, q);
    EXPECT_TRUE(gradus::equal(q, p));
  }
}

TEST(Files, Optimizers) {
  expect_to_resume<optim::SGD>(optim::SGDOptions(0.01).momentum(0.9));
  expect_to_resume<optim::Adam>(optim::AdamOptions(0.1).betas({0.5, 0.9}).amsgrad(true));
  expect_to_resume<optim::AdamW>(optim::AdamWOptions(0.1));
  expect_to_resume<optim::Adagrad>(optim::AdagradOptions(0.1).lr_decay(0.1));
  expect_to_resume<optim::RMSprop>(optim::RMSpropOptions(0.01).centered(true).momentum(0.5));
}

}  // namespace
}  // namespace portable
