"""Recipe files: a whole training in one page of TOML."""

import os
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from neurosim.files.checks import refuse
from neurosim.files.toml import Check, count, fill, number, read_toml, text, word
from neurosim.training.lif import RESETS, TrainableLIF
from neurosim.training.quantisation import SCHEMES
from neurosim.training.schedules import Cosine, Step
from neurosim.training.stepper import MakeOptimiser, Schedule
from neurosim.training.surrogates import SURROGATES
from neurosim.training.unrolled import LOSSES

__all__ = ["Recipe", "SpikingStage", "Stage", "read_recipe"]

OPTIMISERS: dict[str, Any] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": partial(torch.optim.SGD, momentum=0.9),
}

SCHEDULES: dict[str, Schedule] = {"constant": lambda progress: 1.0, "cosine": Cosine(), "step": Step()}


def _key(check: Check, *default: Any) -> Any:
    """Return a field that a recipe may set; without a default it must."""
    given = {"default": default[0]} if default else {}
    return field(**given, metadata={"check": check})


@dataclass(frozen=True)
class Stage:
    """One training: of the network itself, or of its spiking form.

    Attributes
    ----------
    epochs, batch
        Passes over the data, images a step.
    optimiser, rate, weight_decay
        "adam", "adamw" or "sgd" (with momentum 0.9), and its settings.
    schedule
        "cosine", "step" (a tenth at 1/2 and 3/4) or "constant".
    bits, scheme
        Weights of so many bits; None: of full precision, or as many as the stage before had.
    """

    epochs: int = _key(count(1))
    batch: int = _key(count(1), 64)
    optimiser: str = _key(word(*OPTIMISERS), "adam")
    rate: float = _key(number(0, above=True), 1e-3)
    weight_decay: float = _key(number(0), 0.0)
    schedule: str = _key(word(*SCHEDULES), "cosine")
    bits: int | None = _key(count(2, 16), None)
    scheme: str = _key(word(*SCHEMES), "symmetric")

    @property
    def make_optimiser(self) -> MakeOptimiser:
        """What makes the optimiser from the parameters."""
        return partial(OPTIMISERS[self.optimiser], lr=self.rate, weight_decay=self.weight_decay)

    @property
    def factor(self) -> Schedule:
        """The factor on the rate."""
        return SCHEDULES[self.schedule]


@dataclass(frozen=True)
class SpikingStage(Stage):
    """The training of the spiking network, which begins as a conversion.

    Attributes
    ----------
    steps
        T.
    surrogate, reset, leak
        Of the neurons: `training.TrainableLIF`.
    percentile, scale, observed, calibration
        Of `training.find_thresholds`; how many images it sees.
    readout
        "sum", "mean" or "steps": of which outputs the loss is taken.
    """

    steps: int = _key(count(1, 2**31 - 1), 5)
    surrogate: str = _key(word(*SURROGATES), "triangle")
    reset: str = _key(word(*RESETS), "subtract")
    leak: float = _key(number(0, 1), 1.0)
    percentile: float = _key(number(0, 100, above=True), 99.7)
    scale: float = _key(number(0, above=True), 1.0)
    observed: int = _key(count(1), 100)
    calibration: int = _key(count(1), 512)
    readout: str = _key(word(*LOSSES), "sum")

    def neuron(self) -> TrainableLIF:
        """Return the neurons of a layer, thresholds yet to be found."""
        return TrainableLIF(leak=self.leak, reset=self.reset, surrogate=SURROGATES[self.surrogate]())


@dataclass(frozen=True)
class Recipe:
    """A training from data to weights.

    Attributes
    ----------
    architecture
        A name of `neurosim.ann.architectures()`.
    data, validation
        Names of data sets.
    seed
        Of initial weights, order and dropout.
    weights
        File to be written: the state dict of what was trained last, as safetensors.
    network
        File to be written: the spiking network; None: none.
    start
        File of trained weights of the architecture, instead of a first training.
    ann, snn
        The two trainings; without `ann` the file `start` is taken, without `snn` no spiking network is made.
    """

    architecture: str = _key(text())
    data: str = _key(text())
    weights: str = _key(text())
    validation: str | None = _key(text(), None)
    seed: int = _key(count(0, 2**32 - 1), 0)
    network: str | None = _key(text(), None)
    start: str | None = _key(text(), None)
    ann: Stage | None = None
    snn: SpikingStage | None = None


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Read a recipe file.

    Raises
    ------
    FileError
        If it is no TOML file of at most 1 MB; if a key is unknown (names the nearest one), missing or of a
        wrong type or out of its range; or if there is nothing to train, or two things to begin with.
    """
    path = Path(path)
    given = read_toml(path)
    stages: dict[str, Any] = {}
    for name, kind in (("ann", Stage), ("snn", SpikingStage)):
        if name in given:
            section = given.pop(name)
            if not isinstance(section, dict):
                refuse(path, name, repr(section), f"a table [{name}]")
            stages[name] = fill(path, name, kind, section)
    recipe = replace(fill(path, "", Recipe, given), **stages)
    if (recipe.ann is None) == (recipe.start is None):
        refuse(path, "[ann]", "it and start" if recipe.ann else "nothing", "either [ann] or start = FILE")
    if recipe.snn is None and (recipe.network or recipe.ann is None):
        refuse(path, "[snn]", "nothing", "a table [snn], without which no spiking network is made")
    if recipe.ann and recipe.snn and recipe.ann.bits and recipe.snn.bits not in (None, recipe.ann.bits):
        refuse(path, "[snn] bits", recipe.snn.bits, f"{recipe.ann.bits}, as in [ann], or nothing")
    return recipe
