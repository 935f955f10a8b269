// The types of an index list, x.index({Slice(1, None), "...", mask, 3}), as in libtorch.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {
namespace indexing {

struct NoneType {};
struct EllipsisType {};
inline constexpr NoneType None{};          // in Slice: open end; as an index: a new dimension of size 1
inline constexpr EllipsisType Ellipsis{};  // all dimensions that the other indices do not name

/// Elements start, start + step, … below stop, as Python's start:stop:step. Negative ends count from the end;
/// steps are positive.
class Slice {
 public:
  class End {  // an integer or None
   public:
    End(NoneType) {}                       // NOLINT
    End(int64_t value) : value_(value) {}  // NOLINT
    int64_t value_or(int64_t fallback) const { return value_.value_or(fallback); }

   private:
    std::optional<int64_t> value_;
  };

  Slice(End start = None, End stop = None, End step = None)
      : start_(start.value_or(0)), stop_(stop.value_or(INT64_MAX)), step_(step.value_or(1)) {
    check(step_ > 0, "Slice: step must be greater than zero, not ", step_);
  }
  int64_t start() const { return start_; }
  int64_t stop() const { return stop_; }
  int64_t step() const { return step_; }

 private:
  int64_t start_, stop_, step_;
};

/// One entry of an index list.
struct TensorIndex {
  enum class Kind : uint8_t { none, ellipsis, integer, boolean, slice, tensor };

  TensorIndex(NoneType) : kind(Kind::none) {}             // NOLINT
  TensorIndex(EllipsisType) : kind(Kind::ellipsis) {}     // NOLINT
  TensorIndex(const char* text) : kind(Kind::ellipsis) {  // NOLINT
    check(std::string_view(text) == "...", "index: \"", text,
          "\" is not an index; the only text allowed is \"...\"");
  }
  /// A bool inserts a dimension (true: of size 1); any other number takes one index away.
  template <class T>
  requires std::integral<T> TensorIndex(T value)  // NOLINT
      : kind(std::same_as<T, bool> ? Kind::boolean : Kind::integer), integer(value) {}
  TensorIndex(Slice value) : kind(Kind::slice), slice(value) {}                // NOLINT
  TensorIndex(Tensor value) : kind(Kind::tensor), tensor(std::move(value)) {}  // NOLINT

  Kind kind;  // which of the members below counts
  int64_t integer = 0;  // for integer and boolean
  Slice slice{};  // for slice
  Tensor tensor{};  // for tensor: indices or a mask
};

}  // namespace indexing
using indexing::TensorIndex;
}  // namespace gradus
