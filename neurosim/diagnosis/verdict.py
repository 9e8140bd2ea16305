"""The verdict: who lost most, and from where on all is lost."""

from ..network import Network
from .advice import advise
from .diagnosis import Diagnosis
from .examination import Examination
from .faults import find_faults
from .layer_error import LayerError
from .terms import OWN

__all__ = ["verdict"]

NEGLIGIBLE = 1e-9
"""Relative error below which a layer adds nothing: rounding."""


def verdict(network: Network, examination: Examination, labelled: bool) -> Diagnosis:
    """Return the diagnosis of what was examined.

    Parameters
    ----------
    network : Network
    examination : Examination
        Of all images.
    labelled : bool
        Whether labels said what is right.
    """
    share = {name: right / examination.images for name, right in examination.right.items()}
    layers = {name: sums.finish(share.get(name, float("nan"))) for name, sums in examination.sums.items()}
    faults = [(f.layer, f.cause) for f in find_faults(network, examination.sums, layers, examination.shifted)]
    regained = _regained(network, share)
    faulty = {layer for layer, _ in faults}
    losing = [error for error in layers.values() if error.own > NEGLIGIBLE and error.name not in faulty]
    losing = [error for error in losing if examination.sums[error.name].levels > 0]
    losing.sort(key=lambda error: (-regained.get(error.name, 0.0), -error.own))
    culprits = (*faults, *((error.name, _largest(error)) for error in losing))
    return Diagnosis(
        tuple(layers.values()),
        tuple(faults),
        culprits,
        advise(network, culprits, layers, examination.grids, examination.learned),
        _decisive(network, share),
        share["ann"],
        share["snn"],
        labelled,
        examination.images,
        examination.steps,
    )


def _largest(error: LayerError) -> str:
    return max(OWN, key=error.relative)


def _order(network: Network) -> list[str]:
    return [layer.name for layer in sorted(network.neurons, key=lambda layer: network.latency[layer.name])]


def _regained(network: Network, share: dict[str, float]) -> dict[str, float]:
    """Return how much accuracy comes back with each layer, after all before it."""
    before, found = share["snn"], {}
    for name in _order(network):
        if name in share:
            found[name], before = share[name] - before, share[name]
    return found


def _decisive(network: Network, share: dict[str, float]) -> str | None:
    """Return the first layer with which half of the lost accuracy is back."""
    middle = (share["ann"] + share["snn"]) / 2
    if share["ann"] <= share["snn"]:
        return None
    return next((name for name in _order(network) if share.get(name, -1.0) >= middle), None)
