// 3.3  Ten million rows for nothing                                                     20 minutes, chapter 3
//
// x + row adds one row to every row of x. Gradus does not copy the row. It makes a view that has as many rows as x, all
// of them in the same place. Write the function that makes such a view.
#include "course.h"

/// `view` stretched to `shape`, over the same memory. The last dimensions of the two correspond. Each size of the view
/// is that of the shape, or it is 1 and is stretched. The shape may have more dimensions: these are added in front.
View stretched(const View& view, const std::vector<int64_t>& shape) {  // your part
  not_yet("3.3");
}
