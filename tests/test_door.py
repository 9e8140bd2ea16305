"""Shared kernels in plain Brian2 scripts: equal to explicit synapses, alike in numpy and C++; refusals."""

import subprocess

import brian2
import numpy as np
import pytest
from brian2.devices import reset_device
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from door_scripts import MS, STEPS, door_script, synapses_script

from neurosim import Conv, Linear, MaxPool, Projection
from neurosim.connectivity import functions
from neurosim.connectivity.door import FOLDER
from neurosim.errors import InputError, RunFailed, Unsupported

ONE = Linear(np.ones((1, 1)))


@pytest.fixture(autouse=True)
def numpy_target():
    brian2.start_scope()
    brian2.prefs.codegen.target = "numpy"
    yield
    brian2.prefs.codegen.target = "auto"


@pytest.fixture(scope="module")
def in_numpy():
    """A script with shared kernels that ran on the numpy target."""
    brian2.prefs.codegen.target = "numpy"
    script = door_script()
    script.network.run(STEPS * MS, namespace={})
    return script


@pytest.fixture
def standalone():
    """Brian2's C++ standalone mode, with Brian2's own flags."""
    kept = brian2.prefs.codegen.cpp.extra_compile_args_gcc
    device = CPPStandaloneDevice()
    brian2.set_device(device, build_on_run=False)
    yield device
    reset_device("runtime")
    brian2.prefs.devices.cpp_standalone.openmp_threads = 0
    brian2.prefs.codegen.cpp.extra_compile_args_gcc = kept


# ---- what it computes


def test_spikes_equal_those_of_explicit_synapses(in_numpy):
    explicit = synapses_script()
    explicit.network.run(STEPS * MS, namespace={})
    cells, readout = in_numpy.spikes()
    assert (len(cells[0]), len(readout[0])) == (1430, 56)
    assert explicit.spikes() == in_numpy.spikes()


def test_cpp_equals_numpy_bit_by_bit(in_numpy, standalone, tmp_path):
    assert "-ffast-math" in brian2.prefs.codegen.cpp.extra_compile_args_gcc
    script = door_script()
    script.network.run(STEPS * MS, namespace={})
    standalone.build(directory=str(tmp_path))
    assert script.spikes() == in_numpy.spikes()
    np.testing.assert_array_equal(script.states.r[:], in_numpy.states.r[:])
    np.testing.assert_array_equal(script.states.f[:], in_numpy.states.f[:])
    assert 0 < np.abs(script.states.r[:] - script.states.f[:]).max() < 1e-5  # double, single


def crowd():
    """Run 1,000 neurons that speak in turn to each other and return what each has heard."""
    weights = Conv(np.random.default_rng(0).standard_normal((10, 10, 3, 3)), padding=1)
    group = brian2.NeuronGroup(
        1000,
        "x : 1",
        threshold="(7*i + 3*t_in_timesteps) % 5 < 2",
        reset="said = emit(i, 1, t_in_timesteps)",
        name="crowd",
        namespace=functions({"crowd": (10, 10, 10)}, [Projection("crowd", "crowd", weights)]),
    )
    group.run_regularly("x = current(i, t_in_timesteps)")
    run(group)
    return group


def test_threads_change_nothing(standalone, tmp_path):
    brian2.prefs.devices.cpp_standalone.openmp_threads = 4
    brian2.prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O0", "-std=c++17"]
    threaded = crowd()
    standalone.build(directory=str(tmp_path))
    heard = np.array(threaded.x[:])
    reset_device("runtime")
    group = crowd()
    np.testing.assert_array_equal(heard, group.x[:])
    assert np.count_nonzero(heard) == 1000


def chain(delay=0, projections=None, **groups):
    """Neurons "a" that speak at step 2 and neurons "b" that keep what reaches them, not yet run."""
    names = functions(
        {"a": (2,), "b": (1,)},
        projections or [Projection("a", "b", Linear([[1.0, 10.0]]), delay=delay)],
    )
    clock = brian2.Clock(MS)
    a = brian2.NeuronGroup(
        groups.get("a", 2),
        "",
        threshold="t_in_timesteps == 2",
        reset="x = emit(i, i + 1, t_in_timesteps)",
        name="a",
        namespace=names,
        clock=clock,
    )
    b = brian2.NeuronGroup(
        1, "x : 1", name=groups.get("name", "b"), namespace=names, dt=groups.get("dt", 1) * MS
    )
    b.run_regularly("x = current(i, t_in_timesteps)", when=groups.get("when", "start"))
    heard = brian2.StateMonitor(b, "x", record=True, when="end", clock=clock)
    return a, b, heard


def run(*objects, steps=6):
    network = brian2.Network(*objects)
    network.run(steps * MS, namespace={})
    return network


@pytest.mark.parametrize("when", ["start", "groups", "thresholds", "resets", "end"])
@pytest.mark.parametrize("delay", [0, 2])
def test_a_spike_takes_one_step_and_the_delay_whenever_it_is_read(delay, when):
    *groups, heard = chain(delay, when=when)
    run(*groups, heard)
    expected = np.zeros(6)
    expected[3 + delay] = 21
    np.testing.assert_array_equal(heard.x[0], expected)


def test_strengths_of_one_step_add_up():
    a, b, heard = chain()
    a.run_regularly("y = emit(i, -0.5, t_in_timesteps)")
    run(a, b, heard)
    np.testing.assert_array_equal(heard.x[0], [0, -5.5, -5.5, 15.5, -5.5, -5.5])


