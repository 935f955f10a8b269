// One step of an optimiser for many parameters, in place on them and on their state, in a single
// pass over memory.
//
//   v1 formula by formula  Each of g + λp, βm, (1 - β) g, … is a launch that reads and writes whole
//                          tensors. Adam takes some 12 launches and 30 memory accesses per element.
//   v2 fused               One launch per parameter computes everything: 4 reads and 3 writes (Adam), 3
//                          and 2 (SGD with momentum), 2 and 1 (without). A launch takes some 3 µs
//                          however small the tensor, while memory takes 3 ns for 1,000 elements.
//   v3 many tensors        One launch serves as many tensors as its 4 KiB of arguments can name: 47 of
//                          Adam's in float32. A block takes a piece of 4,096 elements. It finds its
//                          tensor by a binary search among the numbers of the tensors' first blocks.
//                          All its threads search alike.
//
// sgd() and adam() are v3, in 16-byte packs, for tensors that are contiguous in the same order.
// Others are v2, each in a launch that follows the strides. Neighbouring threads take neighbouring
// packs, so everything coalesces.
//
// sm_80 (ptxas -v): no spills, no shared memory. Adam has 42 registers (float64: 50): 5 blocks of
// 256 threads on a multiprocessor (4), of 8 that it can hold; each thread has four 16-byte loads on
// their way. SGD has 23 to 29: 8 blocks.
//
// Bytes and flops: Adam moves 28 bytes for an element of float32 and computes 15 flops, SGD 20
// and 6 with momentum, 12 and 2 without. The roofline predicts (not measured) that memory allows
// 55, 78 and 130 · 10⁹ elements a second on an A100 (1,555 GB/s); 36, 50 and 84 · 10⁹ on an RTX
// 4090 (1,008 GB/s).
#include <vector>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"
#include "kernels/update_rules.h"

namespace gradus::cuda {
namespace {

constexpr int64_t kPiece = 4096;  // elements that a block takes

/// A parameter and the N - 1 tensors that belong to it: gradient, then state. The first `loaded` of
/// them are read. A buffer that the step starts is only written.
template <class Rule, class T, int N>
struct Entry {
  T* data[N];
  int64_t n;
  int loaded;
  Rule rule;
};

/// The tensors that fit into a launch's arguments.
template <class Rule, class T, int N>
struct Batch {
  static constexpr int most = (4096 - 8) / (sizeof(Entry<Rule, T, N>) + sizeof(unsigned)) - 1;
  Entry<Rule, T, N> entries[most];
  unsigned first_block[most + 1];
  int count = 0;
};

template <class Rule, class T, size_t... I>
__device__ void apply(const Rule& rule, T (&values)[sizeof...(I)], std::index_sequence<I...>) {
  rule(values[I]...);
}

/// Everything but the gradient, number 1, is written.
template <class Rule, class T, int N>
__device__ void update_one(const Entry<Rule, T, N>& entry, const int64_t (&at)[N]) {
  T values[N];
#pragma unroll
  for (int v = 0; v < N; ++v) values[v] = v < entry.loaded ? entry.data[v][at[v]] : T(0);
  apply(entry.rule, values, std::make_index_sequence<N>{});
#pragma unroll
  for (int v = 0; v < N; ++v)
    if (v != 1) entry.data[v][at[v]] = values[v];
}

template <class Rule, class T, int N>
__device__ void update_pack(const Entry<Rule, T, N>& entry, int64_t pack) {
  constexpr int width = pack_width<T>;
  Pack<T, width> packs[N] = {};
#pragma unroll
  for (int v = 0; v < N; ++v)
    if (v < entry.loaded) packs[v] = load<width>(entry.data[v], pack);
#pragma unroll
  for (int w = 0; w < width; ++w) {
    T values[N];
#pragma unroll
    for (int v = 0; v < N; ++v) values[v] = packs[v].values[w];
    apply(entry.rule, values, std::make_index_sequence<N>{});
#pragma unroll
    for (int v = 0; v < N; ++v) packs[v].values[w] = values[v];
  }
#pragma unroll
  for (int v = 0; v < N; ++v)
    if (v != 1) store<width>(entry.data[v], pack, packs[v]);
}

template <class Rule, class T, int N>
__global__ void __launch_bounds__(kThreads) update_batch(Batch<Rule, T, N> batch) {
  int tensor = 0, after = batch.count;  // the last one whose first block is not after this one
  while (after - tensor > 1) {
    const int middle = (tensor + after) / 2;
    (batch.first_block[middle] <= blockIdx.x ? tensor : after) = middle;
  }
  const Entry<Rule, T, N> entry = batch.entries[tensor];
  const int64_t begin = int64_t{blockIdx.x - batch.first_block[tensor]} * kPiece;
  const int64_t end = min(begin + kPiece, entry.n);
  constexpr int width = pack_width<T>;
  uintptr_t addresses = 0;
#pragma unroll
  for (int v = 0; v < N; ++v) addresses |= reinterpret_cast<uintptr_t>(entry.data[v]);
  int64_t i = begin;
  if (addresses % 16 == 0) {
    i = end / width * width;
    for (int64_t pack = begin / width + threadIdx.x; pack < end / width; pack += blockDim.x)
      update_pack(entry, pack);
  }
  for (i += threadIdx.x; i < end; i += blockDim.x) {
    int64_t at[N];
#pragma unroll
    for (int v = 0; v < N; ++v) at[v] = i;
    update_one(entry, at);
  }
}

template <class Rule, class T, int N>
__global__ void update_strided(Entry<Rule, T, N> entry, Loop<N> loop) {
  for (int64_t i = global_thread(); i < loop.count; i += all_threads()) update_one(entry, loop(i).of);
}

/// Gathers tensors into batches and launches them.
template <class Rule, class T, int N>
class Updates {
 public:
  template <class... Views>
  void add(const Rule& rule, int loaded, const Views&... views) {
    const MergedLoops<N> loops(views...);
    if (loops.count == 0) return;
    const Entry<Rule, T, N> entry{{views.template as<T>()...}, loops.count, loaded, rule};
    bool in_one_row = loops.dim <= 1;
    for (int v = 0; v < N && loops.dim == 1; ++v) in_one_row = in_one_row && loops.strides[0][v] == 1;
    if (!in_one_row)
      return launch<update_strided<Rule, T, N>>({blocks_for(loops.count), kThreads}, entry, Loop<N>(loops));
    batch_.first_block[batch_.count] = static_cast<unsigned>(blocks_);
    batch_.entries[batch_.count++] = entry;
    blocks_ += divide_up(loops.count, kPiece);
    if (batch_.count == batch_.most) launch_batch();
  }

