// 10.2  Leaf or not                                                                     15 minutes, chapter 10
//
//     const Tensor a = tensor({1., 2.}, requires_grad());      // 1
//     const Tensor b = tensor({3., 4.});                       // 2
//     const Tensor c = a * b;                                  // 3
//     const Tensor d = b * 2;                                  // 4
//     const Tensor e = c.detach();                             // 5
//     const Tensor f = (a * 3).detach().requires_grad_();      // 6
//     const Tensor g = c + d;                                  // 7
//     g.retain_grad();
//     Tensor h = zeros({2});                                   // 8
//     h.add_(a);
//     (c * e + f * g + h).sum().backward();
//
// For each of the eight: is it a leaf at the end? Is its .grad defined? Say it before you run the check.
#include "course.h"

/// Eight answers each.
std::vector<bool> is_leaf() {  // your part
  return {
      true,   // a
      true,   // b
      false,  // c: mul made it
      true,   // d: nothing that it was made from requires grad, so nothing was recorded
      true,   // e
      true,   // f: it begins anew, with a gradient of its own
      false,  // g
      false,  // h: it was a leaf until add_ gave it a place on the tape
  };
}

std::vector<bool> has_grad() {  // your part
  return {
      true,   // a
      false,  // b does not require grad
      false,  // c: gradients inside the graph are passed on, and dropped
      false,  // d
      false,  // e
      true,   // f
      true,   // g: retain_grad
      false,  // h
  };
}
