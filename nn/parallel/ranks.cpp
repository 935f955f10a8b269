#include "nn/parallel/ranks.h"

#include <mpi.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>
#include <optional>
#include <sstream>
#include <thread>

#include "autograd/grad_mode.h"
#include "nn/parallel/nccl.h"
#include "nn/parallel/pulse.h"
#include "tensor/create.h"
#include "tensor/functions.h"
#include "tensor/indexing.h"

namespace gradus::nn::parallel {
namespace {

int own_rank = 0, ranks = 1;  // set by run()

// ---- How a run ends -------------------------------------------------------------------------------------------------

/// What an interrupted rank prints. It is made beforehand, since a signal handler may not allocate.
std::string last_words;

/// Ends this process with an error, which makes mpirun end the others. A loop that looks at a flag would not do: the
/// other ranks wait for this one in the middle of their steps.
extern "C" void end_interrupted_rank(int) {
  if (write(STDERR_FILENO, last_words.data(), last_words.size()) < 0) _exit(131);
  _exit(130);
}

void end_on_interrupts(const std::string& name) {
  last_words = name + "interrupted\n";
  struct sigaction action {};
  action.sa_handler = end_interrupted_rank;
  sigaction(SIGINT, &action, nullptr);
}

/// Prints the message and ends all ranks. If all ranks fail alike, for instance for a file that does not exist, then
/// rank 0 prints, and ends the others while they wait here.
[[noreturn]] void end_all(const std::string& message) {
  if (own_rank != 0) std::this_thread::sleep_for(std::chrono::milliseconds(500));
  std::cerr << message + "\n" << std::flush;
  MPI_Abort(MPI_COMM_WORLD, 2);
  std::abort();
}

// ---- Tensors as MPI sees them ---------------------------------------------------------------------------------------

MPI_Datatype mpi_type(Dtype dtype) {
  switch (dtype) {
    case kFloat32:
      return MPI_FLOAT;
    case kFloat64:
      return MPI_DOUBLE;
    case kInt64:
      return MPI_INT64_T;
    default:
      fail("nn::parallel: ranks add float32, float64 and int64, not ", dtype, "; convert with .to(dtype)");
  }
}

/// MPI counts with int.
int mpi_count(int64_t n) {
  check(n <= INT_MAX, "nn::parallel: ", n, " elements or bytes do not fit into one message, whose limit is ",
        INT_MAX);
  return static_cast<int>(n);
}

/// MPI reads and writes a tensor of another device through a copy in the host's memory.
class MpiSum final : public PendingSum {
 public:
  explicit MpiSum(const Tensor& x) : x_(x), host_(x.cpu()) {
    MPI_Iallreduce(MPI_IN_PLACE, host_.data_ptr(), mpi_count(x.numel()), mpi_type(x.dtype()), MPI_SUM,
                   MPI_COMM_WORLD, &request_);
  }
  /// After an exception the sum may never end, and MPI may still write to the copy: it must not be freed.
  ~MpiSum() override {
    if (request_ != MPI_REQUEST_NULL) new Tensor(std::move(host_));
  }
  void advance() override {
    int done;
    MPI_Test(&request_, &done, MPI_STATUS_IGNORE);
  }
  void finish() override {
    const Pulse::Waiting waiting;
    MPI_Wait(&request_, MPI_STATUS_IGNORE);
    if (host_.data_ptr() != x_.data_ptr()) x_.copy_(host_);
  }

