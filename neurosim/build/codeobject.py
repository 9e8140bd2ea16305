"""How Brian2's loop over neurons is written, so that compilers make vectors of it."""

from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject

__all__ = ["StretchedCodeObject", "hosted_code_object"]


class StretchedCodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """C++ code of a population: see the templates.

    For code in which neurons do not depend on each other; thresholds must be false, and send nothing,
    where `k` is zero, or `speaks` if there is one.
    """

    templater = CPPStandaloneCodeObject.templater.derive("neurosim.build")


def hosted_code_object() -> type[CPPStandaloneCodeObject]:
    """Return the class of CUDA code of a session, whose currents the host makes: see the templates.

    brian2cuda is imported when this is called.
    """
    from brian2cuda.codeobject import CUDAStandaloneCodeObject

    class HostedCodeObject(CUDAStandaloneCodeObject):  # type: ignore[misc]
        templater = CUDAStandaloneCodeObject.templater.derive("neurosim.build")

    return HostedCodeObject
