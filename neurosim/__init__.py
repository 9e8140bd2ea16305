"""neurosim: trained deep networks, simulated spike for spike in Brian2.

Everything public is reachable from here, and imported only when it is used: `import neurosim` loads
neither torch nor Brian2 nor matplotlib.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "errors": (
        "BudgetExceeded DeviceUnavailable FileError InputError NeurosimError NotRecorded RunFailed "
        "Unsupported"
    ),
    "neurons": (
        "ALIF Accumulate AdaptiveIF Amount AugIF BMIF BurstIF BurstLIF Custom EIF FastSNN Gate IF Input LIF "
        "MultiThreshold PhysicalScale Relay SNM STBIF TerIF Ternary"
    ),
    "ops": "AdaptiveAvgPool AvgPool Conv Identity Linear MaxPool Reshape Scale",
    "layers": "Layer Projection",
    "network": "Network",
    "nir": "from_nir to_nir",
    "extras": "Jitter Noise Refractory SpikeLoss Spread Substeps Synapse WeightBits WeightNoise",
    "stimuli": "Direct Events Latency Phase Poisson",
    "spikes": "Spikes",
    "recording": "Potential Recording",
    "devices": "CppStandalone CudaStandalone Reference Runtime",
    "simulation": "Estimate Simulation",
    "comparison": "Agreement Divergence",
    "conversion": "convert from_torch",
    "diagnosis": "Diagnosis LayerError diagnose",
    "sliding": "of_pixel over_scene",
    "workflows.scene_outputs": "scene_outputs",
    "workflows.verify": "verify",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}
_ROOMS = ("ann", "conversion", "datasets", "energy", "nir", "plotting", "reference", "statistics", "training")

__all__ = ["__version__", *sorted(_HOME), *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
