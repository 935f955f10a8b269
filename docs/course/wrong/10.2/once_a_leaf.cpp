// says: h: is it a leaf? no, and you say yes
// looks like: zeros made h as a leaf, but add_ with a has given it a place on the tape
#include "course.h"

std::vector<bool> is_leaf() { return {true, true, false, true, true, true, false, true}; }
std::vector<bool> has_grad() { return {true, false, false, false, false, true, true, false}; }
