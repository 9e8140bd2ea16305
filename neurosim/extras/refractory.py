"""Refractory: a pause after each spike."""

import dataclasses
from typing import ClassVar

from ..errors import InputError
from ..layers import Layer
from ..network import Network
from ..neurons import Equations
from ..parameters import Numeric, flag
from .base import checked_whole
from .extension import Extension

__all__ = ["Refractory"]

REST = """
wanted=emitted
emitted=wanted*indicator(resting<=0)
left=resting
resting=(left-1)*indicator(left>0)"""
HOLD = "held=v\n{charge}\ncharging=u\nu=charging*indicator(resting<=0)+held*indicator(resting>0)"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Refractory(Extension):
    """A neuron that spiked at step t is silent until step t + steps, and may spike again at t + steps + 1.

    So no neuron spikes more often than once in 1 + steps steps: where a drive made an IF neuron spike at
    every step, 1 / (1 + steps) of its spikes is left. An image begins with rested neurons.

    Parameters
    ----------
    steps : int
        Length of the pause [steps], >= 0; 0 changes nothing.
    clamp : bool
        Whether the membrane stays where the reset left it, deaf to input, bias and leak. If not, it
        integrates, and what it gathered lets it spike as soon as the pause ends.

    Raises
    ------
    InputError
        With `clamp`, in a network of neurons that reset a step late.
    """

    rank: ClassVar[int] = 10

    steps: int
    clamp: bool = flag(False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "steps", checked_whole("Refractory.steps", self.steps, 0))

    def apply(self, network: Network) -> Network:
        return super().apply(network) if self.steps else network

    def extends(self, layer: Layer) -> bool:
        resets = any(line.startswith("v") for line in layer.model.equations.reset.splitlines())
        if layer.model.spiking and self.clamp and not resets:
            raise InputError(
                f"layer {layer.name!r}: Refractory.clamp keeps what a reset leaves, and {layer.model!r} "
                "resets a step late: use clamp=False, or another reset"
            )
        return layer.model.spiking

    def compose(self, own: Equations) -> Equations:
        return dataclasses.replace(
            own,
            state={**own.state, "resting": "0"},
            parameters=(*own.parameters, "pause"),
            charge=HOLD.format(charge=own.charge) if self.clamp else own.charge,
            strength=own.strength + REST,
            reset=own.reset + "\nresting=pause",
        )

    def values(self, dt: float) -> dict[str, Numeric]:
        return {"pause": float(self.steps)}
