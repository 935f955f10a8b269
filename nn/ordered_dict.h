// OrderedDict: named values in the order of insertion, as in libtorch. A module keeps its parameters, buffers
// and submodules in OrderedDicts. These have few entries, so a linear search for a name is fast enough.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "kernels/error.h"

namespace gradus {

/// See the head of this file. Error for a name that is not there.
template <class Key, class Value>
class OrderedDict {
 public:
  /// One entry. It behaves like a pointer to its value.
  class Item {
   public:
    Item(Key key, Value value) : key_(std::move(key)), value_(std::move(value)) {}
    const Key& key() const { return key_; }
    Value& value() { return value_; }
    const Value& value() const { return value_; }
    Value& operator*() { return value_; }
    const Value& operator*() const { return value_; }
    Value* operator->() { return &value_; }
    const Value* operator->() const { return &value_; }

   private:
    Key key_;
    Value value_;
  };

  /// `what` says what an entry is, for messages such as "Submodule 'fc' already defined".
  explicit OrderedDict(std::string what = "Key") : what_(std::move(what)) {}
  OrderedDict(std::initializer_list<Item> items) {
    for (const Item& item : items) insert(item.key(), item.value());
  }

  /// Appends an entry. Error if the name is in use.
  Value& insert(Key key, Value value) {
    check(!contains(key), what_, " '", key, "' already defined");
    return items_.emplace_back(std::move(key), std::move(value)).value();
  }

  /// The value of this name, or nullptr.
  Value* find(const Key& key) {
    for (Item& item : items_)
      if (item.key() == key) return &item.value();
    return nullptr;
  }
  const Value* find(const Key& key) const { return const_cast<OrderedDict*>(this)->find(key); }
  bool contains(const Key& key) const { return find(key) != nullptr; }

  /// The value of this name. Error if there is none.
  Value& operator[](const Key& key) {
    Value* value = find(key);
    check(value != nullptr, what_, " '", key, "' is not defined");
    return *value;
  }
  const Value& operator[](const Key& key) const { return const_cast<OrderedDict&>(*this)[key]; }
  const Item& operator[](size_t index) const { return items_.at(index); }

  /// Inserts all entries of another dict. Error if a name is in use.
  void update(const OrderedDict& other) {
    for (const Item& item : other) insert(item.key(), item.value());
  }
  /// Removes the entry of this name. Error if there is none.
  void erase(const Key& key) {
    const auto removed = std::erase_if(items_, [&](const Item& item) { return item.key() == key; });
    check(removed > 0, what_, " '", key, "' is not defined");
  }
  void clear() { items_.clear(); }

  size_t size() const { return items_.size(); }
  bool is_empty() const { return items_.empty(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

  /// Names with values, in order.
  std::vector<std::pair<Key, Value>> pairs() const {
    std::vector<std::pair<Key, Value>> pairs;
    for (const Item& item : items_) pairs.emplace_back(item.key(), item.value());
    return pairs;
  }
  /// The names, in order.
  std::vector<Key> keys() const {
    std::vector<Key> keys;
    for (const Item& item : items_) keys.push_back(item.key());
    return keys;
  }
  /// The values, in order.
  std::vector<Value> values() const {
    std::vector<Value> values;
    for (const Item& item : items_) values.push_back(item.value());
    return values;
  }

 private:
  std::string what_;
  std::vector<Item> items_;
};

}  // namespace gradus
