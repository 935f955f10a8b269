// 9.2  A net for "either, or"                                                           30 minutes, chapter 9
//
// Of two inputs that are 0 or 1, say whether exactly one is 1. No straight line separates the two cases, so a net needs a
// hidden layer. Build one with at most 17 numbers in all, which learns it from most of its starts.
#include "course.h"

/// Two inputs, one output: above 0 it means yes. Its parameters are drawn when the layers are made.
nn::Sequential xor_net() {  // your part
  return nn::Sequential(nn::Linear(2, 4), nn::Tanh(), nn::Linear(4, 1));
}
