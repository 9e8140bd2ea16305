"""What closes a layer of spiking neurons: where each kind of rectifier stops rising."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import fx, nn

from neurosim.ann.qcfs import QCFS
from neurosim.conversion.expression import Expression
from neurosim.errors import Unsupported

__all__ = [
    "Function",
    "activation_function",
    "clamp",
    "clamp_min",
    "hardtanh",
    "hardtanh_of",
    "qcfs",
    "relu",
    "relu6",
    "staircase",
]

Function = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


def relu(x: Expression, inplace: bool = False) -> float:
    """Return the ceiling of max(0, x): none."""
    return math.inf


def relu6(x: Expression, inplace: bool = False) -> float:
    """Return the ceiling of min(max(0, x), 6)."""
    return 6.0


def hardtanh(x: Expression, min_val: Any = -1.0, max_val: Any = 1.0, inplace: bool = False) -> float:
    """Return the ceiling of min(max(0, x), max_val)."""
    return clamp(x, min_val, max_val)


def hardtanh_of(x: Expression, module: nn.Hardtanh) -> float:
    """Return the ceiling of a module; ReLU6 is one."""
    return clamp(x, module.min_val, module.max_val)


def qcfs(x: Expression, module: QCFS) -> float:
    """Return the ceiling of a QCFS: its theta."""
    module.check()
    return module.ceiling


def staircase(module: nn.Module, node: fx.Node) -> QCFS | None:
    """Return the QCFS that a node calls, or None."""
    called = module.get_submodule(str(node.target)) if node.op == "call_module" else None
    return called if isinstance(called, QCFS) else None


def activation_function(module: nn.Module, node: fx.Node, ceiling: float) -> Function:
    """Return what a rectifier does to an array, in the order of operations of torch."""
    stairs = staircase(module, node)
    if stairs is None:
        return lambda z: np.clip(z, 0, ceiling)
    levels = int(stairs.levels)
    return lambda z: np.floor(np.clip(z / ceiling, 0, 1) * levels + 0.5) / levels * ceiling


def clamp(x: Expression, min: Any = None, max: Any = None) -> float:
    """Return the ceiling of min(max(0, x), max); without `min` x must be an activation already."""
    floor = 0 if min is None and x.is_activation else min
    if not isinstance(floor, (int, float)) or floor != 0:
        raise Unsupported(f"it cuts off below {_shown(floor)}: only below 0 is convertible, as a ReLU does")
    ceiling = math.inf if max is None else max
    if not isinstance(ceiling, (int, float)) or not ceiling > 0:
        raise Unsupported(f"it cuts off above {_shown(ceiling)}: give a number above 0")
    return float(ceiling)


def clamp_min(x: Expression, min: Any) -> float:
    """Return the ceiling of max(0, x): none."""
    return clamp(x, min)


def _shown(bound: Any) -> str:
    if bound is None:
        return "nothing"
    return f"{bound:g}" if isinstance(bound, (int, float)) else "something else than a number"
