// Embeddings learnt from a file of any size. The file is read in shards of some megabytes: only one shard, the list of
// ids and the model are in memory. The ranks share the work of parsing a shard, and afterwards each rank has the whole
// shard. So the steps do not depend on the number of ranks.
#pragma once

#include "labs/checkpoint.h"
#include "labs/embeddings_on_ranks.h"
#if GRADUS_HAVE_MPI

#include <filesystem>
#include <fstream>
#include <string>

#include "kernels/random.h"
#include "tensor/files/csv.h"
#include "tensor/scoped_value.h"

namespace lab {

/// A file in MovieLens' format: userId,movieId,rating,timestamp. Ids may be any whole numbers.
class RatingsInShards {
 public:
  /// Reads the file twice, for its checksum and for the ids. Error, on every rank, if the ranks' files differ.
  RatingsInShards(const std::filesystem::path& path, int64_t shard_bytes, uint64_t seed)
      : path_(path), shard_bytes_(shard_bytes), seed_(seed), bytes_(static_cast<int64_t>(file_size(path))) {
    const std::string what = "the content of " + path.string();
    parallel::require_same(what, std::to_string(bytes_) + " bytes");
    const std::string sum = "the checksum " + std::to_string(checksum());
    parallel::require_same(what, sum);
    name_ = path.filename().string() + " with " + sum + ", in shards of " + std::to_string(shard_bytes) +
            " bytes";
    check(static_cast<bool>(std::getline(std::ifstream(path), header_)), path.string(),
          ": the file is empty");
    read_ids();
  }

  /// File, checksum and size of the shards.
  const std::string& name() const { return name_; }
  int64_t count() const { return (bytes_ + shard_bytes_ - 1) / shard_bytes_; }
  int64_t user_count() const { return users_.numel(); }
  int64_t movie_count() const { return movies_.numel(); }

  /// The ratings of a shard, split as those of a whole file: the same split each time, and on each rank.
  Split split_of(int64_t shard) const {
    const Rows own = own_rows(shard);
    const Tensor ids = parallel::gather_rows(own.ids);
    const Ratings all{rows_of(ids.select(1, 0), users_), rows_of(ids.select(1, 1), movies_),
                      parallel::gather_rows(own.stars)};
    const ScopedValue generator(default_generator(), Generator(seed_ + static_cast<uint64_t>(shard)));
    return split(all);
  }

 private:
  /// n lines of the file.
  struct Rows {
    Tensor ids;    // (n, 2) int64: user and movie
    Tensor stars;  // (n) float32
  };

  uint64_t checksum() const {
    uint64_t sum = parallel::checksum("");
    for (int64_t begin = 0; begin < bytes_; begin += shard_bytes_)
      sum = parallel::checksum(bytes_of(begin, std::min(begin + shard_bytes_, bytes_)), sum);
    return sum;
  }

  void read_ids() {
    users_ = movies_ = empty({0}, kInt64);
    for (int64_t shard = 0; shard < count(); ++shard) {
      const Rows rows = own_rows(shard);
      users_ = merged(users_, rows.ids.select(1, 0));
      movies_ = merged(movies_, rows.ids.select(1, 1));
    }
    for (Tensor* ids : {&users_, &movies_}) *ids = merged(parallel::gather_rows(*ids), empty({0}, kInt64));
  }

  /// This rank's part of a shard: the lines that begin in its part of the shard's bytes.
  Rows own_rows(int64_t shard) const {
    const int64_t rank = parallel::rank(), ranks = parallel::world_size();
    const int64_t begin = shard * shard_bytes_, bytes = std::min(shard_bytes_, bytes_ - begin);
    const std::string lines = lines_of(begin + bytes * rank / ranks, begin + bytes * (rank + 1) / ranks);
    if (lines.empty()) return {empty({0, 2}, kInt64), empty({0}, kFloat32)};
    const std::string table = header_ + "\n" + lines,
                      source = path_.string() + " from byte " + std::to_string(begin);
    const Tensor ids =
        parse_csv(table, source, {.dtype = kInt64, .header = true, .columns = {"userId", "movieId"}}).values;
    const Tensor stars = parse_csv(table, source, {.header = true, .columns = {"rating"}}).values;
    check(isfinite(stars).all().item<bool>(), path_.string(), ": holds an infinite rating");
    return {ids, stars.flatten()};
  }

