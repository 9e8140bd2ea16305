"""Neuron models: closed forms, scalar loops, and equations that say what `step` does."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from played import GRID, drives, dyadic, play, thresholds

from neurosim.errors import InputError
from neurosim.layers import Layer
from neurosim.neurons import (
    ALIF,
    BMIF,
    EIF,
    IF,
    LIF,
    MODELS,
    Accumulate,
    BurstIF,
    BurstLIF,
    Gate,
    Input,
    MultiThreshold,
    Neuron,
    Relay,
    Ternary,
)
from neurosim.neurons.base import broadcast

SETTINGS = {
    "IF": IF(1.25, initial=0.5),
    "IF hard, bounded": IF(0.8, reset="zero", lower_bound=-0.5),
    "IF strict": IF(1.0, strict=True),
    "LIF": LIF(0.75, leak=0.875),
    "LIF hard": LIF(0.75, tau=5e-3, reset="zero", initial=-1),
    "LIF delayed": LIF(0.75, leak=0.9, reset="delayed"),
    "LIF undelayed": LIF(0.75, leak=0.9, reset="undelayed", strict=True),
    "LIF none": LIF(0.75, leak=0.9, reset="none"),
    "LIF delayed, bounded": LIF(0.75, leak=0.9, reset="delayed", lower_bound=-0.25, strict=True),
    "BurstLIF": BurstLIF(0.7, leak=0.9, lower_bound=-1),
    "BurstLIF hard": BurstLIF(0.7, tau=5e-3, reset="zero", strength=3, initial=0.2),
    "BMIF": BMIF(0.7),
    "BMIF finite": BMIF(0.7, strength=3, initial=0),
    "BMIF literal": BMIF(0.7, strength=2, negative_threshold=0.7),
    "BMIF bounded": BMIF(0.7, negative_threshold=0.1, total=4),
    "BMIF linear": BMIF(0.7, gate=False),
    "BMIF linear, bounded": BMIF(0.7, gate=False, strength=4, total=3),
    "BMIF without a negative side": BurstIF(0.7),
    "BMIF without a negative side, bounded": BMIF(0.7, math.inf, total=4),
    "BMIF bounded on both sides": BMIF(0.7, gate=False, total=4, negative_total=2),
    "MultiThreshold": MultiThreshold(0.7, initial=0.1),
    "Ternary": Ternary(0.7, leak=0.6, initial=0.1),
    "ALIF": ALIF(0.7, leak=0.8, decay=0.9, increment=0.3),
    "ALIF hard": ALIF(0.7, tau=5e-3, tau_decay=20e-3, reset="zero", initial=0.1),
    "EIF": EIF(0.7, onset=0.4, sharpness=0.07, tau=4e-3, after=-0.1, initial=0.1),
    "Gate or": Gate(),
    "Gate and": Gate("and"),
    "Gate iand": Gate("iand"),
    "Gate add": Gate("add"),
    "Accumulate": Accumulate(),
    "Relay": Relay(),
}
each_setting = pytest.mark.parametrize("neuron", SETTINGS.values(), ids=SETTINGS)


# ---- IF and LIF


@given(thresholds, st.integers(0, GRID - 1), st.integers(0, GRID), st.integers(1, 60))
def test_if_counts_the_thresholds_that_were_received(theta, initial, drive, steps):
    initial, drive = theta * initial / GRID, theta * drive / GRID
    k, _, _ = play(IF(theta, initial=initial), [drive] * steps)
    assert np.cumsum(k).tolist() == [(initial + t * drive) // theta for t in range(1, steps + 1)]


@given(thresholds, st.integers(2, 15), st.integers(1, 3 * GRID))
def test_lif_fires_first_where_the_charge_curve_meets_the_threshold(theta, leak, drive):
    leak, drive = leak / 16, drive / GRID
    k, _, _ = play(LIF(theta, leak=leak), [drive] * 12)
    reached = [drive * (1 - leak**t) / (1 - leak) - theta for t in range(1, 13)]
    if min(map(abs, reached)) > 1e-9:  # not a tie
        assert np.flatnonzero(k)[:1].tolist() == [t for t, past in enumerate(reached) if past > 0][:1]


@pytest.mark.parametrize("reset", ["subtract", "delayed", "zero", "undelayed", "none"])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("bound", [None, -0.5])
@given(drive=drives, theta=thresholds, bias=dyadic, initial=dyadic, leak=st.sampled_from([0, 0.3, 0.875, 1]))
def test_lif_is_its_formula(reset, strict, bound, drive, theta, bias, initial, leak):
    neuron = LIF(theta, leak=leak, reset=reset, strict=strict, lower_bound=bound, initial=initial)
    v, owed, expected = initial, 0, []
    for current in drive:
        u = (leak * v + current) + bias - theta * owed
        u = u if bound is None else max(u, bound)
        over = reset == "undelayed" and (v > theta or (v == theta and not strict))
        k = int(u > (1 + over) * theta or (u == (1 + over) * theta and not strict))
        owed = k if reset == "delayed" else 0
        v = {"zero": 0 if k else u, "delayed": u, "none": u}.get(reset, u - theta * k)
        expected.append((k, v, u))
    assert list(zip(*play(neuron, drive, bias), strict=True)) == expected


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@given(drive=drives, theta=thresholds)
def test_if_is_lif_without_leak(reset, drive, theta):
    options = {"reset": reset, "initial": 0.25, "lower_bound": -1}
    leaky, plain = LIF(theta, leak=1, **options), IF(theta, **options)
    np.testing.assert_array_equal(play(leaky, drive), play(plain, drive))


def test_delayed_and_soft_reset_agree_without_leak_and_bound():
    drive = np.random.default_rng(0).integers(-GRID, 2 * GRID, (40, 50)) / GRID
    soft, _, _ = play(LIF(1.5, leak=1), drive)
    late, _, _ = play(LIF(1.5, leak=1, reset="delayed"), drive)
    np.testing.assert_array_equal(soft, late)


def test_tau_is_the_time_in_which_a_membrane_loses_all_but_1_over_e():
    values = LIF(tau=[5e-3, 20e-3]).values(dt=1e-3)
    np.testing.assert_allclose(values["leak"] ** [5, 20], math.exp(-1), rtol=1e-14)
    assert LIF(leak=0.5).values(dt=1e-3)["leak"] == LIF(leak=0.5).values(dt=2e-3)["leak"] == 0.5


# ---- ties


@pytest.mark.parametrize(
    "neuron",
    [IF(0.8), LIF(0.8, leak=1, strict=True), BMIF(0.8, gate=False), BMIF(0.8, 0.3, gate=False)],
    ids=repr,
)
def test_the_margin_is_the_distance_to_where_the_strength_changes(neuron):
    charged = np.linspace(-3, 3, 6001)
    k, _, u = play(neuron, [charged - neuron.values(1e-3)["initial"]])
    changes = (charged[1:] + charged[:-1])[np.flatnonzero(np.diff(k[0]))] / 2
    expected = np.abs(u[0][:, None] - changes).min(axis=1) / 0.8
    inside = slice(900, -900)  # a change just outside of the range is not seen
    margin = neuron.margin(u[0], {name: np.asarray(v) for name, v in neuron.values(1e-3).items()})
    np.testing.assert_allclose(margin[inside], expected[inside], atol=1.1e-3)


# ---- equations

FUNCTIONS = {
    "between": np.clip,
    "floor": np.floor,
    "ceil": np.ceil,
}
STEP_NAMES = {"v", "u", "drive", "bias", "k", "emitted"}


def executed(neuron, drive, bias, dtype):
    """Run the neuron's Brian2 equations as the abstract code says, in numpy."""
    code, values = neuron.equations, {"bias": bias} | neuron.values(1e-3)
    space = {name: np.asarray(value, dtype) for name, value in values.items()} | FUNCTIONS
    space["indicator"] = lambda truth: truth.astype(dtype)
    for name, start in code.state.items():
        space[name] = np.full(drive.shape[1:], space.get(start, 0), dtype)
    steps = []
    for current in drive.astype(dtype):
        space["drive"] = current
        exec(code.charge, space)
        exec(code.strength or "emitted=0*u", space)
        space["k"] = space["emitted"].astype(dtype)
        charged = space["v"] = space["u"]
        before = {name: space[name] for name in code.state}
        exec(_out_of_place(code.reset), space)
        for name in code.state:  # the reset is done where k is not zero
            space[name] = np.where(space["k"] != 0, space[name], before[name]).astype(dtype)
        steps.append((space["k"], space["v"], charged))
    return tuple(np.array(part) for part in zip(*steps, strict=True))


