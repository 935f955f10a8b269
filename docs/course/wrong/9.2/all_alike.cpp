// says: of twenty starts none gets all four cases right; the best gets 3
// looks like: all weights begin equal: then all hidden units are the same unit, and stay so
#include "course.h"

nn::Sequential xor_net() {
  nn::Sequential net(nn::Linear(2, 4), nn::Tanh(), nn::Linear(4, 1));
  const NoGradGuard no_grad;
  for (Tensor p : net->parameters()) p.fill_(0.5);
  return net;
}
