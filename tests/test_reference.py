"""The reference, held to an independent loop in torch, and to the contract's windows, delays and order."""

import numpy as np
import pytest
import torch
import torch_loop
from nets import GRID, KINDS, images, residual

from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.neurons import BMIF, IF, Accumulate, Input
from neurosim.ops import Conv, Identity, Linear, Scale
from neurosim.reference import parameter_arrays, project, simulate

STEPS = 10
FINEST = GRID * 2 * GRID / 16
"""The grid of currents: products of weights and averages of 16 pixels, which are divided by a std of 1/2."""


def frames_of(network, count=3, **options):
    return network.input.neuron.normalise(images(count, **options))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_every_spike_and_potential_is_torchs(kind, seed, precision):
    network = residual(kind, seed)
    frames = frames_of(network, seed=seed)
    expected = list(torch_loop.run(network, frames, STEPS, getattr(torch, precision)))
    bits = {"float64": 53, "float32": 24}[precision]
    assert torch_loop.largest_sum(network, frames, expected) < 2**bits * FINEST, "sums would round"
    found = simulate(network, frames[:, None], STEPS, dtype=getattr(np, precision))
    for theirs, ours in zip(expected, found, strict=True):
        assert theirs.keys() == ours.keys()
        for name, (strength, potential) in theirs.items():
            assert ours[name].strength.dtype == ours[name].potential.dtype == precision
            np.testing.assert_array_equal(ours[name].strength, strength.numpy(), err_msg=name)
            np.testing.assert_array_equal(ours[name].potential, potential.numpy(), err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_off_the_grid_torch_differs_by_the_rounding_of_sums_only(kind):
    network = residual(kind, dyadic=False)
    frames = frames_of(network, 2, dyadic=False)
    for theirs, ours in zip(
        torch_loop.run(network, frames, 4), simulate(network, frames[:, None], 4), strict=True
    ):
        for name, (strength, potential) in theirs.items():
            np.testing.assert_array_equal(ours[name].strength, strength.numpy(), err_msg=name)
            np.testing.assert_allclose(ours[name].potential, potential.numpy(), atol=1e-13, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_the_nets_are_alive(kind):
    """Every spiking layer speaks, and not at every step: else the tests above would prove little."""
    network = residual(kind)
    made = list(simulate(network, frames_of(network)[:, None], STEPS))
    for layer in network.neurons:
        share = np.mean([step[layer.name].strength != 0 for step in made])
        assert layer.model.spiking == (0.02 < share < 0.7)
    signs = {int(np.sign(s)) for step in made for layer in step.values() for s in np.unique(layer.strength)}
    assert signs == ({-1, 0, 1} if kind in ("bmif", "mixed") else {0, 1})


# ---- windows, delays, order


def line(*projections, **neurons):
    """Return a network of layers of one neuron, "in" first; the others integrate and fire."""
    names = dict.fromkeys(name for p in projections for name in (p.source, p.target))
    neurons = {"in": Input(), **neurons}
    return Network([Layer(name, (1,), neurons.get(name, IF())) for name in names], projections)


def one(network, name, frames, steps, part="strength"):
    frames = np.asarray(frames, float).reshape(1, -1, 1)
    return [float(getattr(made[name], part)[0, 0]) for made in simulate(network, frames, steps)]


def test_a_still_image_drives_at_every_step_and_a_moving_one_step_by_step():
    network = line(Projection("in", "out", Identity()), out=Accumulate())
    assert one(network, "out", [2], 4, "potential") == [2, 4, 6, 8]
    assert one(network, "out", [1, 10, 100], 3, "potential") == [1, 11, 111]


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_a_delay_shows_an_earlier_step_and_nothing_before_the_window(delay):
    network = line(
        Projection("in", "a", Identity()),
        Projection("a", "out", Identity(), delay=delay),
        Projection("in", "out", Scale(100), delay=delay),
        out=Accumulate(),
    )
    spikes, pixels = [0, 1, 1, 0, 1, 0], [0, 1, 1, 0.5, 0.5, 0]
    assert one(network, "a", pixels, 6) == spikes
    received = np.diff(one(network, "out", pixels, 6, "potential"), prepend=0)
    expected = [0] * delay + [k + 100 * x for k, x in zip(spikes, pixels, strict=True)]
    assert received.tolist() == expected[:6]


def test_a_recurrent_spike_comes_back_after_its_delay():
    network = line(
        Projection("in", "a", Identity()),
        Projection("a", "a", Identity(), delay=3),
        Projection("a", "out", Identity()),
        out=Accumulate(),
    )
    assert one(network, "a", [1, 0, 0, 0, 0, 0, 0, 0], 8) == [1, 0, 0, 1, 0, 0, 1, 0]


def test_the_bias_comes_at_every_step_and_after_the_current():
    network = line(Projection("in", "out", Identity(), [0.1]), out=Accumulate())
    v = 0.2 + 0.1
    assert one(network, "out", [0.2], 2, "potential") == [v, (v + 0.2) + 0.1]
    assert (v + 0.2) + 0.1 != v + (0.2 + 0.1)


def test_projections_add_up_in_their_order_and_the_inputs_as_one_term():
    layers = [Layer("in", (3,), Input()), Layer("a", (3,), IF(0.5)), Layer("out", (1,), Accumulate())]
    spikes, pixels = [0.1, 0.2, 0.3], [0.7, 0.8, 0.9]
    to_out = [
        Projection("a", "out", Linear([spikes])),
        Projection("in", "out", Linear([pixels])),
    ]
    ones = np.ones((1, 1, 3))
    for order, expected in (
        (to_out, ((0.1 + 0.2) + 0.3) + ((0.7 + 0.8) + 0.9)),
        (to_out[::-1], ((((0.7 + 0.8) + 0.9) + 0.1) + 0.2) + 0.3),
    ):
        network = Network(layers, [Projection("in", "a", Identity()), *order])
        (made,) = simulate(network, ones, 1)
        assert made["out"].potential.tolist() == [[expected]]


def test_a_chain_is_evaluated_op_by_op():
    x, out = np.array([[0.1, 0.2]]), np.zeros((1, 1))
    project((Scale(3), Linear([[0.7, 0.9]])), x, out)
    assert out[0, 0] == 0.7 * (3 * 0.1) + 0.9 * (3 * 0.2)


def test_images_do_not_touch_each_other():
    network = residual("mixed", dyadic=False)
    frames = frames_of(network, 3, dyadic=False)[:, None]
    together = list(simulate(network, frames, 5))
    for image in range(3):
        for made, alone in zip(together, simulate(network, frames[image : image + 1], 5), strict=True):
            for name in made:
                np.testing.assert_array_equal(made[name].potential[image], alone[name].potential[0])


def test_charged_less_what_the_reset_takes_is_the_potential():
    network = residual("bmif")
    for made in simulate(network, frames_of(network)[:, None], 4):
        for layer in (layer for layer in network.neurons if isinstance(layer.model, BMIF)):
            theta = parameter_arrays(network, layer, 1e-3, np.float64)["threshold"]
            step = made[layer.name]
            np.testing.assert_array_equal(step.potential, step.charged - theta * step.strength)


def test_single_precision_is_single_throughout():
    """A sum of 2^24 and ones stays where it is in single precision, and nowhere is it kept in double."""
    weight = np.concatenate([[2.0**24], np.ones(8)])[None, :, None]
    layers = [Layer("in", (9, 1), Input()), Layer("out", (1, 1), Accumulate())]
    network = Network(layers, [Projection("in", "out", Conv(weight))])
    sums = [
        next(simulate(network, np.ones((1, 1, 9, 1)), 1, dtype=dtype))["out"].potential.item()
        for dtype in (np.float32, np.float64)
    ]
    assert sums == [2**24, 2**24 + 8]
