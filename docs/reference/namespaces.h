// Pages of the reference that belong to no header.
#pragma once

/// @mainpage
/// The public names of Gradus, made from its headers. `#include <gradus.h>` has them all.
///
/// - gradus: tensors and what can be computed with them. Tensor is the class to begin with; the ops are functions,
///   `exp(x)`, and methods, `x.exp()`, and each says its formula and its derivative.
/// - gradus::nn: layers, losses, containers. gradus::nn::Module is what they all are.
/// - gradus::optim: optimisers and schedules.
/// - gradus::data: data sets and the loader of batches.
///
/// Where a name exists in libtorch, it means the same here; `docs/pytorch.md` lists what is left out and what differs.

/// Tensors, ops, the tape and its tools.
namespace gradus {
/// The tape, for those who look into it or write ops of their own.
namespace autograd {}
/// Indices: Slice, None, "...". See Tensor::index.
namespace indexing {}
/// Numbers of matrices: svd, qr, inv, solve.
namespace linalg {}
/// Layers, losses and containers.
namespace nn {
/// Layers as functions without parameters of their own.
namespace functional {}
/// Initial values of parameters.
namespace init {}
/// Tools for the parameters of a model.
namespace utils {}
}
/// Optimisers and schedules of their learning rates.
namespace optim {}
/// Data sets, samplers and the loader of batches.
namespace data {}
}
