// How DistributedDataParallel knows that a gradient is complete.
//
// The engine takes the nodes in descending order of their numbers. Let node f be the first op of forward that used a
// parameter. All other ops that used it have larger numbers and were taken before. So after f's rules have run, the
// parameter's gradient is complete, and it is so before the nodes below f have run:
//
//     loss = cross_entropy(W₂ relu(W₁ x))       1 W₁ x     2 relu     3 W₂ h     4 cross_entropy
//     backward                                  4, 3       → W̄₂ is complete and travels      2, 1 → W̄₁ is complete
//
// A walk over the graph before the pass finds f for every parameter. It also gives the order in which the gradients
// will be complete: the messages are made in this order.
#include "nn/parallel/distributed.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <sstream>
#include <unordered_map>

#include "autograd/engine.h"
#include "autograd/walk.h"
#include "tensor/create.h"
#include "tensor/functions.h"
#include "tensor/indexing.h"
#include "tensor/program/recording.h"

namespace gradus::nn::parallel {
namespace {

/// No op of the graph uses the parameter: there is nothing to wait for.
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

/// "0.weight float32 (12, 4)", a line for each.
std::string description(const OrderedDict<std::string, Tensor>& tensors) {
  std::ostringstream text;
  for (const auto& entry : tensors)
    text << entry.key() << " " << entry.value().dtype() << " " << gradus::text(entry.value().sizes()) << "\n";
  return text.str();
}

}  // namespace

DistributedDataParallel::DistributedDataParallel(const Module& module,
                                                 const DistributedDataParallelOptions& options)
    : buffers_(module.buffers()), bucket_bytes_(static_cast<int64_t>(options.bucket_cap_mb() * 1048576)) {
  check(options.bucket_cap_mb() > 0, "DistributedDataParallel: bucket_cap_mb must be positive");
  for (const Tensor& parameter : module.parameters())
    if (parameter.requires_grad()) parameters_.push_back(parameter);
  check(!parameters_.empty(), "DistributedDataParallel: the module has no parameter that requires grad");
  if (world_size() == 1) return;
  require_same("bucket_cap_mb", std::to_string(options.bucket_cap_mb()));
  require_same("the list of parameters", description(module.named_parameters()));
  require_same("the list of buffers", description(module.named_buffers()));
  for (const Tensor& parameter : module.parameters()) broadcast(parameter);
  broadcast_buffers();
  turn_on();
}

DistributedDataParallel::~DistributedDataParallel() { turn_off(); }

void DistributedDataParallel::broadcast_buffers() const {
  for (const Tensor& buffer : buffers_) broadcast(buffer);
}

// ---- The messages ---------------------------------------------------------------------------------------------------

/// For each parameter, the number of the first op of forward that used it. It is 0 for a parameter with hooks: they run
/// when the pass ends. A frozen parameter, or one that this graph does not use, has kNever.
std::vector<uint64_t> DistributedDataParallel::first_uses(const autograd::BackwardPass& pass) const {
  std::unordered_map<const GraphNode*, size_t> index;
  for (size_t i = 0; i < parameters_.size(); ++i)
    if (parameters_[i].requires_grad()) index[autograd::gradient_edge(parameters_[i]).target.get()] = i;
  std::vector<uint64_t> first(parameters_.size(), kNever);
  const auto note_parameters = [&](autograd::Node& node) {
    for (const autograd::Edge& edge : node.edges())
      if (const auto found = index.find(edge.target.get()); found != index.end())
        first[found->second] = std::min(first[found->second], edge.node().notes ? 0 : node.number());
  };
  for_each_node(
      pass.roots(), [](const autograd::Edge&) { return true; }, note_parameters);
  return first;
}

/// In descending order of the first use: so the gradients of a message are complete at about the same time, and the
/// first message is ready first. Parameters that this graph does not use come last: another one may use them.
void DistributedDataParallel::make_buckets(const std::vector<uint64_t>& first_use) {
  std::vector<size_t> order(parameters_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::reverse(order);  // among parameters of one op, such as weight and bias
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](size_t i) { return first_use[i] == kNever ? 0 : first_use[i]; });
  const Tensor agreed = tensor(std::vector<int64_t>(order.begin(), order.end()), kInt64);
  broadcast(agreed);  // the graphs of two ranks may differ, but their messages must not

  std::vector<size_t> members;
  int64_t bytes = 0;
  const auto close = [&] {
    if (!members.empty()) buckets_.push_back(make_bucket(std::exchange(members, {})));
    bytes = 0;
  };
  for (int64_t place = 0; place < agreed.numel(); ++place) {
    const size_t i = static_cast<size_t>(agreed[place].item<int64_t>());
    const Tensor& x = parameters_[i];
    const Tensor& first = members.empty() ? x : parameters_[members[0]];
    if (x.dtype() != first.dtype() || x.device() != first.device()) close();
    members.push_back(i);
    bytes += x.numel() * static_cast<int64_t>(item_size(x.dtype()));
    if (bytes >= bucket_bytes_) close();
  }
  close();
}

