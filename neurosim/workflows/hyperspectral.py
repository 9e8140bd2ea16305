"""The networks of the hyperspectral study: which there are, how each is trained, and its file."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import datasets, training
from ..ann import initial, load_weights, predict, save_weights
from ..ann.labels import INDIAN_PINES
from ..datasets.scene import Pixels
from ..network import Network
from ..neurons import Input
from .sites import Site, site

Context = AbstractContextManager[object, Any]

__all__ = ["FULL", "STEPS", "Member", "decisions", "members", "network_of", "trained"]

STEPS, FULL = 5, 32
"""Steps of training; bits of weights that are not quantised."""

BITS, SEEDS = (FULL, 6, 5, 4), (0, 1, 2)
OTHER_SPLITS = (
    ("cnn_3d", "disjoint"),
    ("cnn_32h", "random"),
    ("cnn_32h", "tenth"),
    ("cnn_32h", "disjoint"),
)
"""Of one seed, with 32 and 6 bits."""


@dataclass(frozen=True)
class Stage(training.Stage):
    """How long and how fast one training goes.

    Attributes
    ----------
    least
        Pixels of a rare class are shown more often, so that an epoch has at least so many of each.
    """

    least: int = 1


@dataclass(frozen=True)
class Setting:
    """How the networks of one architecture are trained.

    Attributes
    ----------
    he
        How initial weights are drawn, as `ann.initial`.
    scale
        Factor on the thresholds that the spiking form begins with.
    cnn, cnn_few_bits, snn, snn_few_bits
        Trainings: of the network itself, of the trained one with few bits, of its spiking form, and of that
        with few bits.
    """

    he: bool
    scale: float
    cnn: tuple[Stage, ...]
    cnn_few_bits: tuple[Stage, ...]
    snn: tuple[Stage, ...]
    snn_few_bits: tuple[Stage, ...]


SETTINGS = {
    "cnn_3d": Setting(
        False,
        0.5,
        (Stage(40, 32, rate=1e-3),),
        (Stage(4, 32, rate=5e-4),),
        (Stage(10, 32, rate=2e-3),),
        (Stage(2, 32, rate=5e-4),),
    ),
    "cnn_32h": Setting(
        True,
        0.7,
        (Stage(36, 256, rate=1e-3), Stage(20, 260, rate=1e-3, least=64)),
        (Stage(4, 260, rate=3e-4, least=64),),
        (Stage(5, 260, rate=1e-3, least=64),),
        (Stage(2, 260, rate=3e-4, least=64),),
    ),
}

LONGER = {"tenth": 3}
"""Factor on epochs where so many times fewer pixels train, for as many steps of gradient descent."""

BATCH = {"cnn_3d": 256, "cnn_32h": 4096}
"""Pixels of a forward pass."""

MIRRORED = training.Chain((training.Flip(), training.Flip(-2)))


@dataclass(frozen=True)
class Member:
    """One network of the study.

    Attributes
    ----------
    net
        "cnn_3d" or "cnn_32h".
    split
        "random", "tenth" or "disjoint".
    seed
        Of split, initial weights and order.
    bits
        Of the weights; 32: full precision.
    spiking
        Whether it is the spiking form.
    """

    net: str
    split: str
    seed: int
    bits: int
    spiking: bool

    @property
    def name(self) -> str:
        """Its file's stem."""
        return f"{self.net}-{self.split}-{self.seed}-{'snn' if self.spiking else 'cnn'}{self.bits}"

    @property
    def shipped(self) -> bool:
        """Whether it is one of the two that are written as networks for Brian2."""
        return (self.split, self.seed, self.bits, self.spiking) == ("random", 0, 6, True)

    @property
    def artificial(self) -> "Member":
        """The network of ReLUs with as many bits."""
        return replace(self, spiking=False)

    @property
    def origin(self) -> "Member":
        """The network that its training begins with: full precision, then spikes, then few bits."""
        return replace(self, bits=FULL, spiking=self.spiking and self.bits != FULL)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Its training, one after the other."""
        known, times = SETTINGS[self.net], LONGER.get(self.split, 1)
        full, few = (known.snn, known.snn_few_bits) if self.spiking else (known.cnn, known.cnn_few_bits)
        return tuple(replace(one, epochs=times * one.epochs) for one in (full if self.bits == FULL else few))


def members() -> list[Member]:
    """Return every spiking network of the study; each comes with the CNN of as many bits."""
    small = [Member("cnn_3d", "random", seed, bits, True) for seed in SEEDS for bits in BITS]
    others = [Member(net, split, 0, bits, True) for net, split in OTHER_SPLITS for bits in (FULL, 6)]
    return small + others


def _form(module: Any, member: Member) -> Any:
    """Return a module in the form of a member: weights of few bits, neurons for ReLUs."""
    module = module.eval()
    if member.bits != FULL:
        training.quantise(module, member.bits)
    return training.Unrolled(training.spiking_body(module), STEPS).eval() if member.spiking else module


def trained(member: Member, folder: Path, *, progress: bool = True, pixels: int | None = None) -> Any:
    """Return a member with the weights of its file in a folder, trained first if the file is missing.

    Parameters
    ----------
    member
    folder
        Of `<name>.safetensors`, and of checkpoints while it is trained: a training that was killed goes on.
    progress
        Show bars.
    pixels
        Train for one epoch on only so many, to try it; None: as its setting says.
    """
    path = folder / f"{member.name}.safetensors"
    if path.is_file():
        return load_weights(path, member.net, partial(_form, member=member))
    if member == member.origin:
        start = initial(member.net, member.seed, he=SETTINGS[member.net].he)
    else:
        start = trained(member.origin, folder, progress=progress, pixels=pixels)
    module = _learn(start, member, folder, progress, pixels)
    save_weights(path, module, member.net)
    return module


def network_of(module: training.Unrolled, seen: Site) -> Network:
    """Return the network for Brian2 that a spiking member is."""
    return training.to_network(module, seen.test.images[:2], classes=INDIAN_PINES)


def decisions(module: Any, seen: Site, net: str) -> npt.NDArray[np.int64]:
    """Return the classes that a member decides for in torch, of all test pixels."""
    learner, mode = _learner(module, seen, net)
    shown = _shown(seen, seen.split.test, seen.test, net)
    with mode:
        said = predict(learner, shown.images, Input(), batch=BATCH[net])
    decided: npt.NDArray[np.int64] = said.argmax(axis=1)
    return decided


def _learn(start: Any, member: Member, folder: Path, progress: bool, pixels: int | None) -> Any:
    known = SETTINGS[member.net]
    seen = site(member.net, member.split, member.seed, pixels)
    module = start if member.bits == FULL else training.quantise(start, member.bits)
    if member.spiking and member.bits == FULL:
        few = seen.train.images[:64]
        module = training.spiking(module, few, steps=STEPS, scale=known.scale, observed=10)
    learner, mode = _learner(module, seen, member.net)
    checkpoints = [folder / f"{member.name}.checkpoint{number}" for number in range(len(member.stages))]
    for stage, checkpoint in zip(member.stages, checkpoints, strict=True):
        with mode:
            training.fit(
                learner,
                _shown(seen, seen.split.train, seen.train, member.net, stage.least),
                epochs=stage.epochs if pixels is None else 1,
                seed=member.seed,
                input=Input(),
                optimiser=stage.make_optimiser,
                augment=MIRRORED if member.net == "cnn_3d" else None,
                batch=stage.batch,
                checkpoint=checkpoint,
                resume=True,
                progress=progress,
            )
    for checkpoint in checkpoints:
        checkpoint.unlink()
    return module.eval()


def _learner(module: Any, seen: Site, net: str) -> tuple[Any, Context]:
    """Return what is run in torch, and in which context: the module on its patches, only faster."""
    if net == "cnn_3d":
        return module, training.NarrowConvolutions()
    return training.OverScene(module, seen.scene.cube, seen.size, mirrored=True), nullcontext()


def _shown(
    seen: Site, pixels: Pixels, patches: datasets.Patches, net: str, least: int = 1
) -> training.LabelledImages:
    """Return what the learner takes: patches, or where it is over the scene, numbers of pixels."""
    if net == "cnn_3d":
        return patches
    times = -(-least // np.bincount(patches.labels, minlength=len(patches.classes)).clip(min=1))
    numbers = pixels.astype(np.float32)[:, None]
    repeated = np.repeat(np.arange(len(pixels)), times[patches.labels])
    return training.PixelNumbers(numbers[repeated], patches.labels[repeated])
