"""What does a hyperspectral pixel take, patch by patch and over the whole scene, beside torch?

Method: the two trained networks of 6 bits and 5 steps on Indian Pines. "Patches": each pixel's patch is an
image of its own, in Brian2 C++ and in torch (the same spiking module, a batch of 64). "Scene": what patches
share is computed once, in Brian2 by `scene_outputs`, in torch by `OverScene`. All on one thread in single
precision; a time is that of the processor in the computing process, per pixel, without building; the median
of interleaved repeats. "differs" is the share of pixels for which Brian2 over the scene and torch over the
scene decide otherwise: torch sums in another order.

Run: python benchmarks/hyperspectral.py [--quick --output DIR]
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness.timing import cost, interleaved

from neurosim import CppStandalone, Input, Network, Simulation, scene_outputs
from neurosim.ann import initial, predict
from neurosim.datasets import Patches, Scene
from neurosim.training import OverScene, Unrolled, spiking_body
from neurosim.workflows.hyperspectral import STEPS
from neurosim.workflows.sites import site
from neurosim.workflows.studies import Answer, run_study

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = {
    "cnn_3d": ROOT / "neurosim" / "data" / "cnn_3d_snn6.safetensors",
    "cnn_32h": ROOT / "weights" / "hyperspectral" / "cnn_32h_snn6.safetensors",
}
ROWS, PATCHES, BATCH, REPEATS, MILLI = 29, 128, 64, 3, 1e3


@dataclass(frozen=True, eq=False)
class Pair:
    """A network for Brian2, and the same in torch.

    Attributes
    ----------
    net
        Name of the architecture.
    scene
        As it sees it, with pixels of one class.
    patches
        (N, 1, bands, size, size), a few of the scene's.
    """

    net: str
    scene: Scene
    patches: np.ndarray

    @cached_property
    def network(self) -> Network:
        """The network for Brian2."""
        return Network.load(NETWORKS[self.net])

    @cached_property
    def module(self) -> Unrolled:
        """The same in torch: weights, thresholds and leaks, layer by layer."""
        body = spiking_body(initial(self.net, 0).eval())
        state = body.state_dict()
        for projection in self.network.projections:
            *_, weighted, scale = projection.ops
            state[f"{projection.target}.weight"] = torch.from_numpy(weighted.weight * scale.factor)
        for name in ("threshold", "leak"):
            keys = [key for key in state if key.endswith(f".{name}")]
            values = [getattr(layer.model, name) for layer in self.network.neurons[: len(keys)]]
            state |= {key: torch.tensor(value) for key, value in zip(keys, values, strict=True)}
        body.load_state_dict(state)
        return Unrolled(body, STEPS).eval()


def measure(quick: bool) -> Answer:
    """Return a row for each network."""
    torch.set_num_threads(1)
    pairs = [pair(net, quick) for net in (list(NETWORKS)[:1] if quick else NETWORKS)]
    repeats = 1 if quick else REPEATS
    return Answer([timed(each, repeats) for each in pairs], {"precision": "single", "repeats": repeats})


def pair(net: str, quick: bool) -> Pair:
    """Return a network with the scene as it sees it, of which a trial takes a corner."""
    seen = site(net, "random", 0)
    cube = seen.scene.cube[:8, :12] if quick else seen.scene.cube
    scene = Scene(seen.scene.name, cube, np.ones(cube.shape[:2], np.int64), ("any",))
    wanted = 8 if quick else PATCHES
    pixels = scene.labelled[:: scene.labels.size // wanted][:wanted]
    return Pair(net, scene, Patches(scene, pixels, seen.size).images[:])


def timed(each: Pair, repeats: int) -> dict[str, Any]:
    """Return one row: what a pixel takes [ms of the processor]."""
    scene, pixels = each.scene, each.scene.labels.size
    in_torch = OverScene(each.module, scene.cube, each.patches.shape[-1])
    numbers = np.arange(pixels, dtype=np.float32)[:, None]
    over_scene = partial(
        scene_outputs,
        each.network,
        scene,
        CppStandalone(),
        STEPS,
        rows=ROWS,
        precision="single",
        progress=False,
    )
    with Simulation(each.network, CppStandalone(), STEPS, precision="single") as patchwise:
        patchwise.run(each.patches[:1], progress=False)
        said = over_scene().argmax(axis=2).ravel()
        decided = predict(in_torch, numbers, Input(), batch=pixels).argmax(axis=1)
        run = partial(patchwise.run, each.patches, progress=False)
        measures: dict[str, Callable[[], float]] = {
            "brian2_patches_ms": partial(ours, run, len(each.patches)),
            "torch_patches_ms": partial(theirs, each.module, each.patches, BATCH),
            "brian2_scene_ms": partial(ours, over_scene, pixels),
            "torch_scene_ms": partial(theirs, in_torch, numbers, pixels),
        }
        taken = {name: float(value) for name, value in interleaved(measures, repeats).items()}
    return {
        "net": each.net,
        "pixels": pixels,
        **taken,
        "ratio_patches": taken["torch_patches_ms"] / taken["brian2_patches_ms"],
        "ratio_scene": taken["torch_scene_ms"] / taken["brian2_scene_ms"],
        "differs": float((said != decided).mean()),
    }


def ours(run: Callable[[], object], pixels: int) -> float:
    """Return what a pixel takes of our program [ms]."""
    return MILLI * cost(run).cpu / pixels


def theirs(module: torch.nn.Module, images: np.ndarray, batch: int) -> float:
    """Return what a pixel takes of torch [ms]."""
    started = time.process_time()
    predict(module, images, Input(), batch=batch)
    return MILLI * (time.process_time() - started) / len(images)


if __name__ == "__main__":
    sys.exit(run_study(__file__, __doc__, measure))
