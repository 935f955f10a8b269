// says: (3, 1) and (1, 4): you say error, they make (3, 4)
// looks like: one of the two is stretched to the other; both may be stretched
#include "course.h"

std::vector<std::string> shapes_of_sums() {
  return {"(2, 3)", "error", "(2, 3)", "error", "error", "error", "error", "(2, 3)"};
}
