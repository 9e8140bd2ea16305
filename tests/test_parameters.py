"""Parameters: bounds, exact refusals, and objects that are frozen, equal by value and their own repr."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.errors import InputError
from neurosim.parameters import Bounds, Numeric, Value, flag, number, option, parameters


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Spring(Value):
    """A description with one field of each kind."""

    stiffness: Numeric = number(1.0, low=0, above=True)
    length: Numeric = number(0.5, low=-1, high=2, unit="m")
    limit: Numeric = number(math.inf, low=1, infinite=True)
    damping: Numeric | None = number(None, low=0, optional=True)
    ends: str = option("free", "fixed")
    twisted: bool = flag(False)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Coil(Value):
    """Another type with the same field."""

    stiffness: Numeric = number(1.0, low=0, above=True)


positive = st.floats(1e-300, 1e300)
springs = st.builds(
    Spring,
    stiffness=positive | hnp.arrays(float, hnp.array_shapes(max_dims=3, max_side=3), elements=positive),
    length=st.floats(-1, 2),
    limit=st.just(math.inf) | hnp.arrays(float, (3,), elements=st.sampled_from([1.0, 7.5, math.inf])),
    damping=st.none() | st.floats(0, 9),
    ends=st.sampled_from(["free", "fixed"]),
    twisted=st.booleans(),
)


@given(springs)
def test_a_description_is_its_own_repr(spring):
    again = eval(repr(spring), {"np": np, "math": math, "Spring": Spring})
    assert again == spring
    assert hash(again) == hash(spring)


@given(springs, springs)
def test_equality_is_by_value_and_hashes_agree(one, other):
    fields = [field.name for field in dataclasses.fields(Spring)]
    same = all(np.array_equal(getattr(one, f), getattr(other, f)) for f in fields)
    assert (one == other) == same
    assert not same or hash(one) == hash(other)


def test_equality_knows_type_and_shape():
    assert Spring(2) == Spring(2.0)
    assert Spring(2) != Coil(2)
    assert Spring(2) != 2
    assert Spring(2) != Spring([2])
    assert Spring([2, 2]) != Spring([[2, 2]])
    assert Spring(damping=None) != Spring(damping=0)


def test_repr_shows_what_differs_from_the_default():
    assert repr(Spring()) == "Spring()"
    assert repr(Spring(2, damping=0.25)) == "Spring(stiffness=2.0, damping=0.25)"
    assert repr(Spring(np.ones(100))) == "Spring(stiffness=<(100,) float64>)"


def test_a_parameter_is_a_float_or_a_frozen_copy():
    given_values = np.array([1, 2], np.int16)
    spring = Spring(given_values, length=np.float32(1), limit=np.array(3))
    given_values[:] = 9
    assert type(spring.length) is type(spring.limit) is float
    assert spring.stiffness.dtype == np.float64
    assert spring.stiffness.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        spring.stiffness[0] = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        spring.length = 1


def test_negative_zero_becomes_zero():
    spring = Spring(length=-0.0, damping=np.array([-0.0]))
    assert math.copysign(1, spring.length) == 1
    assert hash(spring) == hash(Spring(length=0.0, damping=[0.0]))


@pytest.mark.parametrize(
    ("bounds", "text", "inside", "outside"),
    [
        (Bounds(), "(-inf, inf)", [-1e308, 0, 1e308], [math.inf, -math.inf, math.nan]),
        (Bounds(low=0, above=True), "(0, inf)", [5e-324, 1], [0, -1, math.inf, math.nan]),
        (Bounds(low=0, high=1), "[0, 1]", [0, 0.5, 1], [-5e-324, 1 + 2**-52, math.nan]),
        (Bounds(low=1, infinite=True), "[1, inf]", [1, math.inf], [0.5, -math.inf, math.nan]),
        (Bounds(high=0), "(-inf, 0]", [-3, 0], [5e-324, -math.inf]),
    ],
)
def test_bounds(bounds, text, inside, outside):
    assert str(bounds) == text
    assert bounds.hold(np.array(inside))
    assert not any(bounds.hold(np.array([inside[0], value])) for value in outside)


def test_parameters_are_the_numeric_fields():
    assert [name for name, _ in parameters(Spring)] == ["stiffness", "length", "limit", "damping"]
    assert dict(parameters(Spring))["length"].unit == "m"


REFUSALS = {
    "too small": ({"stiffness": 0}, "Spring.stiffness is 0.0: it must lie in (0, inf)"),
    "unit": ({"length": 2.5}, "Spring.length is 2.5: it must lie in [-1, 2] m"),
    "one of many": ({"stiffness": [1, 2, -3, -4]}, "Spring.stiffness is -3.0: it must lie in (0, inf)"),
    "NaN": ({"length": math.nan}, "Spring.length is nan: it must lie in [-1, 2] m"),
    "infinite": ({"stiffness": math.inf}, "Spring.stiffness is inf: it must lie in (0, inf)"),
    "None": ({"length": None}, "Spring.length is None: give a number in [-1, 2]"),
    "text": ({"length": "1"}, "Spring.length is '1': give a number or an array of numbers in [-1, 2]"),
    "a truth": ({"length": True}, "Spring.length is True: give a number or an array of numbers in [-1, 2]"),
    "complex": ({"length": 1j}, "Spring.length is 1j: give a number or an array of numbers in [-1, 2]"),
    "empty": ({"length": []}, "Spring.length is []: give a number or an array of numbers in [-1, 2]"),
    "ragged": (
        {"length": [[1], [1, 2]]},
        "Spring.length is [[1], [1, 2]]: give a number or an array of numbers in [-1, 2]",
    ),
    "an array of texts": (
        {"length": np.full((40, 40), "x")},
        "Spring.length is <(40, 40) <U1>: give a number or an array of numbers in [-1, 2]",
    ),
    "unknown option": ({"ends": "loose"}, "Spring.ends is 'loose': it must be one of 'free', 'fixed'"),
    "option of another type": ({"ends": 1}, "Spring.ends is 1: it must be one of 'free', 'fixed'"),
    "1 for True": ({"twisted": 1}, "Spring.twisted is 1: it must be one of True, False"),
}


@pytest.mark.parametrize(("fields", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(fields, message):
    with pytest.raises(InputError) as caught:
        Spring(**fields)
    assert str(caught.value) == message
