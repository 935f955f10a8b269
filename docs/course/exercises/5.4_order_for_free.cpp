// 5.4  Which orders are safe?                                                           20 minutes, chapter 5
//
// The engine takes nodes by their numbers, largest first. Other orders work, too. Say of any order whether a walk in
// that order gives the right gradients, whatever the numbers on the tape are. Then explain to somebody why the largest
// number first is always safe, and why nobody had to sort anything.
#include "scalar.h"

#include "course.h"

/// `order` has every node of the tape once. Is no node taken before all nodes that have it as an input?
bool is_safe(const ScalarTape& tape, const std::vector<int>& order) {  // your part
  not_yet("5.4");
}
