// An Embedding layer with a given table.
#include "nn/layers.h"

namespace gradus::nn {

Embedding Embedding::from_pretrained(const Tensor& embeddings,
                                     const EmbeddingFromPretrainedOptions& options) {
  check(embeddings.dim() == 2, "Embeddings parameter is expected to be 2-dimensional, this one is ",
        text(embeddings.sizes()));
  Embedding layer(EmbeddingOptions(embeddings.size(0), embeddings.size(1))
                      ._weight(embeddings)
                      .padding_idx(options.padding_idx()));
  layer->weight.requires_grad_(!options.freeze());
  return layer;
}

}  // namespace gradus::nn
