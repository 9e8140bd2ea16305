"""What a run computed, layer by layer, beside what an artificial network of the same shape computes."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from ..errors import InputError
from ..layers import Layer, Projection
from ..network import Network
from ..neurons import Relay
from ..ops import fan_out
from ..recording import Recording
from ..stimuli import Stimulus
from .activity import Activity, activity, input_activity
from .arithmetic import Arithmetic, arithmetic

__all__ = ["LayerOperations", "operations"]


@dataclasses.dataclass(frozen=True)
class LayerOperations:
    """Operations of one layer and the projections into it, the mean of an image.

    Attributes
    ----------
    layer : str
    neurons : int
    updates : int
        Neurons times steps: every neuron is updated at every step. Relays have nothing to update.
    spikes : float
        That the layer sends, of whatever strength.
    direct_macs, direct_additions : int
        MACs, and additions of averages and shortcuts, that turn analogue input into current, once. A chip
        that does not keep the current does them at every step.
    synaptic_operations : float
        Spikes that arrive, each at each of the synapses it reaches: sum over sources of spikes times fan-out,
        with borders, strides and pooling as they are. Maxima are compared, not summed: 0.
    multiplications : float
        Those of them that need a product, weight times strength: all from sources with graded spikes.
    accumulations : float
        If a spike of strength k is added |k| times instead.
    approximate : float
        What papers give for `synaptic_operations`: zeta M, the mean spikes of a source times `nominal` MACs.
    macs, additions, nominal : int
        Of an artificial network with the same maps, for one image: MACs, additions of averages and
        shortcuts, and the MACs that papers state, which count padding.
    """

    layer: str
    neurons: int
    updates: int
    spikes: float
    direct_macs: int
    direct_additions: int
    synaptic_operations: float
    multiplications: float
    accumulations: float
    approximate: float
    macs: int
    additions: int
    nominal: int


@dataclasses.dataclass(frozen=True)
class _Arrivals:
    """What one projection does, the mean of an image."""

    direct_macs: int = 0
    direct_additions: int = 0
    synaptic_operations: float = 0.0
    multiplications: float = 0.0
    accumulations: float = 0.0
    approximate: float = 0.0


def operations(
    network: Network, recording: Recording, stimulus: Stimulus | None = None
) -> tuple[LayerOperations, ...]:
    """Return what a run computed, one entry a simulated layer, in the order of the network.

    Spikes count as they are sent; those whose delay ends after the window are among them (`Recording.lost`).
    A weight that happens to be 0 counts as a synapse. Biases belong to the neurons' updates.

    Parameters
    ----------
    network, recording
        The network that was run, and what it left. Sources of graded spikes are needed at level "spikes",
        others at level "counts".
    stimulus
        What was shown, where that was spikes; analogue pixels need not be given.

    Raises
    ------
    InputError
        If the recording is not of this network, or the stimulus is missing or of other images.
    NotRecorded
        If a layer was recorded at too low a level.
    """
    _check_layers(network, recording)
    sources = {
        name: activity(network, recording, name)
        for name in {projection.source for projection in network.projections} - {network.input.name}
    }
    shown = input_activity(network, recording, stimulus)
    if shown is not None:
        sources[network.input.name] = shown
    return tuple(_of_layer(network, recording, layer, sources) for layer in network.neurons)


def _of_layer(
    network: Network, recording: Recording, layer: Layer, sources: Mapping[str, Activity]
) -> LayerOperations:
    into = network.into(layer.name)
    costs = [arithmetic(projection, network[projection.source].shape) for projection in into]
    arrivals = [
        _arriving(projection, sources.get(projection.source), cost, recording.images)
        for projection, cost in zip(into, costs, strict=True)
    ]
    sums = {
        field.name: sum(getattr(arriving, field.name) for arriving in arrivals)
        for field in dataclasses.fields(_Arrivals)
    }
    updates = 0 if isinstance(layer.neuron, Relay) else layer.size * recording.steps
    spikes = int(recording.totals(layer.name).sum()) / recording.images
    ann = dataclasses.asdict(sum(costs, Arithmetic()))
    return LayerOperations(layer.name, layer.size, updates, spikes, **sums, **ann)


def _arriving(projection: Projection, source: Activity | None, cost: Arithmetic, images: int) -> _Arrivals:
    if source is None:
        return _Arrivals(direct_macs=cost.macs, direct_additions=cost.additions)
    if projection.pools:
        return _Arrivals()
    reached = fan_out(projection.ops, source.spikes.shape)
    arrived, summed = (int(np.vdot(sent, reached)) / images for sent in (source.spikes, source.sizes))
    return _Arrivals(
        synaptic_operations=arrived,
        multiplications=arrived if source.graded else 0.0,
        accumulations=summed,
        approximate=int(source.spikes.sum()) / (images * source.spikes.size) * cost.nominal,
    )


def _check_layers(network: Network, recording: Recording) -> None:
    described = {layer.name: layer.shape for layer in network.neurons}
    if described != recording.layers:
        raise InputError(
            f"energy: the recording is of layers {_listed(recording.layers)} and the network has "
            f"{_listed(described)}; give the network that was run"
        )


def _listed(layers: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in layers.items())
