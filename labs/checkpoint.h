// --checkpoint FILE: a long run that has ended too early goes on where it was, on as many ranks as before or on others.
//
//     Checkpoint checkpoint(session, *net, adam, "digits", {&curve.loss});
//     for (int64_t epoch : progress(epochs - checkpoint.epochs_done(), "digits")) {
//       …
//       curve.loss.push_back(loss);
//       checkpoint.save();
//     }
//
// The file has the parameters, the optimiser, the state of the random numbers and what was measured: all on which the
// rest of the run depends. It says nothing about ranks. It is replaced whole after each epoch, so it is always that of
// the last epoch or of the one before, whenever and however the run ends.
#pragma once

#include "gradus.h"
#include "labs/common/files.h"
#include "labs/common/lab.h"
#if GRADUS_HAVE_MPI

#include <sstream>

#include "nn/parallel/ranks.h"

namespace lab {

class Checkpoint {
 public:
  /// What is measured after each epoch.
  using Curves = std::vector<std::vector<double>*>;

  /// Without --checkpoint this object does nothing. With it, all ranks go on from rank 0's file, if there is one.
  /// `of` says what is trained. Error if the file is of something else, or of another seed, learning rate or network.
  Checkpoint(const Session& session, gradus::nn::Module& net, gradus::optim::Adam& adam,
             const std::string& of, Curves curves)
      : path_(session.options().checkpoint), net_(net), adam_(adam), curves_(std::move(curves)) {
    if (!path_) return;
    std::ostringstream run;
    run << of << ", seed " << session.seed() << ", learning rate "
        << adam.param_groups()[0].options().get_lr();
    run_ = run.str();
    std::string bytes;
    if (gradus::nn::parallel::rank() == 0) {
      require_writable_file(*path_);
      if (std::filesystem::exists(*path_)) bytes = gradus::read_file(path_->string());
    }
    bytes = gradus::nn::parallel::gather(bytes)[0];
    if (!bytes.empty()) resume(gradus::parse_safetensors(bytes, path_->string()));
  }

  int64_t epochs_done() const { return epochs_done_; }

  /// After each epoch, on all ranks. Rank 0 replaces the file.
  void save() {
    ++epochs_done_;
    if (!path_ || gradus::nn::parallel::rank() != 0) return;
    gradus::NamedTensors all;
    for (const auto& [name, x] : tensors_of(net_)) all["net." + name] = x;
    for (const auto& [name, x] : tensors_of(adam_)) all["adam." + name] = x;
    all["random"] = gradus::get_rng_state();
    for (size_t i = 0; i < curves_.size(); ++i)
      all["curve." + std::to_string(i)] = gradus::tensor(*curves_[i], gradus::kFloat64);
    write_safetensors(path_->string(), all, {{"run", run_}, {"epochs", std::to_string(epochs_done_)}});
  }

 private:
  void resume(const gradus::Safetensors& file) {
    const auto note = [&](const std::string& key) {
      const auto found = file.metadata.find(key);
      return found == file.metadata.end() ? "" : found->second;
    };
    gradus::check(note("run") == run_, file.source, ": is the checkpoint of another run: of ",
                  gradus::shown(note("run"), 300), ", not of ", run_);
    gradus::Safetensors of_net{{}, {}, file.source}, of_adam{{}, {}, file.source};
    for (const auto& [name, x] : file.tensors) {
      if (name.starts_with("net.")) of_net.tensors[name.substr(4)] = x;
      if (name.starts_with("adam.")) of_adam.tensors[name.substr(5)] = x;
    }
    set_tensors(net_, of_net);
    set_tensors(adam_, of_adam);
    gradus::set_rng_state(file.tensors.at("random"));
    for (size_t i = 0; i < curves_.size(); ++i) {
      const gradus::Tensor& curve = file.tensors.at("curve." + std::to_string(i));
      curves_[i]->assign(curve.data_ptr<double>(), curve.data_ptr<double>() + curve.numel());
    }
    epochs_done_ = std::stoll(note("epochs"));
    std::cout << "Going on from " << file.source << ", after " << epochs_done_ << " epochs\n";
  }

  std::optional<std::filesystem::path> path_;
  gradus::nn::Module& net_;
  gradus::optim::Adam& adam_;
  std::string run_;
  Curves curves_;
  int64_t epochs_done_ = 0;
};

}  // namespace lab

#endif
