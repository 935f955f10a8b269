#!/usr/bin/env python3
"""The loops of the sheets in JAX: the whole loop is compiled, with lax.fori_loop. Prints lines as programs.cpp does.

Exit status 77 without JAX.
"""
import sys
import time

try:
    import jax
    import jax.numpy as jnp
    from jax import lax
except ImportError:
    sys.exit(77)

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")
f32 = jnp.float32


def random(seed, *shape, dtype=f32):
    return jax.random.uniform(jax.random.PRNGKey(seed), shape, dtype)


def descent(loss, lr):
    """A step of gradient descent."""

    def step(_, parameters):
        gradients = jax.grad(loss)(parameters)
        return jax.tree.map(lambda p, g: p - lr * g, parameters, gradients)

    return step


def sheet_004():
    M = random(0, 5, 4)

    def loss(p):
        U, d, V = p
        mean = lambda x: jnp.mean(x * x)
        eye = jnp.eye(4, dtype=f32)
        return (mean(U @ jnp.diag(d * d) @ V.T - M) + mean(U.T @ U - eye) / 100 + mean(V @ V.T - eye) / 100)

    def step(_, state):
        p, velocity, _ = state
        value, gradients = jax.value_and_grad(loss)(p)
        velocity = jax.tree.map(lambda v, g: f32(0.9) * v + g, velocity, gradients)
        return jax.tree.map(lambda x, v: x - f32(0.9) * v, p, velocity), velocity, value

    p = (random(1, 5, 4), random(2, 4), random(3, 4, 4))
    return step, (p, jax.tree.map(jnp.zeros_like, p), f32(0))


def sheet_002():
    A = random(0, 20, 10)
    loss = lambda p: jnp.sqrt(jnp.sum((p[0] @ p[1] - A) ** 2))

    def step(i, state):
        p, m, v = state
        gradients = jax.grad(loss)(p)
        m = jax.tree.map(lambda m, g: f32(0.9) * m + f32(0.1) * g, m, gradients)
        v = jax.tree.map(lambda v, g: f32(0.999) * v + f32(0.001) * g * g, v, gradients)
        t = (i + 1).astype(f32)
        rate, root = f32(0.01) / (1 - f32(0.9) ** t), jnp.sqrt(1 - f32(0.999) ** t)
        return jax.tree.map(lambda x, m, v: x - rate * m / (jnp.sqrt(v) / root + f32(1e-8)), p, m, v), m, v

    p = (random(1, 20, 3), random(2, 3, 10))
    zeros = jax.tree.map(jnp.zeros_like, p)
    return step, (p, zeros, zeros)


def sheet_001_iris():
    A = random(0, 150, 4, dtype=jnp.float64)
    p = (random(1, 150, 2, dtype=jnp.float64), random(2, 2, 4, dtype=jnp.float64))
    return descent(lambda p: jnp.sum((p[0] @ p[1] - A) ** 2), 0.001), p


def sheet_001_perceptron():
    x, y = random(0, 100, 4), jax.random.randint(jax.random.PRNGKey(1), (100,), 0, 3)

    def loss(p):
        W1, W2, b1, b2 = p
        logits = jax.nn.relu(x @ W1 + b1) @ W2 + b2
        return -jnp.sum(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1))

    return descent(loss, f32(0.001)), (random(2, 4, 12), random(3, 12, 3), f32(0), f32(0))


def sheet_000():
    A = random(0, 3, 3)

    def step(_, p):
        U, V = p
        for r in range(3):
            for c in range(3):
                e = A[r, c] - U[r] @ V[c]
                U = U.at[r].add(f32(0.01) * e * V[c])
                V = V.at[c].add(f32(0.01) * e * U[r])
        return U, V

    return step, (random(1, 3, 2), random(2, 3, 2))


SHEETS = [  # name, sheet, iterations, steps in an iteration
    ("004: svd of 5 x 4", sheet_004, 20_000, 1),
    ("002: Adam on 20 x 10", sheet_002, 20_000, 1),
    ("001: Iris, float64", sheet_001_iris, 10_000, 1),
    ("001: perceptron 4-12-3", sheet_001_perceptron, 5_000, 1),
    ("000: one entry", sheet_000, 20_000, 9),
]

for name, sheet, iterations, steps in SHEETS:
    step, state = sheet()
    loop = jax.jit(lambda state, n: lax.fori_loop(0, n, step, state))

    def seconds(n):
        start = time.perf_counter()
        jax.block_until_ready(loop(state, n))
        return time.perf_counter() - start

    seconds(10)  # compiles
    few = iterations // 10
    taken = seconds(iterations + few) - seconds(few)
    print(f"{name}\tJAX {jax.__version__}\t{1e9 * taken / (iterations * steps):.6g}", flush=True)
