#include "nn/parallel/nccl.h"

#include <cuda_runtime_api.h>
#include <nccl.h>

#include <cstdlib>
#include <cstring>

#include "kernels/cuda/errors.h"
#include "tensor/create.h"

namespace gradus::nn::parallel::nccl {
namespace {

using cuda::check_cuda;

void check_nccl(ncclResult_t result, const char* what) {
  check(result == ncclSuccess, what, ": ", ncclGetErrorString(result),
        result == ncclInvalidUsage ? " (each rank needs a GPU of its own)" : "");
}

// The kernels run in the default stream. The sums run in a stream of their own, and the default stream does not wait
// for it. So a sum and the rest of backward run at the same time.
struct Connection {
  ncclComm_t ranks = nullptr;
  cudaStream_t stream = nullptr;
} connection;

/// An event makes one stream wait for the work that another has been given so far. The host does not wait.
void wait_for(cudaStream_t other, cudaStream_t waiting) {
  cudaEvent_t event;
  check_cuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreate");
  check_cuda(cudaEventRecord(event, other), "cudaEventRecord");
  check_cuda(cudaStreamWaitEvent(waiting, event, 0), "cudaStreamWaitEvent");
  check_cuda(cudaEventDestroy(event), "cudaEventDestroy");
}

ncclDataType_t nccl_type(Dtype dtype) {
  check(dtype == kFloat32 || dtype == kFloat64 || dtype == kInt64,
        "nn::parallel: ranks add float32, float64 and int64, not ", dtype);
  return dtype == kFloat32 ? ncclFloat32 : dtype == kFloat64 ? ncclFloat64 : ncclInt64;
}

/// It needs no advance(): the GPU works on its own.
class NcclSum final : public PendingSum {
 public:
  explicit NcclSum(const Tensor& x) {
    wait_for(nullptr, connection.stream);
    check_nccl(ncclAllReduce(x.data_ptr(), x.data_ptr(), static_cast<size_t>(x.numel()), nccl_type(x.dtype()),
                             ncclSum, connection.ranks, connection.stream),
               "ncclAllReduce");
  }
  void finish() override { wait_for(connection.stream, nullptr); }
};

/// Rank 0 makes an id, and MPI sends it to the other ranks. With the same id the ranks find each other.
void connect() {
  ncclUniqueId id{};
  if (rank() == 0) check_nccl(ncclGetUniqueId(&id), "ncclGetUniqueId");
  static_assert(sizeof id % sizeof(int64_t) == 0);
  const Tensor numbers = empty({static_cast<int64_t>(sizeof id / sizeof(int64_t))}, kInt64);
  std::memcpy(numbers.data_ptr(), &id, sizeof id);
  broadcast(numbers);
  std::memcpy(&id, numbers.data_ptr(), sizeof id);
  check_nccl(ncclCommInitRank(&connection.ranks, world_size(), id, rank()), "ncclCommInitRank");
  check_cuda(cudaStreamCreateWithFlags(&connection.stream, cudaStreamNonBlocking), "cudaStreamCreate");
}

}  // namespace

void choose_gpu() {
  if (const char* local_rank = std::getenv("OMPI_COMM_WORLD_LOCAL_RANK"))
    setenv("CUDA_VISIBLE_DEVICES", local_rank, /*overwrite=*/0);
}

bool is_available() {
  if (!connection.ranks) connect();
  return true;
}

std::unique_ptr<PendingSum> start_sum(const Tensor& x) { return std::make_unique<NcclSum>(x); }

void disconnect() {
  if (!connection.ranks) return;
  ncclCommDestroy(connection.ranks);
  cudaStreamDestroy(connection.stream);
  connection = {};
}

}  // namespace gradus::nn::parallel::nccl
