"""The Brian2 functions through which equations meet the connectivity.

`propagate(step)` turns the spikes of the last steps into all currents, once a step; `current(neuron, step)`
reads one; `fire(neuron, strength, step)`, used as a threshold, tells who spoke, and `send(neuron, strength,
sent, step)` what it sends; `uniform` and `normal(neuron, slot, layer, step)` draw one of a layer's random
numbers; `watch(neuron, v, step)` passes a membrane potential on to the recorder and returns it.
`between(x, low, high)` is Brian2's `clip` without its detour through double precision, `indicator(condition)`
its `int` without 64 bits, which processors cannot turn into vectors of floats.
"""

from typing import Any, Protocol

import numpy as np
from brian2 import Function

__all__ = ["Host", "session_functions"]


class Host(Protocol):
    """The same functions in Python, for Brian2's numpy target; arguments are whole populations."""

    def propagate(self, step: Any) -> int: ...
    def current(self, neuron: np.ndarray, step: Any) -> np.ndarray: ...
    def fire(self, neuron: np.ndarray, strength: np.ndarray, step: Any) -> np.ndarray: ...
    def send(self, neuron: np.ndarray, strength: np.ndarray, sent: np.ndarray, step: Any) -> np.ndarray: ...
    def uniform(self, neuron: np.ndarray, slot: int, layer: np.ndarray, step: Any) -> np.ndarray: ...
    def normal(self, neuron: np.ndarray, slot: int, layer: np.ndarray, step: Any) -> np.ndarray: ...
    def between(self, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray: ...
    def indicator(self, condition: np.ndarray) -> np.ndarray: ...
    def watch(self, neuron: np.ndarray, potential: np.ndarray, step: Any) -> np.ndarray: ...


def session_functions(precision: str, host: Host | None = None) -> dict[str, Function]:
    """Return the functions by name.

    Parameters
    ----------
    precision : "double" or "single"
    host : Host, optional
        What runs on the numpy target; without it there are only C++ and CUDA.
    """
    real = {"double": "double", "single": "float"}[precision]
    calls = {
        "propagate": "int64_t propagate_(int64_t step) { return neurosim::propagate(step); }",
        "current": f"{real} current_(int32_t i, int64_t step) {{ return neurosim::currents[i]; }}",
        "fire": f"bool fire_(int32_t i, {real} k, int64_t step) {{ return neurosim::fire(i, k); }}",
        "send": f"bool send_(int32_t i, {real} k, {real} sent, int64_t step) "
        "{ return neurosim::send(i, k, sent); }",
        "uniform": f"{real} uniform_(int32_t i, int32_t slot, int32_t layer, int64_t step) "
        "{ return neurosim::uniform(i, slot, layer, step); }",
        "normal": f"{real} normal_(int32_t i, int32_t slot, int32_t layer, int64_t step) "
        "{ return neurosim::normal(i, slot, layer, step); }",
        "between": f"{real} between_({real} x, {real} low, {real} high) "
        f"{{ const {real} raised = x > low ? x : low; return raised < high ? raised : high; }}",
        "indicator": f"{real} indicator_(bool condition) {{ return condition ? 1 : 0; }}",
        "watch": f"{real} watch_(int32_t i, {real} v, int64_t s) {{ return neurosim::watch(i, v, s); }}",
    }
    on_gpu = {
        "propagate": "int64_t propagate_(int64_t step) { return 0; }",  # the host has done it
        "current": f"{real} current_(int32_t i, int64_t step) {{ return neurosim::current(i); }}",
        "fire": f"bool fire_(int32_t i, {real} k, int64_t step) {{ return neurosim::fire(i, k, step); }}",
        "send": f"bool send_(int32_t i, {real} k, {real} sent, int64_t step) "
        "{ return neurosim::send(i, k, sent, step); }",
        "uniform": f"{real} uniform_(int32_t i, int32_t slot, int32_t layer, int64_t step) "
        "{ return neurosim::drawn_uniform(i, slot, layer, step); }",
        "normal": f"{real} normal_(int32_t i, int32_t slot, int32_t layer, int64_t step) "
        "{ return neurosim::drawn_normal(i, slot, layer, step); }",
        "between": calls["between"],
        "indicator": calls["indicator"],
        "watch": f"{real} watch_(int32_t i, {real} v, int64_t s) {{ return neurosim::watch(i, v); }}",
    }
    kinds = {
        "propagate": (["integer"], "integer", 1),
        "current": (["integer", "integer"], "float", 1),
        "fire": (["integer", "float", "integer"], "boolean", bool),
        "send": (["integer", "float", "float", "integer"], "boolean", bool),
        "uniform": (["integer"] * 4, "float", 1),
        "normal": (["integer"] * 4, "float", 1),
        "between": (["any", "any", "any"], "float", 1),
        "indicator": (["boolean"], "float", 1),
        "watch": (["integer", "float", "integer"], "float", 1),
    }
    return {
        name: _function(
            name,
            {"cpp": f"static inline {call}", "cuda": f"static __device__ inline {on_gpu[name]}"},
            *kinds[name],
            host,
        )
        for name, call in calls.items()
    }


def _function(
    name: str, bodies: dict[str, str], arguments: list[str], returns: str, unit: Any, host: Host | None
) -> Function:
    python = getattr(host, name) if host else _missing
    function = Function(
        python,
        arg_units=[1] * len(arguments),
        arg_types=arguments,
        return_unit=unit,
        return_type=returns,
        stateless=name in ("between", "indicator"),
    )
    if host:
        function.implementations.add_implementation("numpy", python)
    for target, body in bodies.items():
        function.implementations.add_implementation(target, body, name=f"{name}_")
    return function


def _missing(*arguments: Any) -> None:
    raise RuntimeError("this function was made for C++ and CUDA only")