def test_a_group_without_a_reset_speaks_through_relays():
    _, b, heard = chain()
    a = brian2.NeuronGroup(
        2,
        "x : 1",
        threshold="x > 0",
        reset="x = 0\nsaid = emit(i, 1, t_in_timesteps)",
        name="a",
        namespace=b.namespace,
        clock=b.clock,
    )
    source = brian2.SpikeGeneratorGroup(2, [0, 1, 1], [1, 1, 3] * MS, clock=b.clock)
    relay = brian2.Synapses(source, a, on_pre="x_post += 1", clock=b.clock)
    relay.connect(j="i")
    run(source, relay, a, b, heard)
    np.testing.assert_array_equal(heard.x[0], [0, 0, 0, 11, 0, 10])


def test_time_may_begin_again_at_0():
    a, b, heard = chain(delay=3)
    network = brian2.Network(a, b, heard)
    network.store()
    for _ in range(2):
        network.restore()
        network.run(4 * MS, namespace={})
    network.run(4 * MS, namespace={})
    np.testing.assert_array_equal(heard.x[0], [0, 0, 0, 0, 0, 0, 21, 0])


# ---- what it refuses


def cause(error):
    """What lies below Brian2's own exception."""
    return error.value.__cause__


def test_time_may_not_begin_again_elsewhere():
    a, b, heard = chain()
    network = run(a, b, heard, steps=2)
    network.store()
    network.run(2 * MS, namespace={})
    network.restore()
    with pytest.raises(brian2.BrianObjectException) as error:
        network.run(2 * MS, namespace={})
    assert isinstance(cause(error), RunFailed)
    assert str(cause(error)) == (
        "time went back from step 3 to step 2, whose spikes are forgotten: go back to time 0"
    )


DESCRIPTIONS = {
    "unknown end": (
        [Projection("a", "c", ONE)],
        "projection 'a' -> 'c': there is no group 'c': the shapes are of 'a', 'b'",
    ),
    "shape": (
        [Projection("a", "b", ONE)],
        "projection 'a' -> 'b': the ops turn (1,) into (1,), and 'b' has shape (2, 3, 3)",
    ),
    "bias": (
        [Projection("a", "a", ONE, bias=[1.0])],
        "projection 'a' -> 'a': has a bias: leave it out and add it in the group's equations",
    ),
    "a maximum": (
        [Projection("b", "b", MaxPool(1))],
        "projection 'b' -> 'b': MaxPool needs windows of images: use it in a Simulation",
    ),
    "no projection": (["a"], "functions: projections hold 'a': give Projection objects"),
}


@pytest.mark.parametrize(("projections", "message"), DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_descriptions_that_do_not_fit(projections, message):
    with pytest.raises(InputError) as error:
        functions({"a": (1,), "b": (2, 3, 3)}, projections)
    assert str(error.value) == message


def test_a_shape_or_a_precision_that_is_none():
    with pytest.raises(InputError, match=r"^layer 'a': shape is \(0,\): give 1 to 4 sizes, each >= 1$"):
        functions({"a": (0,)}, [])
    with pytest.raises(InputError, match=r"^functions: precision is 'half': give 'double' or 'single'$"):
        functions({"a": (1,)}, [], "half")


GROUPS = {
    "name": (
        {"name": "c"},
        "group 'c' uses current or emit, and the shapes are of 'a', 'b': add its shape, or give it one of "
        "these names with NeuronGroup(..., name=...)",
    ),
    "size": ({"a": 3}, "group 'a' has 3 neurons and shape (2,) 2: make them equal"),
    "time step": ({"dt": 2}, "groups 'b' and 'a' have time steps of 2. ms and 1. ms: give them one"),
}


@pytest.mark.parametrize(("groups", "message"), GROUPS.values(), ids=GROUPS)
def test_groups_that_do_not_fit(groups, message):
    with pytest.raises(brian2.BrianObjectException) as error:
        run(*chain(**groups))
    assert isinstance(cause(error), InputError)
    assert str(cause(error)) == message


@pytest.mark.parametrize("code", ["x = current(i + 1, t_in_timesteps)", "x = emit(i + 1, 1, t_in_timesteps)"])
def test_a_neuron_that_is_none(code):
    a, b, _ = chain()
    b.run_regularly(code)
    with pytest.raises(brian2.BrianObjectException) as error:
        run(a, b)
    assert str(cause(error)) == "group 'b' has no neuron 1: pass i, from 0 to 0"


def test_a_neuron_that_is_none_in_cpp(tmp_path):
    calls = 'neurosim::check("b", 1, 0); neurosim::check("b", 1, 1);'
    main = f'#include "{FOLDER}/ring.h"\nint main() {{ {calls} }}'
    (tmp_path / "main.cpp").write_text(main)
    subprocess.run(["g++", "-std=c++11", "main.cpp", "-o", "main"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stderr == "neurosim: group 'b' has no neuron 1: pass i, from 0 to 0\n"


def test_cython_is_refused():
    brian2.prefs.codegen.target = "cython"
    with pytest.raises(brian2.BrianObjectException) as error:
        run(*chain())
    assert isinstance(cause(error), Unsupported)
    assert str(cause(error)) in {
        f"{name} runs on Brian2's numpy target and in C++ standalone, not on cython: "
        "set prefs.codegen.target = 'numpy' or set_device('cpp_standalone')"
        for name in ("current", "emit")
    }


def test_cuda_is_refused():
    made = functions({"a": (1,)}, [])["emit"].implementations["cuda"]
    with pytest.raises(Unsupported) as error:
        made.get_code(None)
    assert str(error.value) == (
        "emit runs on Brian2's numpy target and in C++ standalone, not on cuda: set_device('cpp_standalone')"
    )


def test_python_is_refused():
    with pytest.raises(InputError) as error:
        functions({"a": (1,)}, [])["current"](0, 0)
    assert str(error.value) == (
        "current is for equations and code of Brian2 groups: it cannot be called from Python"
    )
