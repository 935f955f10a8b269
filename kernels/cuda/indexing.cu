// Reading and writing by index: single elements, whole rows, and the positions of true elements.
//
//   v1 a thread per index    take and put: one load of the position and one of the element. Rows: a
//                            thread copies a whole row. The 32 threads of a warp then read 32 rows at a
//                            time, and each 4-byte load costs 32 bytes.
//   v2 a thread per element  Rows only: neighbouring threads copy neighbouring elements of a row. A row
//                            of 32 floats is one transaction. The warp reads one index, once.
//   v3 16 bytes a thread     Rows are copied in packs of 4 floats or 2 doubles if their width and
//                            alignment allow it.
//
// gather_rows() is v3 if rows consist of packs, else v2. scatter_add_rows() is v2, because an
// atomic addition takes one element. take() and put() stay at v1: they read and write positions,
// values and out in order, but the caller chooses where the positions point.
//
// Additions to equal indices are atomic and come in any order. So the last digits of a
// floating-point sum may differ from run to run. Only rows that are named are touched: the gradient
// of a table costs as much as the batch, not as much as the table. If equal positions are written
// without adding, any one of the values stays.
//
// nonzero() needs the number of each true element among the true ones. That is a prefix sum, see
// scan.h. It reads the mask twice, 2 bytes an element, and writes 8 bytes for each true one. The
// coordinates are computed on the host, which needs them.
//
// sm_80 (ptxas -v): no spills. 16 to 32 registers and no shared memory: 8 blocks of 256 threads, as
// many as a multiprocessor can hold. The scans of nonzero take 32 to 40 registers and 64 to 256
// bytes of shared memory: 8 or 6 blocks.
//
// Bytes: copying an element of a float32 row moves 8 bytes, adding it moves 12. There are hardly
// any flops. The roofline predicts (not measured) that memory allows 194 and 130 · 10⁹ elements a
// second on an A100 (1,555 GB/s), 126 and 84 · 10⁹ on an RTX 4090 (1,008 GB/s). Additions to one
// address take turns, so it is slower if many indices name the same few rows.
#include <concepts>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"
#include "kernels/cuda/scan.h"
#include "kernels/cuda/workspace.h"

namespace gradus::cuda {
namespace {

template <class T>
__global__ void take_elements(Loop<2> loop, T* out, const int64_t* positions, const T* x) {
  for (int64_t i = global_thread(); i < loop.count; i += all_threads()) {
    const auto at = loop(i);
    out[at[0]] = x[positions[at[1]]];
  }
}

/// put() without adding. Other threads may store to the same element at the same time.
struct Replace {
  template <class T>
  __device__ void operator()(T* element, T value) const {
    store_any(element, value);
  }
};
/// put() with adding. CUDA has atomic additions of 4 and 8 bytes. For bool, adding is "or".
struct AddTo {
  template <std::floating_point T>
  __device__ void operator()(T* element, T value) const {
    atomicAdd(element, value);
  }
  __device__ void operator()(int32_t* element, int32_t value) const { atomicAdd(element, value); }
  __device__ void operator()(int64_t* element, int64_t value) const {
    using Bits = unsigned long long;  // CUDA adds unsigned numbers, and the bits of the sum are the same
    atomicAdd(reinterpret_cast<Bits*>(element), static_cast<Bits>(value));
  }
  __device__ void operator()(bool* element, bool value) const {
    if (value) store_any(element, true);
  }
};

template <class Change, class T>
__global__ void put_elements(Loop<2> loop, const int64_t* positions, const T* values, T* out) {
  for (int64_t i = global_thread(); i < loop.count; i += all_threads()) {
    const auto at = loop(i);
    Change{}(out + positions[at[0]], values[at[1]]);
  }
}

/// A matrix as an argument of a kernel. T may be a pack.
template <class T>
struct Matrix {
  T* data;
  int64_t row_step, column_step;

  explicit Matrix(const View& view, int64_t width = 1)
      : data(static_cast<T*>(view.data)), row_step(view.strides[0] / width), column_step(view.strides[1]) {}
  __device__ T& operator()(int64_t row, int64_t column) const {
    return data[row * row_step + column * column_step];
  }
};

template <class T>
__global__ void gather(int64_t count, Divisor width, Matrix<const T> table, const int64_t* indices,
                       int64_t index_step, Matrix<T> out) {
  for (int64_t i = global_thread(); i < count; i += all_threads()) {
    int64_t row = i;
    const int64_t column = width.divide(row);
    out(row, column) = table(indices[row * index_step], column);
  }
}

template <class T>
__global__ void scatter_add(int64_t count, Divisor width, const int64_t* indices, int64_t index_step,
                            Matrix<const T> values, Matrix<T> out) {
  for (int64_t i = global_thread(); i < count; i += all_threads()) {
    int64_t row = i;
    const int64_t column = width.divide(row);
    AddTo{}(&out(indices[row * index_step], column), values(row, column));
  }
}

/// True if every row of the matrix consists of packs of `width` elements.
template <class T>
bool consists_of_packs(const View& matrix, int64_t width) {
  return matrix.strides[1] == 1 && matrix.sizes[1] % width == 0 && matrix.strides[0] % width == 0 &&
         is_aligned(matrix.data, sizeof(T) * static_cast<size_t>(width));
}

}  // namespace

void take(const View& x, const View& positions, const View& out) {
  const Loop<2> loop(MergedLoops<2>(out, positions));
  if (loop.count == 0) return;
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    launch<take_elements<T>>({blocks_for(loop.count), kThreads}, loop, out.as<T>(),
                             positions.as<const int64_t>(), x.as<const T>());
  });
}

