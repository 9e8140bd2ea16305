"""How well, and at what cost, do spiking networks of five steps and few bits classify Indian Pines?

Method: CNN-3D (5x5 pixels, 200 bands) and CNN-32H (25x25 pixels, 30 components) are trained in torch, as
networks of ReLUs and, from there, as spiking ones of T = 5 steps whose thresholds and leaks learn too, with
weights of 32, 6, 5 and 4 bits. Then the spiking ones run in Brian2 C++ on all test pixels. The seed draws
split, initial weights and order. Splits: "random", 30 % of each class train; "tenth", 10 % do, for three
times as many epochs; "disjoint", blocks of pixels, so that no patch of a test pixel touches one of
training. Beside them stands what the nearest training pixel says, by the mean of its patch: no network at
all.

Tables: hyperspectral, a row for a network and the form it ran in; _summary, mean and standard deviation over
seeds, beside the paper's; _steps, in Brian2 after each step; _layers, spikes of every layer; _energy, by
each assumption; _equality, spikes in Brian2 held to torch in double, and to the numpy reference in single
precision; _map, what networks of 6 bits say of every labelled pixel. The recording keeps every spike of one
test pixel's patch in CNN-32H with 6 bits.

Reference: S1 of the systems neurosim implements, Datta, Kundu, Jaiswal, Beerel 2021, HYPER-SNN,
arXiv:2107.11979: 5 steps, 6 bits: OA 98.68 %, AA 98.34 %, kappa 98.20 %; 560.6 and 44.8 times less compute
energy than the full-precision and the 6-bit CNN, the mean of three scenes.

Run: python analysis/hyperspectral.py [--quick --output DIR]. Networks are read from weights/hyperspectral;
what is not there is trained first: those of CNN-32H are large and not kept, without an accelerator they take
four hours.
"""

import math
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier

from neurosim import training
from neurosim.datasets import Patches
from neurosim.devices import CppStandalone, Device, Reference
from neurosim.energy import FLOAT32, INT32, Energy, LayerOperations, operations
from neurosim.neurons import Input
from neurosim.recording import Recording
from neurosim.simulation import Simulation
from neurosim.spikes import Spikes
from neurosim.statistics import average_accuracy, cohen_kappa, overall_accuracy
from neurosim.workflows.differences import (
    device_differences_over_scene,
    differences,
    differences_over_scene,
)
from neurosim.workflows.hyperspectral import (
    FULL,
    STEPS,
    Member,
    decisions,
    members,
    network_of,
    trained,
)
from neurosim.workflows.scene_outputs import scene_outputs
from neurosim.workflows.sites import Site, site
from neurosim.workflows.studies import Answer, chosen, column, identity, run_study

KEPT = Path(__file__).resolve().parents[1] / "weights" / "hyperspectral"
LONGEST = 10  # steps, of CNN-3D with 6 bits
OVER_SCENE = ("cnn_32h",)  # their patches overlap so much that simulating the scene is faster
METERED, HELD_SINGLE = 512, {"cnn_3d": 64, "cnn_32h": 32}  # test pixels
CHUNK = {"cnn_3d": 64, "cnn_32h": 32}  # pixels at a time
PAPER = {"overall": 98.68, "average": 98.34, "kappa": 98.20}
SCORES = {"overall": overall_accuracy, "average": average_accuracy, "kappa": cohen_kappa}
SCALINGS = {"products b^2, sums b": (2.0, 1.0), "both b^1.5": (1.5, 1.5)}
COUNTINGS = {"synapse by synapse": Energy.snn, "zeta M": Energy.approximate}
NEAREST, CNN, TORCH, BRIAN2 = "nearest pixel", "CNN", "SNN in torch", "SNN in Brian2"
CLAIMED = ("cnn_32h", "random", 6, BRIAN2)
"""Of which the paper's numbers are."""

Row = dict[str, Any]
Part = dict[str, Any]
Counted = tuple[int, tuple[LayerOperations, ...]]
"""Pixels, and what was computed for each on average."""


