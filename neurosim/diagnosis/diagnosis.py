"""The diagnosis: layers, culprits and advice."""

import dataclasses
from typing import Any

from .. import tables
from .layer_error import LayerError
from .terms import CAUSES

__all__ = ["Diagnosis"]

SHOWN = ("layer", "total", *CAUSES, "snr_db", "saturated", "dead", "negative", "accuracy_if_exact")
"""Columns of the table that are printed."""


@dataclasses.dataclass(frozen=True, eq=False)
class Diagnosis:
    """Which layer lost the accuracy, and why.

    Attributes
    ----------
    layers : tuple of LayerError
        In the network's order.
    faults : tuple of (layer, cause)
        What the conversion got wrong, the worst first: "input normalisation", "bias", "batch norm",
        "weights", "threshold too high", "threshold too low", "maximum rule". Empty for a sound conversion.
    culprits : tuple of (layer, cause)
        The worst first: the faults, then every layer that loses something, with the largest of its own
        terms: "clipping", "quantisation" or "timing". Layers are ranked by how much accuracy comes back once
        they are exact too, then by what they add themselves.
    advice : tuple of str
        What to try next, in the order of the culprits.
    decisive : str or None
        The first layer with which, all before it exact too, half of the lost accuracy is back; None if none
        was lost or that was not asked for.
    accuracy_ann, accuracy_snn : float
        Of the module and of the network after the last step, in [0, 1].
    labelled : bool
        Whether these count right answers. Without labels they count answers equal to the module's.
    images, steps : int
    """

    layers: tuple[LayerError, ...]
    faults: tuple[tuple[str, str], ...]
    culprits: tuple[tuple[str, str], ...]
    advice: tuple[str, ...]
    decisive: str | None
    accuracy_ann: float
    accuracy_snn: float
    labelled: bool
    images: int
    steps: int

    def __getitem__(self, name: str) -> LayerError:
        """Return the layer called `name`."""
        return next(layer for layer in self.layers if layer.name == name)

    def table(self) -> list[dict[str, Any]]:
        """Return one row a layer, see `LayerError.row`.

        total, mapping, inherited, clipping, quantisation, timing : relative to the size of the activation
        share_mapping, ... : share of the total error, which sum to 1
        snr_db, correlation, saturated, dead, negative, residual, accuracy_if_exact
        """
        return [layer.row() for layer in self.layers]

    def __str__(self) -> str:
        rows = [{key: row[key] for key in SHOWN} for row in self.table()]
        measure = "accuracy" if self.labelled else "agreement with the module"
        lines = [
            tables.to_text(rows),
            "",
            f"{measure} on {self.images} images: module {self.accuracy_ann:.1%}, network after {self.steps} "
            f"steps {self.accuracy_snn:.1%}",
        ]
        if self.decisive:
            lines.append(f"half of the loss is made up to layer {self.decisive!r}")
        lines += ["", "culprits, the worst first:"]
        lines += [f"  {layer}: {cause}" for layer, cause in self.culprits[:5]] or ["  none"]
        lines += ["", "try next:"] + ([f"  {text}" for text in self.advice] or ["  nothing"])
        return "\n".join(lines)
