// The error of a recommender on the ratings that it learns from, and on others.

lab::LinePlot figure() {
  manual_seed(0);
  const lab::Ratings all = lab::made_up_ratings(100, 50);
  const lab::Split ratings = lab::split(all);
  lab::Recommender model(100, 50, /*rank=*/8, ratings.train.stars.mean().item<double>());
  const lab::TrainingErrors errors = lab::train_recommender(model, ratings, /*lambda=*/0, 0.01, 100);
  return {"The best epoch is not the last",
          "epoch",
          "root mean squared error, in stars",
          {{"training", {}, errors.train}, {"validation", {}, errors.validation}}};
}