def _out_of_place(reset):
    """Write `v-=x` as `v=v-x`: in place it would change the charged membrane too."""
    return re.sub(r"(\w+)([+-])=(.*)", r"\1=\1\2(\3)", reset)


def beside_thresholds(neuron, dtype):
    """Return drives that charge a membrane to multiples of 0.7, the least bit less, or more."""
    drives = (0.7 * np.arange(-10, 10) - neuron.values(1e-3).get("initial", 0)).astype(dtype)
    return np.concatenate([np.nextafter(drives, side, dtype=dtype) for side in (-9, drives, 9)])


@each_setting
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_equations_and_step_are_one_rule_bit_by_bit(neuron, dtype):
    drive = np.random.default_rng(1).normal(0.1, 1, (40, 200)).astype(dtype)
    drive[0, :60], bias = beside_thresholds(neuron, dtype), np.where(np.arange(200) < 60, 0, 0.03)
    expected = play(neuron, drive, bias, dtype)
    found = executed(neuron, drive, bias, dtype)
    for one, other in zip(expected, found, strict=True):
        assert one.dtype == dtype
        np.testing.assert_array_equal(one, other)


@each_setting
def test_equations_mention_only_what_is_declared(neuron):
    code = neuron.equations
    said = set(re.findall(r"[a-z_]\w*", f"{code.charge} {code.strength} {code.reset}"))
    made = set(re.findall(r"^([a-z_]\w*)=", f"{code.charge}\n{code.strength}\n{code.reset}", re.MULTILINE))
    declared = {*code.parameters, *code.state, *made, *STEP_NAMES, *FUNCTIONS, "indicator"}
    assert said <= declared
    assert set(code.parameters) <= said | set(code.state.values())
    assert set(neuron.values(1e-3)) == set(code.parameters)
    assert neuron.spiking == (not isinstance(neuron, Accumulate))


