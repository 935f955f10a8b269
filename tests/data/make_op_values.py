"""Writes op_values.json: PyTorch's outputs and gradients for every entry in the list of ops (tests/op_list).

The tests that read the file do not need PyTorch. Write it anew if an entry is new or has other inputs or another call:

    GRADUS_WRITE_OP_INPUTS=inputs.json build/release/tests/pytorch_values_test --gtest_filter=*WritesInputs
    python3 tests/data/make_op_values.py inputs.json > tests/data/op_values.json

The gradients are those of the sum of w y by each floating-point input; zeros for an input that no output depends on. The
sum is over the elements y of all floating-point outputs, with the weights w = sin 1, sin 2, ...
"""
import json
import sys
import warnings

import torch
import torch.nn.functional as F

warnings.simplefilter("ignore")  # torch.norm, torch.svd and others have newer names
inf, linalg, eye = torch.inf, torch.linalg, torch.eye


def svd(u, s, v):
    """The signs of a pair of singular vectors are arbitrary. Here, as in the entries, U's first row is positive."""
    k = s.shape[-1]
    u, v = u[..., :k], v[..., :k]
    signs = u[..., :1, :].sign().detach()
    return u * signs, s, v * signs


def qr(q, r):
    """The signs of a column of Q and a row of R are arbitrary. Here R's diagonal is positive."""
    signs = r.diagonal(0, -2, -1).sign().detach()
    return q * signs.unsqueeze(-2), r * signs.unsqueeze(-1)


def gram(a):
    return a.mT @ a + eye(a.shape[-1])


def eigh(w, v):
    """The signs of eigenvectors are arbitrary. Here V's first row is positive."""
    return w, v * v[..., :1, :].sign().detach()


def then(y, *writes):
    """Calls each function of `writes` on y, which they change in place, and returns y."""
    for write in writes:
        write(y)
    return y


