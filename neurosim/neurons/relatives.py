"""Published relatives of BM-IF: each is one setting of it.

Every function returns the `BMIF` that follows the published rule; parameters and errors are those of
`BMIF`, where they are not described here. Theta is the spike quantum, S the sum of what a neuron has sent.
"""

import math

import numpy as np

from ..parameters import Numeric
from .bmif import BMIF

__all__ = ["SNM", "STBIF", "AugIF", "BurstIF", "FastSNN", "TerIF"]


def TerIF(
    threshold: Numeric = 1.0,
    negative_threshold: Numeric | None = None,
    gate: bool = True,
    initial: Numeric = 0.0,
) -> BMIF:
    """Return the double-threshold neuron of TerMapping: spikes of -1, 0 and 1.

    k = 1 if U >= theta; -1 if U <= -theta_n and S > 0; else 0;  V = U - theta k

    Parameters
    ----------
    negative_threshold : float or array, optional
        theta_n [1]; None: the threshold. Reconstructed, as the paper's text is not public.
    gate : bool
        Whether the condition S > 0 holds; also reconstructed.

    References
    ----------
    Yu, Ma, Song, Zhang, Dang, Tan 2022, IEEE TNNLS 33:1714.
    """
    below = threshold if negative_threshold is None else negative_threshold
    return BMIF(threshold, below, strength=1, gate=gate, initial=initial)


def AugIF(threshold: Numeric = 1.0, gate: bool = True, initial: Numeric = 0.0) -> BMIF:
    """Return the neuron of AugMapping, whose augmented spikes carry a coefficient of any size and sign.

    k = sgn(U) floor(|U| / theta), a negative one no larger than S;  V = U - theta k

    Parameters
    ----------
    gate : bool
        Whether S stays >= 0. Reconstructed, as the paper's text is not public.

    References
    ----------
    Yu, Ma, Song, Zhang, Dang, Tan 2022, IEEE TNNLS 33:1714.
    """
    return BMIF(threshold, threshold, gate=gate, initial=initial)


def BurstIF(threshold: Numeric = 1.0, strength: Numeric = 5, initial: Numeric = 0.0) -> BMIF:
    """Return the burst neuron: up to Gamma spikes a step, none of them negative.

    k = clip(floor(U / theta), 0, Gamma);  V = U - theta k

    Parameters
    ----------
    strength : float or array
        Gamma, a whole number >= 1.

    References
    ----------
    Li & Zeng 2022, Efficient and accurate conversion of SNN with burst spikes, IJCAI.
    """
    return BMIF(threshold, math.inf, strength, initial=initial)


def SNM(threshold: Numeric = 1.0, initial: Numeric = 0.0) -> BMIF:
    """Return the neuron with signed memory: negative spikes take back what was sent.

    k = 1 if U >= theta; -1 if U <= -theta and S > 0; else 0;  V = U - theta k

    References
    ----------
    Wang, Zhang, Chen, Qu 2022, Signed neuron with memory, IJCAI.
    """
    return BMIF(threshold, threshold, strength=1, initial=initial)


def FastSNN(
    threshold: Numeric = 1.0, negative_threshold: Numeric = 1e-3, initial: Numeric | None = None
) -> BMIF:
    """Return the signed neuron of Fast-SNN, which takes back at the slightest negative potential.

    k = 1 if U >= theta; -1 if U <= -theta_n and S > 0; else 0;  V = U - theta k;  V starts at theta / 2

    Parameters
    ----------
    negative_threshold : float or array
        theta_n [1]; absolute, not a share of theta.

    References
    ----------
    Hu, Zheng, Jiang, Pan 2023, Fast-SNN, IEEE TPAMI 45:14546.
    """
    return BMIF(threshold, negative_threshold, strength=1, initial=initial)


def STBIF(
    threshold: Numeric = 1.0,
    total: Numeric = math.inf,
    negative_total: Numeric = 0,
    initial: Numeric | None = None,
) -> BMIF:
    """Return the neuron of SpikeZIP: bipolar spikes, their running sum within the levels of a quantiser.

    k = 1 if U >= theta and S < S_max; -1 if U < 0 and S > -S_min; else 0;  V = U - theta k;  V starts at
    theta / 2. A quantiser of a ReLU with L levels is total = L - 1, a symmetric one total = L / 2 - 1 and
    negative_total = L / 2.

    Parameters
    ----------
    total : float or array
        S_max (pos_max in the authors' code), a whole number >= 1 or inf.
    negative_total : float or array
        S_min (neg_min, without its sign), a whole number >= 1 or inf; 0: S stays >= 0.

    References
    ----------
    You et al. 2024, SpikeZIP-TF, ICML.
    """
    if np.all(np.asarray(negative_total) == 0):
        return BMIF(threshold, strength=1, total=total, initial=initial)
    return BMIF(
        threshold, strength=1, gate=False, total=total, negative_total=negative_total, initial=initial
    )
