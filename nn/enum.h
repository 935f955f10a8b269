// Constants for arguments of layers, losses and initialisers, in libtorch's spelling.
#pragma once

namespace gradus {
namespace nn {

/// How a loss reduces its elements: not at all, to their mean, to their sum, or to their sum divided
/// by the batch size.
enum class LossReduction { none, mean, sum, batch_mean };

/// What an initialiser counts: the connections into an output (in), or out of an input (out).
enum class FanMode { in, out };

/// The activation function after a layer, for initialisers.
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
