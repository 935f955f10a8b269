// All of gradus::optim: first what most training loops need, then the rest by folder.
#pragma once

#include "optim/adam.h"
#include "optim/optimizer.h"
#include "optim/sgd.h"

#include "optim/others/adagrad.h"
#include "optim/others/adamw.h"
#include "optim/others/lbfgs.h"
#include "optim/others/rmsprop.h"
#include "optim/schedules/functions.h"
#include "optim/schedules/schedulers.h"
#include "optim/tools/serialize.h"
