// All of gradus::nn: first what most networks need, then the rest by folder.
#pragma once

#include "nn/data/loader.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/losses.h"
#include "nn/module.h"
#include "nn/sequential.h"

#include "nn/activations/activations.h"
#include "nn/containers/modules.h"
#include "nn/containers/parameters.h"
#include "nn/data/tensors.h"
#include "nn/data/transforms.h"
#include "nn/layers/normalisation.h"
#include "nn/layers/without_parameters.h"
#include "nn/losses/classes.h"
#include "nn/losses/distances.h"
#include "nn/losses/pairs.h"
#include "nn/losses/probabilities.h"
#include "nn/tools/initialisers.h"
#include "nn/tools/serialize.h"
#include "nn/tools/utils.h"
