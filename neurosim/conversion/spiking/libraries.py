"""snnTorch, SpikingJelly, sinabs and our own: their spiking modules in our terms, without importing them.

A module is known by the library and name of its class; what it does is read from its attributes.
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from neurosim.conversion.spiking.reading import (
    BATCH_FIRST,
    SQUEEZED,
    STEP,
    TIME_FIRST,
    Spiking,
    number_of,
    refuse,
)
from neurosim.neurons import IF, LIF, BurstLIF

__all__ = ["LIBRARIES", "READERS", "copied", "key_of", "restart"]

LIBRARIES = ("neurosim", "snntorch", "spikingjelly", "sinabs")


def key_of(module: nn.Module) -> tuple[str, str]:
    """Return the library and the name of a module's class."""
    return type(module).__module__.partition(".")[0], type(module).__name__


def _own(module: Any) -> Spiking:
    """neurosim.training: it says itself which neuron it is."""
    neuron = module.neuron
    return Spiking(lambda: neuron, {}, STEP, factor=module.carried)


def _leaky(module: Any) -> Spiking:
    """snnTorch: fires at U > threshold; the reset comes a step late, unless `reset_delay` is False."""
    for name in ("inhibition", "state_quant"):
        if getattr(module, name, False):
            refuse(name, getattr(module, name), "only False is readable")
    mechanism = ("subtract", "zero", "none")[int(module.reset_mechanism_val)]
    late = {"subtract": "delayed" if getattr(module, "reset_delay", True) else "undelayed"}
    factor = number_of(module.graded_spikes_factor)
    if factor.size != 1 or not factor.item() > 0:
        refuse("graded_spikes_factor", module.graded_spikes_factor, "only one positive number is readable")
    return Spiking(
        partial(LIF, reset=late.get(mechanism, mechanism), strict=True),
        {"threshold": number_of(module.threshold), "leak": np.clip(number_of(module.beta), 0, 1)},
        STEP,
        factor=float(factor.item()),
        pair=bool(module.output or not module.init_hidden),
    )


def _node(module: Any, share: Any = None) -> Spiking:
    """SpikingJelly: V moves by a share of its distance to v_reset; a hard reset goes there.

    With V counted from v_reset, that is the rest, and the threshold lies v_threshold - v_reset above.
    """
    if not getattr(module.surrogate_function, "spiking", True):
        refuse("surrogate_function.spiking", False, "only a function that gives spikes is readable")
    soft = module.v_reset is None
    threshold = module.v_threshold - (0.0 if soft else module.v_reset)
    if not threshold > 0:
        refuse("v_reset", module.v_reset, f"it must lie below v_threshold, {module.v_threshold:g}")
    leak = {} if share is None else {"leak": 1 - share}
    return Spiking(
        partial(IF if share is None else LIF, reset="subtract" if soft else "zero"),
        {"threshold": threshold, **leak},
        {"s": STEP, "m": TIME_FIRST}[module.step_mode],
        gain=share if share is not None and module.decay_input else 1.0,
    )


def _lif_node(module: Any) -> Spiking:
    return _node(module, 1 / number_of(module.tau))


def _parametric_lif_node(module: Any) -> Spiking:
    return _node(module, number_of(module.w.detach().double().sigmoid()))


def _iaf(module: Any) -> Spiking:
    return _sinabs(module, np.ones(()), False)


def _lif(module: Any) -> Spiking:
    leak = module.alpha_mem if module.train_alphas else torch.exp(-1 / module.tau_mem.detach().double())
    return _sinabs(module, number_of(leak), module.norm_input)


def _sinabs(module: Any, leak: Any, normalised: bool) -> Spiking:
    """sinabs: says trunc(U / threshold), or one spike; V is clipped from below after the reset."""
    if getattr(module, "tau_syn", None) is not None or getattr(module, "alpha_syn", None) is not None:
        refuse("tau_syn", "set", "currents that decay are not readable, leave it None")
    threshold = number_of(module.spike_threshold)
    make, limit = _firing(module.spike_fn)
    bound = {} if module.min_v_mem is None else {"lower_bound": number_of(module.min_v_mem)}
    return Spiking(
        partial(make, reset=_reset(module.reset_fn, threshold)),
        {"threshold": threshold, "leak": leak, **limit, **bound},
        SQUEEZED if hasattr(module, "squeeze_forward") else BATCH_FIRST,
        gain=1 - leak if normalised else 1.0,
    )


def _firing(function: Any) -> tuple[Any, dict[str, float]]:
    name = getattr(function, "__name__", type(function).__name__)
    if name == "SingleSpike":
        return LIF, {}
    if name not in ("MultiSpike", "MaxSpike"):
        refuse("spike_fn", function, "only MultiSpike, MaxSpike and SingleSpike are readable")
    most = getattr(function, "max_num_spikes_per_bin", None)
    return BurstLIF, {"strength": np.inf if most is None else most}


def _reset(function: Any, threshold: Any) -> str:
    kind = type(function).__name__
    if kind == "MembraneSubtract" and np.all(threshold == (function.subtract_value or threshold)):
        return "subtract"
    if kind != "MembraneReset" or function.reset_value != 0:
        refuse(
            "reset_fn", function, "only MembraneSubtract() by the threshold and MembraneReset() are readable"
        )
    return "zero"


READERS: dict[tuple[str, str], Callable[[Any], Spiking]] = {
    ("neurosim", "TrainableLIF"): _own,
    ("neurosim", "TrainableBMIF"): _own,
    ("snntorch", "Leaky"): _leaky,
    ("spikingjelly", "IFNode"): _node,
    ("spikingjelly", "LIFNode"): _lif_node,
    ("spikingjelly", "ParametricLIFNode"): _parametric_lif_node,
    ("sinabs", "IAF"): _iaf,
    ("sinabs", "IAFSqueeze"): _iaf,
    ("sinabs", "LIF"): _lif,
    ("sinabs", "LIFSqueeze"): _lif,
}


def copied(module: nn.Module) -> nn.Module:
    """Return a copy; states that hang on a graph of gradients, which torch does not copy, are cut off it."""
    memo: dict[int, Any] = {}
    for part in module.modules():
        own = vars(part)
        for held in ({**own}, own["_buffers"], own.get("_memories", {})):
            cut = (value for value in held.values() if isinstance(value, torch.Tensor) and not value.is_leaf)
            memo |= {id(value): value.detach() for value in cut}
    return copy.deepcopy(module, memo)


def restart(module: Any) -> None:
    """Put a spiking module into the state it has before any input."""
    library, _ = key_of(module)
    if library == "neurosim":
        module.restart()
    elif library == "spikingjelly":
        module.reset()
    else:
        setattr(module, "mem" if library == "snntorch" else "v_mem", torch.zeros(0))