def test_equal_equations_mean_one_population():
    assert BMIF(1, strength=4).equations == BMIF([2, 3], strength=8).equations
    assert LIF(leak=0.5).equations == LIF(tau=1).equations
    assert IF(lower_bound=0).equations != IF().equations
    assert BMIF(total=3).equations != BMIF().equations


def test_negative_thresholds_are_compared_with_their_own_thresholds():
    full = np.arange(1.0, 9).reshape(2, 2, 2)
    assert BMIF([3, 1], [3, 0.5]).negative_threshold.tolist() == [3, 0.5]
    assert BMIF(full, [1, 5]).negative_threshold.tolist() == [1, 5]


# ---- descriptions


def test_settings_cover_every_model():
    assert {type(neuron) for neuron in SETTINGS.values()} == set(MODELS.values()) - {Input}
    assert all(issubclass(kind, Neuron) for kind in set(MODELS.values()) - {Input})


@each_setting
def test_a_neuron_is_its_own_repr(neuron):
    again = eval(repr(neuron), {"np": np, "math": math, **MODELS})
    assert again == neuron
    assert hash(again) == hash(neuron)
    assert [other for other in SETTINGS.values() if other == neuron] == [neuron]


BELOW = "BMIF.negative_threshold is"
REFUSALS = {
    "IF threshold": (lambda: IF(0), "IF.threshold is 0.0: it must lie in (0, inf)"),
    "IF threshold NaN": (lambda: IF([1, math.nan]), "IF.threshold is nan: it must lie in (0, inf)"),
    "IF threshold missing": (lambda: IF(None), "IF.threshold is None: give a number in (0, inf)"),
    "IF reset": (
        lambda: IF(reset="delayed"),
        "IF.reset is 'delayed': it must be one of 'subtract', 'zero'",
    ),
    "IF initial": (lambda: IF(initial=math.inf), "IF.initial is inf: it must lie in (-inf, inf)"),
    "IF bound": (lambda: IF(lower_bound=0.5), "IF.lower_bound is 0.5: it must lie in (-inf, 0]"),
    "IF strict": (lambda: IF(strict=0), "IF.strict is 0: it must be one of True, False"),
    "LIF threshold": (lambda: LIF(-1, leak=0.5), "LIF.threshold is -1.0: it must lie in (0, inf)"),
    "LIF leak": (lambda: LIF(leak=1.5), "LIF.leak is 1.5: it must lie in [0, 1]"),
    "LIF leak below": (lambda: LIF(leak=-0.5), "LIF.leak is -0.5: it must lie in [0, 1]"),
    "LIF tau": (lambda: LIF(tau=0), "LIF.tau is 0.0: it must lie in (0, inf) s"),
    "LIF both": (
        lambda: LIF(leak=0.5, tau=0.01),
        "LIF has leak=0.5 and tau=0.01: give exactly one of them",
    ),
    "LIF neither": (lambda: LIF(), "LIF has leak=None and tau=None: give exactly one of them"),
    "LIF reset": (
        lambda: LIF(leak=0.5, reset="soft"),
        "LIF.reset is 'soft': it must be one of 'subtract', 'delayed', 'zero', 'undelayed', 'none'",
    ),
    "LIF bound": (lambda: LIF(leak=1, lower_bound=1), "LIF.lower_bound is 1.0: it must lie in (-inf, 0]"),
    "BMIF threshold": (lambda: BMIF(0), "BMIF.threshold is 0.0: it must lie in (0, inf)"),
    "BMIF below": (lambda: BMIF(1, -0.5), f"{BELOW} -0.5: it must lie in [0, inf]"),
    "BMIF above": (
        lambda: BMIF([3, 1], 1.5),
        f"{BELOW} 1.5: it must lie in [0, threshold], and the smallest threshold is 1",
    ),
    "BMIF above its own": (
        lambda: BMIF([3, 1], [2, 1.25]),
        f"{BELOW} 1.25: it must lie in [0, threshold], and the smallest threshold is 1",
    ),
    "BMIF shapes": (
        lambda: BMIF([3, 1], [1, 1, 1]),
        "BMIF has parameters of shapes (3,), (2,): no layer has all of them",
    ),
    "BMIF mixed": (
        lambda: BMIF(1, [0, 0.5]),
        "BMIF.negative_threshold mixes 0 (the limit 0+), inf (no negative side) or values between: give "
        "one kind in a layer",
    ),
    "BMIF strength": (lambda: BMIF(strength=0), "BMIF.strength is 0.0: it must lie in [1, inf]"),
    "BMIF strength fraction": (
        lambda: BMIF(strength=[1, 1.5]),
        "BMIF.strength is 1.5: give whole numbers or inf",
    ),
    "BMIF total": (lambda: BMIF(total=0.5), "BMIF.total is 0.5: it must lie in [1, inf]"),
    "BMIF total fraction": (lambda: BMIF(total=2.5), "BMIF.total is 2.5: give whole numbers or inf"),
    "BMIF gate": (lambda: BMIF(gate=None), "BMIF.gate is None: it must be one of True, False"),
    "BMIF initial": (lambda: BMIF(initial=math.nan), "BMIF.initial is nan: it must lie in (-inf, inf)"),
    "MultiThreshold": (
        lambda: MultiThreshold(0),
        "MultiThreshold.threshold is 0.0: it must lie in (0, inf)",
    ),
    "Ternary leak": (lambda: Ternary(leak=1.1), "Ternary.leak is 1.1: it must lie in [0, 1]"),
    "Ternary threshold": (lambda: Ternary(0), "Ternary.threshold is 0.0: it must lie in (0, inf)"),
    "ALIF neither": (
        lambda: ALIF(decay=0.5),
        "ALIF has leak=None and tau=None: give exactly one of them",
    ),
    "ALIF both": (
        lambda: ALIF(leak=0.5, decay=0.5, tau_decay=0.01),
        "ALIF has decay=0.5 and tau_decay=0.01: give exactly one of them",
    ),
    "ALIF threshold": (
        lambda: ALIF(0, leak=1, decay=1),
        "ALIF.threshold is 0.0: it must lie in (0, inf)",
    ),
    "ALIF leak": (lambda: ALIF(leak=-0.5, decay=1), "ALIF.leak is -0.5: it must lie in [0, 1]"),
    "ALIF tau": (lambda: ALIF(tau=0, decay=1), "ALIF.tau is 0.0: it must lie in (0, inf) s"),
    "ALIF decay": (lambda: ALIF(leak=1, decay=2), "ALIF.decay is 2.0: it must lie in [0, 1]"),
    "ALIF tau_decay": (
        lambda: ALIF(leak=1, tau_decay=-1),
        "ALIF.tau_decay is -1.0: it must lie in (0, inf) s",
    ),
    "ALIF increment": (
        lambda: ALIF(leak=1, decay=1, increment=-1),
        "ALIF.increment is -1.0: it must lie in [0, inf)",
    ),
    "EIF tau": (lambda: EIF(tau=0), "EIF.tau is 0.0: it must lie in (0, inf) s"),
    "EIF threshold": (lambda: EIF(threshold=-1), "EIF.threshold is -1.0: it must lie in (0, inf)"),
    "EIF sharpness": (lambda: EIF(sharpness=0), "EIF.sharpness is 0.0: it must lie in (0, inf)"),
    "EIF below the onset": (
        lambda: EIF([1.5, 0.5]),
        "EIF.threshold is 0.5: it must lie above onset, 1, by no more than 32 sharpness, 5",
    ),
    "EIF far above the onset": (
        lambda: EIF(sharpness=0.01),
        "EIF.threshold is 2: it must lie above onset, 1, by no more than 32 sharpness, 1.32",
    ),
    "EIF after": (
        lambda: EIF(after=2),
        "EIF.after is 2: it must lie below threshold, 2, or every step is a spike",
    ),
    "Gate": (
        lambda: Gate("xor"),
        "Gate.rule is 'xor': it must be one of 'or', 'and', 'iand', 'add'",
    ),
    "Input std": (lambda: Input(std=[1, 0]), "Input.std is 0.0: it must lie in (0, inf)"),
    "shape": (
        lambda: Layer("a", (2, 3, 3), IF([1, 2, 3])),
        "layer 'a': IF.threshold has shape (3,): give a scalar, (2,) (one a channel) or (2, 3, 3) "
        "(one a neuron)",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == message


# ---- Input and the shapes of parameters


def test_parameters_broadcast_over_channels_or_neurons():
    full = np.arange(12.0).reshape(2, 2, 3)
    for value in (5.0, np.array([1.0, 2.0]), full):
        spread = np.broadcast_to(broadcast(value, (2, 2, 3)), (2, 2, 3))
        assert spread[1, 0, 2] == {0: 5.0, 1: 2.0, 3: full[1, 0, 2]}[np.ndim(value)]


@given(st.sampled_from([(), (3,), (3, 2, 2)]), st.sampled_from([(), (4,), (4, 5)]))
def test_input_normalises_by_scalar_channel_or_pixel(statistics, leading):
    random = np.random.default_rng(0)
    mean, std = random.random(statistics), random.random(statistics) + 0.5
    pixels = random.integers(0, 256, (*leading, 3, 2, 2), dtype=np.uint8)
    found = Input(mean, std).normalise(pixels)
    for index in np.ndindex(pixels.shape):
        own = index[-3:][: len(statistics)]
        assert found[index] == (float(pixels[index]) - mean[own]) / std[own]


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        ([0.5, math.nan], "input pixels contain NaN or infinity: give finite values"),
        ([0.5, math.inf], "input pixels contain NaN or infinity: give finite values"),
        (
            [0, 128, 255],
            "input pixels span [0, 255]: Input accepts [0.0, 1.0]; rescale them (pixels are usually "
            "divided by 255)",
        ),
        (
            [-0.5, 1],
            "input pixels span [-0.5, 1]: Input accepts [0.0, 1.0]; rescale them (pixels are usually "
            "divided by 255)",
        ),
    ],
)
def test_input_refuses_pixels(pixels, message):
    with pytest.raises(InputError) as caught:
        Input(low=0, high=1).normalise(np.array(pixels), axes=1)
    assert str(caught.value) == message
