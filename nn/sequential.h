// Sequential: layers applied one after another.
//
//     nn::Sequential net(nn::Linear(4, 12), nn::ReLU(), nn::Linear(12, 3));
//     Tensor y = net->forward(x);
#pragma once

#include <concepts>
#include <initializer_list>

#include "nn/module.h"

namespace gradus::nn {

/// The module that a container keeps for one of its arguments.
template <class M>
const std::shared_ptr<M>& shared_module(const ModuleHolder<M>& holder) {
  return holder.ptr();
}
template <std::derived_from<Module> M>
const std::shared_ptr<M>& shared_module(const std::shared_ptr<M>& module) {
  return module;
}
template <std::derived_from<Module> M>
std::shared_ptr<M> shared_module(const M& module) {
  return std::make_shared<M>(module);
}
/// An argument that a container accepts: a holder such as Linear(4, 12), a shared_ptr to a module,
/// or a module itself.
template <class T>
concept ModulePointer = requires(const T& module) {
  shared_module(module);
};

/// The common base of Sequential and ModuleList: modules by number.
class ModuleSequence : public Module {
 public:
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }
  std::shared_ptr<Module> ptr(size_t index) const;  // Error if there is none
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }
  /// Module `index`, which must be of type M: net->at<LinearImpl>(0).weight.
  template <class M>
  M& at(size_t index) const {
    return *ptr<M>(index);
  }
  template <class M>
  std::shared_ptr<M> ptr(size_t index) const {
    const auto module = std::dynamic_pointer_cast<M>(ptr(index));
    check(module != nullptr, "module ", index, " is a ", ptr(index)->name(), ", not of the type asked for");
    return module;
  }
  auto begin() const { return modules_.begin(); }
  auto end() const { return modules_.end(); }

 protected:
  void append(std::string name, std::shared_ptr<Module> module);  // registers a module
  /// Appends copies of all modules of another container.
  void append_clones(const ModuleSequence& other, const std::optional<Device>& device);

  std::vector<std::shared_ptr<Module>> modules_;  // the same modules as children_
};

/// A layer of Sequential: {"hidden", Linear(4, 12)}. The layer's forward(x) must return a tensor.
struct NamedLayer {
  template <ModulePointer Layer>
  NamedLayer(std::string name, const Layer& layer)
      : name(std::move(name)),
        module(shared_module(layer)),
        forward(&call<decltype(*shared_module(layer))>) {}

  std::string name;                // its name in the container
  std::shared_ptr<Module> module;  // the layer
  /// Calls the layer's forward, which is not virtual. The constructor knows the layer's type
  /// and sets this function.
  Tensor (*forward)(Module& module, const Tensor& x);

 private:
  template <class Layer>
  static Tensor call(Module& module, const Tensor& x) {
    return static_cast<Layer>(module).forward(x);
  }
};

/// Every layer takes one tensor and returns one. Layers are registered as "0", "1", …, or under given names:
/// Sequential net({{"hidden", Linear(4, 12)}, {"act", ReLU()}, {"out", Linear(12, 3)}}).
class SequentialImpl : public ModuleSequence {
 public:
  template <ModulePointer... Layers>
  explicit SequentialImpl(const Layers&... layers) {
    (push_back(layers), ...);
  }
  explicit SequentialImpl(std::initializer_list<NamedLayer> layers) {
    for (const NamedLayer& layer : layers) push_back(layer);
  }

  /// Appends a layer: under its name, a given one, or its number.
  void push_back(const NamedLayer& layer);
  void push_back(std::string name, const ModulePointer auto& layer) {
    push_back(NamedLayer(std::move(name), layer));
  }
  void push_back(const ModulePointer auto& layer) { push_back(std::to_string(size()), layer); }

  /// Error if there is no layer.
  Tensor forward(const Tensor& input);

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void pretty_print(std::ostream& out) const override;

 private:
  std::vector<Tensor (*)(Module&, const Tensor&)> forwards_;
};
struct Sequential : ModuleHolder<SequentialImpl> {
  using ModuleHolder::ModuleHolder;
  Sequential() = default;
  Sequential(std::initializer_list<NamedLayer> layers);
};

}  // namespace gradus::nn
