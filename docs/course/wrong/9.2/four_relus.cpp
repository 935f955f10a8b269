// says: of twenty starts, fewer than 18 end with all four cases right
// looks like: ReLU between the layers: a unit that is negative in all four cases has the slope 0 and stays so
#include "course.h"

nn::Sequential xor_net() { return nn::Sequential(nn::Linear(2, 4), nn::ReLU(), nn::Linear(4, 1)); }
