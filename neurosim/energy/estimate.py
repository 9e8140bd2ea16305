"""The energy of a run's arithmetic, and that of an artificial network of the same shape."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from ..errors import InputError
from ..network import Network
from ..recording import Recording
from ..stimuli import Stimulus
from .operations import LayerOperations, operations
from .table import FLOAT32, EnergyTable

__all__ = ["Energy", "estimate"]

Input = Literal["once", "every step"]
Graded = Literal["multiply", "accumulate"]
Answer = TypeVar("Answer")

MULTIPLIES: Mapping[str, bool] = {"multiply": True, "accumulate": False}


@dataclasses.dataclass(frozen=True)
class Energy:
    """Energies of an image [pJ], of arithmetic alone: no memory, no clock, no leakage.

    Two questions have two answers each. Is the current of analogue input worked out `once`, or at `every
    step`? Does a graded spike `multiply` its weight, or does it `accumulate` it |k| times?

    Attributes
    ----------
    layers : tuple of LayerOperations
    table : EnergyTable
    steps : int
        Of an image.
    """

    layers: tuple[LayerOperations, ...]
    table: EnergyTable
    steps: int

    def snn(self, input: Input = "once", graded: Graded = "multiply") -> float:
        """Return what the spiking network costs [pJ an image].

        E = n (M E_MAC + D E_AC) + P E_MAC + (S - P) E_AC, summed over layers: M and D the MACs and additions
        of analogue input, n = 1 or T; S the synaptic operations, of which P multiply. Where graded spikes
        accumulate, A E_AC instead of the last two. And updates and spikes, where the table prices them.

        Raises
        ------
        InputError
            If there is no such answer.
        """
        times, multiplies = self._times(input), _answer("graded", graded, MULTIPLIES)
        return sum(
            times * self._direct(layer) + self._synaptic(layer, multiplies) + self._own(layer)
            for layer in self.layers
        )

    def approximate(self, input: Input = "once") -> float:
        """Return what papers give [pJ an image]: n M_1 E_MAC + sum of zeta_l M_l E_AC, every spike added."""
        times = self._times(input)
        return sum(times * self._direct(layer) + layer.approximate * self._ac for layer in self.layers)

    @property
    def ann(self) -> float:
        """What the artificial network of the same shape costs [pJ an image]."""
        return sum(self._ann(layer) for layer in self.layers)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a layer: its operations, then energies [pJ an image] by their cause."""
        return [
            dataclasses.asdict(layer)
            | {
                "direct_once_pj": self._direct(layer),
                "direct_every_step_pj": self.steps * self._direct(layer),
                "synapses_multiply_pj": self._synaptic(layer, True),
                "synapses_accumulate_pj": self._synaptic(layer, False),
                "neurons_pj": self._own(layer),
                "ann_pj": self._ann(layer),
            }
            for layer in self.layers
        ]

    def totals(self) -> list[dict[str, Any]]:
        """Return one row a way of counting: its energy [pJ an image], and the ANN's over it."""
        ways = {
            f"spiking, input {input}, graded spikes {graded}": self.snn(input, graded)
            for input in ("once", "every step")
            for graded in ("multiply", "accumulate")
        }
        ways |= {
            f"spiking, zeta M, input {input}": self.approximate(input) for input in ("once", "every step")
        }
        ways["artificial"] = self.ann
        return [
            {"network": way, "pj": energy, "ann_over_it": self.ann / energy if energy else math.nan}
            for way, energy in ways.items()
        ]

    def _times(self, input: Input) -> int:
        return _answer("input", input, {"once": 1, "every step": self.steps})

    def _direct(self, layer: LayerOperations) -> float:
        return layer.direct_macs * self._mac + layer.direct_additions * self._ac

    def _synaptic(self, layer: LayerOperations, multiplies: bool) -> float:
        if not multiplies:
            return layer.accumulations * self._ac
        plain = layer.synaptic_operations - layer.multiplications
        return layer.multiplications * self._mac + plain * self._ac

    def _own(self, layer: LayerOperations) -> float:
        return layer.updates * float(self.table.update) + layer.spikes * float(self.table.spike)

    def _ann(self, layer: LayerOperations) -> float:
        return layer.macs * self._mac + layer.additions * self._ac

    @property
    def _mac(self) -> float:
        return float(self.table.mac)

    @property
    def _ac(self) -> float:
        return float(self.table.add)


def estimate(
    network: Network, recording: Recording, table: EnergyTable = FLOAT32, stimulus: Stimulus | None = None
) -> Energy:
    """Return the energy of a run's arithmetic under a table, and that of the artificial network beside it.

    Parameters
    ----------
    network, recording, stimulus
        As for `operations`.
    table
        What operations cost.

    Raises
    ------
    InputError, NotRecorded
        As `operations`.

    Source: the counting is that of G. Datta, S. Kundu, A. R. Jaiswal, P. A. Beerel 2021, HYPER-SNN,
    arXiv:2107.11979, with exact fan-outs; the energies are those of M. Horowitz 2014, Computing's energy
    problem, ISSCC.
    """
    return Energy(operations(network, recording, stimulus), table, recording.steps)


def _answer(owner: str, given: str, answers: Mapping[str, Answer]) -> Answer:
    if given not in answers:
        raise InputError(f"energy: {owner} is {given!r}; give {' or '.join(map(repr, answers))}")
    return answers[given]
