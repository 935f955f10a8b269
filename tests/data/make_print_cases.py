"""Writes print_cases.json: tensors, print options, and the text that PyTorch prints for them.

This script needs PyTorch; the tests do not: python3 make_print_cases.py > print_cases.json
Gradus prints "float64" where PyTorch prints "torch.float64". Since this changes line breaks, too, the script changes
PyTorch's printing code before it calls it.
"""
import inspect
import json
import math

import torch
import torch._tensor_str as torch_printing

source = inspect.getsource(torch_printing)
exec(compile(source.replace("str(self.dtype)", "str(self.dtype)[len('torch.'):]"), "printing", "exec"),
     torch_printing.__dict__)
inf, nan, f32, f64 = math.inf, math.nan, torch.float32, torch.float64
cases = []


def number(value):
    """JSON has no names for NaN and infinities."""
    return value if isinstance(value, int) or math.isfinite(value) else str(value)


def case(name, x, default_dtype=f32, transpose=False, **options):
    """Adds a case that prints `x`, or its transposed view, which is not contiguous."""
    torch.set_default_dtype(default_dtype)
    torch_printing.set_printoptions(profile="default")
    torch_printing.set_printoptions(**options)
    shown = x.t() if transpose else x
    cases.append({
        "name": name,
        "dtype": str(x.dtype)[len("torch."):],
        "sizes": list(x.shape),
        "values": [number(v) for v in x.detach().reshape(-1).tolist()],
        "requires_grad": x.requires_grad,
        "transpose": transpose,
        "default_dtype": str(default_dtype)[len("torch."):],
        "options": options,
        "text": torch_printing._str(shown.detach().requires_grad_(x.requires_grad)),
    })
    torch.set_default_dtype(f32)


def t(*args, **kwargs):
    return torch.tensor(*args, **kwargs)


def coarse(*sizes):
    """Normal numbers rounded to multiples of 1/64. Their few digits keep the file short."""
    return (torch.randn(*sizes) * 64).round() / 64


torch.manual_seed(5)

# No dimensions.
for value in [0.122, 0.0, -0.0, 1.0, -1.0, 2.5, nan, inf, -inf, 3, -7, True, False, 1e-4, 0.0001001, 0.00009, 1e8,
              1e8 + 8, 123456789.5, 99999.5, 1e38, 1e-45, 1e-38, 0.99995, 0.00005, 12345678]:
    case(f"scalar {value}", t(value))
case("scalar float64", t(0.1, dtype=f64))
case("scalar float64, the default", t(0.1, dtype=f64), default_dtype=f64)
case("scalar float32, not the default", t(0.1), default_dtype=f64)
case("scalar that requires grad", t(2.0, requires_grad=True))
case("scalar of 17 digits", t(0.1, dtype=f64), precision=17)

# Vectors.
case("whole floats", t([1.0, -2.0, 30.0]))
case("whole floats and zero", t([0.0, 5.0]))
case("whole floats, far apart", t([1.0, 2000.0]))
case("whole floats, just near enough", t([1.0, 1000.0]))
case("whole floats, large", t([1e9, 2e9]))
case("whole floats with nan", t([nan, 5.0, -inf]))
case("negative zero", t([-0.0, 1.5]))
case("nan", t([nan, nan]))
case("nan with a sign", torch.copysign(t([nan, nan]), t([-1.0, 1.0])))
case("nan and infinities", t([nan, inf, -inf, 0.5]))
case("infinity, wider than the numbers", t([-inf, 1.0]))
case("fractions", t([0.25, -1.75, 100.125]))
case("fractions, far apart", t([0.5, 501.0]))
case("fractions, just near enough", t([0.5, 500.0]))
case("small fractions", t([1e-5, 2e-5]))
case("exactly 1e-4 in float64", t([1e-4, 2e-4], dtype=f64))
case("scientific with nan and zero", t([1e-10, nan, 0.0, inf, -1.0]))
case("exponents of three digits", t([1e-300, 1e300], dtype=f64))
case("integers", t([1, -200, 30]))
case("integers, extreme", t([-2**63, 2**63 - 1]))
case("bools", t([True, False]))
case("halves round to even", t([0.5, 1.5, 2.5, 0.125]), precision=0)
case("ties in binary", t([0.00005, 0.12345, 0.99995]))
case("wrapped", torch.randn(23))
case("wrapped, full lines", torch.randn(30).abs())
case("wrapped integers", torch.arange(100))
case("wrapped bools", torch.rand(40) > 0.5)
case("wrapped scientific", torch.randn(14) * 1e-6)
case("requires grad, fits", torch.rand(7, requires_grad=True))
case("requires grad, does not fit", torch.rand(8, requires_grad=True))
case("requires grad, does not fit by one", torch.randn(7, requires_grad=True))
case("dtype and requires grad", torch.rand(9, dtype=f64, requires_grad=True))
case("1000 elements", torch.arange(1000))
case("1001 elements", torch.arange(1001))
case("shortened: only what is shown counts", torch.cat([torch.ones(600), t([1e9, 0.5]), torch.ones(600)]))

