"""Custom: a neuron made of your own differential equations."""

import dataclasses
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, Unsupported
from ..parameters import Numeric, option, shown
from .amounts import Amount, as_amount, as_amounts
from .base import Equations, Neuron, numbers
from .dynamics import Constant, Dynamics

__all__ = ["Custom"]

Given = Mapping[str, Any] | Sequence[tuple[str, Any]]


@dataclasses.dataclass(frozen=True, eq=False, repr=False, init=False)
class Custom(Neuron):
    """Your own differential equations, with units, integrated by Brian2: binary spikes.

    In each step the input variable is set to (drive + bias) * unit, where the drive is the sum of weights
    times strengths that arrives; it stays so while Brian2 integrates the equations over dt. Then the
    threshold is looked at, and neurons for which it holds spike and do the reset. At a window's start
    every variable takes its initial value.

    Parameters
    ----------
    equations : str
        As for Brian2's `NeuronGroup`: differential equations, subexpressions, and variables that only the
        reset changes ("w : amp"). What `parameters` names need not be declared.
    threshold : str
        Condition under which a neuron spikes, for example "v > -50*mV".
    reset : str
        What a spike does, for example "v = -70*mV"; lines or nothing.
    parameters : dict
        Values by name: a number, a text such as "10*nS", a Brian2 quantity, or `Amount(array, unit)` with
        one value a channel or a neuron.
    input : str
        The variable that receives the drive.
    unit : amount
        What the input is for a drive of 1, for example "0.5*nA".
    initial : dict
        What variables start a window with; those not named start at 0.
    refractory : str, optional
        Condition under which a neuron that has spiked stays silent; once it does not hold, the neuron may
        spike again. The equations go on meanwhile.
    potential : str
        The variable that `Potential` records: in mV if it is a voltage, else in SI base units.
    method : str
        "exact" (linear equations), "exponential_euler" (linear each in its own variable), "euler",
        "rk2", "rk4", or "auto": exact where Brian2 can, else Euler.

    Raises
    ------
    InputError
        If a value is none. Units, names and the method are checked when a `Simulation` is made.

    Notes
    -----
    Runs on Brian2's devices only, and lives in code only: `Network.save` refuses it. Devices agree bit by
    bit where the equations need no function that numpy and C++ round differently, such as exp.
    """

    text: str
    threshold: str
    reset: str
    parameters: tuple[tuple[str, Amount], ...]
    input: str
    unit: Amount
    initial: tuple[tuple[str, Amount], ...]
    refractory: str
    potential: str
    method: str = option("auto", "exact", "exponential_euler", "euler", "rk2", "rk4")

    def __init__(
        self,
        equations: str,
        threshold: str,
        reset: str = "",
        parameters: Given = (),
        input: str = "I",
        *,
        unit: Any = 1.0,
        initial: Given = (),
        refractory: str = "",
        potential: str = "v",
        method: str = "auto",
    ) -> None:
        texts = {"equations": equations, "threshold": threshold, "reset": reset, "input": input}
        texts |= {"refractory": refractory, "potential": potential, "method": method}
        for name, text in texts.items():
            _check_text(name, text)
            object.__setattr__(self, "text" if name == "equations" else name, text)
        object.__setattr__(self, "parameters", as_amounts(parameters, "Custom.parameters"))
        object.__setattr__(self, "initial", as_amounts(initial, "Custom.initial"))
        object.__setattr__(self, "unit", as_amount(unit, "Custom.unit"))
        super().__post_init__()

    def __repr__(self) -> str:
        return super().__repr__().replace("Custom(text=", "Custom(equations=", 1)

    @property
    def equations(self) -> Equations:
        constants = [Constant(name, f"parameter{n}", a.unit) for n, (name, a) in enumerate(self.parameters)]
        initial = [Constant(name, f"initial{n}", a.unit) for n, (name, a) in enumerate(self.initial)]
        drive = Constant(self.input, "input_unit", self.unit.unit)
        dynamics = Dynamics(
            self.text,
            tuple(constants),
            tuple(initial),
            drive,
            self.threshold,
            self.refractory,
            self.potential,
            self.method,
        )
        return Equations(
            state={},
            parameters=tuple(constant.number for constant in (*constants, *initial, drive)),
            charge="",
            strength=f"emitted=indicator({self.threshold})",
            reset=self.reset,
            dynamics=dynamics,
        )

    def values(self, dt: float) -> dict[str, Numeric]:
        amounts = [amount.value for _, amount in (*self.parameters, *self.initial)]
        return dict(zip(self.equations.parameters, [*amounts, self.unit.value], strict=True))

    def step(
        self, state: MutableMapping[str, np.ndarray], drive: np.ndarray, p: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        raise Unsupported("Custom equations are integrated by Brian2: use Runtime() or CppStandalone()")


@numbers.register
def _(neuron: Custom) -> dict[str, Numeric]:
    given = {f"parameters[{name!r}]": amount for name, amount in neuron.parameters}
    given |= {f"initial[{name!r}]": amount for name, amount in neuron.initial}
    return {name: amount.value for name, amount in (given | {"unit": neuron.unit}).items()}


def _check_text(name: str, text: object) -> None:
    needed = {"equations": "dv/dt = (I - v)/tau : 1", "threshold": "v > 1", "input": "I", "potential": "v"}
    if not isinstance(text, str) or (name in needed and not text.strip()):
        example = needed.get(name, "")
        raise InputError(
            f"Custom.{name} is {shown(text)}: give a text" + f" such as {example!r}" * bool(example)
        )
