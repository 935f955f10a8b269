// Initial values of layers and of nn::init are PyTorch's, bit for bit.
#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <nlohmann/json.hpp>

#include "nn/layers.h"
#include "nn/tools/initialisers.h"
#include "tensor/random.h"

using namespace gradus;
namespace F = gradus::nn::functional;

namespace {

nlohmann::json read_json(const std::string& name) {
  std::ifstream file(std::string(GRADUS_TEST_DATA) + "/" + name);
  return nlohmann::json::parse(file);
}

class InitialValues : public testing::Test {
 protected:
  /// Compares x bit for bit with the draw of this number in the case of this name.
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

}  // namespace
