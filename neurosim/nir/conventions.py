"""Nodes with memory, each as a neuron: what NIR leaves open, and how its readers fill it in.

NIR writes differential equations, and a simulator makes steps. In all readers but sinabs' a step is one of
forward Euler: with a drive I, tau dv/dt = (v_leak - v) + r I becomes

    v <- (1 - dt/tau) v + (dt/tau) v_leak + (r dt/tau) I;   without a leak, v <- v + r dt I

and the threshold is divided by the gain r dt/tau, so that weights stay what they are. A gain within 1e-6 of
1 is 1: many files are in single precision.
"""

import dataclasses
import functools
import math
from collections.abc import Callable

import numpy as np

from ..neurons import IF, LIF, Accumulate, BurstLIF, Neuron
from ..ops import Shape
from ..parameters import Numeric
from .nodes import Node

__all__ = ["CELLS", "CONVENTIONS", "Cell", "cell", "is_open", "own_shape"]

CELLS = {
    "CubaLIF": ("v_threshold", "tau_syn", "tau_mem", "r", "w_in", "v_leak", "v_reset"),
    "I": ("r",),
    "IF": ("v_threshold", "r", "v_reset"),
    "LIF": ("v_threshold", "tau", "r", "v_leak", "v_reset"),
    "Threshold": ("threshold",),
}
"""Every kind of node with memory, and its fields."""

OPTIONAL = {"v_reset": 0.0, "w_in": 1.0}
CLOSE = 1e-6
OURS = "neurosim"


@dataclasses.dataclass(frozen=True)
class Cell:
    """What a node's neurons are.

    Attributes
    ----------
    neuron : Neuron
    gain : float or array
        Factor of all that arrives.
    bias : array
        What arrives besides, at every step.
    """

    neuron: Neuron
    gain: Numeric = 1.0
    bias: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(()))


@dataclasses.dataclass(frozen=True)
class Convention:
    """One way to read the equations by forward Euler.

    Attributes
    ----------
    strict : bool
        Fires at v > threshold; else at v >= threshold.
    rests : bool
        v starts at v_reset; else at 0.
    refuses : function of Node, its fields and dt
        Raises Unsupported for what this reader does not take.
    """

    strict: bool
    rests: bool
    refuses: Callable[["Fields", float], None]


class Fields(dict[str, np.ndarray]):
    """The fields of one node with memory, of equal shape."""

    def __init__(self, node: Node, shape: Shape) -> None:
        self.node, self.shape = node, shape
        for name in CELLS[node.kind]:
            values = node.numbers(name, OPTIONAL.get(name))
            if values.size > 1 and values.shape != shape:
                node.damaged(f"{name} has shape {values.shape}, and a source of shape {shape} arrives")
            self[name] = values if values.size > 1 else values.reshape(())

    def need(self, field: str, expected: np.ndarray | float, reader: str) -> None:
        """Refuse the node unless a field has the one value that a reader takes."""
        if not np.allclose(self[field], expected, rtol=CLOSE, atol=1e-12):
            shown, wanted = (np.asarray(value).flat[0] for value in (self[field], expected))
            self.node.refuse(f"{field} is {shown:g}: {reader} takes {wanted:g} only")

    def parameter(self, field: str, values: np.ndarray) -> Numeric:
        """Return values as a parameter of a neuron, as short as says them all."""
        return self.node.per_layer(field, values, self.shape)


def own_shape(node: Node) -> Shape | None:
    """Return the shape of a layer that its own fields say, if they do."""
    shapes = {node.numbers(name, OPTIONAL.get(name)).shape for name in CELLS[node.kind]}
    full = [shape for shape in shapes if math.prod(shape) > 1]
    return full[0] if full else None


def cell(node: Node, shape: Shape, convention: str | None, dt: float) -> Cell:
    """Return a node's neurons for a layer of `shape`, by a convention if the node leaves open what a step is.

    Raises
    ------
    Unsupported
        If the convention's reader does not take the node, or no neuron here is what it says.
    """
    fields = Fields(node, shape)
    with np.errstate(all="ignore"):  # what overflows is out of a parameter's bounds
        return _cell(fields, convention, dt)


