// says: (3, 1) and (3,): you say (3, 1), they make (3, 3)
// looks like: (3,) taken for a column; a shape of one dimension is a row
#include "course.h"

std::vector<std::string> shapes_of_sums() {
  return {"(2, 3)", "error", "(2, 3)", "(3, 4)", "(3, 1)", "(5, 2, 3)", "error", "(2, 3)"};
}
