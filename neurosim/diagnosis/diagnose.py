"""diagnose: the network runs, the module testifies, and every layer's error is split into its causes."""

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from ..conversion.witness import Witness
from ..devices import Device
from ..errors import InputError
from ..network import Network
from ..neurons import Input
from ..parameters import shown
from ..simulation import Simulation
from ..simulation.checks import checked_labels
from ..stimuli import Part, Stimulus, as_stimulus
from .diagnosis import Diagnosis
from .examination import Examination
from .injection import Injection
from .verdict import verdict

__all__ = ["diagnose"]


def diagnose(
    module: Any,
    network: Network,
    inputs: Stimulus | ArrayLike,
    labels: ArrayLike | None = None,
    *,
    steps: int,
    device: Device,
    input: Input | None = None,
    dt: float = 1e-3,
    keep: Sequence[str] | None = None,
    injection: bool = True,
    chunk: int = 32,
    progress: bool = False,
) -> Diagnosis:
    """Say which layer lost the accuracy of a converted network, and why.

    The conversion error of every layer, read-out quantum S / T less the module's activation, is split into
    what it inherits and what clipping, quantisation and timing add, and into what the network's weights lack
    of the module's (`neurosim.diagnosis.terms`). Then the module's activations are put in the place of the
    first layer, of the first two, and so on, and the network behind runs on (`neurosim.diagnosis.injection`):
    the accuracy that comes back with each layer ranks the culprits.

    Memory: what is kept of a neuron does not grow with images, but for the errors of the layers in `keep`, 48
    bytes a neuron and image; beside them lie the activations and counts of `chunk` images at a time, about 60
    bytes a neuron and image.

    Parameters
    ----------
    module : torch module
        In evaluation mode, from which `network` was made.
    network : Network
        Its layers as `convert` names them.
    inputs : array, shape (images, *shape), or Direct, Poisson, Phase or Latency of such
        Raw pixels; at least ten images tell a lost bias from a lost batch norm in layers without places.
    labels : array of int, shape (images,), optional
        None: answers count as right where they are the module's.
    steps : int
        T.
    device : Device
    input : Input, optional
        The normalisation of pixels that the module was trained with; None: the network's own.
    dt : float
        Time step [s].
    keep : sequence of str, optional
        Layers whose errors are kept neuron by neuron; None: all.
    injection : bool
        Measure the accuracy if each layer were exact. Takes one build, and a run for each layer.
    chunk : int
        Images at a time.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InputError
        If the network is not one of the module, or an argument does not fit.
    Unsupported
        If the module cannot be traced, or a layer cannot be made exact.
    RunFailed
        If a layer received something else than its weights make of what was sent.
    """
    if not isinstance(network, Network):
        raise InputError(f"diagnose: network is a {type(network).__name__}: give a neurosim.Network")
    if not isinstance(chunk, int) or isinstance(chunk, bool) or chunk < 1:
        raise InputError(f"diagnose: chunk is {shown(chunk)}: give a whole number of at least 1")
    stimulus = as_stimulus(inputs)
    pixels = _pixels(stimulus, network, steps)
    given = network.input.neuron if input is None else input
    if not isinstance(given, Input):
        raise InputError(f"diagnose: input is {given!r}: give an Input, or leave it out")
    witness = Witness(module, network.input.shape, given)
    _check_same(network, witness.network)
    truth = checked_labels(labels, len(stimulus), network)
    examination = Examination(network, witness, steps, dt, keep)
    with (
        Simulation(network, device, steps, dt=dt, record=examination.record()) as simulation,
        Injection(network, device, steps, dt) if injection else contextlib.nullcontext() as rest,
        tqdm(total=len(stimulus), desc="diagnosing", unit="image", disable=not progress) as bar,
    ):
        for start in range(0, len(stimulus), chunk):
            part = Part(stimulus, start, start + chunk)
            recording = simulation.run(part, progress=False)
            images = slice(start, start + chunk)
            examination.add(recording, part, pixels[images], None if truth is None else truth[images], rest)
            bar.update(len(part))
    return verdict(network, examination, labels is not None)


def _pixels(stimulus: Stimulus, network: Network, steps: int) -> np.ndarray:
    """Return the raw pixels of a stimulus that shows still images, as the module is given them."""
    layer = network.input
    assert isinstance(layer.neuron, Input)  # Network.input is the layer that has one
    stimulus.check(layer.neuron, layer.shape, steps)
    values = np.asarray(getattr(stimulus, "values", np.empty(0)))
    if values.shape[1:] != layer.shape:
        raise InputError(
            f"diagnose: inputs are {type(stimulus).__name__} that show no still images of shape "
            f"{layer.shape}: give pixels (images, *shape), which the module takes too"
        )
    return values


def _check_same(network: Network, made: Network) -> None:
    """Raise InputError unless a network has the layers that are made of the module."""
    if len(network.outputs) != 1:
        names = ", ".join(layer.name for layer in network.outputs)
        raise InputError(f"diagnose: the network has the outputs {names}: one can be diagnosed")
    found, wanted = ({layer.name: layer.shape for layer in of.neurons} for of in (network, made))
    for name in wanted | found:
        if found.get(name) != wanted.get(name):
            raise InputError(
                f"diagnose: layer {name!r} has shape {found.get(name)} in the network and {wanted.get(name)} "
                "in the module: give the module that the network was made of"
            )
