"""The door for anybody's Brian2 groups: shared kernels in own equations, without a `Simulation`."""

import dataclasses
import functools
import hashlib
import itertools
import weakref
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from brian2 import Function, NeuronGroup

from ..errors import InputError, Unsupported
from ..layers import Layer, Projection
from ..neurons import Accumulate
from ..ops import Shape
from ..parameters import shown
from .door_host import HostDoor
from .plan import Plan, free_plan
from .sources import SOURCES

__all__ = ["functions"]

REALS: dict[str, tuple[str, type[np.floating]]] = {
    "double": ("double", np.float64),
    "single": ("float", np.float32),
}
FOLDER = Path(__file__).parent
ONLY_IN_EQUATIONS = "{name} is for equations and code of Brian2 groups: it cannot be called from Python"
NO_TARGET = "{name} runs on Brian2's numpy target and in C++ standalone, not on {target}: {remedy}"
REMEDIES = {
    "cython": "set prefs.codegen.target = 'numpy' or set_device('cpp_standalone')",
    "cuda": "set_device('cpp_standalone')",
}
_sets = itertools.count()


@dataclasses.dataclass(frozen=True)
class _Call:
    """One function: its C++ (of group, set and reals), its header, arguments and result."""

    code: str
    header: str
    arguments: tuple[str, ...]
    stateless: bool


CURRENT = _Call(
    """static inline {real} {name}(int32_t i, int64_t step) {{  // {sources}
    neurosim::check("{group}", {size}, i);
    return neurosim::door<{real}, {set}, {groups}, {depth}>(_namespace{plan}, _namespace{weights})
        .current({number}, i, step);
}}""",
    "door.h",
    ("integer", "integer"),
    stateless=True,  # what it returns was settled before the step began
)
EMIT = _Call(
    """static inline {real} {name}(int32_t i, {real} k, int64_t step) {{  // {sources}
    neurosim::check("{group}", {size}, i);
    if (k != 0) neurosim::ring<{real}, {set}, {groups}, {depth}>().tell({number}, i, k, step);
    return k;
}}""",
    "ring.h",
    ("integer", "any", "integer"),
    stateless=False,
)


def functions(
    shapes: Mapping[str, Shape], projections: Sequence[Projection], precision: str = "double"
) -> dict[str, Function]:
    """Return the functions that connect Brian2 groups by projections with shared weights.

    The dictionary is (a part of) the `namespace` of every group:

    * `current(i, t_in_timesteps)` is the sum of weights times strengths that reaches a neuron in this
      step, a pure number. Ask for it anywhere and as often as you like.
    * `emit(i, k, t_in_timesteps)`, in the reset, says that a neuron spikes with strength k: 1, or any
      number. It returns k. Several strengths of one neuron in one step add up.

    A spike of step s reaches its targets at step s + 1 + delay, whatever the order of Brian2's objects.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        For each `NeuronGroup`, by its Brian2 `name`, its shape, channels first: (C,), (C, L), (C, H, W) or
        (C, D, H, W). Its neurons are numbered channels last: i = (row * W + column) * C + channel.
    projections : sequence of Projection
        Between groups, by their names. Several into one group add up, in this order.
    precision : "double" or "single"
        Of weights and sums.

    Returns
    -------
    dict of str to brian2.Function
        "current" and "emit".

    Raises
    ------
    InputError
        If a projection does not fit the shapes, names no group or has a bias. Later, when Brian2 prepares
        the run: if a group's name or size is not that of a shape, or groups differ in their time step.
    Unsupported
        When Brian2 prepares the run, on targets other than numpy and C++ standalone.
    """
    door = _Door(dict(shapes), tuple(projections), precision)
    return {"current": door.function("current", CURRENT), "emit": door.function("emit", EMIT)}


