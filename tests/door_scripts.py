"""A plain Brian2 script of three groups in two forms: with shared kernels and with explicit synapses.

All weights of the forms that are compared are dyadic, so that their sums do not depend on the order.
"""

import brian2
import numpy as np
import torch
from torch.nn import functional

from neurosim import AvgPool, Conv, Linear, Projection
from neurosim.connectivity import functions

__all__ = ["SHAPES", "SIZES", "STEPS", "Script", "door_script", "synapses_script"]

STEPS = 60
SHAPES = {"pixels": (2, 6, 6), "cells": (3, 6, 6), "readout": (4,)}
SIZES = {name: int(np.prod(shape)) for name, shape in SHAPES.items()}
RANDOM = np.random.default_rng(3)
PLAYED = (RANDOM.random((STEPS, 72)) < 0.15) * RANDOM.integers(1, 4, (STEPS, 72))
MS = brian2.ms

NEAR, LATE, POOLED, INWARD = (
    RANDOM.integers(0, 25, shape) / 64 for shape in [(3, 2, 3, 3), (3, 2, 1, 1), (4, 27), (3, 3, 3, 3)]
)
SETS = {
    "excite": [
        Projection("pixels", "cells", Conv(NEAR, padding=1)),
        Projection("pixels", "cells", Conv(LATE), delay=2),
        Projection("cells", "readout", (AvgPool(2), Linear(POOLED))),
    ],
    "inhibit": [Projection("cells", "cells", Conv(INWARD, padding=1), delay=1)],
    "rounded": [
        Projection("pixels", "cells", Conv(RANDOM.standard_normal((3, 2, 5, 5)), padding=2)),
        Projection("cells", "cells", Conv(RANDOM.standard_normal((3, 3, 3, 3)), padding=1), delay=3),
    ],
}
SETS["single"] = SETS["rounded"]

CELL = """
dv/dt = (rest - v + ge*(-v) + gi*(low - v))/(20*ms) : volt (unless refractory)
ge : 1
gi : 1
exc : 1
inh : 1
"""
VALUES = {"rest": -70 * brian2.mV, "low": -80 * brian2.mV, "high": -52 * brian2.mV}


class Script:
    """Pixels that play what they are given, and two groups of conductance-based, refractory neurons.

    Parameters
    ----------
    equations : str
        What the neurons have beside `CELL`.
    ask : str
        Fills exc and inh at the start of a step.
    tell : str
        Is said in every reset; {k} stands for the strength.
    names : dict
        The groups' namespace.
    """

    def __init__(self, equations, ask, tell, names):
        self.names = names | VALUES | {"played": brian2.TimedArray(PLAYED, MS, name="played")}
        self.clock = brian2.Clock(MS, name="steps")
        self.pixels = brian2.NeuronGroup(
            SIZES["pixels"],
            "k = played(t, i) : 1",
            threshold="k != 0",
            reset=tell.format(k="k"),
            name="pixels",
            namespace=self.names,
            clock=self.clock,
        )
        self.cells, self.readout = (
            self.neurons(name, CELL + equations, ask, tell.format(k=1)) for name in ("cells", "readout")
        )
        self.groups = {group.name: group for group in (self.pixels, self.cells, self.readout)}
        self.monitors = [brian2.SpikeMonitor(group) for group in (self.cells, self.readout)]
        self.network = brian2.Network(self.groups.values(), self.monitors)

    def neurons(self, name, equations, ask, tell):
        group = brian2.NeuronGroup(
            SIZES[name],
            equations,
            threshold="v > high",
            reset=f"v = rest\n{tell}",
            refractory=3 * MS,
            method="euler",
            name=name,
            namespace=self.names,
            clock=self.clock,
        )
        group.v = VALUES["rest"]
        group.run_regularly(f"{ask}\nge = 0.75*ge + exc\ngi = 0.5*gi + inh")
        return group

    def watch(self, *variables):
        """Record variables of the cells at every step."""
        self.states = brian2.StateMonitor(self.cells, variables, record=True, clock=self.clock)
        self.network.add(self.states)

    def spikes(self):
        """Neurons and steps of the spikes of cells and readout."""
        return [(np.array(m.i).tolist(), np.rint(m.t / MS).astype(int).tolist()) for m in self.monitors]


def door_script():
    """The groups, connected by four independent sets of functions."""
    made = {
        name: functions(SHAPES, projections, "single" if name == "single" else "double")
        for name, projections in SETS.items()
    }
    ask = "\n".join(
        f"{variable} = {name}(i, t_in_timesteps)"
        for variable, name in zip(("exc", "inh", "r", "f"), SETS, strict=True)
    )
    tell = "\n".join(f"said_{name} = tell_{name}(i, {{k}}, t_in_timesteps)" for name in SETS)
    names = {name: made[name]["current"] for name in SETS}
    script = Script("r : 1\nf : 1", ask, tell, names | {f"tell_{name}": made[name]["emit"] for name in SETS})
    script.watch("r", "f")
    return script


def unrolled(chain, shape):
    """The matrix (sources, targets), both numbered channels last, of a torch function of images."""
    units = torch.eye(int(np.prod(shape)), dtype=torch.float64).reshape(-1, *shape[1:], shape[0])
    return chain(units.movedim(-1, 1)).movedim(1, -1).flatten(1).numpy()


def synapses_script():
    """The groups with one synapse a connection; what arrives waits for the start of the next step."""
    ask = "exc = exc_in\ninh = inh_in\nexc_in = 0\ninh_in = 0"
    script = Script("exc_in : 1\ninh_in : 1", ask, "said = {k}", {})
    near, late, pooled, inward = map(torch.from_numpy, (NEAR, LATE, POOLED, INWARD))
    ways = {
        "near": ("pixels", "cells", "exc_in_post += w*k_pre", 0),
        "late": ("pixels", "cells", "exc_in_post += w*played(t - 2*ms, i)", 2),
        "pooled": ("cells", "readout", "exc_in_post += w", 0),
        "inward": ("cells", "cells", "inh_in_post += w", 1),
    }
    chains = {
        "near": lambda x: functional.conv2d(x, near, padding=1),
        "late": lambda x: functional.conv2d(x, late),
        "pooled": lambda x: functional.avg_pool2d(x, 2).flatten(1) @ pooled.T,
        "inward": lambda x: functional.conv2d(x, inward, padding=1),
    }
    for name, (source, target, code, delay) in ways.items():
        matrix = unrolled(chains[name], SHAPES[source])
        synapses = brian2.Synapses(
            script.groups[source],
            script.groups[target],
            "w : 1",
            on_pre=code,
            namespace=script.names,
            clock=script.clock,
        )
        synapses.connect(i=np.nonzero(matrix)[0], j=np.nonzero(matrix)[1])
        synapses.w = matrix[np.nonzero(matrix)]
        synapses.delay = delay * MS
        script.network.add(synapses)
    return script
