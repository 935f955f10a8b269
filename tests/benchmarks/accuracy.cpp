// accuracy: prints the largest errors of the elementwise functions, in units in the last place (ulp) of
// the exact result.
//
// The error of a correctly rounded function is at most half a unit. The C library's vector functions, which
// some of ours call, promise four. This program measures the errors on a million numbers each, against the
// same function in a wider type.
#include <cmath>
#include <cstdio>
#include <functional>

#include "gradus.h"

using namespace gradus;

namespace {

using Exact = long double;  // on x86 it has 64 bits of mantissa, 11 more than double

struct Function {
  const char* name;
  double from, to;  // the range of the arguments
  std::function<Tensor(const Tensor&)> ours;
  std::function<Exact(Exact)> exact;
};

const Function kFunctions[] = {
    {"exp", -87, 88, [](const Tensor& x) { return x.exp(); }, [](Exact x) { return std::exp(x); }},
    {"expm1", -10, 10, [](const Tensor& x) { return x.expm1(); }, [](Exact x) { return std::expm1(x); }},
    {"log", 1e-6, 1e3, [](const Tensor& x) { return x.log(); }, [](Exact x) { return std::log(x); }},
    {"log1p", -0.99, 1e3, [](const Tensor& x) { return x.log1p(); }, [](Exact x) { return std::log1p(x); }},
    {"sin", -100, 100, [](const Tensor& x) { return x.sin(); }, [](Exact x) { return std::sin(x); }},
    {"cos", -100, 100, [](const Tensor& x) { return x.cos(); }, [](Exact x) { return std::cos(x); }},
    {"tanh", -9, 9, [](const Tensor& x) { return x.tanh(); }, [](Exact x) { return std::tanh(x); }},
    {"sigmoid", -20, 20, [](const Tensor& x) { return x.sigmoid(); },
     [](Exact x) { return 1 / (1 + std::exp(-x)); }},
    {"erf", -4, 4, [](const Tensor& x) { return x.erf(); }, [](Exact x) { return std::erf(x); }},
    {"sqrt", 0, 1e6, [](const Tensor& x) { return x.sqrt(); }, [](Exact x) { return std::sqrt(x); }},
    {"pow(x, 2.5)", 0, 1e3, [](const Tensor& x) { return x.pow(2.5); },
     [](Exact x) { return std::pow(x, Exact(2.5)); }},
};

struct Worst {
  double ulps = 0, at = 0;
};

/// The largest error of `function` on numbers of type T.
template <class T>
Worst largest_error(const Function& function) {
  constexpr int64_t n = 1'000'000;
  const Tensor x = function.from + (function.to - function.from) * rand({n}, dtype_of<T>());
  const Tensor y = function.ours(x);
  Worst worst;
  for (int64_t i = 0; i < n; ++i) {
    const T at = x.data_ptr<T>()[i], got = y.data_ptr<T>()[i];
    const Exact wanted = function.exact(at);
    const T rounded = std::abs(static_cast<T>(wanted));
    const Exact unit = std::nextafter(rounded, std::numeric_limits<T>::infinity()) - rounded;
    const double ulps = static_cast<double>(std::abs(got - wanted) / unit);
    if (!(ulps <= worst.ulps)) worst = {ulps, at};
  }
  return worst;
}

}  // namespace

int main() {
  manual_seed(0);
  std::printf("| function | range | float32, ulp | at | float64, ulp | at |\n|---|---|--:|--:|--:|--:|\n");
  for (const Function& function : kFunctions) {
    const Worst single = largest_error<float>(function), twice = largest_error<double>(function);
    std::printf("| %s | %g to %g | %.2f | %g | %.2f | %g |\n", function.name, function.from, function.to,
                single.ulps, single.at, twice.ulps, twice.at);
  }
}
