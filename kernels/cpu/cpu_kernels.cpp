#include "kernels/cpu/cpu_kernels.h"

#include "kernels/plain/plain.h"

namespace gradus::cpu {

const Kernels& kernels() {
  static const Kernels table = [] {
    Kernels table = plain::kernels();
    for (const auto family :
         {pointwise, reductions, products, softmax, cross_entropy, layer_norm, indexing, sorting, optimisers})
      family(table);
#if GRADUS_HAVE_LAPACK
    lapack(table);
#endif
    return table;
  }();
  return table;
}

}  // namespace gradus::cpu
