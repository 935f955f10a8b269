// says: (2, 3) and (3,): you say error, they make (2, 3)
// looks like: the shapes are compared from the left; begin with the last sizes
#include "course.h"

std::vector<std::string> shapes_of_sums() {
  return {"error", "(2, 3)", "(2, 3)", "(3, 4)", "(3, 3)", "error", "error", "(2, 3)"};
}