@dataclass(frozen=True, eq=False)
class Trial:
    """A spiking network of the study, with the CNN of as many bits.

    Attributes
    ----------
    member
        Which.
    folder
        Of the networks' files.
    pixels
        Only so many of training and of test, to try the script; None: all.
    """

    member: Member
    folder: Path
    pixels: int | None = None

    @cached_property
    def site(self) -> Site:
        """The scene as the network sees it."""
        return site(self.member.net, self.member.split, self.member.seed, self.pixels)

    @cached_property
    def snn(self) -> Any:
        """The spiking network in torch."""
        return trained(self.member, self.folder, pixels=self.pixels)

    @cached_property
    def cnn(self) -> Any:
        """The network of ReLUs."""
        return trained(self.member.artificial, self.folder, pixels=self.pixels)

    @cached_property
    def network(self) -> Any:
        """The spiking network for Brian2."""
        return network_of(self.snn, self.site)

    @property
    def names(self) -> Row:
        """What tells it in a table."""
        known = self.member
        return {"net": known.net, "split": known.split, "seed": known.seed, "bits": known.bits}

    def runs(
        self, patches: Patches, steps: int, record: str, device: Device, precision: str = "double"
    ) -> Iterator[tuple[np.ndarray, Recording]]:
        """Run patches, chunk by chunk; yield each chunk's pixels and recording."""
        with Simulation(self.network, device, steps, record=record, precision=precision) as simulation:
            for chunk in patches.chunks(CHUNK[self.member.net]):
                yield chunk.images, simulation.run(chunk.images, chunk.labels, progress=False)

    @cached_property
    def everywhere(self) -> np.ndarray:
        """What Brian2 C++ decides for every pixel of the scene, which is simulated as a whole."""
        device = CppStandalone()
        outputs = scene_outputs(self.network, self.site.scene, device, STEPS, rows=29, progress=False)
        return outputs.argmax(axis=2).ravel()

    def predictions(self, pixels: np.ndarray) -> dict[int, np.ndarray]:
        """Return what Brian2 C++ decides, (pixels,), after each of some steps."""
        if self.member.net in OVER_SCENE:
            return {STEPS: self.everywhere[pixels]}
        patches = Patches(self.site.scene, pixels, self.site.size)
        steps = LONGEST if self.member.bits == 6 and self.member.split == "random" else STEPS
        runs = self.runs(patches, steps, "totals", CppStandalone())
        after = np.concatenate([recording.predictions() for _, recording in runs])
        return dict(enumerate(after.T, start=1))


def measure(quick: bool) -> Answer:
    """Train what is missing, run everything, fill all tables."""
    torch.set_num_threads(1)
    if not quick:
        return answer([Trial(member, KEPT) for member in members()])
    with tempfile.TemporaryDirectory() as folder:
        return answer([Trial(Member("cnn_3d", "random", 0, 6, True), Path(folder), pixels=40)])


def answer(trials: Sequence[Trial]) -> Answer:
    """Return all tables."""
    return collected({trial.member.name: measured(trial) for trial in trials})


def measured(trial: Trial) -> Part:
    """Return the rows that one network adds to each table, and what tells it again."""
    train, test = trial.site.split
    decided = trial.predictions(np.concatenate([test, train] if trial.member.shipped else [test]))
    after = {step: said[: len(test)] for step, said in decided.items()}
    part: Part = {"scores": scored(trial, after[STEPS]), "identity": identity(trial.network)}
    part["steps"] = [
        trial.names | {"steps": step} | score(trial.site.test.labels, said) for step, said in after.items()
    ]
    if looked_into(trial.member):
        counted, differing = watched(trial)
        layers = mean_layers(counted)
        part["layers"] = [trial.names | layer for layer in layer_rows(layers)]
        part["energy"] = [trial.names | row for row in energy_rows(layers, trial.member.bits)]
        part["equality"] = held(trial, differing)
    if trial.member.shipped:
        part["map"] = mapped(trial, decided[STEPS])
        part["recording"] = first_patch(trial)
    return part


def collected(parts: Mapping[str, Part]) -> Answer:
    """Return the tables that parts make; what the nearest pixel says belongs to several networks."""
    rows = [row for part in parts.values() for row in part["scores"]]
    rows = list({tuple(row.items()): row for row in rows}.values())
    others = {
        name: [row for part in parts.values() for row in part.get(name, [])]
        for name in ("steps", "layers", "energy", "equality", "map")
    }
    networks = {name: part["identity"] for name, part in parts.items()}
    *_, kept = (part["recording"] for part in parts.values() if "recording" in part)
    return Answer(rows, {"networks": networks}, {"summary": summary(rows)} | others, {".h5": kept})


