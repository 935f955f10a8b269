// says: of twenty starts, fewer than 18 end with all four cases right
// looks like: two hidden units are enough in principle, but most starts do not find the way
#include "course.h"

nn::Sequential xor_net() { return nn::Sequential(nn::Linear(2, 2), nn::ReLU(), nn::Linear(2, 1)); }
