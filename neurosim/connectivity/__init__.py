"""Connectivity as functions: shared kernels and event-driven sums instead of a list of synapses.

`functions` offers it to anybody's Brian2 groups; Brian2 is loaded when it is used.
"""

from typing import Any

__all__ = ["functions"]


def __getattr__(name: str) -> Any:
    if name != "functions":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .door import functions

    return functions
