"""A network as a CUDA program: written by Brian2 and brian2cuda, compiled by nvcc, cached as C++ ones are."""

from pathlib import Path

from .. import devices
from ..connectivity.sources import CUDA_SOURCES, copy_sources
from ..devices import CudaStandalone
from ..errors import InputError
from ..network import Network
from ..neurons import PhysicalScale
from .cache import cached, compile_project
from .key import program_key
from .standalone import Program
from .toolkit import Toolkit, check_package

__all__ = ["build_cuda_program", "compile_cuda", "generate_cuda"]

MOST_NEURONS = 2**31
MACHINE = {
    "strict": ["-fmad=false", "-prec-div=true", "-prec-sqrt=true", "-ftz=false"],
    "fast": ["-use_fast_math"],
}
"""How the GPU rounds: as the contract says, or as is fastest."""


def build_cuda_program(
    network: Network,
    device: CudaStandalone,
    toolkit: Toolkit,
    capability: float,
    dt: float,
    precision: str,
    watched: frozenset[str],
    physical: PhysicalScale | None = None,
) -> Program:
    """Return the program of a network, compiled now or found in the cache.

    Parameters
    ----------
    toolkit : Toolkit
    capability : float
        Compute capability of the GPU.
    watched : set of str
        Populations whose potentials are recorded.
    physical : PhysicalScale, optional

    Raises
    ------
    InputError
        If a batch has more neurons than Brian2 can number.
    RunFailed
        If the compilation fails.
    """
    flags = compiler_flags(device, toolkit, capability, precision)
    asked = dt, precision, sorted(watched), physical is None, device.batch, toolkit, flags

    def make(folder: Path) -> None:
        generate_cuda(folder, network, device, dt, precision, watched, physical)
        compile_cuda(folder, toolkit, flags)

    key = program_key(network, asked, ("brian2", "brian2cuda", "numpy"))
    return Program(cached(f"cuda-{key}", make))


def compiler_flags(
    device: CudaStandalone, toolkit: Toolkit, capability: float, precision: str
) -> dict[str, str]:
    """Return what make is told beside brian2cuda's own makefile, variable by variable."""
    real = {"double": "double", "single": "float"}[precision]
    target = f"-arch=sm_{capability:.1f}".replace(".", "")
    common = ["-w", "-I.", target]
    compiling = [*common, "-std=c++17", "-O3", f"-DNEUROSIM_REAL={real}", *MACHINE[device.numerics]]
    compiling.append('-Xcompiler "-O3 -ffp-contract=off -w"')
    linking = [*common, "-Xlinker --no-as-needed", "-lcurand"]
    if toolkit.curand:
        compiling.append(f"-I'{toolkit.curand / 'include'}'")
        linking += ["-Lcurand", f"-Xlinker -rpath,'{toolkit.curand / 'lib'}'"]
    return {
        "NVCC": f"@'{toolkit.nvcc}' -ccbin g++",
        "NVCCFLAGS": " ".join(compiling),
        "LFLAGS": " ".join(linking),
    }


def generate_cuda(
    folder: Path,
    network: Network,
    device: CudaStandalone,
    dt: float,
    precision: str,
    watched: frozenset[str],
    physical: PhysicalScale | None = None,
) -> None:
    """Write the CUDA project of a network into `folder`; needs neither compiler nor GPU.

    Raises
    ------
    DeviceUnavailable
        If brian2cuda is missing.
    InputError
        If a batch has more neurons than Brian2 can number.
    """
    check_package()
    neurons = device.batch * sum(layer.size for layer in network.neurons)
    if neurons >= MOST_NEURONS:
        most = (MOST_NEURONS - 1) * device.batch // neurons
        raise InputError(
            f"CudaStandalone.batch is {device.batch}: {neurons:,} neurons side by side are 2**31 or more: "
            f"give at most {most}"
        )
    with devices.cuda_standalone(precision) as own:
        import brian2

        from ..connectivity.session import session_functions
        from .codeobject import hosted_code_object
        from .groups import make_model

        functions = session_functions(precision)
        loop = hosted_code_object()
        model = make_model(
            network, dt, functions, watched, loop=loop, physical=physical, window=loop, batch=device.batch
        )
        model.network.run(0 * brian2.second, namespace={})
        own.insert_code("main", f"{model.network.name}.run(neurosim::duration({dt!r}), NULL, 10.0);")
        own.insert_code("before_end", "return 0;  // Brian2's arrays, gigabytes of them, are read by nobody")
        own.build(
            directory=str(folder),
            compile=False,
            run=False,
            with_output=False,
            additional_source_files=["neurosim/cuda/entry.cu"],
        )
    copy_sources(folder, CUDA_SOURCES)


def compile_cuda(folder: Path, toolkit: Toolkit, flags: dict[str, str]) -> None:
    """Compile a project in place.

    The wheel of cuRAND has its library under one name alone, with a version; the linker finds it by a link
    in the project's folder.

    Raises
    ------
    RunFailed
        With the compiler's last lines.
    """
    if toolkit.curand:
        (folder / "curand").mkdir()
        library = min(toolkit.curand.glob("lib/libcurand.so*"))
        (folder / "curand" / "libcurand.so").symlink_to(library)
    compile_project(folder, *(f"{name}={value}" for name, value in flags.items()))
