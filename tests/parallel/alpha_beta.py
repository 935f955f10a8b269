"""The two tables of docs/parallel.md, "What 8, 100 and 10,000 ranks would reach", from the numbers of one machine."""
from math import ceil, log2

F, R, U = 25e-3, 50e-3, 1e-3  # seconds of forward, backward and the optimiser, one rank with 512 rows
M, LAST = 5.41e6, 0.133e6  # bytes of all gradients, and of the last message

ways = {
    "ring": lambda p, a, B, m: 2 * (p - 1) * a + 2 * (p - 1) / p * m / B,
    "tree": lambda p, a, B, m: 2 * ceil(log2(p)) * (a + m / B),
    "pipelined": lambda p, a, B, m: 2 * ceil(log2(p)) * a + 2 * m / B,
}
networks = {"10 Gb/s, 30 us": (30e-6, 1.25e9), "100 Gb/s, 2 us": (2e-6, 12.5e9)}


def step(way, p, network, share):
    """T(p), if each rank has this share of the 512 rows."""
    a, B = networks[network]
    C, e = ways[way](p, a, B, M), ways[way](p, a, B, LAST)
    return F * share + max(R * share, C - e) + e + U


for network, (a, B) in networks.items():
    for p in (8, 100, 10000):
        print(f"{p:6} ranks, {network}: ", end="")
        for way in ways:
            weak, strong = step(way, p, network, 1), step(way, p, network, 1 / p)
            print(f" {way}: C {1e3 * ways[way](p, a, B, M):.1f} ms, weak {1e3 * weak:.1f} ms ({(F + R + U) / weak:.0%})", end="")
            print(f", strong {1e3 * strong:.1f} ms ({(F + R + U) / strong:.1f});" if p <= 512 else ";", end="")
        print()
