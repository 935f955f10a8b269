// Embeddings learnt from a file of any size. The file is read in shards of some megabytes: only one shard, the list of
// ids and the model are in memory. The ranks share the work of parsing a shard, and afterwards each rank has the whole
// shard. So the steps do not depend on the number of ranks.
#pragma once

#include "labs/embeddings_on_ranks.h"
#if GRADUS_HAVE_MPI

#include <filesystem>
#include <fstream>
#include <string>

#include "kernels/random.h"
#include "tensor/files/csv.h"
#include "tensor/scoped_value.h"

namespace lab {

/// A file in MovieLens' format: userId,movieId,rating,timestamp.
class RatingsInShards {
 public:
  /// Reads the file once, for the ids. Error, on every rank, if the ranks' files differ in size.
  RatingsInShards(const std::filesystem::path& path, int64_t shard_bytes, uint64_t seed)
      : path_(path), shard_bytes_(shard_bytes), seed_(seed), bytes_(static_cast<int64_t>(file_size(path))) {
    parallel::require_same("the size of " + path.string(), std::to_string(bytes_) + " bytes");
    check(static_cast<bool>(std::getline(std::ifstream(path), header_)), path.string(),
          ": the file is empty");
    Tensor users = empty({0}, kInt64), movies = empty({0}, kInt64);
    for (int64_t shard = 0; shard < count(); ++shard) {
      const Tensor rows = own_rows(shard);
      users = merged(users, rows.select(1, 0));
      movies = merged(movies, rows.select(1, 1));
      ratings_ += rows.size(0);
    }
    users_ = merged(parallel::gather_rows(users), empty({0}, kInt64));
    movies_ = merged(parallel::gather_rows(movies), empty({0}, kInt64));
    const Tensor total = full({}, ratings_, kInt64);
    parallel::sum(total);
    ratings_ = total.item<int64_t>();
  }

  int64_t count() const { return (bytes_ + shard_bytes_ - 1) / shard_bytes_; }
  int64_t rating_count() const { return ratings_; }
  int64_t user_count() const { return users_.numel(); }
  int64_t movie_count() const { return movies_.numel(); }

  /// The ratings of a shard, split as those of a whole file: the same split each time, and on each rank.
  Split split_of(int64_t shard) const {
    const Tensor rows = parallel::gather_rows(own_rows(shard));
    const Ratings all{rows_of(rows.select(1, 0), users_), rows_of(rows.select(1, 1), movies_),
                      rows.select(1, 2).to(kFloat32)};
    const ScopedValue generator(default_generator(), Generator(seed_ + static_cast<uint64_t>(shard)));
    return split(all);
  }

 private:
  /// This rank's part of a shard, (n, 3) float64: the lines that begin in its part of the shard's bytes.
  Tensor own_rows(int64_t shard) const {
    const int64_t rank = parallel::rank(), ranks = parallel::world_size();
    const int64_t begin = shard * shard_bytes_, bytes = std::min(shard_bytes_, bytes_ - begin);
    const std::string lines = lines_of(begin + bytes * rank / ranks, begin + bytes * (rank + 1) / ranks);
    if (lines.empty()) return empty({0, 3}, kFloat64);
    const CsvTable table =
        parse_csv(header_ + "\n" + lines, path_.string() + " from byte " + std::to_string(begin),
                  {.dtype = kFloat64, .header = true, .columns = {"userId", "movieId", "rating"}});
    check(isfinite(table.values).all().item<bool>(), path_.string(), ": holds an infinite number");
    return table.values;
  }

  std::string lines_of(int64_t begin, int64_t end) const {
    std::ifstream file(path_, std::ios::binary);
    std::string text;
    begin = line_start(file, begin), end = line_start(file, end);
    text.resize(static_cast<size_t>(std::max<int64_t>(0, end - begin)));
    file.clear();
    file.seekg(begin);
    check(static_cast<bool>(file.read(text.data(), static_cast<std::streamsize>(text.size()))),
          "cannot read ", path_.string());
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
    const Tensor all = cat({ids, more.to(kInt64)}).contiguous();
    int64_t* const id = all.data_ptr<int64_t>();
    std::sort(id, id + all.numel());
    return all.slice(0, 0, std::unique(id, id + all.numel()) - id).clone();
  }

  static Tensor rows_of(const Tensor& ids, const Tensor& known) {
    const Tensor rows = ids.to(kInt64).contiguous();
    int64_t* const row = rows.data_ptr<int64_t>();
    const int64_t* const first = known.data_ptr<int64_t>();
    for (int64_t i = 0; i < rows.numel(); ++i)
      row[i] = std::lower_bound(first, first + known.numel(), row[i]) - first;
    return rows;
  }

  std::filesystem::path path_;
  int64_t shard_bytes_;
  uint64_t seed_;
  int64_t bytes_, ratings_ = 0;
  std::string header_;
  Tensor users_, movies_;  // the ids, ascending
};

/// A mean over ratings, gathered shard by shard.
struct RunningMean {
  double sum = 0;
  int64_t count = 0;

  void add(double mean, int64_t n) {
    if (n > 0) sum += mean * static_cast<double>(n);
    count += n;
  }
  double mean() const { return sum / static_cast<double>(count); }
};

/// Root mean squared errors of one pass.
struct ShardErrors {
  double train, validation, test;
};

/// One pass over all shards. Each shard is measured after the steps on its training ratings; without an optimiser
/// there are no steps.
inline ShardErrors pass_over_shards(Recommender& model, const RatingsInShards& file, double lambda,
                                    optim::Optimizer* optimizer) {
  RunningMean train, validation, test;
  for (int64_t shard : progress(file.count(), "shards")) {
    const Split parts = file.split_of(shard);
    const int64_t n = parts.train.size(), batch = std::max<int64_t>(16, n / 200);
    const Tensor order = randperm(n);
    for (int64_t start = 0; optimizer && start < n; start += batch) {
      Tensor loss = model.loss(parts.train.at(order.slice(0, start, std::min(start + batch, n))), lambda);
      optimizer->zero_grad();
      loss.backward();
      optimizer->step();
    }
    for (auto [mean, ratings] :
         {std::pair(&train, &parts.train), {&validation, &parts.validation}, {&test, &parts.test}})
      mean->add(ratings->size() ? std::pow(model.rmse(*ratings), 2) : 0, ratings->size());
  }
  return {std::sqrt(train.mean()), std::sqrt(validation.mean()), std::sqrt(test.mean())};
}

}  // namespace lab

#endif