# The call of each entry in PyTorch. The key is the entry's name, or a part of the name up to some dot ("svd" is also for
# svd.tall). An entry without a key calls the function of the same name in torch, torch.linalg (linalg_...),
# torch.nn.functional or Tensor. If its name ends in an underscore, it calls that method on a clone of the first input.
EXPRESSIONS = {
    "clamp": lambda a: a.clamp(-1, 1.5),
    "clamp.below_only": lambda a: a.clamp(0.5),
    "clamp_min": lambda a: a.clamp_min(0),
    "clamp_max": lambda a: a.clamp_max(1),
    "leaky_relu": lambda a: F.leaky_relu(a, 0.2),
    "elu": lambda a: torch.ops.aten.elu(a, 1.5, 0.7, 0.9),  # F.elu has no scales
    "celu": lambda a: F.celu(a, 2),
    "softplus": lambda a: F.softplus(a, 2),
    "log_sigmoid": F.logsigmoid,
    "gelu.tanh": lambda a: F.gelu(a, approximate="tanh"),
    "hardtanh": lambda a: F.hardtanh(a, -0.5, 1),
    "threshold": lambda a: F.threshold(a, 0.5, -20),
    "hardshrink": lambda a: F.hardshrink(a, 1),
    "softshrink": lambda a: F.softshrink(a, 0.5),
    # arithmetic
    "add.alpha": lambda a, b: torch.add(a, b, alpha=-2.5),
    "add.number": lambda a: 1.5 + a,
    "add.number_alpha": lambda a: torch.add(a, 1.5, alpha=2),
    "sub.alpha": lambda a, b: torch.sub(a, b, alpha=3),
    "sub.number": lambda a: a - 0.5,
    "sub.from_number": lambda a: 2 - a,
    "mul.by_itself": lambda a: a * a,
    "mul.number": lambda a: -3 * a,
    "div.number": lambda a: a / 4,
    "div.of_number": lambda a: 2 / a,
    "remainder.number": lambda a: a % -1.5,
    "remainder.of_number": lambda a: torch.tensor(5.0) % a,  # PyTorch has no gradient of 5.0 % a
    "lerp": lambda a, b: torch.lerp(a, b, 0.3),
    "lerp.tensor_weight": torch.lerp,
    "pow.of_number": lambda a: 2.5 ** a,
    "pow.negative_base": lambda a: a ** 3,
    "pow.of_zero": lambda a: a ** 3,
    **{f"pow.to_the_{name}": lambda a, n=n: a ** n
       for name, n in {"minus_1.5": -1.5, "minus_1": -1, "0": 0, "0.5": 0.5, "1": 1, "2": 2, "2.5": 2.5}.items()},
    "where.else_number": lambda c, a: torch.where(c, a, -1.5),
    "where.then_number": lambda c, b: torch.where(c, 2, b),
    "where.method": lambda c, a, b: a.where(c, b) + a.where(c, 3),
    "where.uint8_condition": lambda c, a, b: torch.where(c.to(torch.uint8), a, b),
    "clamp.between_tensors": lambda a, b: a.clamp(b - 0.6, b + 0.6),
    "tril": lambda a: a.tril(1),
    "triu": lambda a: a.triu(-1),
    "masked_fill": lambda a, c: a.masked_fill(c, 7),
    "masked_fill.broadcast": lambda a, c: a.masked_fill(c, 0.5),
    "masked_fill.tensor_value": torch.masked_fill,
    # products
    "mm.with_its_transpose": lambda a: a.mm(a.t()),
    "addmm.method": lambda c, a, b: torch.addmm(c, a, b, beta=3),
    "addmm.scaled": lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=-2),
    # reductions, and functions along a dimension
    "sum_of_squares": lambda a: a.square().sum(),
    "sum.dims": lambda a: a.sum((0, -1)),
    "sum.keepdim": lambda a: a.sum(1, True),
    "sum.converted": lambda a: a.sum(0, dtype=a.dtype) + a.sum(dtype=a.dtype),
    "sum_to_size": lambda a: a.sum_to_size(3, 1),
    "mean.dims": lambda a: a.mean((1, 2)),
    "var.biased": lambda a: a.var(unbiased=False),
    "var.dims": lambda a: a.var(0, True, True),
    "std.dims": lambda a: a.std(1),
    "prod.dim": lambda a: a.prod(1),
    "prod.keepdim": lambda a: a.prod(-1, True),
    "prod.with_zeros": lambda a: a.prod(1),
    "logsumexp": lambda a: a.logsumexp(1),
    "logsumexp.keepdim": lambda a: a.logsumexp((0, 2), True),
    **{f"norm.p{p}": lambda a, p=p: torch.norm(a, p) for p in [1, 1.5, 2, 3, inf]},
    **{f"norm.p{p}_of_columns": lambda a, p=p: torch.norm(a, p, 0, keepdim=p > 2) for p in [1, 1.5, 2, 3, inf]},
    "max.dim": lambda a: a.max(1),
    "max.keepdim": lambda a: a.max(0, True),
    "min.dim": lambda a: a.min(0),
    "amax.dims": lambda a: a.amax((0, 2)),
    "amin": lambda a: a.amin(1, True),
    **{f"{name}.dim{dim}": lambda a, f=getattr(torch, name), dim=dim: f(a, dim)
       for name in ["cumsum", "softmax", "log_softmax"] for dim in range(3)},
    "cross_entropy_rows": lambda a, target: F.cross_entropy(a, target, reduction="none"),
    "layer_norm_rows": lambda a: F.layer_norm(a, a.shape[-1:], eps=0.1),
    # views, copies and joins
    "transpose": lambda a: a.transpose(0, -1),
    "permute": lambda a: a.permute(2, 0, 1),
    "reshape": lambda a: a.reshape(2, -1),
    "view": lambda a: a.view(4, 3),
    "view.split_dimension": lambda a: a.view(3, 2, 1, 2),
    "flatten": lambda a: a.flatten(1),
    "unsqueeze": lambda a: a.unsqueeze(-2),
    "squeeze.dim": lambda a: a.squeeze(2),
    "expand": lambda a: a.expand(2, -1, 4),
    "select": lambda a: a.select(1, -2),
    "operator[]": lambda a: a[1][2] * a[2],
    "slice": lambda a: a[1:-1],
    "slice.step": lambda a: a[:, 1:7:3],
    "narrow": lambda a: a.narrow(1, 2, 2),
    "chunk": lambda a: a.chunk(2),
    "split": lambda a: a.split(3),
    "unbind": lambda a: a.unbind(1),
    "diagonal.above": lambda a: a.diagonal(2),
    "diagonal.below_in_batch": lambda a: a.diagonal(-1, -1, 0),
    "contiguous": lambda a: a.t().contiguous(),
    "to": lambda a: a.to(torch.float32).to(a.dtype),
    "cpu": lambda a: a.cpu(),
    "cat": lambda *parts: torch.cat(parts),
    "cat.last": lambda a, b: torch.cat([a, b, a], -1),
    "stack": lambda *parts: torch.stack(parts),
    "stack.last": lambda *parts: torch.stack(parts, -1),
    # indexing and sorting
    "index.integer": lambda a: a[-1],
    "index.slices": lambda a: a[1::2, :-2],
    "index.ellipsis": lambda a: a[..., 1] + a[..., 2:3].squeeze(-1),
    "index.none": lambda a: a[:, None, 2],
    "index.true": lambda a: a[True],
    "index.tensor": lambda a, i: a[i],
    "index.two_tensors": lambda a, i, j: a[i, j],
    "index.slice_and_tensor": lambda a, i: a[:, i],
    "index.tensors_apart": lambda a, i, j: a[i, 1:4, j],
    "index.integer_and_tensor": lambda a, i: a[1, :, i],
    "index.mask": lambda a, c: a[c],
    "index.mask_of_rows": lambda a, c: a[c, 1],
    "index.int32": lambda a, i: a[:, i],
    "index_select": lambda a, i: a.index_select(1, i),
    "gather": lambda a, i: a.gather(0, i),
    "gather.last": lambda a, i: a.gather(-1, i),
    "embedding": lambda table, i: F.embedding(i, table),
    "scatter_add": lambda a, i, b: a.scatter_add(1, i, b),
    "scatter_add.index_smaller_than_source":  # with a larger source, PyTorch has no gradient
        lambda a, i, b: a.scatter_add(1, i, b[:2, :3]),
    "scatter_add_": lambda a, i, b: a.clone().scatter_add_(1, i, b),
    "index_add": lambda a, i, b: a.index_add(0, i, b),
    "index_add.scaled_columns": lambda a, i, b: a.index_add(1, i, b, alpha=-1.5),
    "index_add_": lambda a, i, b: a.clone().index_add_(0, i, b, alpha=2),
    "index_put": lambda a, i, b: a.index_put((i,), b),
    "index_put_": lambda a, i, b: a.clone().index_put_((i,), b),
    "index_put_.accumulate": lambda a, i, b: a.clone().index_put_((i,), b, True),
    "index_put_.accumulate_in_slices":
        lambda a, i, b: then(a.clone(), lambda y: y.t().index_put_((i,), b.t(), True)),
    "index_put_.mask_number": lambda a, c: then(a.clone(), lambda y: y.__setitem__(c, 5)),
    "index_put_.slice_and_tensor":
        lambda a, i, b: then(a.clone(), lambda y: y.__setitem__((i, slice(1, 2)), b.unsqueeze(1))).square(),
    "sort.descending": lambda a: a.sort(0, True),
    "topk": lambda a: a.topk(2),
    "topk.smallest": lambda a: a.topk(3, 0, False),
    # in place
    "add_.alpha": lambda a, b: a.clone().add_(b, alpha=-0.5),
    "add_.number": lambda a: a.clone().add_(2, alpha=1.5),
    "add_.operator": lambda a, b: (a * 2).add_(b).add_(1),
    "sub_.number": lambda a: a.clone().sub_(2, alpha=0.5),
    "mul_.by_itself": lambda a: (a * 3).square(),  # in PyTorch y.mul_(y) is an error: it overwrites a saved tensor
    "mul_.number": lambda a: a.clone().mul_(-3),
    "mul_.into_constant": lambda a: torch.full_like(a.detach(), 2.5).mul_(a),
    "mul_.through_row": lambda a, b: then(a * 2, lambda y: y[1].mul_(b)),
    "mul_.seen_by_others":
        lambda a: then(a * 1, lambda y: y[:, 0:4:2].mul_(y[:, 1:4:2].clone())).t()[1:].square(),
    "div_.number": lambda a: a.clone().div_(-4),
    "clamp_": lambda a: a.clone().clamp_(-1, 1),
    "clamp_min_": lambda a: a.clone().clamp_min_(0.5),
    "clamp_max_": lambda a: a.clone().clamp_max_(0.5),
    "pow_.number": lambda a: a.clone().pow_(3),
    "fill_": lambda a, b: a.clone().fill_(2) * b + a,
    "zero_": lambda a, b: a.clone().zero_() + b,
    "copy_": lambda a, b: a.clone().copy_(b) * 2,
    "copy_.through_views_of_views":
        lambda a, b: then(a.clone(), lambda y: y.t()[1:4:2].select(1, 2).copy_(b * b)) * a,
    "masked_fill_": lambda a, c, b: a.clone().masked_fill_(c, b).masked_fill_(c, 0) + a,
    # composed of other ops
    "nan_to_num": lambda a: a.log().nan_to_num(0.5),
    "addcmul": lambda x, a, b: x.addcmul(a, b, value=0.5),
    "addcdiv": lambda x, a, b: x.addcdiv(a, b, value=-2),
    "std_mean": lambda a: torch.std_mean(a, 1, True, True),
    "median.dim": lambda a: a.median(1),
    "median.keepdim": lambda a: a.median(-1, True),
    "cumprod": lambda a: a.cumprod(1),
    "cumprod.first": lambda a: a.cumprod(0),
    "flip": lambda a: a.flip(0, -1),
    "flip.rows": lambda a: a.flip(0),
    "roll": lambda a: a.roll(-5),
    "roll.dims": lambda a: a.roll((1, -5), (0, 1)),
    "tile": lambda a: a.tile(2, 1, 3),
    "split_with_sizes": lambda a: a.split((1, 0, 4)),
    "split_with_sizes.last": lambda a: a.split((2, 3), -1),
    "hstack": lambda *a: torch.hstack(a),
    "vstack": lambda *a: torch.vstack(a),
    "baddbmm.scaled": lambda c, a, b: torch.baddbmm(c, a, b, beta=0.5, alpha=-2),
    "einsum": lambda a, b: torch.einsum("bij,bjk->kbi", a, b),
    "einsum.dots": lambda a, b, c: torch.einsum("...i,ij,...j", a, b, c),
    "einsum.diagonal": lambda a: torch.einsum("iji->ji", a),
    "einsum.outer": lambda a, b: torch.einsum("ki,j->ij", a, b),
    # matrix functions
    "det":  # these matrices are singular, where torch.det's gradient is zero; the triple product has the right one
        lambda a: (linalg.cross(a[..., 0, :], a[..., 1, :]) * a[..., 2, :]).sum(-1),
    "diag.below": lambda a: a.diag(-1),
    "diag.of_matrix": lambda a: a.diag(1),
    "svd": lambda a: svd(*torch.svd(a)),
    "linalg_svd": lambda a: (lambda u, s, vh: svd(u, s, vh.mT))(*linalg.svd(a)),
    "linalg_qr": lambda a: qr(*linalg.qr(a)),
    "linalg_qr.r": lambda a: linalg.qr(a).R.square(),  # PyTorch has no gradient of mode "r"
    "qr": lambda a: qr(*linalg.qr(a)),
    "linalg_eigh": lambda a: eigh(*linalg.eigh(gram(a), "L")),
    "linalg_eigh.upper": lambda a: eigh(*linalg.eigh(gram(a), "U")),
    "linalg_eigvalsh": lambda a: linalg.eigvalsh(gram(a)),
    "linalg_cholesky": lambda a: linalg.cholesky(gram(a)),
    "cholesky.upper": lambda a: linalg.cholesky(gram(a), upper=True),
    "linalg_slogdet": lambda a: linalg.slogdet(a)[1],
    "slogdet": lambda a: torch.slogdet(-a)[1],
    "linalg_solve.from_the_right": lambda a, b: linalg.solve(a, b, left=False),
    "linalg_solve_triangular": lambda a, b: linalg.solve_triangular(a, b, upper=False),
    "linalg_solve_triangular.unit_upper_from_the_right":
        lambda a, b: linalg.solve_triangular(a, b, upper=True, left=False, unitriangular=True),
    "linalg_matrix_norm.fro": linalg.matrix_norm,
    "linalg_matrix_norm.nuc": lambda a: linalg.matrix_norm(a, "nuc"),
    "linalg_matrix_norm.2": lambda a: linalg.matrix_norm(a, 2),
    "linalg_matrix_norm.smallest_2": lambda a: linalg.matrix_norm(a, -2),
    "linalg_matrix_norm.1": lambda a: linalg.matrix_norm(a, 1),
    "linalg_matrix_norm.inf": lambda a: linalg.matrix_norm(a, inf),
    "linalg_matrix_norm.smallest_inf": lambda a: linalg.matrix_norm(a, -inf),
    "linalg_norm.nuc": lambda a: linalg.norm(a, "nuc"),
    "linalg_vector_norm": lambda a: linalg.vector_norm(a, 3, 0),
}
used = set()


