"""A convolution as a Brian2 user writes it today: one explicit synapse for each connection.

Reads an npz: i, j, w (synapses), neurons, steps. Generates and compiles the program in a folder; rates and
thresholds are given when it runs, and it prints the seconds that Brian2 measured.
Run: python brian2_script.py JOB.npz FOLDER
"""

import sys

import brian2 as b
import numpy as np

EQUATIONS = "v:1\nrate:1 (constant)\ntheta:1 (shared, constant)"
SAY = 'std::printf("%.9f\\n", Network::_last_run_time);'


def main(job: str, folder: str) -> None:
    """Write and compile the program."""
    b.prefs.core.default_float_dtype = np.float32
    b.set_device("cpp_standalone", build_on_run=False)
    b.defaultclock.dt = 1 * b.ms
    given = np.load(job)
    size = int(given["neurons"])
    source, target = (
        b.NeuronGroup(size, EQUATIONS, threshold="v>=theta", reset="v-=theta", name=name)
        for name in ("source", "target")
    )
    source.run_regularly("v+=rate", when="start")
    synapses = b.Synapses(source, target, "w:1", on_pre="v_post+=w")
    synapses.connect(i=given["i"], j=given["j"])
    synapses.w = given["w"]
    counts = b.SpikeMonitor(target, record=False, name="counts")
    network = b.Network(source, target, synapses, counts)
    network.run((int(given["steps"]) + 1) * b.ms)  # a spike reaches its target a step later
    b.get_device().insert_code("main", SAY)
    b.get_device().build(directory=folder, compile=True, run=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
