"""The networks of the hyperspectral study: which there are, how each is trained, and its file."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .. import datasets, training
from ..ann import architecture, load_weights, save_weights
from ..datasets.bands import BandMap
from ..datasets.scene import Pixels, Scene
from ..datasets.splits import Split
from ..neurons import Input

__all__ = ["FULL", "STEPS", "Member", "Setting", "Site", "Stage", "form", "site", "trained"]

STEPS, FULL = 5, 32
"""Steps of training; bits of weights that are not quantised."""


@dataclass(frozen=True)
class Stage:
    """How long and how fast one training goes."""

    epochs: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Setting:
    """How the networks of one architecture are shown the scene, and trained.

    Attributes
    ----------
    size
        Side of a patch [pixels].
    block
        Side of the blocks of a disjoint split [pixels].
    bands
        Makes the map of spectra from scene and training pixels.
    begin
        Draws the initial weights of a layer, in place.
    cnn, few_bits, snn
        Trainings: of the network itself, of the trained one with few bits, of its spiking form.
    scale
        Factor on the thresholds that the spiking form begins with.
    """

    size: int
    block: int
    bands: Callable[[Scene, Pixels], BandMap]
    begin: Callable[[torch.Tensor], object]
    cnn: Stage
    few_bits: Stage
    snn: Stage
    scale: float


SETTINGS = {
    "cnn_3d": Setting(
        5,
        8,
        datasets.standardisation,
        lambda weight: None,  # those of torch
        Stage(40, 32, 1e-3),
        Stage(8, 32, 5e-4),
        Stage(12, 32, 1e-3),
        0.5,
    ),
    "cnn_32h": Setting(
        25,
        37,
        partial(datasets.principal_components, count=30),
        partial(nn.init.kaiming_normal_, nonlinearity="relu"),  # after He et al. 2015
        Stage(40, 256, 1e-3),
        Stage(4, 256, 3e-4),
        Stage(10, 256, 5e-4),
        0.5,
    ),
}

SPLITS: dict[str, Callable[[Scene, Setting, int], Split]] = {
    "random": lambda scene, known, seed: datasets.stratified(scene, 0.3, seed=seed),
    "tenth": lambda scene, known, seed: datasets.stratified(scene, 0.1, seed=seed),
    "disjoint": lambda scene, known, seed: datasets.disjoint(
        scene, 0.3, patch=known.size, block=known.block, seed=seed
    ),
}
"""Training pixels: 30 % of each class, 10 % of each, or in blocks that no patch of a test pixel touches."""


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
    def origin(self) -> "Member":
        """The network that its training begins with; itself for the first."""
        return replace(self, bits=FULL, spiking=False)

    @property
    def stage(self) -> Stage:
        """Its training."""
        known = SETTINGS[self.net]
        if self.spiking:
            return known.snn
        return known.cnn if self.bits == FULL else known.few_bits


@dataclass(frozen=True, eq=False)
class Site:
    """The scene as the networks of one architecture and split see it.

    Attributes
    ----------
    scene
        With mapped spectra.
    split
        Training and test pixels.
    size
        Side of a patch [pixels].
    """

    scene: Scene
    split: Split
    size: int

    @cached_property
    def train(self) -> datasets.Patches:
        """Patches of the training pixels, in the split's order."""
        return datasets.Patches(self.scene, self.split.train, self.size)

    @cached_property
    def test(self) -> datasets.Patches:
        """Patches of the test pixels, in the split's order."""
        return datasets.Patches(self.scene, self.split.test, self.size)


def site(net: str, split: str, seed: int) -> Site:
    """Return the scene as an architecture's networks of a split see it; bands fitted on training pixels."""
    known, scene = SETTINGS[net], datasets.indian_pines()
    chosen = SPLITS[split](scene, known, seed)
    return Site(known.bands(scene, chosen.train)(scene), chosen, known.size)


def form(module: nn.Module, member: Member) -> nn.Module:
    """Return a module in the form of a member: weights of few bits, neurons for ReLUs."""
    module = module.eval()
    if member.bits != FULL:
        training.quantise(module, member.bits)
    return training.Unrolled(training.spiking_body(module), STEPS).eval() if member.spiking else module


def trained(member: Member, folder: Path, *, progress: bool = True, epochs: int | None = None) -> nn.Module:
    """Return a member with the weights of its file in a folder, trained first if the file is missing.

    Parameters
    ----------
    member
    folder
        Of `<name>.safetensors`, and of checkpoints while it is trained: a training that was killed goes on.
    progress
        Show bars.
    epochs
        Other than its setting's, to try a training out.
    """
    path = folder / f"{member.name}.safetensors"
    if path.is_file():
        return load_weights(path, member.net, partial(form, member=member))
    start = _initial(member) if member == member.origin else trained(member.origin, folder, epochs=epochs)
    module = _learn(start, member, folder, progress, epochs)
    save_weights(path, module, member.net)
    return module


def _initial(member: Member) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(member.seed)
        module = architecture(member.net).build().eval()
        for weight in module.parameters():
            SETTINGS[member.net].begin(weight)
    return module


def _learn(start: nn.Module, member: Member, folder: Path, progress: bool, epochs: int | None) -> nn.Module:
    known, stage = SETTINGS[member.net], member.stage
    seen = site(member.net, member.split, member.seed)
    module = start if member.bits == FULL else training.quantise(start, member.bits)
    if member.spiking:
        few = seen.train.images[:64]
        module = training.spiking(module, few, steps=STEPS, scale=known.scale, observed=10)
    learner, data, mode = _shown(module, seen, member.net)
    with mode:
        training.fit(
            learner,
            data,
            epochs=epochs or stage.epochs,
            seed=member.seed,
            input=Input(),
            optimiser=partial(torch.optim.Adam, lr=stage.rate),
            batch=stage.batch,
            checkpoint=folder / f"{member.name}.checkpoint",
            resume=True,
            progress=progress,
        )
    (folder / f"{member.name}.checkpoint").unlink()
    return module.eval()


def _shown(
    module: nn.Module, seen: Site, net: str
) -> tuple[nn.Module, training.LabelledImages, AbstractContextManager[object]]:
    """Return what is trained, on what, and in which context: the module on its patches, but faster."""
    if net == "cnn_3d":
        return module, seen.train, training.NarrowConvolutions()
    numbers = seen.split.train.astype(np.float32)[:, None]
    pixels = training.PixelNumbers(numbers, seen.train.labels)
    return training.OverScene(module, seen.scene.cube, seen.size), pixels, nullcontext()
