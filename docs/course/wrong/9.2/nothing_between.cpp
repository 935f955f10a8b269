// says: of twenty starts none gets all four cases right; the best gets 3
// looks like: two layers with nothing between them are one layer
#include "course.h"

nn::Sequential xor_net() { return nn::Sequential(nn::Linear(2, 4), nn::Linear(4, 1)); }