 private:
  Tensor x_, host_;
  MPI_Request request_ = MPI_REQUEST_NULL;
};

/// The first line of `mine` that is not also in `theirs` at the same place.
std::string first_difference(const std::string& mine, const std::string& theirs) {
  std::istringstream ours(mine), others(theirs);
  std::string line, other;
  while (std::getline(ours, line)) {
    if (!std::getline(others, other) || line != other) return shown(line, 300);
  }
  return "nothing more";
}

}  // namespace

bool started_by_mpi() {
  // Open MPI; MPICH and those made from it; others that use PMIx, such as Slurm's srun.
  return std::getenv("OMPI_COMM_WORLD_SIZE") || std::getenv("PMI_SIZE") || std::getenv("PMIX_RANK");
}

int run(const std::string& program, const std::function<int()>& body) {
  if (!started_by_mpi()) return body();
  nccl::choose_gpu();
  int threads;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &threads);
  MPI_Comm_rank(MPI_COMM_WORLD, &own_rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const std::string name =
      program + ": rank " + std::to_string(own_rank) + " of " + std::to_string(ranks) + ": ";
  end_on_interrupts(name);
  std::optional<Pulse> pulse;
  if (ranks > 1 && threads == MPI_THREAD_MULTIPLE)
    pulse.emplace([&](const std::string& message) { end_all(name + message); });
  int status = 0;
  try {
    require_same("the version of Gradus", GRADUS_VERSION);
    status = body();
  } catch (const std::bad_alloc&) {
    end_all(name + "out of memory");
  } catch (const std::exception& error) {
    end_all(name + shown(error.what(), 2000));
  } catch (...) {
    end_all(name + "an exception that is no std::exception");
  }
  pulse.reset();
  nccl::disconnect();
  MPI_Finalize();
  own_rank = 0, ranks = 1;
  return status;
}

int rank() { return own_rank; }
int world_size() { return ranks; }

void broadcast(const Tensor& x) {
  if (ranks == 1) return;
  const Pulse::Waiting waiting;
  const Tensor host = x.detach().cpu().contiguous();
  char* const bytes = static_cast<char*>(host.data_ptr());
  const int64_t all = host.numel() * item_size(x.dtype());
  for (int64_t at = 0; at < all; at += INT_MAX)
    MPI_Bcast(bytes + at, static_cast<int>(std::min<int64_t>(INT_MAX, all - at)), MPI_BYTE, 0,
              MPI_COMM_WORLD);
  const NoGradGuard no_grad;
  if (own_rank != 0 && host.data_ptr() != x.data_ptr()) x.copy_(host);
}

Tensor gather_rows(const Tensor& x) {
  if (ranks == 1) return x;
  const Pulse::Waiting waiting;
  const Tensor mine = x.detach().cpu().contiguous();
  int64_t row_bytes = item_size(x.dtype());
  for (int64_t d = 1; d < mine.dim(); ++d) row_bytes *= mine.size(d);
  const int own_bytes = mpi_count(mine.size(0) * row_bytes);
  std::vector<int> bytes(static_cast<size_t>(ranks)), starts(bytes.size());
  MPI_Allgather(&own_bytes, 1, MPI_INT, bytes.data(), 1, MPI_INT, MPI_COMM_WORLD);
  int64_t all = 0;
  for (size_t r = 0; r < bytes.size(); ++r) {
    starts[r] = mpi_count(all);
    all += bytes[r];
  }
  std::vector<int64_t> sizes = mine.sizes().vec();
  sizes[0] = mpi_count(all) / std::max<int64_t>(1, row_bytes);
  const Tensor joined = empty(sizes, mine.dtype());
  MPI_Allgatherv(mine.data_ptr(), own_bytes, MPI_BYTE, joined.data_ptr(), bytes.data(), starts.data(),
                 MPI_BYTE, MPI_COMM_WORLD);
  return joined.to(x.device());
}

std::vector<std::string> gather(const std::string& text) {
  const int64_t length = static_cast<int64_t>(text.size());
  const Tensor mine = empty({length}, kUInt8);
  std::memcpy(mine.data_ptr(), text.data(), text.size());
  const Tensor lengths = gather_rows(full({1}, length, kInt64)), letters = gather_rows(mine);
  std::vector<std::string> texts;
  const char* letter = static_cast<const char*>(letters.data_ptr());
  for (int64_t r = 0; r < ranks; ++r) {
    texts.emplace_back(letter, static_cast<size_t>(lengths[r].item<int64_t>()));
    letter += texts.back().size();
  }
  return texts;
}

void require_same(const std::string& what, const std::string& text) {
  const std::vector<std::string> texts = gather(text);
  for (size_t r = 1; r < texts.size(); ++r)
    check(texts[r] == texts[0], what, " differs between the ranks: rank 0 has ",
          first_difference(texts[0], texts[r]), ", rank ", r, " has ", first_difference(texts[r], texts[0]));
}

uint64_t checksum(std::string_view bytes, uint64_t hash) {
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  return hash;
}

std::string digest(const Tensor& x) {
  const Tensor host = x.detach().cpu().contiguous();
  const size_t bytes = static_cast<size_t>(host.numel() * item_size(x.dtype()));
  std::ostringstream text;
  text << x.dtype() << " " << gradus::text(x.sizes()) << " with the checksum " << std::hex
       << checksum({static_cast<const char*>(host.data_ptr()), bytes});
  return text.str();
}

std::unique_ptr<PendingSum> start_sum(const Tensor& x) {
  check(x.is_contiguous(), "nn::parallel: the ranks add contiguous tensors; call .contiguous() first");
  if (ranks == 1) return std::make_unique<PendingSum>();
  if (x.is_cuda() && nccl::is_available()) return nccl::start_sum(x);
  return std::make_unique<MpiSum>(x);
}

Part part_of(int64_t n) {
  check(n > 0, "nn::parallel: a batch of ", n, " rows cannot be shared");
  const int64_t begin = n * own_rank / ranks, end = n * (own_rank + 1) / ranks;
  if (begin == end) return {0, 1, 0};
  return {begin, end, static_cast<double>((end - begin) * ranks) / static_cast<double>(n)};
}

}  // namespace gradus::nn::parallel