def is_open(node: Node) -> bool:
    """Return whether a node leaves open what a step is."""
    return node.kind in CELLS and node.kind != "Threshold" and node.word("convention", "") != OURS


def _cell(fields: Fields, convention: str | None, dt: float) -> Cell:
    node = fields.node
    if node.kind == "Threshold":
        threshold = fields.parameter("threshold", fields["threshold"])
        return Cell(LIF(threshold, leak=0.0, reset="zero", strict=True))
    return CONVENTIONS[convention](fields, dt) if convention and is_open(node) else _ours(fields)


def _euler(convention: Convention, fields: Fields, dt: float) -> Cell:
    convention.refuses(fields, dt)
    leak, gain = _STEPS[fields.node.kind](fields, dt)
    gain = np.where(np.isclose(gain, 1, rtol=CLOSE, atol=0), 1.0, gain)
    if fields.node.kind == "I":
        return Cell(Accumulate(), fields.parameter("r", gain))
    if np.any(gain <= 0):
        fields.node.refuse(f"r makes {np.min(gain):g} of an input of 1: neurons here take a positive share")
    return _spiking(fields, leak, gain, convention.strict, convention.rests)


def _spiking(fields: Fields, leak: np.ndarray | None, gain: np.ndarray, strict: bool, rests: bool) -> Cell:
    """Return neurons that measure v from v_reset and in units of the gain."""
    reset = fields.node.word("reset", "zero")
    if reset != "zero":
        fields.need("v_reset", 0.0, f"a reset that is not to it ({reset!r})")
    rest = fields["v_reset"]
    settings = {
        "threshold": fields.parameter("v_threshold", (fields["v_threshold"] - rest) / gain),
        "initial": 0.0 if rests else fields.parameter("v_reset", 0 - rest / gain),
        "reset": reset,
        "strict": strict,
    }
    if leak is None:
        return Cell(IF(**settings))  # type: ignore[arg-type]
    bias = (fields["v_leak"] - rest) * (1 - leak) / gain
    return Cell(LIF(leak=fields.parameter("leak", leak), **settings), bias=bias)  # type: ignore[arg-type]


def _leaky(fields: Fields, tau: np.ndarray, dt: float) -> np.ndarray:
    if np.any(tau < dt):
        fields.node.refuse(f"a time constant of {np.min(tau):g} s is shorter than a step of {dt:g} s")
    leak: np.ndarray = 1 - dt / tau
    return leak


def _step_of_if(fields: Fields, dt: float) -> tuple[np.ndarray | None, np.ndarray]:
    return None, fields["r"] * dt


def _step_of_lif(fields: Fields, dt: float) -> tuple[np.ndarray | None, np.ndarray]:
    return _leaky(fields, fields["tau"], dt), fields["r"] * dt / fields["tau"]


def _step_of_cubalif(fields: Fields, dt: float) -> tuple[np.ndarray | None, np.ndarray]:
    if np.any(_leaky(fields, fields["tau_syn"], dt) > CLOSE):
        fields.node.refuse(
            f"its current is remembered for {np.max(fields['tau_syn']):g} s, and no neuron here remembers "
            f"one longer than a step of {dt:g} s"
        )
    gain = fields["r"] * dt / fields["tau_mem"] * (fields["w_in"] * dt / fields["tau_syn"])
    return _leaky(fields, fields["tau_mem"], dt), gain


_STEPS = {"CubaLIF": _step_of_cubalif, "I": _step_of_if, "IF": _step_of_if, "LIF": _step_of_lif}
"""Leak (None: there is none) and gain of a step of every kind of node."""


def _refuse_nothing(fields: Fields, dt: float) -> None:
    """NIR's own equations take every value."""


def _refuse_snntorch(fields: Fields, dt: float) -> None:
    if fields.node.kind in ("I", "IF"):
        found = {"I": "no such node", "IF": "it as a neuron with a leak of 0.9"}[fields.node.kind]
        fields.node.refuse(f"snntorch's own reader knows {found}: give another convention")
    fields.need("v_leak", 0.0, "snntorch")
    fields.need("v_reset", 0.0, "snntorch")
    if fields.node.kind == "CubaLIF":
        fields.need("r", fields["tau_mem"] / dt, "snntorch")


