"""Surrogate gradients of leak, threshold and weights against finite differences of a smooth network."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from neurosim.errors import InputError
from neurosim.training import ATan, Rectangle, TrainableBMIF, TrainableLIF, Triangle, Unrolled

DOUBLE = torch.float64


def ramp(z):
    """The integral of max(0, 1 - |z|)."""
    z = np.clip(z, -1, 1)
    return np.where(z < 0, (1 + z) ** 2 / 2, 1 - (1 - z) ** 2 / 2)


CASES = {
    Triangle(): lambda z: 0.3 * ramp(z),
    Triangle(1.0): ramp,
    Rectangle(): lambda z: np.clip(z + 0.5, 0, 1),
    Rectangle(0.5): lambda z: np.clip(z / 0.5 + 0.5, 0, 1),
    ATan(): lambda z: np.arctan(math.pi / 2 * 2.0 * z) / math.pi + 0.5,
}
"""Each surrogate's integral H."""


@pytest.mark.parametrize(("surrogate", "integral"), CASES.items(), ids=map(repr, CASES))
def test_a_surrogate_is_the_derivative_of_its_integral(surrogate, integral):
    z = np.linspace(-1.7, 1.7, 113)
    slope = (integral(z + 1e-6) - integral(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(surrogate(torch.from_numpy(z)).numpy(), slope, atol=1e-6)


class Smooth:
    """Two layers of LIF in numpy, whose spikes are smooth around those of given parameters.

    What a spike carries is s + H(z) - H(z0), with s and z0 of the spiking run: where the parameters are the
    given ones everything is as in the spiking run, and the derivative is the surrogate. The s of a reset
    stays s.
    """

    def __init__(self, integral, reset, steps):
        self.integral, self.reset, self.steps = integral, reset, steps
        self.known = None

    def __call__(self, parameters, x, out):
        w = [parameters["w0"], parameters["w1"]]
        theta, leak = parameters["threshold"], parameters["leak"]
        v, owed, seen, total = [0.0, 0.0], [0.0, 0.0], {}, 0.0
        for t in range(self.steps):
            carried = x
            for layer in range(2):
                u = leak[layer] * v[layer] + carried @ w[layer].T - theta[layer] * owed[layer]
                z = u / theta[layer] - 1
                seen[layer, t] = ((u > theta[layer]).astype(float), z)
                spikes, z0 = (self.known or seen)[layer, t]
                carried = spikes + self.integral(z) - self.integral(z0)
                v[layer] = {
                    "subtract": u - theta[layer] * spikes,
                    "zero": u * (1 - spikes),
                    "delayed": u,
                }[self.reset]
                owed[layer] = spikes if self.reset == "delayed" else 0.0
            total = total + (carried * out[t]).sum()
        if self.known is None:
            self.known = seen
        return total


@pytest.mark.parametrize("reset", ["subtract", "zero", "delayed"])
@pytest.mark.parametrize(("surrogate", "integral"), CASES.items(), ids=map(repr, CASES))
def test_gradients_agree_with_finite_differences(surrogate, integral, reset):
    rng = np.random.default_rng(3)
    steps, x, out = 6, rng.random((4, 5)), rng.normal(size=(6, 4, 3))
    start = {
        "w0": rng.normal(0.25, 0.4, (6, 5)),
        "w1": rng.normal(0.25, 0.4, (3, 6)),
        "threshold": np.array([0.8, 0.6]),
        "leak": np.array([0.9, 0.75]),
    }
    smooth = Smooth(integral, reset, steps)
    smooth(start, x, out)
    assert 0 < np.mean([spikes.mean() for spikes, _ in smooth.known.values()]) < 1

    layers = [
        TrainableLIF(start["threshold"][i], start["leak"][i], reset=reset, surrogate=surrogate)
        for i in (0, 1)
    ]
    dense = [nn.Linear(5, 6, bias=False), nn.Linear(6, 3, bias=False)]
    body = nn.Sequential(dense[0], layers[0], dense[1], layers[1]).double()
    with torch.no_grad():
        for i in (0, 1):
            dense[i].weight.copy_(torch.from_numpy(start[f"w{i}"]))
            layers[i].threshold.fill_(start["threshold"][i])
            layers[i].leak.fill_(start["leak"][i])
    said = torch.stack(list(Unrolled(body, steps).each(torch.from_numpy(x))))
    np.testing.assert_array_equal(said[-1].detach().numpy(), smooth.known[1, steps - 1][0])
    (said * torch.from_numpy(out)).sum().backward()
    found = {
        "w0": dense[0].weight.grad.numpy(),
        "w1": dense[1].weight.grad.numpy(),
        "threshold": np.array([layer.threshold.grad.item() for layer in layers]),
        "leak": np.array([layer.leak.grad.item() for layer in layers]),
    }
    for name, value in start.items():
        for place in np.ndindex(value.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = value.copy()
                moved[place] += step
                ends.append(smooth(start | {name: moved}, x, out))
            expected = (ends[0] - ends[1]) / 2e-6
            assert found[name][place] == pytest.approx(expected, rel=1e-4, abs=1e-6), (name, place)


def test_the_gradient_of_one_step_is_the_published_one():
    """ds/dv_th = -0.3 U / v_th^2 max(0, 1 - |z|), z = U / v_th - 1; and -s comes through the reset."""
    neuron = TrainableLIF(0.5, 1.0)
    u = torch.tensor([0.3, 0.6, 0.9, 1.2])
    first = neuron(u)
    first.sum().backward(retain_graph=True)
    h = 0.3 * np.clip(1 - abs(u.numpy() / 0.5 - 1), 0, None)
    assert neuron.threshold.grad.item() == pytest.approx((-h * u.numpy() / 0.25).sum(), rel=1e-6)
    neuron.threshold.grad = None
    neuron._v.sum().backward()
    assert first.tolist() == [0, 1, 1, 1]
    assert neuron.threshold.grad.item() == -3


def test_the_staircase_passes_straight_through():
    """d(theta k)/dU = 1 up to K + 1/2, d(theta k)/dtheta = k - U / theta there, and k beyond."""
    neuron = TrainableBMIF(0.5, strength=2, initial=0.0)
    u = torch.tensor([0.3, 0.6, 1.2, 1.3, 4.0], requires_grad=True)
    carried = neuron(u)
    assert carried.tolist() == [0, 0.5, 1, 1, 1]
    for i, (by_u, by_theta) in enumerate([(1, -0.6), (1, 1 - 1.2), (1, 2 - 2.4), (0, 2), (0, 2)]):
        u.grad = neuron.threshold.grad = None
        carried[i].backward(retain_graph=True)
        assert u.grad[i] == by_u
        assert neuron.threshold.grad.item() == pytest.approx(by_theta, abs=1e-6)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Triangle(0.0), "Triangle.gamma is 0: give a positive number"),
        (lambda: Rectangle(-1.0), "Rectangle.width is -1: give a positive number"),
        (lambda: ATan(math.inf), "ATan.alpha is inf: give a positive number"),
    ],
)
def test_settings_are_checked(make, expected):
    with pytest.raises(InputError) as raised:
        make()
    assert str(raised.value) == expected