def looked_into(member: Member) -> bool:
    """Whether a network's spikes are counted and compared."""
    small = member.net == "cnn_3d" and member.bits == FULL
    return member.shipped or (small and member.split == "random" and member.seed == 0)


def score(labels: np.ndarray, said: np.ndarray) -> Row:
    """Return how many pixels there are and the three scores [%]."""
    return {"pixels": len(labels)} | {name: 100 * float(of(labels, said)) for name, of in SCORES.items()}


def scored(trial: Trial, brian2: np.ndarray) -> list[Row]:
    """Return the scores of the spiking network, of the CNN, and of the nearest training pixel."""
    test, names = trial.site.test, trial.names
    said = {
        CNN: decisions(trial.cnn, trial.site, trial.member.net),
        TORCH: decisions(trial.snn, trial.site, trial.member.net),
        BRIAN2: brian2,
    }
    rows = [names | {"form": form} | score(test.labels, found) for form, found in said.items()]
    near = names | {"bits": FULL, "form": NEAREST} | score(test.labels, nearest(trial.site.train, test))
    return [near, *rows]


def nearest(train: Patches, test: Patches) -> np.ndarray:
    """Return the classes of the training pixels whose patches have the nearest means."""
    known = KNeighborsClassifier(1).fit(means(train), train.labels)
    said: np.ndarray = known.predict(means(test))
    return said


def means(patches: Patches) -> np.ndarray:
    """Return the mean spectrum of every patch."""
    return np.concatenate([chunk.images.mean(axis=(1, 3, 4)) for chunk in patches.chunks(1024)])


def watched(trial: Trial) -> tuple[list[Counted], Row]:
    """Return what each chunk of the first test pixels computed, and how many spikes differ from torch."""
    first = Patches(trial.site.scene, trial.site.split.test[:METERED], trial.site.size)
    counted, differing = [], []
    for images, recording in trial.runs(first, STEPS, "spikes", CppStandalone()):
        counted.append((len(images), operations(trial.network, recording)))
        differing.append(differences(recording, *said(trial.snn, images)))
    return counted, totals(differing)


def first_patch(trial: Trial) -> Recording:
    """Return every spike of the first test pixel's patch."""
    patch = Patches(trial.site.scene, trial.site.split.test[:1], trial.site.size)
    [(_, recording)] = trial.runs(patch, STEPS, "spikes", CppStandalone())
    return recording


def layer_rows(layers: Sequence[LayerOperations]) -> list[Row]:
    """Return one row a layer: its neurons, their spikes, and the operations that reach it, for a pixel."""
    return [
        {
            "layer": layer.layer,
            "neurons": layer.neurons,
            "spikes": layer.spikes,
            "spikes_a_neuron": layer.spikes / layer.neurons,
            "macs_of_cnn": layer.macs,
            "macs_of_pixels": layer.direct_macs,
            "accumulations": layer.synaptic_operations,
        }
        for layer in layers
    ]


def mean_layers(counted: Sequence[Counted]) -> tuple[LayerOperations, ...]:
    """Return the operations of a pixel, the mean over chunks of several sizes."""
    pixels = [number for number, _ in counted]

    def mean(layers: Sequence[LayerOperations], name: str) -> float:
        return float(np.average([getattr(layer, name) for layer in layers], weights=pixels))

    measured = ("spikes", "synaptic_operations", "multiplications", "accumulations", "approximate")
    return tuple(
        replace(layers[0], **{name: mean(layers, name) for name in measured})
        for layers in zip(*(layers for _, layers in counted), strict=True)
    )


