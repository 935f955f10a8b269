// All of gradus::optim.
#pragma once

#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/lbfgs.h"
#include "optim/optimizer.h"
#include "optim/rmsprop.h"
#include "optim/schedulers.h"
#include "optim/schedules.h"
#include "optim/serialize.h"
#include "optim/sgd.h"
