// says: of twenty starts none gets all four cases right; the best gets 3
// looks like: a single layer, which is one straight line: it gets three cases of four at best
#include "course.h"

nn::Sequential xor_net() { return nn::Sequential(nn::Linear(2, 1)); }
