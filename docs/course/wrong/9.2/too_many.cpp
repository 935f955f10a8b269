// says: your net has 65 numbers, and 17 are enough
// looks like: sixteen hidden units: it works, and it is not small
#include "course.h"

nn::Sequential xor_net() { return nn::Sequential(nn::Linear(2, 16), nn::Tanh(), nn::Linear(16, 1)); }