def _refuse_spikingjelly(fields: Fields, dt: float) -> None:
    reader = "spikingjelly"
    if fields.node.kind == "I":
        fields.node.refuse("spikingjelly's own reader knows no such node: give another convention")
    if fields.node.kind == "IF":
        fields.need("r", 1 / dt, reader)
    if fields.node.kind == "LIF":
        decays = np.isclose(fields["r"], 1, rtol=CLOSE)
        fields.need("r", np.where(decays, 1.0, fields["tau"] / dt), reader)
        fields.need("v_leak", fields["v_reset"], reader)
    if fields.node.kind == "CubaLIF":
        fields.need("r", fields["tau_mem"] / dt, reader)
        fields.need("w_in", fields["tau_syn"] / dt, reader)
        fields.need("v_leak", 0.0, reader)


def _sinabs(fields: Fields, dt: float) -> Cell:
    """Return neurons that say trunc(v / threshold); sinabs counts its time constants in steps."""
    if fields.node.kind not in ("IF", "LIF"):
        fields.node.refuse("sinabs' own reader knows it not as spiking neurons: give another convention")
    if fields.node.word("reset", "subtract") != "subtract":
        fields.node.refuse("its metadata ask for another reset than sinabs', which subtracts")
    fields.need("r", 1.0, "sinabs")
    fields.need("v_reset", 0.0, "sinabs")
    threshold = fields.parameter("v_threshold", fields["v_threshold"])
    if fields.node.kind == "IF":
        return Cell(BurstLIF(threshold, leak=1.0, lower_bound=-threshold))
    fields.need("v_leak", 0.0, "sinabs")
    leak = fields.parameter("leak", np.exp(-1 / fields["tau"]))
    return Cell(BurstLIF(threshold, leak=leak))


def _ours(fields: Fields) -> Cell:
    """Return the neurons of a file of ours, whose metadata say what a step does."""
    node = fields.node
    dt, strict = float(node.noted("dt", 0).flat[0]), bool(node.noted("strict", 0).any())
    if dt <= 0:
        node.damaged(f"metadata/dt is {dt:g}: expected a positive time")
    leak, gain = _STEPS[node.kind](fields, dt)
    if not np.allclose(gain, 1, rtol=CLOSE):
        node.damaged("r was changed beside the metadata, which say what it is worth: remove them")
    if node.kind == "I":
        return Cell(Accumulate())
    made = _spiking(fields, leak, np.ones(()), strict, rests=False)
    if node.kind == "LIF":
        made = dataclasses.replace(made, neuron=_exact(fields, made.neuron, dt))
    return made


def _exact(fields: Fields, neuron: Neuron, dt: float) -> Neuron:
    """Return the neuron with the leak, or the time constant, that Euler's 1 - dt/tau stands for."""
    node = fields.node
    if "leak" not in node.metadata:
        return dataclasses.replace(neuron, leak=None, tau=fields.parameter("tau", fields["tau"]))  # type: ignore[call-arg]
    exact = node.noted("leak", 0)
    spread = exact.reshape(exact.shape + (1,) * (len(fields.shape) - exact.ndim)) if exact.ndim else exact
    if not np.allclose(spread, 1 - dt / fields["tau"], rtol=0, atol=CLOSE):
        node.damaged("tau was changed beside the metadata, which say the leak: remove them")
    return dataclasses.replace(neuron, leak=exact if exact.ndim else float(exact))  # type: ignore[call-arg]


CONVENTIONS: dict[str, Callable[[Fields, float], Cell]] = {
    "nir": functools.partial(_euler, Convention(True, False, _refuse_nothing)),
    "sinabs": _sinabs,
    "snntorch": functools.partial(_euler, Convention(True, False, _refuse_snntorch)),
    "spikingjelly": functools.partial(_euler, Convention(False, True, _refuse_spikingjelly)),
}
"""How each library's own reader makes steps of NIR's equations."""