def expression(name):
    known = name
    while known not in EXPRESSIONS and "." in known:
        known = known.rpartition(".")[0]
    if known in EXPRESSIONS:
        used.add(known)
        return EXPRESSIONS[known]
    if known.endswith("_"):
        return lambda a, *others: getattr(a.clone(), known)(*others)
    if known.startswith("linalg_"):
        return getattr(linalg, known[len("linalg_"):])
    return next(getattr(home, known) for home in (torch, F, torch.Tensor) if hasattr(home, known))


def numbers(x):
    """The elements as JSON numbers: integers without a point, others with the fewest digits that give the same double."""
    return [int(v) if v == int(v) else v for v in x.detach().to(torch.float64).flatten().tolist()]


def described(x):
    return {"dtype": str(x.dtype)[len("torch."):], "sizes": list(x.shape), "values": numbers(x)}


def made(stored):
    x = torch.tensor(stored["values"], dtype=torch.float64).reshape(stored["sizes"])
    x = x.to(getattr(torch, stored["dtype"]))
    return x.requires_grad_(x.is_floating_point())


def gradients(outputs, inputs):
    floating = [y for y in outputs if y.is_floating_point()]
    weights, phase = [], 0
    for y in floating:
        weights.append(torch.arange(phase + 1, phase + 1 + y.numel()).to(y.dtype).sin().reshape(y.shape))
        phase += y.numel()
    leaves = [x for x in inputs if x.requires_grad]
    found = torch.autograd.grad(floating, leaves, weights, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found)]


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    lines = []
    with open(sys.argv[1]) as file:
        for name, stored in sorted(json.load(file).items()):
            inputs = [made(x) for x in stored]
            y = expression(name)(*inputs)
            outputs = [y] if isinstance(y, torch.Tensor) else list(y)
            entry = {"inputs": [described(x) for x in inputs], "outputs": [described(y) for y in outputs],
                     "gradients": [numbers(g) for g in gradients(outputs, inputs)]}
            lines.append(json.dumps(name) + ":" + json.dumps(entry, separators=(",", ":"), allow_nan=False))
    unused = EXPRESSIONS.keys() - used
    assert not unused, f"the list of ops has no entry for {sorted(unused)}"
    print('{"source":"PyTorch ' + torch.__version__ + '",\n"ops":{\n' + ",\n".join(lines) + "\n}}")
