// einsum: sums of products, by the names of the dimensions. See functions.h.
#include <algorithm>
#include <array>
#include <string>

#include "autograd/more_ops/functions.h"
#include "autograd/ops/pointwise.h"

namespace gradus {

namespace {

/// A tensor whose dimensions have names: one letter each. The dimensions of "..." are named by digits, 0 for the last.
struct Named {
  Tensor x;
  std::string names;

  bool has(char name) const { return names.find(name) != std::string::npos; }
  int64_t size(char name) const { return has(name) ? x.size(static_cast<int64_t>(names.find(name))) : 1; }
};

bool is_letter(char c) { return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z'); }

/// "b…i" with "..." replaced by the names of `dims` dimensions: "b10i".
std::string without_dots(std::string text, int64_t dims) {
  std::string digits;
  for (int64_t i = dims; i-- > 0;) digits += static_cast<char>('0' + i);
  if (const size_t dots = text.find("..."); dots != std::string::npos) text.replace(dots, 3, digits);
  for (const char c : text)
    check(is_letter(c) || digits.find(c) != std::string::npos, "einsum: '", std::string(1, c),
          "' is no name of a dimension; names are letters, and \"...\" is written once");
  return text;
}

/// The operand with the names that the equation gives to its dimensions. A name that comes twice takes the diagonal.
Named named(const Tensor& x, const std::string& text) {
  const bool has_dots = text.find("...") != std::string::npos;
  const int64_t rest = x.dim() - static_cast<int64_t>(text.size()) + (has_dots ? 3 : 0);
  check(has_dots ? 0 <= rest && rest <= 9 : rest == 0, "einsum: \"", text,
        "\" does not fit an operand of shape ", gradus::text(x.sizes()));
  Named result{x, without_dots(text, has_dots ? rest : 0)};
  for (size_t i = 0; i < result.names.size();) {
    const char name = result.names[i];
    const size_t j = result.names.find(name, i + 1);
    if (j == std::string::npos) {
      ++i;
      continue;
    }
    const auto first = static_cast<int64_t>(i), second = static_cast<int64_t>(j);
    check(result.x.size(first) == result.x.size(second), "einsum: '", std::string(1, name),
          "' names dimensions of different sizes in an operand of shape ", gradus::text(x.sizes()));
    result.x = result.x.diagonal(0, first, second);  // its last dimension
    result.names.erase(j, 1).erase(i, 1) += name;
  }
  return result;
}

/// Sums over the dimensions that are not in `kept`.
Named summed(const Named& a, const std::string& kept) {
  std::vector<int64_t> dims;
  std::string left;
  for (size_t i = 0; i < a.names.size(); ++i)
    if (kept.find(a.names[i]) == std::string::npos)
      dims.push_back(static_cast<int64_t>(i));
    else
      left += a.names[i];
  return dims.empty() ? a : Named{a.x.sum(dims), left};
}

/// The tensor with exactly these dimensions, in this order: permuted, and with missing ones of size 1.
Tensor arranged(const Named& a, const std::string& names) {
  std::vector<int64_t> order, sizes;
  for (const char name : names) {
    if (a.has(name)) order.push_back(static_cast<int64_t>(a.names.find(name)));
    sizes.push_back(a.size(name));
  }
  return a.x.permute(order).reshape(sizes);
}

/// Σ a b over the names that are not in `kept`: one batch of matrix products. Names fall into four groups. Those of both
/// operands number the matrices of the batch if they are kept, and are summed over if not. Those of a alone number the
/// rows, those of b alone the columns.
Named product(const Named& all_of_a, const Named& all_of_b, const std::string& kept) {
  const Named a = summed(all_of_a, kept + all_of_b.names), b = summed(all_of_b, kept + all_of_a.names);
  std::string batch, rows, columns, inner;
  for (const char name : a.names)
    (!b.has(name) ? rows : kept.find(name) != std::string::npos ? batch : inner) += name;
  for (const char name : b.names)
    if (!a.has(name)) columns += name;

  const auto sizes_of = [&](const std::string& names) {
    std::vector<int64_t> sizes;
    for (const char name : names) {
      const int64_t in_a = a.size(name), in_b = b.size(name);
      check(in_a == in_b || in_a == 1 || in_b == 1, "einsum: '", std::string(1, name),
            "' names dimensions of the sizes ", in_a, " and ", in_b);
      sizes.push_back(in_a == 1 ? in_b : in_a);
    }
    return sizes;
  };
  const auto count_of = [](const std::vector<int64_t>& sizes) {
    int64_t count = 1;
    for (const int64_t size : sizes) count *= size;
    return count;
  };
  const auto joined = [](std::vector<int64_t> sizes, const std::vector<int64_t>& more) {
    sizes.insert(sizes.end(), more.begin(), more.end());
    return sizes;
  };
  const auto b_sizes = sizes_of(batch), r_sizes = sizes_of(rows), c_sizes = sizes_of(columns),
             i_sizes = sizes_of(inner);
  const int64_t B = count_of(b_sizes), R = count_of(r_sizes), C = count_of(c_sizes), I = count_of(i_sizes);
  const Tensor left = arranged(a, batch + rows + inner).expand(joined(joined(b_sizes, r_sizes), i_sizes));
  const Tensor right = arranged(b, batch + inner + columns).expand(joined(joined(b_sizes, i_sizes), c_sizes));
  const Tensor y = bmm(left.reshape({B, R, I}), right.reshape({B, I, C}));
  return {y.reshape(joined(joined(b_sizes, r_sizes), c_sizes)), batch + rows + columns};
}

/// The names of an equation without an arrow: "...", then those that occur once, in alphabetical order.
std::string names_that_occur_once(const std::vector<std::string>& texts) {
  std::array<int, 128> counts = {};
  for (const std::string& text : texts)
    for (const char c : text) ++counts[static_cast<size_t>(c) % 128];
  std::string names = "...";
  for (char c = 'A'; c <= 'z'; ++c)
    if (is_letter(c) && counts[static_cast<size_t>(c)] == 1) names += c;
  return names;
}

}  // namespace

// y = Σ a b …, over the names that are not those of y      ā = the einsum of ȳ and the other operands
Tensor einsum(std::string_view equation, TensorList operands) {
  std::string text;
  std::ranges::copy_if(equation, std::back_inserter(text), [](char c) { return c != ' '; });
  const size_t arrow = text.find("->");
  std::vector<std::string> inputs(1);
  for (const char c : text.substr(0, arrow))
    if (c == ',')
      inputs.emplace_back();
    else
      inputs.back() += c;
  check(operands.size() == inputs.size(), "einsum: \"", equation, "\" has ", inputs.size(), " operands, and ",
        operands.size(), " tensors are given");

  std::vector<Named> list;
  int64_t dims_of_dots = 0;  // of the operand with the most
  for (size_t i = 0; i < inputs.size(); ++i) {
    list.push_back(named(operands[i], inputs[i]));
    const auto digits = std::ranges::count_if(list.back().names, [](char c) { return !is_letter(c); });
    dims_of_dots = std::max<int64_t>(dims_of_dots, digits);
  }
  const std::string wanted = without_dots(
      arrow == std::string::npos ? names_that_occur_once(inputs) : text.substr(arrow + 2), dims_of_dots);
  for (const char name : wanted)
    check(std::ranges::count(wanted, name) == 1 &&
              std::ranges::any_of(list, [&](const Named& a) { return a.has(name); }),
          "einsum: after the arrow of \"", equation, "\" each name stands once, and before it at least once");

  Named result = list[0];
  for (size_t i = 1; i < list.size(); ++i) {
    std::string kept = wanted;  // and what later operands still need
    for (size_t later = i + 1; later < list.size(); ++later) kept += list[later].names;
    result = product(result, list[i], kept);
  }
  return arranged(summed(result, wanted), wanted);
}

}  // namespace gradus
