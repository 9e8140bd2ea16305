"""How Brian2's loop over neurons is written, so that compilers make vectors of it."""

from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject

__all__ = ["StretchedCodeObject"]


class StretchedCodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """C++ code of a population: see the templates.

    For code in which neurons do not depend on each other; thresholds must be false, and send nothing,
    where `k` is zero, or `speaks` if there is one.
    """

    templater = CPPStandaloneCodeObject.templater.derive("neurosim.build")
