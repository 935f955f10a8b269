"""The same measurements with PyTorch on the same card, as lines of JSON: python3 pytorch.py >pytorch.jsonl

The names are those of products.cpp, memory_bound.cpp and training.cpp. Without PyTorch, or without a GPU, it prints
why and ends with status 77.
"""
import json
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    sys.exit(77)
if not torch.cuda.is_available():
    sys.exit(77)

STOP_AFTER = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
BEGUN = time.perf_counter()
torch.backends.cuda.matmul.allow_tf32 = False
torch.set_grad_enabled(False)


def numbers(*sizes, dtype=torch.float32):
    count = 1
    for size in sizes:
        count *= size
    return torch.arange(count, dtype=dtype, device="cuda").mul_(12.9898).sin_().view(sizes)


def seconds_of(call):
    def batch(calls):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        torch.cuda.synchronize()
        return (time.perf_counter() - start) / calls

    call()
    torch.cuda.synchronize()
    calls, one = 1, batch(1)
    if one > 0.2:
        return one
    while one * calls < 0.005:
        calls *= 2
        one = batch(calls)
    return sorted(batch(calls) for _ in range(5))[2]


def measure(section, what, make):
    if time.perf_counter() - BEGUN > STOP_AFTER:
        return
    try:
        seconds = seconds_of(make())
    except torch.cuda.OutOfMemoryError:
        return
    row = {"section": section, "what": what, "way": "PyTorch", "seconds": seconds, "flops": 0, "bytes": 0, "of_limit": 0}
    print(json.dumps(row), flush=True)
    torch.cuda.empty_cache()


SIZES = [(10**e, f"1e{e}") for e in range(3, 9)]


def for_sizes(section, what, make):
    for n, text in SIZES:
        measure(section, f"{what}, {text}", lambda: make(n))


def unary(what, f, dtype=torch.float32):
    def make(n):
        x = numbers(n, dtype=dtype)
        return lambda: f(x)
    for_sizes("elementwise", what, make)


def matrix(section, what, f):
    def make(n):
        rows = int(n**0.5)
        columns = n // rows
        x, row, column = numbers(rows, columns), numbers(columns), numbers(rows, 1)
        return lambda: f(x, row, column)
    for_sizes(section, what, make)


def rows_of_1000(what, f):
    def make(n):
        x = numbers(n // 1000, 1000)
        y = torch.softmax(x, 1)
        target = torch.zeros(n // 1000, dtype=torch.int64, device="cuda")
        return lambda: f(x, y, target)
    for_sizes("rows of 1000", what, make)


def optimiser(what, make_optimiser):
    def make(n):
        parameter = numbers(n).requires_grad_(True)
        parameter.grad = 0.01 * numbers(n)
        return make_optimiser([parameter]).step
    for_sizes("optimisers", what, make)


def perceptron(batch, name, make_optimiser):
    def make():
        net = torch.nn.Sequential(torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 128), torch.nn.ReLU(),
                                  torch.nn.Linear(128, 10)).cuda()
        optimiser = make_optimiser(net.parameters())
        x, target = numbers(batch, 784), torch.randint(0, 10, (batch,)).cuda()

        @torch.enable_grad()
        def step():
            optimiser.zero_grad()
            F.cross_entropy(net(x), target).backward()
            optimiser.step()
        return step
    measure("training", f"784-256-128-10, batch of {batch}, {name}", make)


def launch(what, f):
    measure("launches", what, lambda: (lambda x, y: lambda: f(x, y))(numbers(4, 4), numbers(4, 4)))


for batch in (64, 1024):
    perceptron(batch, "SGD", lambda p: torch.optim.SGD(p, 1e-3))
    perceptron(batch, "Adam", lambda p: torch.optim.Adam(p, 1e-3))
launch("x.fill_(1)", lambda x, y: x.fill_(1))
launch("x + y", lambda x, y: x + y)
launch("mm(x, y)", torch.mm)
launch("sum", lambda x, y: x.sum())
launch("x.sum().item(), which waits", lambda x, y: x.sum().item())

rows_of_1000("softmax", lambda x, y, t: torch.softmax(x, 1))
rows_of_1000("softmax, gradient", lambda x, y, t: torch._softmax_backward_data(x, y, 1, torch.float32))
rows_of_1000("log_softmax", lambda x, y, t: torch.log_softmax(x, 1))
rows_of_1000("log_softmax, gradient", lambda x, y, t: torch._log_softmax_backward_data(x, y, 1, torch.float32))
rows_of_1000("cross_entropy", lambda x, y, t: F.cross_entropy(x, t, reduction="none"))
rows_of_1000("layer_norm", lambda x, y, t: F.layer_norm(x, (1000,)))

optimiser("SGD step", lambda p: torch.optim.SGD(p, 1e-6))
optimiser("SGD step with momentum", lambda p: torch.optim.SGD(p, 1e-6, momentum=0.9))
optimiser("Adam step", lambda p: torch.optim.Adam(p, 1e-6))

unary("clone", torch.clone)
unary("2 * x", lambda x: 2 * x)
unary("relu", torch.relu)
unary("exp", torch.exp)
unary("tanh", torch.tanh)
unary("exp, float64", torch.exp, torch.float64)
for_sizes("elementwise", "a + b", lambda n: (lambda a, b: lambda: a + b)(numbers(n), numbers(n)))
matrix("broadcasting", "matrix + row", lambda x, row, column: x + row)
matrix("broadcasting", "matrix * column", lambda x, row, column: x * column)
matrix("broadcasting", "transposed copy", lambda x, row, column: x.t().contiguous())
matrix("reductions", "sum()", lambda x, row, column: x.sum())
matrix("reductions", "sum of columns", lambda x, row, column: x.sum(0))
matrix("reductions", "sum of rows", lambda x, row, column: x.sum(1))
matrix("reductions", "max of rows", lambda x, row, column: x.amax(1))
matrix("reductions", "argmax of rows", lambda x, row, column: x.argmax(1))
matrix("reductions", "cumsum of rows", lambda x, row, column: x.cumsum(1))
for_sizes("sort", "sort", lambda n: (lambda x: x.sort)(numbers(n)))