class _Door:
    """One set of groups and what connects them."""

    def __init__(self, shapes: dict[str, Shape], projections: tuple[Projection, ...], precision: str) -> None:
        if precision not in REALS:
            raise InputError(f"functions: precision is {shown(precision)}: give 'double' or 'single'")
        layers = [Layer(name, shape, Accumulate()) for name, shape in shapes.items()]
        self.shapes = {layer.name: layer.shape for layer in layers}
        self.sizes = {layer.name: layer.size for layer in layers}
        for projection in projections:
            self._check_projection(projection)
        self.real, dtype = REALS[precision]
        self.depth = 2 + max((p.delay for p in projections), default=0)
        self.plan: Plan = free_plan(self.shapes, projections, dtype)
        self.host = HostDoor(self.shapes, projections, dtype)
        self.number = next(_sets)
        self.clocks: MutableMapping[str, Any] = weakref.WeakValueDictionary()

    def _check_projection(self, projection: Projection) -> None:
        if not isinstance(projection, Projection):
            raise InputError(f"functions: projections hold {shown(projection)}: give Projection objects")
        for end in (projection.source, projection.target):
            if end not in self.shapes:
                raise InputError(
                    f"{projection}: there is no group {end!r}: the shapes are of {self._known()}"
                )
        projection.check(self.shapes[projection.source], self.shapes[projection.target])
        if projection.pools:
            raise InputError(f"{projection}: MaxPool needs windows of images: use it in a Simulation")
        if projection.bias is not None:
            raise InputError(f"{projection}: has a bias: leave it out and add it in the group's equations")

    def _known(self) -> str:
        return ", ".join(map(repr, self.shapes)) or "none"

    def function(self, name: str, call: _Call) -> Function:
        """Return a function that looks up the group it is used in when Brian2 makes that group's code."""
        made = Function(
            _refuse(InputError, ONLY_IN_EQUATIONS.format(name=name)),
            arg_units=[1] * len(call.arguments),
            arg_types=list(call.arguments),
            return_unit=1,
            stateless=call.stateless,
        )
        add = made.implementations.add_dynamic_implementation
        add("numpy", lambda group: self._python(name, group), namespace=_nothing)
        cpp = f"neurosim{self.number}_{name}"
        header = f'"{FOLDER / call.header}"'
        add(
            "cpp",
            lambda group: call.code.format(name=cpp, **self._place(group)),
            namespace=lambda group: self._arrays(),
            name=cpp,
            compiler_kwds={"headers": [header]},
        )
        for target, remedy in REMEDIES.items():
            message = NO_TARGET.format(name=name, target=target, remedy=remedy)
            add(target, _refuse(Unsupported, message), namespace=_nothing)
        return made

    def _python(self, name: str, group: NeuronGroup) -> Callable[..., np.ndarray]:
        self._check_group(group)
        return functools.partial(getattr(self.host, name), str(group.name))

    def _place(self, group: NeuronGroup) -> dict[str, Any]:
        """Return what the C++ code of a group says of it."""
        self._check_group(group)
        return {
            "group": group.name,
            "size": self.sizes[group.name],
            "number": list(self.shapes).index(group.name),
            "groups": len(self.shapes),
            "depth": self.depth,
            "set": self.number,
            "real": self.real,
            "sources": _sources(),
        } | dict(zip(("plan", "weights"), self._arrays(), strict=True))

    def _arrays(self) -> dict[str, np.ndarray]:
        name = f"neurosim{self.number}"
        return {f"{name}_plan": self.plan.numbers, f"{name}_weights": self.plan.weights}

    def _check_group(self, group: NeuronGroup) -> None:
        if group.name not in self.shapes:
            raise InputError(
                f"group {group.name!r} uses current or emit, and the shapes are of {self._known()}: "
                "add its shape, or give it one of these names with NeuronGroup(..., name=...)"
            )
        if len(group) != self.sizes[group.name]:
            raise InputError(
                f"group {group.name!r} has {len(group)} neurons and shape {self.shapes[group.name]} "
                f"{self.sizes[group.name]}: make them equal"
            )
        self.clocks[group.name] = group.clock
        for name, clock in self.clocks.items():
            if clock.dt_ != group.clock.dt_:
                raise InputError(
                    f"groups {name!r} and {group.name!r} have time steps of {clock.dt} and "
                    f"{group.clock.dt}: give them one"
                )


def _refuse(kind: type[Exception], message: str) -> Callable[..., Any]:
    def refuse(*arguments: Any) -> Any:
        raise kind(message)

    return refuse


def _nothing(group: NeuronGroup) -> dict[str, np.ndarray]:
    return {}


@functools.cache
def _sources() -> str:
    """Return a hash of the headers: make does not see that one of them changed."""
    digest = hashlib.sha256()
    for name in ("ring.h", "door.h", *SOURCES):
        digest.update((FOLDER / name).read_bytes())
    return digest.hexdigest()[:16]