def energy_rows(layers: tuple[LayerOperations, ...], bits: int) -> list[Row]:
    """Return one row an assumption: the energies of a pixel [pJ], and how many times less the SNN takes.

    `bound` is what `less_than_same_cnn` would be if no neuron ever spiked: the sums of pixels remain.
    """
    silent = tuple(replace(layer, synaptic_operations=0.0, approximate=0.0) for layer in layers)
    rows = []
    for table, law, times, counting in product((FLOAT32, INT32), SCALINGS, ("once", "every step"), COUNTINGS):
        few = table if bits == FULL else table.scaled(bits, *SCALINGS[law])
        full, same = Energy(layers, table, STEPS).ann, Energy(layers, few, STEPS).ann
        spiking, least = (COUNTINGS[counting](Energy(of, few, STEPS), times) for of in (layers, silent))
        rows.append(
            {"arithmetic": table.name, "scaling": law, "pixels_summed": times, "spikes_counted": counting}
            | {"cnn_32_bits_pj": full, "cnn_pj": same, "snn_pj": spiking}
            | {"less_than_32_bit_cnn": full / spiking, "less_than_same_cnn": same / spiking}
            | {"bound": same / least}
        )
    return rows


def held(trial: Trial, in_torch: Row) -> list[Row]:
    """Return how many spikes differ: double precision from torch, single from the numpy reference."""
    seen = trial.site
    first = Patches(seen.scene, seen.split.test[: HELD_SINGLE[trial.member.net]], seen.size)
    pairs = zip(
        trial.runs(first, STEPS, "spikes", CppStandalone(), "single"),
        trial.runs(first, STEPS, "spikes", Reference(), "single"),
        strict=True,
    )
    in_numpy = (
        differences(one, [other.spikes(name) for name in other.spiking], other.predictions()[:, -1])
        for (_, one), (_, other) in pairs
    )
    found = [("double", "torch", in_torch), ("single", "numpy reference", totals(list(in_numpy)))]
    if trial.member.shipped and trial.pixels is None:
        found += [
            (
                "double",
                "torch, all pixels' patches",
                differences_over_scene(trial.network, trial.snn, seen.scene, CppStandalone()),
            ),
            ("single", "numpy reference, all pixels' patches", in_single_precision(trial)),
        ]
    return [trial.names | {"precision": kind, "held_to": oracle} | row for kind, oracle, row in found]


def in_single_precision(trial: Trial) -> Row:
    """Return how many spikes of the whole scene differ from the numpy reference's."""
    devices = CppStandalone(), Reference()
    return device_differences_over_scene(trial.network, trial.site.scene, devices, STEPS, precision="single")


def said(module: training.Unrolled, images: np.ndarray) -> tuple[tuple[Spikes, ...], np.ndarray]:
    """Return every spike of the module in double precision, and what it decides."""
    with training.NarrowConvolutions():
        spoken = training.spoken(module, images, Input())
    return spoken.layers, spoken.output[:, -1].argmax(axis=1)


def totals(found: Sequence[Row]) -> Row:
    """Return the sum of every column."""
    return {name: sum(row[name] for row in found) for name in found[0]}


def summary(rows: Sequence[Row]) -> list[Row]:
    """Return mean and standard deviation over seeds of every network and form, beside the paper's numbers."""
    keys = dict.fromkeys((row["net"], row["split"], row["bits"], row["form"]) for row in rows)
    made = []
    for net, split, bits, form in keys:
        found = chosen(rows, net=net, split=split, bits=bits, form=form)
        row = {"net": net, "split": split, "bits": bits, "form": form, "seeds": len(found)}
        for name, published in PAPER.items():
            scores = column(found, name)
            row |= {name: scores.mean(), f"{name}_sd": scores.std(ddof=1) if len(found) > 1 else math.nan}
            row[f"{name}_paper"] = published if (net, split, bits, form) == CLAIMED else math.nan
        made.append(row)
    return made


def mapped(trial: Trial, decided: np.ndarray) -> list[Row]:
    """Return one row a labelled pixel: where it is, what it is, whether it trained, what the network says."""
    seen = trial.site
    pixels = np.concatenate([seen.split.test, seen.split.train])
    order = np.argsort(pixels)
    pixels = pixels[order]
    columns = seen.scene.labels.shape[1]
    told = {
        "row": pixels // columns,
        "column": pixels % columns,
        "class": seen.scene.targets(pixels),
        "trained_on": np.isin(pixels, seen.split.train).astype(int),
        "said": decided[order],
    }
    rows = zip(*(values.tolist() for values in told.values()), strict=True)
    return [{"net": trial.member.net} | dict(zip(told, row, strict=True)) for row in rows]


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
