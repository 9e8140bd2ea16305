"""Ops and neurons as NIR nodes; whatever has no node of its own is refused."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from ..errors import Unsupported
from ..neurons import IF, LIF, Accumulate, Input
from ..neurons.base import broadcast
from ..ops import AvgPool, Conv, Linear, Op, Reshape, Scale, Shape
from .conventions import OURS
from .maps import flattened

__all__ = ["Form", "form_of_neuron", "forms_of_op"]


@dataclasses.dataclass(frozen=True)
class Form:
    """A node to be written: its kind, fields and metadata."""

    kind: str
    fields: Mapping[str, Any]
    metadata: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@functools.singledispatch
def forms_of_op(op: Op, shape: Shape, bias: np.ndarray | None) -> list[Form]:
    """Return the nodes of an op on a source of `shape`, with a bias behind it if there is one.

    Raises
    ------
    Unsupported
        If NIR has no such node.
    """
    return _refuse(f"{op!r}: NIR has no such node")


@forms_of_op.register
def _(op: Linear, shape: Shape, bias: np.ndarray | None) -> list[Form]:
    flat = [_flatten(shape, 0, -1)] if len(shape) > 1 else []
    biased = {} if bias is None else {"bias": bias}
    return [*flat, Form("Linear" if bias is None else "Affine", {"weight": op.weight, **biased})]


@forms_of_op.register
def _(op: Conv, shape: Shape, bias: np.ndarray | None) -> list[Form]:
    rank = len(op.kernel)
    if rank == 3:
        _refuse("a convolution in three dimensions: NIR has Conv1d and Conv2d")
    if bias is not None and bias.ndim > 1:
        _refuse(f"its bias has shape {bias.shape}: NIR's convolutions have one a channel")
    sizes = {"stride": op.stride, "dilation": op.dilation, "input_shape": shape[1:]}
    fields = {name: size[0] if rank == 1 else size for name, size in sizes.items()}
    fields |= {"weight": op.weight, "groups": op.groups, "padding": _padding(op)}
    fields["bias"] = np.zeros(op.weight.shape[0]) if bias is None else bias
    return [Form(f"Conv{rank}d", fields, {"no_bias": 1} if bias is None else {})]


@forms_of_op.register
def _(op: AvgPool, shape: Shape, bias: np.ndarray | None) -> list[Form]:
    _refuse_bias(bias, "an average")
    if len(shape) != 3 or op.ceil_mode or not op.count_include_pad:
        _refuse(f"{op!r} of {shape}: NIR averages (C, H, W), without ceil_mode and with padding counted")
    stride = op.kernel if op.stride is None else op.stride
    sizes = {"kernel_size": op.kernel, "stride": stride, "padding": op.padding}
    fields = {name: np.broadcast_to(size, 2) for name, size in sizes.items()}
    return [Form("AvgPool2d", fields, {"no_stride": 1} if op.stride is None else {})]


@forms_of_op.register
def _(op: Scale, shape: Shape, bias: np.ndarray | None) -> list[Form]:
    _refuse_bias(bias, "a factor")
    fields = {"scale": np.broadcast_to(broadcast(op.factor, shape), shape)}
    return [Form("Scale", fields, {"scale_axes": np.ndim(op.factor)})]


@forms_of_op.register
def _(op: Reshape, shape: Shape, bias: np.ndarray | None) -> list[Form]:
    _refuse_bias(bias, "a change of shape")
    for start in range(len(shape)):
        for end in range(start, len(shape)):
            if flattened(shape, start, end) == op.shape:
                return [dataclasses.replace(_flatten(shape, start, end), metadata={"reshape": 1})]
    return _refuse(f"{op!r} of {shape}: NIR makes several axes one, nothing else")


@functools.singledispatch
def form_of_neuron(neuron: Any, shape: Shape, dt: float) -> Form:
    """Return the node of a layer's neurons, in time steps of `dt` seconds.

    Raises
    ------
    Unsupported
        If NIR has no such node.
    """
    return _refuse(f"{type(neuron).__name__} neurons: NIR has IF, LIF and the integrator I")


@form_of_neuron.register
def _(neuron: Input, shape: Shape, dt: float) -> Form:
    if neuron != Input():
        _refuse(f"{neuron!r}: NIR's input is not normalised or bounded: give Input(), and such pixels")
    return Form("Input", {"shape": shape})


@form_of_neuron.register
def _(neuron: Accumulate, shape: Shape, dt: float) -> Form:
    return Form("I", {"r": np.full(shape, 1 / dt)}, {"convention": OURS, "dt": dt})


@form_of_neuron.register
def _(neuron: IF, shape: Shape, dt: float) -> Form:
    fields, metadata = _spiking(neuron, shape, dt)
    return Form("IF", {"r": np.full(shape, 1 / dt), **fields}, metadata)


@form_of_neuron.register
def _(neuron: LIF, shape: Shape, dt: float) -> Form:
    fields, metadata = _spiking(neuron, shape, dt)
    if neuron.tau is None:
        leak = np.asarray(neuron.leak, dtype=np.float64)
        if np.any(leak == 1):
            _refuse("leak=1: it would need an endless time constant: give IF")
        tau, metadata = dt / (1 - broadcast(leak, shape)), metadata | {"leak": leak}
    else:
        tau, metadata = broadcast(neuron.tau, shape), metadata | {"tau_axes": np.ndim(neuron.tau)}
        if np.any(tau < dt):
            _refuse(f"tau of {np.min(tau):g} s is shorter than a step of {dt:g} s: give a smaller dt")
    tau = np.broadcast_to(tau, shape)
    return Form("LIF", {"tau": tau, "r": tau / dt, "v_leak": np.zeros(shape), **fields}, metadata)


def _spiking(neuron: IF | LIF, shape: Shape, dt: float) -> tuple[dict[str, Any], dict[str, Any]]:
    if np.any(np.asarray(neuron.initial) != 0):
        _refuse("initial is not 0: NIR's neurons have no initial potential")
    if neuron.lower_bound is not None:
        _refuse("lower_bound is given: NIR's neurons have no bound from below")
    threshold = np.broadcast_to(broadcast(neuron.threshold, shape), shape)
    open_in_nir = {"convention": OURS, "dt": dt, "reset": neuron.reset, "strict": int(neuron.strict)}
    axes = {"v_threshold_axes": np.ndim(neuron.threshold)}
    return {"v_threshold": threshold, "v_reset": np.zeros(shape)}, open_in_nir | axes


def _flatten(shape: Shape, start: int, end: int) -> Form:
    return Form("Flatten", {"start_dim": start, "end_dim": end, "input_type": shape})


def _padding(op: Conv) -> Any:
    if all(before == after for before, after in op.padding):
        pads = tuple(before for before, _ in op.padding)
        return pads[0] if len(pads) == 1 else pads
    spans = [d * (k - 1) for d, k in zip(op.dilation, op.kernel, strict=True)]
    same = tuple((span // 2, span - span // 2) for span in spans)
    if op.padding != same or max(op.stride) > 1:
        _refuse(f"padding {op.padding}: NIR pads both sides alike, or 'same' with a stride of 1")
    return "same"


def _refuse_bias(bias: np.ndarray | None, behind: str) -> None:
    if bias is not None:
        _refuse(f"its bias comes behind {behind}: NIR has one behind convolutions and matrices only")


def _refuse(reason: str) -> NoReturn:
    raise Unsupported(reason)
