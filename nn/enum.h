// The constants that layers, losses and initialisers take as arguments, in libtorch's spelling.
#pragma once

namespace gradus {
namespace nn {

/// How a loss joins its elements: not at all, to their mean, to their sum, or to their sum per row of the batch.
enum class LossReduction { none, mean, sum, batch_mean };

/// Which of a layer's connections an initialiser counts: those into an output, or those out of an input.
enum class FanMode { in, out };

/// The function that follows a layer, as far as initialisers know of it.
enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu };

}  // namespace nn

inline constexpr auto kNone = nn::LossReduction::none;
inline constexpr auto kMean = nn::LossReduction::mean;
inline constexpr auto kSum = nn::LossReduction::sum;
inline constexpr auto kBatchMean = nn::LossReduction::batch_mean;

inline constexpr auto kFanIn = nn::FanMode::in;
inline constexpr auto kFanOut = nn::FanMode::out;

inline constexpr auto kLinear = nn::Nonlinearity::linear;
inline constexpr auto kSigmoid = nn::Nonlinearity::sigmoid;
inline constexpr auto kTanh = nn::Nonlinearity::tanh;
inline constexpr auto kReLU = nn::Nonlinearity::relu;
inline constexpr auto kLeakyReLU = nn::Nonlinearity::leaky_relu;

}  // namespace gradus
