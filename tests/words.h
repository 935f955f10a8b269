// Compares printed texts word by word. Numbers may differ a little, since another processor rounds in another order.
#pragma once

#include <cmath>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace gradus {

inline std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// Are the two words equal? A number may differ from the number in the other word by a relative error of `tolerance`.
inline bool same_word(const std::string& a, const std::string& b, double tolerance) {
  if (a == b) return true;
  static const std::regex number(R"([0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?)");
  if (std::regex_replace(a, number, "#") != std::regex_replace(b, number, "#")) return false;
  for (std::sregex_iterator x(a.begin(), a.end(), number), y(b.begin(), b.end(), number), last; x != last;
       ++x, ++y) {
    const double p = std::stod(x->str()), q = std::stod(y->str());
    if (std::abs(p - q) > tolerance * std::max(p, q)) return false;
  }
  return true;
}

inline bool same_words(const std::string& a, const std::string& b, double tolerance) {
  const std::vector<std::string> x = words_of(a), y = words_of(b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [&](const std::string& p, const std::string& q) { return same_word(p, q, tolerance); });
}

}  // namespace gradus
