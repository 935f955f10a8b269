// says: c: does it have a .grad? no, and you say yes
// looks like: c requires grad, but it is no leaf: its gradient was passed on and not kept
#include "course.h"

std::vector<bool> is_leaf() { return {true, true, false, true, true, true, false, false}; }
std::vector<bool> has_grad() { return {true, false, true, false, false, true, true, true}; }
