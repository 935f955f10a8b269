// Compares printed tensors, byte for byte, with PyTorch's and with the lab sheets.
#include "tensor/print.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "expectations.h"
#include "german_numbers.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

using namespace gradus;
using nlohmann::json;

namespace {

/// Resets the options and the default dtype after each test.
class Print : public testing::Test {
 protected:
  void TearDown() override {
    set_printoptions({});
    set_default_dtype(kFloat32);
  }
};

std::string printed(const Tensor& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

Dtype dtype_named(const std::string& name) {
  for (Dtype dtype : {kFloat32, kFloat64, kInt64, kBool})
    if (name == name_of(dtype)) return dtype;
  throw Error("no dtype is called " + name);
}

Scalar number(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<int64_t>();
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

Tensor tensor_of(const json& c) {
  const std::vector<int64_t> sizes = c["sizes"];
  Tensor x = empty(sizes, dtype_named(c["dtype"]));
  visit_dtype(x.dtype(), [&]<class T>(T) {
    T* element = x.data_ptr<T>();
    for (const json& value : c["values"]) *element++ = number(value).to<T>();
  });
  if (c["transpose"]) x = x.t();
  return x.requires_grad_(c["requires_grad"].get<bool>());
}

PrintOptions options_of(const json& c) {
  PrintOptions options;
  options.precision = c.value("precision", options.precision);
  options.threshold = c.value("threshold", options.threshold);
  options.edgeitems = c.value("edgeitems", options.edgeitems);
  options.linewidth = c.value("linewidth", options.linewidth);
  if (c.contains("sci_mode")) options.sci_mode = c["sci_mode"].get<bool>();
  return options;
}

// ---- PyTorch's own text -------------------------------------------------------------------------

TEST_F(Print, AsPyTorch) {
  std::ifstream file(GRADUS_TEST_DATA "/print_cases.json");
  const json cases = json::parse(file);
  ASSERT_GT(cases.size(), 100u);
  for (const json& c : cases) {
    SCOPED_TRACE(c["name"].get<std::string>());
    set_default_dtype(dtype_named(c["default_dtype"]));
    set_printoptions(options_of(c["options"]));
    EXPECT_EQ(printed(tensor_of(c)), c["text"].get<std::string>());
  }
}

// Sheet 000, part 3.2.
TEST_F(Print, ResidualsOfSheet000) {
  const Tensor residuals = tensor({{-3.0189e-03, -6.3227e-03, 3.5381e-03},
                                   {-8.7966e-01, 1.9038e-03, -7.7438e-04},
                                   {-3.4666e-04, -9.8404e-01, 6.4325e-04}});
  EXPECT_EQ(printed(residuals),
            "tensor([[-3.0189e-03, -6.3227e-03,  3.5381e-03],\n"
            "        [-8.7966e-01,  1.9038e-03, -7.7438e-04],\n"
            "        [-3.4666e-04, -9.8404e-01,  6.4325e-04]])");
}

// Sheet 004 prints with set_printoptions(sci_mode=False). The numbers keep the width of scientific notation.
TEST_F(Print, OrthogonalityOfSheet004) {
  set_printoptions({.sci_mode = false});
  EXPECT_EQ(printed(tensor({{1.0, -2.1e-8}, {-2.1e-8, 1.0}})),
            "tensor([[     1.0000,     -0.0000],\n"
            "        [    -0.0000,      1.0000]])");
}

TEST_F(Print, NamesTheGradFn) {
  const Tensor u = tensor({{1.0}, {-1.0}}).requires_grad_();
  EXPECT_EQ(printed(u.sum()), "tensor(0., grad_fn=<SumBackward0>)");
  EXPECT_EQ(printed(u * 2),
            "tensor([[ 2.],\n"
            "        [-2.]], grad_fn=<MulBackward0>)");
  EXPECT_EQ(printed(u.detach()),
            "tensor([[ 1.],\n"
            "        [-1.]])");
  EXPECT_EQ(printed(u.to(kFloat64).sum()), "tensor(0., dtype=float64, grad_fn=<SumBackward0>)");
}

// ---- Cases that PyTorch does not have -----------------------------------------------------------

TEST_F(Print, Undefined) {
  EXPECT_EQ(printed(Tensor()), "tensor(undefined)");
  EXPECT_EQ(printed(tensor(1.0).grad()), "tensor(undefined)");
}

TEST_F(Print, ViewsShowTheirOwnElements) {
  const Tensor x = arange(12).view({3, 4});
  EXPECT_EQ(printed(x.t()[1]), "tensor([1, 5, 9])");
  EXPECT_EQ(printed(x.slice(1, 1, 4, 2)), "tensor([[ 1,  3],\n        [ 5,  7],\n        [ 9, 11]])");
  EXPECT_EQ(printed(tensor(7).expand({3})), "tensor([7, 7, 7])");
}

TEST_F(Print, DoesNotChangeTheTensor) {
  const Tensor x = tensor({1.0, 2.0}).requires_grad_();
  const uint32_t version = x._version();
  printed(x);
  EXPECT_EQ(x.toString(), printed(x));
  EXPECT_TRUE(x.is_leaf());
  EXPECT_EQ(x._version(), version);
}

TEST_F(Print, LargeTensorsAreNotReadWhole) {
  const Tensor x = tensor(1.5).expand({1'000'000'000, 1'000'000'000});
  EXPECT_EQ(printed(x),
            "tensor([[1.5000, 1.5000, 1.5000,  ..., 1.5000, 1.5000, 1.5000],\n"
            "        [1.5000, 1.5000, 1.5000,  ..., 1.5000, 1.5000, 1.5000],\n"
            "        [1.5000, 1.5000, 1.5000,  ..., 1.5000, 1.5000, 1.5000],\n"
            "        ...,\n"
            "        [1.5000, 1.5000, 1.5000,  ..., 1.5000, 1.5000, 1.5000],\n"
            "        [1.5000, 1.5000, 1.5000,  ..., 1.5000, 1.5000, 1.5000],\n"
            "        [1.5000, 1.5000, 1.5000,  ..., 1.5000, 1.5000, 1.5000]])");
}

TEST_F(Print, IgnoresTheLocale) {
  const test::GermanNumbers in_force;
  EXPECT_EQ(printed(tensor({0.5, 1.25})), "tensor([0.5000, 1.2500])");
}

TEST_F(Print, Options) {
  set_printoptions({.precision = 2, .edgeitems = 1});
  EXPECT_EQ(get_printoptions().precision, 2);
  EXPECT_EQ(get_printoptions().edgeitems, 1);
  EXPECT_EQ(get_printoptions().threshold, 1000);  // the default
  EXPECT_EQ(printed(tensor(0.125)), "tensor(0.12)");

  set_printoptions({.precision = 100});  // the longest numbers that can be printed
  EXPECT_EQ(printed(tensor({-1.7e308, 0.5}, kFloat64)).substr(0, 19), "tensor([-1.69999999");
  set_printoptions({.precision = 100, .sci_mode = false});
  const std::string fixed = printed(tensor({-1.7e308, 0.5}, kFloat64));
  EXPECT_EQ(fixed.find('.'), 8u + 310);        // "tensor([", the sign and 309 digits
  EXPECT_EQ(fixed.find(','), 8u + 310 + 101);  // the point and 100 digits
}

TEST_F(Print, Profiles) {
  set_printoptions(print_profile("short"));
  EXPECT_EQ(printed(tensor({0.1234, 1.0})), "tensor([0.12, 1.00])");
  EXPECT_EQ(printed(arange(1001)), "tensor([   0,    1,  ...,  999, 1000])");
  set_printoptions(print_profile("full"));
  EXPECT_EQ(printed(arange(1001)).find("..."), std::string::npos);
  set_printoptions(print_profile("default"));
  EXPECT_EQ(printed(tensor(0.1234)), "tensor(0.1234)");
  EXPECT_THROW(print_profile("long"), Error);
}

TEST_F(Print, StoredIntegersNameTheirDtype) {
  EXPECT_EQ(printed(tensor({1, 20, -3}, kInt32)), "tensor([ 1, 20, -3], dtype=int32)");
  EXPECT_EQ(printed(tensor(7, kInt16)), "tensor(7, dtype=int16)");
  EXPECT_EQ(printed(tensor({{0, 255}}, kUInt8)), "tensor([[  0, 255]], dtype=uint8)");
}

TEST_F(Print, OptionsOutOfRange) {
  const auto message = [](const PrintOptions& options) {
    return error_of([&] { set_printoptions(options); });
  };
  EXPECT_EQ(message({.precision = -1}), "set_printoptions: precision must be 0 to 100, not -1");
  EXPECT_EQ(message({.precision = 101}), "set_printoptions: precision must be 0 to 100, not 101");
  EXPECT_EQ(message({.threshold = -5}), "set_printoptions: threshold must not be negative, but is -5");
  EXPECT_EQ(message({.edgeitems = 0}), "set_printoptions: edgeitems must be at least 1, not 0");
  EXPECT_EQ(message({.linewidth = -1}), "set_printoptions: linewidth must not be negative, but is -1");
  EXPECT_EQ(get_printoptions().precision, 4);  // a call that raised an Error changes nothing
}

TEST_F(Print, IsTheSameInEveryLocale) {
  const test::GermanNumbers in_force;
  std::ostringstream out;
  out << ones({1234, 2}).sizes();
  EXPECT_EQ(out.str(), "[1234, 2]");
  EXPECT_EQ(printed(zeros({0, 1234})), "tensor([], size=(0, 1234))");
  EXPECT_EQ(printed(tensor({1234.5, 12345678.0})), "tensor([1.2345e+03, 1.2346e+07])");
  std::string message;
  try {
    ones({1234, 2}) + ones({1234, 3});
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_NE(message.find("a is (1234, 2)"), std::string::npos) << message;
}

}  // namespace
