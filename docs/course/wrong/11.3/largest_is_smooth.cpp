// says: s₀ gives "number", and you say "derivative"
// looks like: the largest of two equal values is a maximum, and has a kink: the other one may overtake it
#include "course.h"

std::vector<std::string> answers() {
  return {"derivative", "derivative", "error", "derivative", "derivative", "derivative"};
}