  void launch_batch() {
    if (batch_.count == 0) return;
    launch<update_batch<Rule, T, N>>({static_cast<unsigned>(blocks_), kThreads}, batch_);
    batch_.count = 0;
    blocks_ = 0;
  }

 private:
  Batch<Rule, T, N> batch_;
  int64_t blocks_ = 0;
};

/// Calls f(T{}) with the one type of all parameters, unless there are none.
template <class Tensors, class F>
void visit_parameters(const char* op, std::span<const Tensors> all, const F& f) {
  if (all.empty()) return;
  const Dtype dtype = all[0].parameter->dtype;
  if (dtype == kFloat32) return f(float{});
  if (dtype == kFloat64) return f(double{});
  no_kernel(op, "cuda", dtype);
}

}  // namespace

void sgd(const SgdStep& step, std::span<const SgdTensors> all) {
  visit_parameters("sgd", all, [&]<class T>(T) {
    Updates<SgdRule<T>, T, 2> plain;
    Updates<SgdRule<T>, T, 3> with_momentum;
    for (const SgdTensors& tensors : all) {
      const SgdRule<T> rule(step, tensors);
      if (tensors.momentum_buffer)
        with_momentum.add(rule, tensors.first ? 2 : 3, *tensors.parameter, *tensors.gradient,
                          *tensors.momentum_buffer);
      else
        plain.add(rule, 2, *tensors.parameter, *tensors.gradient);
    }
    plain.launch_batch();
    with_momentum.launch_batch();
  });
}

void adam(const AdamStep& step, std::span<const AdamTensors> all) {
  visit_parameters("adam", all, [&]<class T>(T) {
    Updates<AdamRule<T>, T, 4> updates;
    for (const AdamTensors& tensors : all)
      updates.add(AdamRule<T>(step, tensors), 4, *tensors.parameter, *tensors.gradient, *tensors.first_moment,
                  *tensors.second_moment);
    updates.launch_batch();
  });
}

}  // namespace gradus::cuda
