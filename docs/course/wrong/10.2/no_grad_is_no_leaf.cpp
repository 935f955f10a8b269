// says: b: is it a leaf? yes, and you say no
// looks like: a leaf is what no recorded op has made, whether it requires grad or not
#include "course.h"

std::vector<bool> is_leaf() { return {true, false, false, false, false, true, false, false}; }
std::vector<bool> has_grad() { return {true, false, false, false, false, true, true, false}; }
