// says: without the first barrier it ends with "unwritten", and you say "race"
// looks like: without the first barrier the first thread runs ahead: what it reads is not there yet at all
#include "kernel.h"

std::vector<std::string> endings() { return {"right", "race", "race", "right", "deadlock"}; }
