// says: U Vᵀ gives "derivative", and you say "error"
// looks like: U alone depends on which vectors were chosen, but U Vᵀ does not: both turn together
#include "course.h"

std::vector<std::string> answers() {
  return {"derivative", "number", "error", "error", "error", "derivative"};
}
