"""What `Simulation` refuses before anything runs."""

import numpy as np
from numpy.typing import ArrayLike

from .. import devices
from ..build.standalone import BrianDoor
from ..devices import CudaStandalone, Device, Reference
from ..errors import InputError, Unsupported
from ..network import Network
from ..neurons import PhysicalScale
from ..neurons.physical import potentials

__all__ = [
    "check_alignment",
    "check_connectivity",
    "check_count",
    "check_equations",
    "check_network",
    "check_parts",
    "check_physical",
    "check_run",
    "check_sent",
    "checked_labels",
]


def check_parts(network: Network, device: Device, brian: BrianDoor | None) -> None:
    check_network(network)
    if not isinstance(device, Device):
        raise InputError(
            f"Simulation: device is {device!r}: give Reference(), Runtime(), CppStandalone() or "
            "CudaStandalone()"
        )
    if brian is not None and isinstance(device, Reference):
        raise InputError(
            "Simulation: Reference runs without Brian2, so brian has no effect: use another device"
        )
    if brian is not None and isinstance(device, CudaStandalone):
        raise Unsupported(
            "Simulation: CudaStandalone simulates a batch of images side by side, whose neurons brian's "
            "objects would mix: use CppStandalone() or Runtime()"
        )
    if brian is not None and not callable(brian):
        raise InputError(f"Simulation: brian is {brian!r}: give a function from subgroups to Brian2 objects")


def check_connectivity(connectivity: object, device: Device) -> None:
    if connectivity not in ("kernel", "synapses"):
        raise InputError(f"Simulation: connectivity is {connectivity!r}: it must be 'kernel' or 'synapses'")
    if connectivity == "synapses" and isinstance(device, Reference):
        raise InputError(
            "Simulation: Reference runs without Brian2, so it has no synapses: use another device"
        )

    if connectivity == "synapses" and isinstance(device, CudaStandalone):
        raise Unsupported(
            "Simulation: CudaStandalone has no explicit synapses, only kernels for a batch of images: use "
            'connectivity="synapses" on CppStandalone() or Runtime()'
        )


def check_physical(network: Network, physical: object) -> None:
    if physical is None:
        return
    if not isinstance(physical, PhysicalScale):
        raise InputError(f"Simulation: physical is {physical!r}: give a PhysicalScale")
    for layer in network.neurons:
        try:
            potentials(layer.model)
        except Unsupported as error:
            raise Unsupported(f"layer {layer.name!r}: {error}") from None


def check_equations(network: Network, device: Device, dt: float, precision: str) -> None:
    """Refuse differential equations that are wrong, or a device that cannot integrate."""
    custom = [layer for layer in network.neurons if layer.model.equations.dynamics]
    if not custom:
        return
    if isinstance(device, Reference):
        raise Unsupported(
            f"layer {custom[0].name!r}: Custom equations are integrated by Brian2, which Reference runs "
            "without: use Runtime() or CppStandalone()"
        )
    with devices.runtime(precision):
        from ..build.dynamics_checks import check_dynamics

        for layer in custom:
            check_dynamics(layer, dt)


def check_alignment(alignment: object, drain: object) -> None:
    if alignment not in ("aligned", "free"):
        raise InputError(f"Simulation: alignment is {alignment!r}: it must be 'aligned' or 'free'")
    if isinstance(drain, bool) or not isinstance(drain, (int, np.integer)) or drain < 0:
        raise InputError(f"Simulation: drain is {drain!r}: give a whole number >= 0")
    if drain and alignment == "aligned":
        raise InputError(
            f"Simulation: drain is {drain} and alignment 'aligned': aligned layers do not drain, give "
            "alignment='free' or drain=0"
        )


def check_network(network: object) -> None:
    if not isinstance(network, Network):
        raise InputError(f"Simulation: network is {network!r}: give a Network (Network.load reads a file)")


def check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(f"Simulation: {name} is {value!r}: give a whole number >= 1")


def check_run(steps: int, dt: float, precision: str) -> None:
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or not 1 <= steps < 2**31:
        raise InputError(f"Simulation: steps is {steps!r}: give a whole number in [1, 2**31)")
    if isinstance(dt, bool) or not isinstance(dt, (int, float)) or not 0 < dt < float("inf"):
        raise InputError(f"Simulation: dt is {dt!r}: give a positive number of seconds")
    if precision not in ("double", "single"):
        raise InputError(f"Simulation: precision is {precision!r}: it must be 'double' or 'single'")


def check_sent(network: Network, connectivity: str) -> None:
    if connectivity == "synapses" and any(layer.model.equations.sent != "k" for layer in network.neurons):
        raise InputError(
            "Simulation: explicit synapses carry spikes as they are made, SpikeLoss and Jitter change them: "
            'use connectivity="kernel"'
        )


def checked_labels(labels: ArrayLike | None, images: int, network: Network) -> np.ndarray | None:
    if labels is None:
        return None
    known = np.asarray(labels)
    classes = min(layer.size for layer in network.outputs)
    if known.shape != (images,) or known.dtype.kind not in "iu":
        raise InputError(
            f"labels have shape {known.shape} and type {known.dtype}: give {images} whole numbers"
        )
    if known.min() < 0 or known.max() >= classes:
        raise InputError(
            f"labels span [{known.min()}, {known.max()}]: the output has {classes} neurons, so give "
            f"0 to {classes - 1}"
        )
    return known.astype(np.int64)
