// says: if threads outside of C return it ends with "deadlock", and you say "right"
// looks like: who has returned cannot come to a barrier any more; threads outside of C are needed there
#include "kernel.h"

std::vector<std::string> endings() { return {"right", "unwritten", "race", "right", "right"}; }
