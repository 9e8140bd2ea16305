"""One network fed with every stimulus: all devices equal, bit by bit, whatever the chunks and jobs."""

import nets
import numpy as np
import pytest

from neurosim import CppStandalone, Events, InputError, Latency, Phase, Poisson, Potential, verify
from neurosim.devices import Reference, Runtime
from neurosim.neurons import Input
from neurosim.simulation import Simulation, budget
from neurosim.stimuli import Direct

STEPS, IMAGES = 6, 3
NETWORK = nets.residual("mixed", seed=3, dyadic=False).replace("in", Input())
SHAPE = NETWORK.input.shape
PIXELS = np.random.default_rng(4).random((IMAGES, *SHAPE))
STRENGTHS = np.random.default_rng(5).integers(-2, 4, (IMAGES, STEPS, *SHAPE)) * (PIXELS[:, None] < 0.5)
IMAGE, STEP, *AT = np.nonzero(STRENGTHS)
STIMULI = {
    "direct": Direct(PIXELS),
    "poisson": Poisson(PIXELS, seed=6),
    "latency": Latency(PIXELS),
    "phase": Phase(PIXELS, period=4),
    "events": Events(
        IMAGE, STEP, np.ravel_multi_index(AT, SHAPE), STRENGTHS[IMAGE, STEP, *AT], images=IMAGES
    ),
}
EVERYTHING = {layer.name: ("spikes", Potential()) for layer in NETWORK.neurons}


def bits(recording):
    """Everything that was recorded, by layer."""
    kept = {
        layer: (recording.spikes(layer), recording.potential(layer).tobytes()) for layer in recording.layers
    }
    return kept | {"outputs": [recording.output(layer.name).tobytes() for layer in NETWORK.outputs]}


def results(device, precision="double", **options):
    with Simulation(NETWORK, device, STEPS, precision=precision, record=EVERYTHING) as simulation:
        return {
            name: bits(simulation.run(stimulus, progress=False, **options))
            for name, stimulus in STIMULI.items()
        }


@pytest.fixture(scope="module")
def expected():
    return {precision: results(Reference(), precision) for precision in ("double", "single")}


def test_every_stimulus_makes_a_difference(expected):
    seen = [expected["double"][name]["a"][1] for name in STIMULI]
    assert len(set(seen)) == len(STIMULI)
    assert all(len(expected["double"][name]["a"][0]) > 0 for name in STIMULI)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("device", [Runtime(), CppStandalone()], ids=lambda d: type(d).__name__)
def test_devices_give_the_same_bits(device, precision, expected):
    assert results(device, precision) == expected[precision]


def test_chunks_and_jobs_do_not_show(monkeypatch, expected):
    monkeypatch.setattr(budget, "CHUNK_BYTES", 1)  # every chunk is one image
    assert results(Reference()) == expected["double"]
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(3))
    assert results(CppStandalone(), jobs=3) == expected["double"]


def test_spikes_are_the_frames_that_they_spell():
    """A stimulus is its frames, given one by one to a layer that does not normalise."""
    with Simulation(NETWORK, Reference(), STEPS, record=EVERYTHING) as simulation:
        for name in ("poisson", "latency", "phase", "events"):
            stimulus = STIMULI[name]
            frames = Direct(stimulus.frames(Input(), SHAPE, STEPS, slice(None)))
            one, other = (bits(simulation.run(shown, progress=False)) for shown in (stimulus, frames))
            assert one == other


def test_verify_takes_stimuli_and_cuts_them_without_a_trace():
    devices = Reference(), Runtime()
    found = [verify(NETWORK, STIMULI["poisson"], devices, STEPS, chunk=chunk) for chunk in (2, IMAGES)]
    assert all(found)
    assert found[0].spikes == found[1].spikes > 0


def test_other_seeds_and_stimuli_do_not_resume(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "CHUNK_BYTES", 1)
    output = tmp_path / "run.h5"

    def run(stimulus, **options):
        with Simulation(NETWORK, Reference(), STEPS) as simulation:
            return simulation.run(stimulus, output=output, progress=False, **options)

    def interrupt(images):
        if images > 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(
            "tqdm.std.tqdm.update", lambda bar, images: interrupt(len(list(tmp_path.rglob("chunk-*"))))
        )
        with pytest.raises(KeyboardInterrupt):
            run(STIMULI["poisson"])
    for other in (Poisson(PIXELS, seed=7), Direct(PIXELS)):
        with pytest.raises(InputError, match="holds a run with other images, values or settings"):
            run(other, resume=True)
    recording = run(STIMULI["poisson"], resume=True)
    assert recording.provenance["stimulus"] == "Poisson(values=<(3, 3, 8, 8) float64>, seed=6)"


def test_room_is_reckoned_for_a_frame_a_step():
    with Simulation(NETWORK, Reference(), STEPS) as simulation:
        still, moving = simulation.estimate(10), simulation.estimate(10, frames=STEPS)
        held = 16 * NETWORK.input.size * (STEPS - 1) * 10
        assert moving.disk - still.disk == held
        assert moving.memory - still.memory == 3 * held
        with pytest.raises(InputError, match="Simulation: frames is 0: give a whole number >= 1"):
            simulation.estimate(10, frames=0)
    sizes = [budget.chunk_size(simulation._job, CppStandalone(), 10**9, 1, frames) for frames in (1, STEPS)]
    assert sizes[0] > sizes[1] > budget.CHUNK_BYTES // (16 * NETWORK.input.size * STEPS * 2)


def test_a_network_that_normalises_is_refused_before_the_run():
    network = nets.residual("mixed", seed=3, dyadic=False)
    with (
        Simulation(network, Reference(), STEPS) as simulation,
        pytest.raises(InputError, match="Poisson shows spikes, which are not normalised, and Input has mean"),
    ):
        simulation.run(STIMULI["poisson"], progress=False)
