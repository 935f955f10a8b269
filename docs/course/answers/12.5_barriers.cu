// 12.5  Take a barrier away                                                             15 minutes, chapter 12
//
// v2 of the product, `tiles`, has two barriers in its loop: the first after the tiles are filled, the second after they
// have been multiplied. The tiles are 16 × 16. Here are five changes to it. Say what each run ends with:
//
//     "right"       the product is right, and there is no complaint
//     "unwritten"   a thread reads shared memory that nobody has written
//     "race"        two threads use the same memory, one of them writes, and no barrier orders them
//     "deadlock"    threads wait at a barrier, and others will never come
#include "kernel.h"

std::vector<std::string> endings() {  // your part
  return {
      "right",      // 1. no change, A (10, 40), B (40, 10)
      "unwritten",  // 2. without the first barrier, A (10, 40), B (40, 10)
      "race",       // 3. without the second barrier, A (10, 40), B (40, 10)
      "right",      // 4. without the second barrier, A (10, 16), B (16, 10)
      "deadlock",   // 5. both barriers, but threads outside of C return at the very beginning
  };
}
