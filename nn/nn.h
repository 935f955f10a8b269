// All of gradus::nn.
#pragma once

#include "nn/containers.h"
#include "nn/data.h"
#include "nn/free_functions.h"
#include "nn/functional.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/module.h"
#include "nn/serialize.h"
#include "nn/utils.h"