  std::string bytes_of(int64_t begin, int64_t end) const {
    std::ifstream file(path_, std::ios::binary);
    file.seekg(begin);
    std::string text(static_cast<size_t>(std::max<int64_t>(0, end - begin)), ' ');
    check(static_cast<bool>(file.read(text.data(), static_cast<std::streamsize>(text.size()))),
          "cannot read ", path_.string());
    return text;
  }

  /// The lines that begin in these bytes.
  std::string lines_of(int64_t begin, int64_t end) const {
    std::ifstream file(path_, std::ios::binary);
    const std::string text = bytes_of(line_start(file, begin), line_start(file, end));
    return text.find_first_not_of("\r\n") == text.npos ? "" : text;
  }

  /// The first place, `byte` or later, at which a line other than the header begins.
  int64_t line_start(std::ifstream& file, int64_t byte) const {
    file.clear();
    file.seekg(std::max<int64_t>(0, byte - 1));
    std::string rest;
    std::getline(file, rest);
    return file.eof() ? bytes_ : static_cast<int64_t>(file.tellg());
  }

  /// The distinct numbers of the two tensors, in ascending order.
  static Tensor merged(const Tensor& ids, const Tensor& more) {
    const Tensor all = cat({ids, more}).contiguous();
    int64_t* const id = all.data_ptr<int64_t>();
    std::sort(id, id + all.numel());
    return all.slice(0, 0, std::unique(id, id + all.numel()) - id).clone();
  }

  static Tensor rows_of(const Tensor& ids, const Tensor& known) {
    const Tensor rows = ids.clone().contiguous();
    int64_t* const row = rows.data_ptr<int64_t>();
    const int64_t* const first = known.data_ptr<int64_t>();
    for (int64_t i = 0; i < rows.numel(); ++i)
      row[i] = std::lower_bound(first, first + known.numel(), row[i]) - first;
    return rows;
  }

  std::filesystem::path path_;
  int64_t shard_bytes_;
  uint64_t seed_;
  int64_t bytes_;
  std::string header_, name_;
  Tensor users_, movies_;  // the ids, ascending
};

/// Number, mean and mean square of what comes shard by shard.
struct RunningMoments {
  int64_t count = 0;
  double sum = 0, squares = 0;

  void add(const Tensor& x) {
    count += x.numel();
    sum += x.sum().to(kFloat64).item<double>();
    squares += x.to(kFloat64).pow(2).sum().item<double>();
  }
  double mean() const { return sum / static_cast<double>(count); }
  /// √ mean (x - c)²
  double deviation_from(double c) const {
    return std::sqrt(squares / static_cast<double>(count) - 2 * c * mean() + c * c);
  }
};

/// One pass over all shards, with a step for each batch of the training ratings if there is an optimiser. Adds the
/// root mean squared errors of the pass to `errors`; each shard is measured after its steps.
inline void pass_over_shards(Recommender& model, const RatingsInShards& file, double lambda,
                             optim::Optimizer* optimizer, TrainingErrors& errors) {
  RunningMoments train, validation, test;
  const Tensor& like = model.users->weight;
  for (int64_t shard : progress(file.count(), "shards")) {
    const Split parts = file.split_of(shard);
    const int64_t n = parts.train.size(), batch = std::max<int64_t>(16, n / 200);
    const Tensor order = randperm(n);
    for (int64_t start = 0; optimizer && start < n; start += batch) {
      const Ratings rows = parts.train.at(order.slice(0, start, std::min(start + batch, n)));
      Tensor loss = model.loss(rows.to(like.device(), like.scalar_type()), lambda);
      optimizer->zero_grad();
      loss.backward();
      optimizer->step();
    }
    const NoGradGuard no_grad;
    for (auto [moments, part] :
         {std::pair(&train, &parts.train), {&validation, &parts.validation}, {&test, &parts.test}}) {
      if (part->size() == 0) continue;
      const Ratings rows = part->to(like.device(), like.scalar_type());
      moments->add(model.forward(rows.user, rows.movie) - rows.stars);
    }
  }
  errors.train.push_back(train.deviation_from(0));
  errors.validation.push_back(validation.deviation_from(0));
  errors.test.push_back(test.deviation_from(0));
}

}  // namespace lab

#endif
