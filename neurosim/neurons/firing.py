"""What IF and LIF share: the comparison with the threshold and the bound from below."""

from collections.abc import Mapping

import numpy as np

__all__ = ["LOWER_BOUND", "bounded", "comparison", "fires"]

LOWER_BOUND = "\nv=int(v>lower_bound)*v+int(v<=lower_bound)*lower_bound"
"""max(v, lower_bound) as Brian2 code: exact, since one of the two terms is zero."""


def bounded(u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return max(u, lower_bound), or u where the neuron has no bound."""
    return np.maximum(u, p["lower_bound"]) if "lower_bound" in p else u


def comparison(strict: bool) -> str:
    """Return the sign that a membrane potential is compared to the threshold with."""
    return ">" if strict else ">="


def fires(u: np.ndarray, threshold: np.ndarray, strict: bool) -> np.ndarray:
    """Return 1 where U >= threshold (strict: U > threshold), else 0, in the precision of `u`."""
    return (u > threshold if strict else u >= threshold).astype(u.dtype)
