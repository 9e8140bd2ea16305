"""exp, from sums, products and quotients alone: the same bits wherever these are rounded as IEEE 754 says.

Libraries do not agree on the last bit of exp, so numpy and a C++ program would part there. Here
exp(x) = P(x / 64)^64 with P the Taylor polynomial of degree 13, and x bounded to [-32, 32]: the polynomial
is off by less than 1e-15, and six squarings make 64 times its rounding error of it: within 1e-13 of exp in
double precision, 5e-5 in single.
"""

from itertools import pairwise

import numpy as np

__all__ = ["BOUND", "exponential", "exponential_code"]

BOUND = 32
DEGREE = 13
SQUARINGS = 6


def exponential(x: np.ndarray) -> np.ndarray:
    """Return exp(x) in the precision of x, within 1e-13 or 5e-5 of it; x is bounded to [-32, 32]."""
    part = np.clip(x, -BOUND, BOUND) / 2**SQUARINGS
    made: np.ndarray = np.ones_like(part)
    for n in range(DEGREE, 0, -1):
        made = 1 + part * made / n
    for _ in range(SQUARINGS):
        made = made * made
    return made


def exponential_code(x: str, name: str) -> str:
    """Return Brian2 code that sets `name` to exp(x): the operations of `exponential`, in its order."""
    polynomial = "1"
    for n in range(DEGREE, 0, -1):
        polynomial = f"(1+part*{polynomial}/{n})"
    powers = [f"{name}{2**n}" for n in range(SQUARINGS)] + [name]
    lines = [f"part=between({x},-{BOUND},{BOUND})/{2**SQUARINGS}", f"{powers[0]}={polynomial}"]
    lines += [f"{square}={root}*{root}" for root, square in pairwise(powers)]
    return "\n".join(lines)
