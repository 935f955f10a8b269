// says: e: is it a leaf? yes, and you say no
// looks like: detach() has the same memory but no place on the tape, so its result is a leaf
#include "course.h"

std::vector<bool> is_leaf() { return {true, true, false, true, false, false, false, false}; }
std::vector<bool> has_grad() { return {true, false, false, false, false, false, true, false}; }
