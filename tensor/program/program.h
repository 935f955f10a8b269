// Program: a training step that was captured once and can be replayed.
//
// A loop over batches runs the same kernels on the same shapes thousands of times. Each time it also
// makes the same tensors and nodes, allocates the same blocks of memory and walks the same tape. A
// program repeats only the kernels:
//
//     Tensor loss;
//     Program step = capture([&] {
//       adam.zero_grad();
//       loss = net->forward(x).sub(y).pow(2).mean();
//       loss.backward();
//       adam.step();
//     });
//     for (…) {
//       x.copy_(next_batch());  // inputs are given to the program by writing into them
//       step.replay();
//       std::cout << loss.item() << '\n';
//     }
//
// The capture runs the step once, as always, and notes each kernel with its arguments. A replay
// calls the same kernels, in the same order, on the same memory. So it gives the same digits as
// the step itself, bit for bit.
//
// compile() goes one step further. It writes the calls as one function in C++, in which sizes and
// strides are constants, and lets the system's compiler translate it.
//
// A program does not repeat the C++ between the kernels: branches and loops go the way that they
// went in the capture, hooks run only in the capture, and shapes are fixed.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

namespace gradus {

namespace programs {
struct Contents;
}
namespace cuda {
class CUDAGraph;
}

/// The result of Program::compile. It prints as one line: "compiled 63 calls in 1.1 s: 16 loops, 0 calls of kernels" or
/// "not compiled, replay goes on with the list: there is no compiler c++; set CXX to one".
struct Compilation {
  bool done = false;        // false: replay() goes on with the list of kernels
  std::string reason;       // why not
  double seconds = 0;       // the time of compile(): some milliseconds if the result was in the cache
  bool from_cache = false;  // an earlier run had compiled it
  std::string file;         // the text, in the cache folder
  size_t calls = 0;         // of the program
  size_t loops = 0;         // in the text
  size_t kernels = 0;       // calls that stayed calls of kernels

  /// Prints all of it as one line.
  friend std::ostream& operator<<(std::ostream& out, const Compilation& compilation);
};

class Program {
 public:
  Program();  // an empty program, whose replay does nothing
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  ~Program();

  /// Runs the captured kernels. Random draws continue the generator's sequence. An optimiser's step uses
  /// the optimiser's present learning rate and counts as a step. Error if a tensor that the program uses
  /// was given other memory since the capture, or if an index is out of range. In this case the calls
  /// before the one that failed have been made.
  ///
  /// One thread at a time may replay a program.
  void replay();

  /// The program as C++, with sizes, strides and numbers as constants. Pointwise kernels, small products and small
  /// reductions of one shape share a loop. Tensors that only the program uses are local arrays or numbers. All other
  /// kernels are called, so every program has a source. Error for a program of a CUDA device.
  std::string source() const;

  /// Compiles source() and loads it. From then on replay() is one call, with the same digits, bit for bit. (If Gradus
  /// itself was compiled for a processor with fused multiply-adds, GRADUS_NATIVE, last digits may differ.)
  ///
  /// The compiler is the one that the environment variable CXX names, or else the one that compiled Gradus.
  /// GRADUS_CXXFLAGS adds to its flags. The result is kept in $XDG_CACHE_HOME/gradus or ~/.cache/gradus, so that the same
  /// step is not compiled again. You may delete this folder at any time.
  ///
  /// If there is no compiler, or it fails, or the disk is full, or the program uses a CUDA device, then replay() goes on
  /// with the list, and the result says why. Error only if another thread uses the program, or in a capture.
  Compilation compile();

  /// The number of calls in one replay.
  size_t size() const;
  /// Bytes of the memory that belongs to the program: what the step allocated and its kernels use.
  size_t memory_bytes() const;

  /// The listing: number, kernel, and the memory that it reads and writes, a line for each call.
  friend std::ostream& operator<<(std::ostream& out, const Program& program);
  /// The program as a graph in Graphviz' DOT language: dot -Tsvg turns it into a drawing. A call has an arrow to each
  /// later call that reads what it has written. Boxes are the tensors that were there before the capture, and the
  /// work of the host.
  friend std::string program_dot(const Program& program);

 private:
  friend Program capture(const std::function<void()>& step);
  friend class cuda::CUDAGraph;
  explicit Program(std::unique_ptr<programs::Contents> contents);
  std::unique_ptr<programs::Contents> contents_;
};

/// Runs `step` once and returns it as a program. If `step` throws, nothing is captured, and all tensors are as if `step`
/// had thrown outside of a capture.
///
/// Inside of the step the host must not read or write elements, since a replay could not repeat it: Error
/// from item(), printing, data_ptr(), tensor({…}), nonzero and boolean masks, and moves between devices. Range
/// checks, random draws and optimisers' steps are captured as work of the host.
Program capture(const std::function<void()>& step);

}  // namespace gradus
