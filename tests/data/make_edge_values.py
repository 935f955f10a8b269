"""Writes edge_values.json: PyTorch's values and two derivatives of every op at special inputs (tests/edge_cases.h).

    GRADUS_WRITE_EDGE_INPUTS=edges.json build/release/tests/edge_values_test --gtest_filter=*WritesInputs
    python3 tests/data/make_edge_values.py edges.json > tests/data/edge_values.json

Each case has three lists: the elements of the outputs, of the gradients, and of the gradients of the gradients. The
string "error" stands for what PyTorch refuses. The derivatives are those of sums with the weights sin 1, sin 2, ...
"""
import json
import sys
import warnings

import torch

from make_op_values import expression

warnings.simplefilter("ignore")
torch.set_num_threads(1)


def made(stored):
    values = torch.tensor([float(v) for v in stored["values"]], dtype=torch.float64).reshape(stored["sizes"])
    x = values.to(getattr(torch, stored["dtype"]))
    return x.requires_grad_(x.is_floating_point())


def numbers(tensors):
    """JSON has no NaN and no infinity, so these are strings. Six digits tell right from wrong."""
    result = []
    for x in tensors:
        for v in x.detach().to(torch.float64).flatten().tolist():
            text = f"{v:.6g}"
            if abs(float(text)) == torch.inf != abs(v):  # rounded up from the largest number
                text = repr(v)
            result.append(text if v != v or abs(v) == torch.inf else int(v) if v == int(v) and abs(v) < 1e6 and str(v) != "-0.0"
                          else float(text))
    return result


def gradients(outputs, leaves):
    floating = [y for y in outputs if y.is_floating_point()]
    weights, phase = [], 0
    for y in floating:
        phases = torch.arange(phase + 1, phase + 1 + y.numel(), dtype=torch.float64)
        weights.append(phases.sin().to(y.dtype).reshape(y.shape))
        phase += y.numel()
    found = torch.autograd.grad(floating, leaves, weights, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found)]


def orders(name, inputs):
    leaves = [x for x in inputs if x.requires_grad]
    result = []
    try:
        y = expression(name)(*inputs)
        outputs = [y] if isinstance(y, torch.Tensor) else list(y)
        result.append(numbers(outputs))
        first = gradients(outputs, leaves)
        result.append(numbers(first))
        first = [g if g.requires_grad else g + leaves[0].sum() * 0 for g in first]  # else PyTorch refuses
        result.append(numbers(gradients(first, leaves)))
    except (RuntimeError, IndexError, ValueError) as error:
        print(name, str(error).split("\n")[0], file=sys.stderr)
    return result + ["error"] * (3 - len(result))


lines = []
with open(sys.argv[1]) as file:
    for name, dtypes in sorted(json.load(file).items()):
        entry = {}
        for dtype, cases in dtypes.items():
            torch.set_default_dtype(getattr(torch, dtype))
            entry[dtype] = {case["label"]: orders(name, [made(x) for x in case["inputs"]]) for case in cases}
        lines.append(json.dumps(name) + ":" + json.dumps(entry, separators=(",", ":"), allow_nan=False))
print('{"source":"PyTorch ' + torch.__version__ + '",\n"ops":{\n' + ",\n".join(lines) + "\n}}")
