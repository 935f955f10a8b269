// The embeddings lab on files in MovieLens's format.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gradus.h"

namespace fs = std::filesystem;

namespace {

class EmbeddingsOnMovieLens : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("gradus_embeddings_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Writes ratings from 0.5 to 5 in steps of ½ for a random 60% of the pairs of user and movie. If
  /// `predictable`, a rating depends on two traits of the user and of the movie, otherwise it is random. The
  /// ids have gaps, are not in order and do not fit into 32 bits. The lab does not use the timestamps.
  void write_ratings(bool predictable) const {
    gradus::manual_seed(7);
    const int64_t users = 50, movies = 30;
    const gradus::Tensor likes = predictable ? gradus::randn({users, 2}).mm(gradus::randn({2, movies}))
                                             : gradus::randn({users, movies});
    const gradus::Tensor stars = ((3 + likes) * 2).round().clamp(1, 10) / 2,
                         coin = gradus::rand({users, movies});
    std::ofstream file(folder_ / "ratings.csv");
    file << "userId,movieId,rating,timestamp\n";
    for (int64_t movie = movies - 1; movie >= 0; --movie)
      for (int64_t user = 0; user < users; ++user)
        if (coin[user][movie].item<float>() < 0.6f)
          file << 7 + 13 * user << ',' << 9'000'000'000'000 + movie * movie << ','
               << stars[user][movie].item<float>() << ",964982703\n";
  }

  /// Runs the lab and returns its results; its exit status is in `status`.
  nlohmann::json run(const std::string& flags, int& status) const {
    const std::string json = (folder_ / "results.json").string();
    const std::string command = "'" GRADUS_LABS_FOLDER "/embeddings' --part ratings --quiet --data '" +
                                (folder_ / "ratings.csv").string() + "' --json '" + json + "' " + flags +
                                " >/dev/null";
    const int raw = std::system(command.c_str());
    status = WIFEXITED(raw) ? WEXITSTATUS(raw) : -1;
    return nlohmann::json::parse(std::ifstream(json))["results"];
  }

  fs::path folder_;
};

TEST_F(EmbeddingsOnMovieLens, AreFarBetterThanTheMeanOnPredictableRatings) {
  write_ratings(true);
  // With more than two dimensions, the lab uses an svd for its figures.
  for (const std::string flags : {"--check", "--check --rank 4 --dtype float64 --seed 3"}) {
    SCOPED_TRACE(flags);
    int status = -1;
    const nlohmann::json results = run(flags, status);
    EXPECT_EQ(status, 0);
    EXPECT_LT(results["ratings.rmse"].get<double>(), 0.75 * results["ratings.mean_rmse"].get<double>());
  }
}

TEST_F(EmbeddingsOnMovieLens, StayNearTheMeanOnRandomRatings) {
  write_ratings(false);
  int status = -1;
  const nlohmann::json results = run("", status);
  EXPECT_EQ(status, 0);
  EXPECT_NEAR(results["ratings.rmse"].get<double>() / results["ratings.mean_rmse"].get<double>(), 1, 0.05);
}

}  // namespace
