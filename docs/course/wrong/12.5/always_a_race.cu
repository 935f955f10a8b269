// says: without the second barrier and with k = 16 it ends with "right", and you say "race"
// looks like: with k = 16 the loop has one round, and no next tile can overwrite this one
#include "kernel.h"

std::vector<std::string> endings() { return {"right", "unwritten", "race", "race", "deadlock"}; }
