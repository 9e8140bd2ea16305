"""From the traced graph to a network: expressions flow along it; ReLUs and maxima close layers."""

import inspect
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import fx, nn

from neurosim.conversion.expression import Expression, Term
from neurosim.conversion.handlers import (
    FUNCTIONS,
    MAXIMA,
    METHODS,
    MODULES,
    RECTIFIERS,
    SUPPORTED,
    WEIGHTED,
)
from neurosim.conversion.recipes.base import Rule
from neurosim.conversion.refusals import REFUSED
from neurosim.conversion.tracing import describe
from neurosim.conversion.weighted import scale_channels
from neurosim.errors import InputError, NeurosimError, Unsupported
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import Accumulate, Input, Neuron, Relay
from neurosim.ops import MaxPool, Scale
from neurosim.parameters import Numeric

__all__ = ["Lowered", "lower"]

INPUT = "input"
OUTPUT = "output"


@dataclass(frozen=True)
class Lowered:
    """A network, and where in the module its layers come from.

    Attributes
    ----------
    network
        The network.
    nodes
        For every layer but the input the node of the graph whose value is the layer's activation.
    ceilings
        Where the module's activation stops rising, of the layers where it does: 6 of a ReLU6.
    """

    network: Network
    nodes: dict[str, fx.Node]
    ceilings: dict[str, float]


def lower(
    module: nn.Module,
    graph: fx.Graph,
    shape: tuple[int, ...],
    *,
    input: Input,
    rule: Callable[[str], Rule],
    classes: Sequence[str] | None,
) -> Lowered:
    """Turn a traced module into a network.

    Parameters
    ----------
    module, graph
        The module and its trace.
    shape
        Of one image.
    input
        Neuron of the input layer.
    rule
        Says what takes the place of a rectifier, given the layer's name.
    classes
        Names of the outputs.

    Raises
    ------
    Unsupported
        If an operation has no exact spiking form; names node, module, operation and what would work.
    InputError
        If images of `shape` do not fit, or parameters are impossible.
    """
    walk = _Walk(module, shape, input, rule)
    for node in graph.nodes:
        walk.visit(node)
    return Lowered(Network(walk.layers, walk.projections, classes), walk.nodes, walk.ceilings)


