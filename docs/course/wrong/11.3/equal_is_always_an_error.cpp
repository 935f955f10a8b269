// says: Σ sᵢ gives "derivative", and you say "error"
// looks like: the sum does not ask which of the equal values is which: swap them, and it is the same
#include "course.h"

std::vector<std::string> answers() { return {"error", "error", "error", "error", "error", "derivative"}; }
