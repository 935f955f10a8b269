// Helpers for tests of .safetensors and .npy files: bytes of files, and damaged ones.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "tensor/create.h"
#include "tensor/files/files.h"
#include "tensor/print.h"

namespace gradus::test {

inline std::vector<Tensor> one_of_each_dtype() {
  return {tensor({{1.5, -0.0, HUGE_VAL}}),
          tensor({1e-300, std::nan("")}, kFloat64),
          tensor({{-1}, {INT64_MAX}}),
          tensor({true, false, true}),
          tensor({-1, INT32_MAX}, kInt32),
          tensor({{-1}, {300}}, kInt16),
          tensor({0, 255}, kUInt8),
          tensor(7.0),
          empty({0, 3})};
}

inline testing::AssertionResult identical(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.sizes() != b.sizes() || !a.is_contiguous())
    return testing::AssertionFailure() << a << " is not " << b;
  const auto bytes = static_cast<size_t>(a.numel() * item_size(a.dtype()));
  const Tensor rows = b.contiguous();
  if (bytes > 0 && std::memcmp(a.data_ptr(), rows.data_ptr(), bytes) != 0)
    return testing::AssertionFailure() << a << " is not " << b;
  return testing::AssertionSuccess();
}

/// A safetensors file of the given header and data.
inline std::string safetensors(std::string_view header, std::string_view data = {}) {
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size() & 0xFF);
  bytes[1] = static_cast<char>(header.size() >> 8);
  return bytes.append(header).append(data);
}

/// A .npy file, version 1.0.
inline std::string npy(std::string_view header, std::string_view data = {}) {
  std::string bytes = "\x93NUMPY\x01";
  bytes += {'\0', static_cast<char>(header.size()), '\0'};
  return bytes.append(header).append(data);
}

/// Changes, removes or duplicates a few bytes.
inline std::string damaged(std::string bytes, std::mt19937& random) {
  const auto below = [&](size_t n) { return random() % n; };
  static constexpr std::string_view favourites = "{}[](),:\"'\\-09eu \xFF\x80";
  for (size_t changes = 1 + below(3); changes > 0 && !bytes.empty(); --changes) {
    const size_t place = below(bytes.size()), count = 1 + below(8);
    switch (below(6)) {
      case 0:
        bytes[place] = static_cast<char>(random());
        break;
      case 1:
        bytes[place] = favourites[below(favourites.size())];
        break;
      case 2:
        bytes.erase(place, count);
        break;
      case 3:
        bytes.insert(place, bytes.substr(below(bytes.size()), count));
        break;
      case 4:
        bytes[place] = static_cast<char>(bytes[place] ^ (1 << below(8)));
        break;
      default:
        bytes.resize(place);
    }
  }
  return bytes;
}

/// Reads damaged files. Each must give a tensor or an Error of one line. Returns the number of errors.
template <class Read>
int count_errors(const std::vector<std::string>& valid, int cases, Read read) {
  std::mt19937 random(20);
  int errors = 0;
  for (int i = 0; i < cases; ++i) {
    const std::string bytes = damaged(valid[static_cast<size_t>(i) % valid.size()], random);
    try {
      read(bytes);
    } catch (const Error& error) {
      ++errors;
      EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos) << error.what();
      EXPECT_LT(std::string_view(error.what()).size(), 400u) << error.what();
    }
  }
  return errors;
}

}  // namespace gradus::test