class _Walk:
    """The state of one walk along the graph."""

    def __init__(
        self, module: nn.Module, shape: tuple[int, ...], input: Input, rule: Callable[[str], Rule]
    ) -> None:
        self.module = module
        self.rule = rule
        self.layers = [Layer(INPUT, shape, input)]
        self.projections: list[Projection] = []
        self.nodes: dict[str, fx.Node] = {}
        self.ceilings: dict[str, float] = {}
        self._values: dict[fx.Node, Any] = {}
        self._operations = {
            "placeholder": self._placeholder,
            "get_attr": self._attribute,
            "call_module": self._call_module,
            "call_function": self._call_function,
            "call_method": self._call_method,
            "output": self._output,
        }

    def visit(self, node: fx.Node) -> None:
        """Compute the value of one node from those before it."""
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), self._values.__getitem__)
        try:
            self._values[node] = self._operations[node.op](node, args, kwargs)
        except NeurosimError as error:
            raise type(error)(f"convert: {describe(self.module, node)}: {error}") from None
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            reason = str(error).partition("\n")[0]
            raise InputError(
                f"convert: {describe(self.module, node)}: it does not fit its input: {reason}"
            ) from error

    def _placeholder(self, node: fx.Node, args: Any, kwargs: Any) -> Expression:
        shape = self.layers[0].shape
        term = Term(INPUT, 0, np.ones(shape[0]))
        return Expression((term,), torch.zeros((1, *shape), dtype=torch.float64))

    def _attribute(self, node: fx.Node, args: Any, kwargs: Any) -> torch.Tensor:
        constant: torch.Tensor = operator.attrgetter(str(node.target))(self.module)
        return constant.detach().to("cpu", torch.float64)

    def _call_module(self, node: fx.Node, args: Any, kwargs: Any) -> Any:
        path = str(node.target)
        module = self.module.get_submodule(path)
        kind = type(module)
        value = self._apply(node, kind, MODULES, (*args, module), kwargs)
        return value.named(path) if kind in WEIGHTED else value

    def _call_function(self, node: fx.Node, args: Any, kwargs: Any) -> Any:
        target: Any = node.target
        if not any(isinstance(self._values[used], Expression) for used in node.all_input_nodes):
            return target(*args, **kwargs)  # arithmetic with sizes and constants
        return self._apply(node, target, FUNCTIONS, args, kwargs)

    def _call_method(self, node: fx.Node, args: Any, kwargs: Any) -> Any:
        name = str(node.target)
        if not any(isinstance(self._values[used], Expression) for used in node.all_input_nodes):
            return getattr(args[0], name)(*args[1:], **kwargs)
        return self._apply(node, name, METHODS, args, kwargs)

    def _apply(
        self, node: fx.Node, key: Any, table: Mapping[Any, Callable[..., Any]], args: Any, kwargs: Any
    ) -> Any:
        if key in RECTIFIERS:
            return self._rectify(node, args[0], _call(RECTIFIERS[key], args, kwargs))
        if key in MAXIMA:
            return self._maximum(node, args[0], _call(MAXIMA[key], args, kwargs))
        return _call(table.get(key, REFUSED.get(key)), args, kwargs)

    def _output(self, node: fx.Node, args: Any, kwargs: Any) -> None:
        (value,) = args
        if not isinstance(value, Expression):
            kind = type(value).__name__.removeprefix("immutable_")  # torch.fx has lists of its own
            raise Unsupported(f"forward returns a {kind}: return one tensor")
        (made,) = node.all_input_nodes
        self._close(value, self._name(value, OUTPUT), made, Accumulate())

    def _rectify(self, node: fx.Node, x: Expression, ceiling: float) -> Expression:
        """Close an expression into a layer; return the activation of that layer as an expression."""
        name = self._name(x, _own_name(node), node.name)
        rule = self.rule(name)
        depth = self._close(_in_units_of(rule, x), name, node, rule.neuron, rule.quantum)
        if math.isfinite(ceiling):
            self.ceilings[name] = ceiling
        term = _spikes(Term(name, depth, np.ones(x.shape[0])), rule, x.shape)
        return Expression((term,), torch.zeros_like(x.bias), x.flat)

    def _maximum(self, node: fx.Node, x: Expression, op: MaxPool) -> Expression:
        """Close a layer's activation into a layer of relays, whose strengths count as the pooled ones do."""
        (pooled,) = x.terms
        name = self._name(x, _own_name(node), node.name)
        shape = op.output_shape(x.shape)
        self.layers.append(Layer(name, shape, Relay()))
        self.projections.append(Projection(pooled.source, name, (op,)))
        self.nodes[name] = node
        term = Term(name, pooled.depth + 1, pooled.factor)
        return Expression((term,), torch.zeros((1, *shape), dtype=torch.float64))

    def _close(
        self, x: Expression, name: str, node: fx.Node, neuron: Neuron, quantum: Numeric | None = None
    ) -> int:
        self.layers.append(Layer(name, x.shape, neuron, quantum))
        biases = (x.constant(), *(None for _ in x.terms[1:]))
        self.projections += [
            Projection(term.source, name, term.chain(), bias)
            for term, bias in zip(x.terms, biases, strict=True)
        ]
        self.nodes[name] = node
        return 1 + max(term.depth for term in x.terms)

    def _name(self, x: Expression, *others: str) -> str:
        """Return the path of the last weights, or the first of the other names that is free."""
        taken = {layer.name for layer in self.layers}
        names = (x.module, *others)
        return next((name for name in names if name and name not in taken), names[-1])


def _in_units_of(rule: Rule, x: Expression) -> Expression:
    """Return a layer's input in units of its thresholds, where these are not the module's."""
    if rule.quantum is None:
        return x
    gain = np.asarray(rule.neuron.threshold) / rule.quantum
    return scale_channels(x, np.broadcast_to(gain, x.shape[:1]).copy())


def _spikes(term: Term, rule: Rule, shape: tuple[int, ...]) -> Term:
    """Return a layer's strengths times what they stand for: numbers a channel wait for the next weights."""
    unit = np.asarray(rule.unit)
    if unit.ndim > 1:
        return term.then(Scale(unit))
    return replace(term, factor=np.broadcast_to(unit, shape[:1]).copy())


def _own_name(node: fx.Node) -> str:
    return str(node.target) if node.op == "call_module" else node.name


def _call(handler: Callable[..., Any] | None, args: Any, kwargs: Any) -> Any:
    if handler is None:
        raise Unsupported(f"it has no exact spiking form: convertible are {SUPPORTED}")
    try:
        inspect.signature(handler).bind(*args, **kwargs)
    except TypeError as error:
        raise Unsupported(f"it is called in a way that is not convertible ({error})") from None
    return handler(*args, **kwargs)
