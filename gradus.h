// Everything of Gradus in one include.
#pragma once

#include "autograd/autograd.h"
#include "autograd/function.h"
#include "autograd/gradcheck.h"
#include "autograd/ops/ops.h"
#include "autograd/tape.h"
#include "nn/nn.h"
#include "optim/optim.h"
#include "tensor/create.h"
#include "tensor/csv.h"
#include "tensor/indexing.h"
#include "tensor/npy.h"
#include "tensor/print.h"
#include "tensor/random.h"
#include "tensor/safetensors.h"
#include "tensor/serialize.h"
#include "tensor/tensor.h"
