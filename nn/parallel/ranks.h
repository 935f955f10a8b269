// Ranks: the processes of one run, which `mpirun -n 4 program` starts. They are numbered from 0.
//
//     int main() {
//       return nn::parallel::run("train", [] {
//         …
//         if (nn::parallel::rank() == 0) std::cout << loss << '\n';
//         return 0;
//       });
//     }
//
// All ranks run the same program on different data, and call the functions below in the same order: each call waits
// for the other ranks. Without mpirun there is one rank, and no function does anything but return.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::nn::parallel {

/// Has mpirun, or another launcher of MPI, started this process?
bool started_by_mpi();

/// The program's main(). Starts MPI, runs `body` and returns its result; without mpirun it only runs `body`.
///
/// A rank that fails ends the run on all ranks, within ten seconds:
///   `body` throws         the rank prints "train: rank 2 of 4: …" to stderr, and MPI ends the others
///   interrupt (SIGINT)    the rank prints "train: rank 2 of 4: interrupted" and exits with 130; mpirun ends the others
///   the process dies      mpirun notices, and ends the others
///   the process stops     its neighbour notices (see pulse.h), prints and ends the run
///   `body` returns while another rank still waits for this one: the same
int run(const std::string& program, const std::function<int()>& body);

/// The number of this process, from 0. Rank 0 prints and saves.
int rank();
/// The number of processes.
int world_size();

/// Overwrites x, on every rank, with rank 0's x. All must have the same shape and dtype.
void broadcast(const Tensor& x);

/// The tensors of all ranks, joined along dimension 0. Only this dimension may differ between the ranks.
Tensor gather_rows(const Tensor& x);

/// The texts of all ranks, rank 0's first.
std::vector<std::string> gather(const std::string& text);

/// Error, on every rank, unless all ranks have the same text. It names two ranks and the first lines that differ:
/// "the parameters differ between the ranks: rank 0 has 0.weight float32 (3, 2), rank 1 has 0.weight float32 (3, 4)".
void require_same(const std::string& what, const std::string& text);

/// FNV-1a, a sum of 64 bits. For bytes that come in pieces, start each piece from the sum of those before it.
uint64_t checksum(std::string_view bytes, uint64_t start = 14695981039346656037u);

/// Shape, dtype and checksum of the elements: for require_same("the training data", digest(x)).
std::string digest(const Tensor& x);

/// A sum over all ranks that is on its way. This base is the sum over one rank: there is nothing to do.
class PendingSum {
 public:
  virtual ~PendingSum() = default;
  /// Lets the sum make progress; MPI works only within its calls. Returns at once.
  virtual void advance() {}
  /// Waits until the sum is in the tensor.
  virtual void finish() {}
};

/// Starts to replace x, on every rank, by the sum of all ranks' x. x: contiguous, float32, float64 or int64. Nobody
/// may touch x until the sum is finished. The ranks must start their sums in the same order.
std::unique_ptr<PendingSum> start_sum(const Tensor& x);

/// Replaces x by the sum, and waits for it.
inline void sum(const Tensor& x) { start_sum(x)->finish(); }

/// The rows [begin, end) of a batch that this rank takes, if the ranks share a batch of n rows: n / world_size() of
/// them, or one more. The mean over the batch is the mean, over the ranks, of `weight` times the mean over the own rows.
/// A rank for which there is no row takes row 0 with the weight 0.
struct Part {
  int64_t begin, end;  // the rows begin … end - 1
  double weight;       // their share of n, times the number of ranks
};
Part part_of(int64_t n);

}  // namespace gradus::nn::parallel