void put(const View& positions, const View& values, bool accumulate, const View& out) {
  const Loop<2> loop(MergedLoops<2>(positions, values));
  if (loop.count == 0) return;
  const Grid grid{blocks_for(loop.count), kThreads};
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    const auto run = [&]<class Change>(Change) {
      if constexpr (std::invocable<Change, T*, T>)
        launch<put_elements<Change, T>>(grid, loop, positions.as<const int64_t>(), values.as<const T>(),
                                        out.as<T>());
      else
        no_kernel("put, adding,", "cuda", out.dtype);
    };
    accumulate ? run(AddTo{}) : run(Replace{});
  });
}

void gather_rows(const View& table, const View& indices, const View& out) {
  if (out.numel() == 0) return;
  visit_stored_dtype(table.dtype, [&]<class T>(T) {
    constexpr int width = pack_width<T>;
    const auto run = [&]<class Element>(Element, int64_t elements) {
      const int64_t columns = out.sizes[1] / elements, count = out.sizes[0] * columns;
      launch<gather<Element>>({blocks_for(count), kThreads}, count, Divisor(columns),
                              Matrix<const Element>(table, elements), indices.as<const int64_t>(),
                              indices.strides[0], Matrix<Element>(out, elements));
    };
    if (consists_of_packs<T>(table, width) && consists_of_packs<T>(out, width))
      run(Pack<T, width>{}, width);
    else
      run(T{}, 1);
  });
}

void scatter_add_rows(const View& indices, const View& values, const View& out) {
  const int64_t count = values.numel();
  if (count == 0) return;
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    if constexpr (std::invocable<AddTo, T*, T>)
      launch<scatter_add<T>>({blocks_for(count), kThreads}, count, Divisor(values.sizes[1]),
                             indices.as<const int64_t>(), indices.strides[0], Matrix<const T>(values),
                             Matrix<T>(out));
    else
      no_kernel("scatter_add_rows", "cuda", out.dtype);
  });
}

// ---- nonzero ------------------------------------------------------------------------------------

namespace {

struct CountTrue {
  Loop<2> loop;  // in row-major order, because the first view is contiguous
  const bool* x;
  __device__ int64_t operator()(int64_t, int64_t i) const { return x[loop(i)[1]]; }
};

/// Writes the positions of the true elements. `number` counts the true elements up to and
/// including this one.
struct ListTrue {
  CountTrue is_true;
  int64_t* positions;
  __device__ void operator()(int64_t, int64_t i, int64_t number) const {
    if (is_true(0, i) != 0) positions[number - 1] = i;
  }
};

}  // namespace

void nonzero(const View& x, std::vector<int64_t>& coordinates) {
  if (x.dtype != kBool) no_kernel("nonzero", "cuda", x.dtype);
  const int64_t n = x.numel();
  if (n == 0) return;
  View row_major = x;
  row_major.set_contiguous_strides();
  const CountTrue is_true{Loop<2>(MergedLoops<2>(row_major, x)), x.as<const bool>()};

  const ScanPlan plan(1, n);
  const Workspace totals(plan.jobs * int64_t{sizeof(int64_t)});
  int64_t* running = static_cast<int64_t*>(totals.data());
  running_totals(plan, is_true, running);
  int64_t count = 0;
  memory.copy_to_host(running + plan.jobs - 1, &count, sizeof count);
  if (count == 0) return;

  const Workspace list(count * int64_t{sizeof(int64_t)});
  const ListTrue list_true{is_true, static_cast<int64_t*>(list.data())};
  launch<scan_chunks<int64_t, CountTrue, ListTrue>>(plan.grid(), plan, is_true, list_true, running);
  std::vector<int64_t> positions(static_cast<size_t>(count));
  memory.copy_to_host(list.data(), positions.data(), count * int64_t{sizeof(int64_t)});

  const size_t old_size = coordinates.size(), dim = x.dim;
  coordinates.resize(old_size + positions.size() * dim);
  for (size_t k = 0; k < positions.size(); ++k)
    for (int d = x.dim - 1; d >= 0; positions[k] /= x.sizes[d--])
      coordinates[old_size + k * dim + static_cast<size_t>(d)] = positions[k] % x.sizes[d];
}

}  // namespace gradus::cuda