DistributedDataParallel::Bucket DistributedDataParallel::make_bucket(std::vector<size_t> members) const {
  Bucket bucket;
  bucket.members = std::move(members);
  const int64_t count = static_cast<int64_t>(bucket.members.size());
  int64_t elements = 0;
  for (const size_t i : bucket.members) elements += parameters_[i].numel();
  bucket.message = zeros({elements + count}, parameters_[bucket.members[0]].detach().options());
  int64_t at = 0;
  for (const size_t i : bucket.members) {
    const int64_t n = parameters_[i].numel();
    bucket.slots.push_back(bucket.message.slice(0, at, at + n).view(parameters_[i].sizes()));
    at += n;
  }
  bucket.counts = bucket.message.slice(0, elements);
  return bucket;
}

/// A gradient is in two parts: what .grad has from passes under no_sync(), and what has arrived at the leaf in this one.
void DistributedDataParallel::send(Bucket& bucket) const {
  std::vector<double> counts;
  for (size_t m = 0; m < bucket.members.size(); ++m) {
    const Tensor& parameter = parameters_[bucket.members[m]];
    const autograd::Edge leaf = autograd::gradient_edge(parameter);
    const Tensor arrived =
        leaf.target ? leaf.node().output.gradient : Tensor();  // none if it has been frozen
    const Tensor& before = parameter.grad();
    if (arrived.defined())
      bucket.slots[m].copy_(arrived);
    else
      bucket.slots[m].zero_();
    if (before.defined()) bucket.slots[m].add_(before);
    counts.push_back(arrived.defined() || before.defined() ? 1 : 0);
  }
  bucket.counts.copy_(tensor(counts, kFloat64));
  bucket.sum = start_sum(bucket.message);
}

void DistributedDataParallel::receive(Bucket& bucket) const {
  bucket.sum->finish();
  bucket.sum.reset();
  const Tensor counts = bucket.counts.cpu();
  bucket.message.div_(world_size());
  for (size_t m = 0; m < bucket.members.size(); ++m)
    // If no rank has used the parameter, its .grad stays as it was.
    if (counts[static_cast<int64_t>(m)].item<double>() > 0)
      parameters_[bucket.members[m]].mutable_grad() = bucket.slots[m].clone();
}

// ---- The pass -------------------------------------------------------------------------------------------------------

void DistributedDataParallel::begins(autograd::BackwardPass& pass) {
  check(!pass_ || autograd::BackwardPass::current_node(),
        "DistributedDataParallel: an earlier backward() has failed midway, "
        "so the ranks are no longer in step; end the run");
  const bool is_inner = pass_ != nullptr;
  if (is_inner) ++inner_passes_;
  if (!synchronises_ || !pass.adds_to_all_leaves()) return;
  const std::vector<uint64_t> first_use = first_uses(pass);
  if (std::ranges::all_of(first_use, [](uint64_t number) { return number == kNever; })) return;
  check(!is_inner,
        "DistributedDataParallel: a rule or a hook has called backward(), "
        "which reaches parameters of the outer backward(); call grad() instead");
  check(!programs::capturing,
        "DistributedDataParallel: a step of several ranks cannot be captured: "
        "a replay would not send the gradients");
  const NoGradGuard no_grad;
  if (buckets_.empty()) make_buckets(first_use);
  for (Bucket& bucket : buckets_) {
    bucket.ready = kNever;
    for (const size_t i : bucket.members) bucket.ready = std::min(bucket.ready, first_use[i]);
  }
  pass_ = &pass;
  inner_passes_ = 0;
  sent_ = 0;
}

/// The engine is about to run the rules of `node`: all nodes with larger numbers are done. Messages go in their order,
/// which is the same on all ranks.
void DistributedDataParallel::complete(autograd::Node& node) {
  if (!pass_ || inner_passes_ > 0) return;
  const NoGradGuard no_grad;
  while (sent_ < buckets_.size() && node.number() < buckets_[sent_].ready) send(buckets_[sent_++]);
  for (size_t i = 0; i < sent_; ++i) buckets_[i].sum->advance();
}

void DistributedDataParallel::ends(autograd::BackwardPass& pass) {
  if (&pass != pass_) {
    if (pass_) --inner_passes_;
    return;
  }
  const NoGradGuard no_grad;
  while (sent_ < buckets_.size()) send(buckets_[sent_++]);
  for (Bucket& bucket : buckets_) receive(bucket);
  pass_ = nullptr;
}

}  // namespace gradus::nn::parallel
