#include "kernels/plain/plain.h"

namespace gradus::plain {

const Kernels& kernels() {
  static const Kernels table = [] {
    Kernels table{};
    table.device = "cpu";
    for (const auto family : {pointwise, reductions, products, rows, normalisation, indexing, sorting,
                              optimisers, triangular_factors, householder, jacobi})
      family(table);
    return table;
  }();
  return table;
}

}  // namespace gradus::plain
