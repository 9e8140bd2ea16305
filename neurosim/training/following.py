"""A recipe followed: the network, its spiking form, their files."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from neurosim.ann import Architecture, architecture, initial, load_weights
from neurosim.errors import InputError
from neurosim.files import write_safetensors
from neurosim.network import Network
from neurosim.training.batches import LabelledImages
from neurosim.training.fit import fit
from neurosim.training.history import History
from neurosim.training.initialisation import spiking
from neurosim.training.quantisation import quantise, quantised_weights
from neurosim.training.recipe import Recipe, SpikingStage, Stage
from neurosim.training.stepper import Loss
from neurosim.training.to_network import to_network
from neurosim.training.unrolled import LOSSES, Unrolled

__all__ = ["Trained", "follow"]


@dataclass(frozen=True, eq=False)
class Trained:
    """What came of a recipe.

    Attributes
    ----------
    module
        The module that was trained last.
    histories
        By stage, "ann" and "snn".
    network
        The spiking network, None without a stage "snn".
    """

    module: nn.Module
    histories: dict[str, History]
    network: Network | None


def follow(
    recipe: Recipe,
    data: LabelledImages,
    validation: LabelledImages | None = None,
    *,
    resume: bool = False,
    progress: bool = True,
    device: str | None = None,
) -> Trained:
    """Train as a recipe says, on images that fit its architecture, and write its files.

    Parameters
    ----------
    recipe
        As `read_recipe` gives it; its names of data are not looked at. While it is followed, checkpoints lie
        beside its weights, ``<weights>.ann`` and ``<weights>.snn``.
    data, validation
        Raw images and labels.
    resume
        Go on from the checkpoints of the same recipe; without it existing ones are refused.
    progress
        Show bars.
    device
        As `fit`.

    Raises
    ------
    InputError, FileError, RunFailed
        As `fit`, `spiking` and `to_network`.
    """
    known = architecture(recipe.architecture)
    checkpoints = {name: Path(f"{recipe.weights}.{name}") for name in ("ann", "snn")}
    _check(checkpoints.values(), resume)
    common: dict[str, Any] = {"seed": recipe.seed, "input": known.input, "validation": validation}
    common |= {"resume": resume, "progress": progress, "device": device}
    common["identity"] = zlib.crc32(repr(recipe).encode())
    histories: dict[str, History] = {}
    network = None

    def learn(name: str, stage: Stage, module: nn.Module, loss: Loss) -> None:
        settings = common | {"checkpoint": checkpoints[name], "epochs": stage.epochs, "batch": stage.batch}
        settings |= {"optimiser": stage.make_optimiser, "schedule": stage.factor, "loss": loss}
        histories[name] = fit(module, data, **settings)

    module = _begun(recipe, known)
    if recipe.ann is not None:
        _quantise(module, recipe.ann)
        learn("ann", recipe.ann, module, LOSSES["sum"])
    if recipe.snn is not None:
        module = _spiking(module, recipe.snn, data, known, device)
        learn("snn", recipe.snn, module, LOSSES[recipe.snn.readout])
        network = to_network(module, data.images[:2], input=known.input, classes=known.classes)
    _write(recipe, module, network)
    for checkpoint in checkpoints.values():
        checkpoint.unlink(missing_ok=True)
    return Trained(module, histories, network)


def _check(checkpoints: Iterable[Path], resume: bool) -> None:
    for checkpoint in checkpoints:
        if checkpoint.exists() and not resume:
            raise InputError(f"train: checkpoint {checkpoint} exists: --resume goes on from it, or delete it")


def _begun(recipe: Recipe, known: Architecture) -> nn.Module:
    """Return the module with trained weights, or with initial ones by the seed."""
    if recipe.start is not None:
        return load_weights(recipe.start, recipe.architecture)
    return initial(recipe.architecture, recipe.seed)


def _quantise(module: nn.Module, stage: Stage) -> None:
    if stage.bits is not None:
        quantise(module, stage.bits, stage.scheme)


def _spiking(
    module: nn.Module, stage: SpikingStage, data: LabelledImages, known: Architecture, device: str | None
) -> Unrolled:
    if not quantised_weights(module):
        _quantise(module, stage)
    return spiking(
        module,
        data.images[: stage.calibration],
        steps=stage.steps,
        make=stage.neuron,
        percentile=stage.percentile,
        scale=stage.scale,
        observed=stage.observed,
        readout=stage.readout,
        input=known.input,
        device=device,
    )


def _write(recipe: Recipe, module: nn.Module, network: Network | None) -> None:
    state = module.state_dict().items()
    tensors = {name: tensor.numpy() for name, tensor in state if tensor.is_floating_point()}
    write_safetensors(recipe.weights, tensors, {"architecture": recipe.architecture, "recipe": repr(recipe)})
    if recipe.network is not None and network is not None:
        network.save(recipe.network)
