"""The second face of a neuron: the same membrane in volts, amperes and seconds.

With V the discrete membrane, J the current of a step, bias included, and dt the step:

    LIF   tau dv/dt = rest - v + R I,   tau = -dt / ln(leak),   R I = voltage J / (1 - leak)
    IF    C dv/dt = I,                  C = time / R,           I = C voltage J / dt

Solved over one step with I held, both say v - rest = voltage V.
"""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from ..errors import InputError, Unsupported
from ..parameters import Numeric, Value, number
from .accumulate import Accumulate
from .amounts import Amount
from .base import Neuron
from .bmif import BMIF
from .burst_lif import BurstLIF
from .custom import Custom
from .integrate_and_fire import IF
from .lif import LIF
from .relay import Relay

__all__ = ["PhysicalScale", "potentials"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PhysicalScale(Value):
    """What a network's numbers are in SI units.

    Neurons spike as without it where `voltage` is a power of two, since then nothing rounds differently;
    elsewhere a neuron may differ that comes within rounding of its threshold.

    Parameters
    ----------
    voltage : float
        A membrane potential of 1 [V], > 0.
    resistance : float
        Membrane resistance R [ohm], > 0.
    time : float, optional
        R C of neurons without a leak [s], > 0; None: the time step.
    rest : float
        Potential of a membrane at 0 [V].
    """

    voltage: float = number(low=0, above=True, unit="V")
    resistance: float = number(1e8, low=0, above=True, unit="ohm")
    time: float | None = number(None, low=0, above=True, unit="s", optional=True)
    rest: float = number(0.0, unit="V")

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in dataclasses.fields(self):
            if np.ndim(getattr(self, field.name)):
                raise InputError(f"PhysicalScale.{field.name} is an array: one scale holds for all layers")

    def parameters(
        self, neuron: Neuron, values: Mapping[str, Numeric], dt: float
    ) -> dict[str, Numeric | np.ndarray]:
        """Return a neuron's parameters, `bias` among them, in SI units.

        With them come `voltage` and `rest` [V], and `conductance` [S], the current that a charge of 1 V
        in one step takes; neurons without a membrane get theirs back unchanged.
        """
        names = potentials(neuron)
        if not names:
            return dict(values)
        scaled = {name: v * self.voltage if name in names else v for name, v in values.items()}
        extra = {"voltage": self.voltage, "rest": self.rest}
        return scaled | extra | {"conductance": self.conductance(neuron, dt)}

    def conductance(self, neuron: Neuron, dt: float) -> Numeric:
        """Return I / (voltage J) [S]: 1 / (R (1 - leak)), or C / dt where nothing leaks."""
        still = (dt if self.time is None else self.time) / (self.resistance * dt)
        leak = np.asarray(neuron.values(dt).get("leak", 1.0))
        with np.errstate(divide="ignore"):
            held = np.where(leak < 1, 1 / (self.resistance * (1 - leak)), still)
        return held if held.ndim else float(held)

    def current(self, neuron: Neuron, drive: Numeric, dt: float) -> np.ndarray:
        """Return the current [nA] of a neuron that receives `drive`, bias included, in a step of `dt` [s]."""
        return np.asarray(drive) * self.voltage * self.conductance(neuron, dt) * 1e9

    def differential(self, neuron: Neuron, dt: float) -> Custom:
        """Return an IF or LIF neuron as the differential equation that Brian2 integrates, to be changed.

        Its spikes are those of the neuron but for rounding.

        Raises
        ------
        Unsupported
            If the neuron has no such form.
        """
        if not isinstance(neuron, (IF, LIF)) or neuron.lower_bound is not None:
            raise Unsupported(f"{neuron!r} has no differential form: give an IF or LIF without lower_bound")
        if neuron.reset not in ("subtract", "zero"):
            raise Unsupported(f"{neuron!r} has no differential form: reset it by 'subtract' or to 'zero'")
        theta, initial = (np.asarray(x) * self.voltage for x in (neuron.threshold, neuron.initial))
        conductance = np.asarray(self.conductance(neuron, dt))
        form, given = self._form(neuron, dt)
        return Custom(
            form,
            threshold="v > v_t" if neuron.strict else "v >= v_t",
            reset="v = v_rest" if neuron.reset == "zero" else "v -= v_step",
            parameters={
                **given,
                "v_rest": Amount(self.rest, "volt"),
                "v_t": Amount(self.rest + theta, "volt"),
                "v_step": Amount(theta, "volt"),
            },
            unit=Amount(conductance * self.voltage, "amp"),
            initial={"v": Amount(self.rest + initial, "volt")},
        )

    def _form(self, neuron: IF | LIF, dt: float) -> tuple[str, dict[str, Amount]]:
        leak = np.asarray(neuron.values(dt).get("leak", 1.0))
        if np.all(leak == 1):
            time = dt if self.time is None else self.time
            return "dv/dt = I/C : volt", {"C": Amount(time / self.resistance, "farad")}
        if np.any((leak <= 0) | (leak >= 1)):
            raise Unsupported(f"{neuron!r} has no differential form: give it a leak in (0, 1), or 1")
        given = {"R": Amount(self.resistance, "ohm"), "tau": Amount(-dt / np.log(leak), "second")}
        return "dv/dt = (v_rest - v + R*I)/tau : volt", given


@functools.singledispatch
def potentials(neuron: Neuron) -> tuple[str, ...]:
    """Return the names of a neuron's parameters that are membrane potentials, `bias` among them.

    None are for neurons without a membrane, and for those that have units of their own.

    Raises
    ------
    Unsupported
        If the neuron's equations are not known in SI units.
    """
    raise Unsupported(f"{type(neuron).__name__} neurons are not known in SI units: leave out physical")


@potentials.register
def _(neuron: IF | LIF | BurstLIF) -> tuple[str, ...]:
    return "threshold", "initial", "lower_bound", "bias"


@potentials.register
def _(neuron: BMIF) -> tuple[str, ...]:
    return "threshold", "negative_threshold", "initial", "bias"


@potentials.register
def _(neuron: Accumulate) -> tuple[str, ...]:
    return ("bias",)


@potentials.register
def _(neuron: Relay | Custom) -> tuple[str, ...]:
    return ()
