"""What neuron models share: the comparison with thresholds and the bound from below."""

import math
from collections.abc import Mapping

import numpy as np

from ..parameters import Numeric

__all__ = ["bounded", "charge", "comparison", "fires", "to_whole"]

LOWER_BOUND = "indicator(charged>lower_bound)*charged+indicator(charged<=lower_bound)*lower_bound"
"""max(charged, lower_bound) as Brian2 code: exact, since one of the two terms is zero."""


def charge(sum_of_inputs: str, has_bound: bool) -> str:
    """Return Brian2 code that sets u to the charged membrane, bounded from below if asked."""
    return f"charged={sum_of_inputs}\nu={LOWER_BOUND}" if has_bound else f"u={sum_of_inputs}"


def bounded(u: np.ndarray, p: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return max(u, lower_bound), or u where the neuron has no bound."""
    return np.maximum(u, p["lower_bound"]) if "lower_bound" in p else u


def comparison(strict: bool) -> str:
    """Return the sign that a membrane potential is compared to the threshold with."""
    return ">" if strict else ">="


def fires(u: np.ndarray, threshold: np.ndarray, strict: bool) -> np.ndarray:
    """Return 1 where U >= threshold (strict: U > threshold), else 0, in the precision of `u`."""
    return (u > threshold if strict else u >= threshold).astype(u.dtype)


def to_whole(quanta: np.ndarray, least: float, most: Numeric = math.inf) -> np.ndarray:
    """Return the distance to the nearest whole number in [least, most]."""
    distance: np.ndarray = np.abs(quanta - np.clip(np.rint(quanta), least, most))
    return distance
