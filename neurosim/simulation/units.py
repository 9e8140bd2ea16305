"""The units that potentials come back in."""

import numpy as np

from ..layers import Layer
from ..neurons.physical import potentials
from .job import Job

__all__ = ["in_units"]


def in_units(job: Job, layer: Layer, values: np.ndarray) -> np.ndarray:
    """Return a layer's potentials in mV where they are voltages, else as they are.

    Parameters
    ----------
    values : array of the job's precision
        As simulated: numbers, or in SI base units; with a `PhysicalScale` [V] above rest.
    """
    dynamics = layer.model.equations.dynamics
    rest = 0.0
    if dynamics:
        from ..build.dynamics import records_voltage

        if not records_voltage(dynamics):
            return values
    elif job.physical and potentials(layer.model):
        rest = job.physical.rest
    else:
        return values
    millivolts: np.ndarray = (values + job.dtype(rest)) * job.dtype(1000)
    return millivolts