# Matrices and more.
case("matrix", torch.randn(3, 2))
case("matrix that requires grad", torch.rand(3, 2, requires_grad=True))
case("matrix transposed", torch.randn(3, 2), transpose=True)
case("matrix, one row", torch.rand(1, 3))
case("matrix of one", t([[3.5]]))
case("matrix wrapped", torch.where(torch.rand(3, 17) > 0.5, t(nan), torch.randn(3, 17)))
case("matrix float64", torch.randn(2, 2, dtype=f64))
case("matrix residuals", torch.randn(3, 3) * t([[1e-3], [1.0], [1e-3]]))
case("matrix shortened", coarse(40, 30))
case("matrix shortened in rows only", coarse(300, 4))
case("matrix shortened in columns only", coarse(2, 600))
case("matrix shortened, that requires grad", coarse(300, 4).requires_grad_())
case("matrix shortened and transposed", coarse(300, 4), transpose=True)
case("one-hot", torch.eye(4))
case("bool matrix", torch.eye(3) > 0)
case("batch", torch.randn(2, 3, 2))
case("batch of batches", torch.randn(2, 2, 1, 3))
case("batch that requires grad", torch.randn(2, 2, 2, requires_grad=True))
case("batch shortened", torch.arange(2000).reshape(10, 10, 20))
case("batch wrapped", torch.arange(2 * 2 * 30).reshape(2, 2, 30))
case("six dimensions", torch.arange(8).reshape(1, 2, 1, 2, 1, 2))

# Empty.
case("empty vector", torch.empty(0))
case("empty matrix", torch.empty(0, 3))
case("empty batch", torch.empty(2, 0, 3))
case("empty integers", torch.empty(0, dtype=torch.int64))
case("empty bools", torch.empty(0, 2, dtype=torch.bool))
case("empty float64", torch.empty(0, dtype=f64))
case("empty that requires grad", torch.empty(2, 0, requires_grad=True))

# Options.
small = torch.randn(3, 4) * 1e-4
case("sci_mode off", small, sci_mode=False)
case("sci_mode off: the padding stays", t([1e-7, -1e-8, 1.0]), sci_mode=False)
case("sci_mode off, whole", t([1.0, 1e5]), sci_mode=False)
case("sci_mode on", t([1.5, 2.5]), sci_mode=True)
case("sci_mode on, whole", t([1.0, 2.0]), sci_mode=True)
case("sci_mode on, zeros", t([0.0, 0.0]), sci_mode=True)
case("sci_mode on, integers", t([1, 2]), sci_mode=True)
case("precision 2", torch.randn(3, 2), precision=2)
case("precision 0", t([0.4, 1.6, -3.2]), precision=0)
case("precision 10, scientific", t([1e-9, 1.0]), precision=10)
case("threshold", torch.arange(10), threshold=5)
case("threshold and edgeitems", torch.randn(9, 9), threshold=5, edgeitems=2)
case("edgeitems that leave nothing out", torch.arange(6), threshold=5)
case("edgeitems wrapped", torch.arange(100), threshold=5, edgeitems=15)
case("linewidth 40", torch.randn(2, 10), linewidth=40)
case("linewidth 0", torch.arange(3), linewidth=0)
case("linewidth 200", torch.randn(2, 20), linewidth=200)

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
