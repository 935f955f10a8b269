// Reference counting. All objects of Gradus are owned in this way: Tensor → TensorImpl → Storage, and Tensor → Node.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <utility>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace gradus {

/// True while the process has never had a second thread. Only glibc knows this; without glibc it is always false.
inline bool single_threaded() {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded;
#else
  return false;
#endif
}

/// A thread-safe counter. While there is only one thread, it uses no atomic read-modify-write: one costs more
/// than adding two small tensors. std::shared_ptr does the same.
template <std::unsigned_integral Integer>
class Counter {
 public:
  /// Returns the new value.
  Integer increment() { return add(1); }
  Integer decrement() { return add(static_cast<Integer>(-1)); }
  /// The first count of a new object, which no other thread knows yet.
  void start() { value_.store(1, std::memory_order_relaxed); }
  /// Subtracts 1; true if that was the last reference. A count of 1 is not even written: nobody else can
  /// copy the last reference.
  bool release() { return value() == 1 || decrement() == 0; }
  Integer value() const { return value_.load(std::memory_order_acquire); }

 private:
  Integer add(Integer step) {
    if (!single_threaded()) return value_.fetch_add(step, std::memory_order_acq_rel) + step;
    const Integer sum = value_.load(std::memory_order_relaxed) + step;
    value_.store(sum, std::memory_order_relaxed);
    return sum;
  }

  std::atomic<Integer> value_{0};
};

using ReferenceCount = Counter<uint32_t>;

/// An owning pointer to an object that counts its own references. T has a member `ReferenceCount references`
/// and a static function destroy(T*).
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_) object_->references.increment();
  }
  /// The first pointer to a new object.
  static Ref first(T* object) {
    object->references.start();
    return adopt(object);
  }
  /// Takes over a reference that was already counted.
  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { reset(); }

  void reset() {
    if (T* object = std::exchange(object_, nullptr); object && object->references.release())
      T::destroy(object);
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Ref&) const = default;

 private:
  T* object_ = nullptr;
};

}  // namespace gradus
