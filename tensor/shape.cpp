#include "tensor/shape.h"

namespace gradus {

std::ostream& operator<<(std::ostream& out, IntArrayRef list) {
  out << '[';
  for (size_t i = 0; i < list.size(); ++i) out << (i ? ", " : "") << std::to_string(list[i]);
  return out << ']';
}

Shape::Shape(IntArrayRef sizes) {
  check(sizes.size() <= kMaxDims, "a tensor has at most ", kMaxDims, " dimensions, not ", sizes.size());
  dim_ = static_cast<int>(sizes.size());
  std::copy(sizes.begin(), sizes.end(), sizes_);
}

int64_t Shape::numel() const {
  // The product leaves zeros out: strides are products of some of the sizes, and must not overflow either.
  int64_t product = 1;
  bool empty = false, overflow = false;
  for (int64_t size : *this) {
    check(size >= 0, "a size cannot be negative: ", text());
    empty |= size == 0;
    overflow |= size != 0 && __builtin_mul_overflow(product, size, &product);
  }
  check(!overflow, "a tensor of shape ", text(), " is too large: the product of its sizes exceeds 2^63");
  return empty ? 0 : product;
}

void Shape::push_back(int64_t size) { insert(dim_, size); }

void Shape::insert(int d, int64_t size) {
  check(dim_ < kMaxDims, "a tensor has at most ", kMaxDims, " dimensions");
  std::copy_backward(sizes_ + d, sizes_ + dim_, sizes_ + dim_ + 1);
  sizes_[d] = size;
  ++dim_;
}

void Shape::erase(int d) {
  std::copy(sizes_ + d + 1, sizes_ + dim_, sizes_ + d);
  --dim_;
}

Shape broadcast_shapes(const char* op, IntArrayRef a, IntArrayRef b) {
  Shape out = a.size() >= b.size() ? a : b;
  const IntArrayRef shorter = a.size() >= b.size() ? b : a;
  for (int back = 1; back <= static_cast<int>(shorter.size()); ++back) {
    int64_t& size = out[out.dim() - back];
    const int64_t other = shorter[shorter.size() - back];
    if (size == 1) size = other;
    check(other == size || other == 1, op, ": a is ", text(a), " and b is ", text(b), ": sizes ",
          a[a.size() - back], " and ", b[b.size() - back], " of dimension -", back,
          " differ and neither is 1");
  }
  return out;
}

View expand_view(const char* op, const View& view, IntArrayRef shape) {
  View out;
  out.data = view.data;
  out.owner = view.owner;
  out.dtype = view.dtype;
  out.dim = static_cast<uint8_t>(shape.size());
  const int added = out.dim - view.dim;
  check(added >= 0, op, ": ", ShapeText{view.shape()}, " cannot be expanded to the shorter ", text(shape));
  for (int d = 0; d < out.dim; ++d) {
    out.sizes[d] = shape[d];
    const bool stretched = d < added || (view.sizes[d - added] == 1 && shape[d] != 1);
    out.strides[d] = stretched ? 0 : view.strides[d - added];
    check(stretched || view.sizes[d - added] == shape[d], op, ": ", ShapeText{view.shape()},
          " cannot be expanded to ", text(shape), ": size ", d < added ? 0 : view.sizes[d - added],
          " of dimension ", d - added, " is neither ", shape[d], " nor 1");
  }
  return out;
}

bool is_expandable_to(IntArrayRef sizes, IntArrayRef shape) {
  if (sizes.size() > shape.size()) return false;
  const size_t added = shape.size() - sizes.size();
  for (size_t d = 0; d < sizes.size(); ++d)
    if (sizes[d] != 1 && sizes[d] != shape[added + d]) return false;
  return true;
}

int wrap_dim(int64_t d, int dim) {
  const int range = std::max(dim, 1);
  check(-range <= d && d < range, "Dimension out of range (expected to be in range of [", -range, ", ",
        range - 1, "], but got ", d, ")");
  return static_cast<int>(d < 0 ? d + range : d);
}

}  // namespace gradus
