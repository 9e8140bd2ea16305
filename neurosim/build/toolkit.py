"""What CUDA needs of a machine: brian2cuda, nvcc, cuRAND, a driver and a GPU, each with its own message."""

import dataclasses
import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..devices import CudaStandalone
from ..errors import DeviceUnavailable

__all__ = ["BRIAN2CUDA", "Gpu", "Toolkit", "check_package", "find_gpu", "find_gpus", "find_toolkit"]

BRIAN2CUDA = "1.0a7"
USUAL = "/usr/local/cuda"
CHOICE = "CUDA_VISIBLE_DEVICES"
OLDEST = 12.0
"""CUDA whose nvcc and thrust take C++17 with brian2cuda's code."""


@dataclasses.dataclass(frozen=True)
class Toolkit:
    """A CUDA compiler and its libraries.

    Attributes
    ----------
    nvcc : str
        Path of the compiler.
    version : float
    curand : Path or None
        Folder of the wheel with `include` and `lib`; None where nvcc finds cuRAND by itself.
    """

    nvcc: str
    version: float
    curand: Path | None


@dataclasses.dataclass(frozen=True)
class Gpu:
    """A GPU that this process may use.

    Attributes
    ----------
    name, uuid, driver : str
        The uuid is empty where CUDA takes this one of itself.
    compute_capability : float
    memory : int
        Bytes.
    """

    name: str
    uuid: str
    driver: str
    compute_capability: float
    memory: int


def check_package() -> None:
    """Raise DeviceUnavailable unless the brian2cuda is installed that goes with Brian2 2.8."""
    try:
        found = version("brian2cuda")
    except PackageNotFoundError:
        found = "not installed"
    if found != BRIAN2CUDA:
        raise DeviceUnavailable(
            f"CudaStandalone: brian2cuda is {found}: pip install 'neurosim-brian2[cuda]' "
            f"(brian2cuda=={BRIAN2CUDA})"
        )


def find_toolkit(device: CudaStandalone) -> Toolkit:
    """Return the compiler, found on PATH, in CUDA_PATH or in /usr/local/cuda.

    Raises
    ------
    DeviceUnavailable
        If there is none, it is too old, or cuRAND is missing.
    """
    nvcc = _nvcc()
    if nvcc is None:
        raise DeviceUnavailable(
            "CudaStandalone: nvcc not found: install the CUDA toolkit (12 or 13) and put its bin folder on "
            "PATH, or set CUDA_PATH"
        )
    if shutil.which("g++") is None or shutil.which("make") is None:
        raise DeviceUnavailable("CudaStandalone: g++ or make not found: apt-get install g++ make")
    found = device.cuda_version or _version(nvcc)
    if found < OLDEST:
        raise DeviceUnavailable(f"CudaStandalone: {nvcc} is of CUDA {found}: install CUDA 12 or 13")
    return Toolkit(nvcc, found, _curand(nvcc, found))


def _nvcc() -> str | None:
    folders = [*os.environ.get("PATH", "").split(os.pathsep)]
    folders += [f"{root}/bin" for root in (os.environ.get("CUDA_PATH"), USUAL) if root]
    return shutil.which("nvcc", path=os.pathsep.join(folders))


@functools.cache
def _version(nvcc: str) -> float:
    said = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=False).stdout
    release = re.search(r"release (\d+\.\d+)", said)
    if release is None:
        raise DeviceUnavailable(
            f"CudaStandalone: {nvcc} --version names no release: give CudaStandalone(cuda_version=13.0)"
        )
    return float(release[1])


def _curand(nvcc: str, cuda: float) -> Path | None:
    """Return where the wheel has cuRAND, or None if nvcc finds header and library by itself."""
    root = Path(nvcc).resolve().parent.parent
    if any(_complete(folder) for folder in (root, *root.glob("targets/*"), Path("/usr"))):
        return None
    for folder in _wheels():
        if (folder / "include" / "curand.h").is_file() and any(folder.glob("lib/libcurand.so*")):
            return folder
    package = "nvidia-curand" + ("-cu12" if cuda < 13 else "")
    raise DeviceUnavailable(f"CudaStandalone: curand.h not found beside {nvcc}: pip install {package}")


def _complete(folder: Path) -> bool:
    libraries = (folder.glob(f"{name}/libcurand.so") for name in ("lib", "lib64", "lib/*"))
    return (folder / "include" / "curand.h").is_file() and any(map(any, libraries))


def _wheels() -> Iterator[Path]:
    """Yield what NVIDIA's wheels have installed: nvidia/cu13, nvidia/curand ..."""
    found = importlib.util.find_spec("nvidia")
    for place in (found.submodule_search_locations or []) if found else []:
        yield from sorted(Path(place).iterdir())


def find_gpu(device: CudaStandalone) -> Gpu:
    """Return the GPU that a device names.

    Raises
    ------
    DeviceUnavailable
        If there is no driver, no GPU, or not so many.
    """
    gpus = find_gpus()
    if not gpus:
        raise DeviceUnavailable(
            "CudaStandalone: the driver sees no GPU: use a machine with an NVIDIA GPU, or free it for this "
            "process (CUDA_VISIBLE_DEVICES)"
        )
    if device.gpu >= len(gpus):
        names = ", ".join(gpu.name for gpu in gpus)
        raise DeviceUnavailable(
            f"CudaStandalone.gpu is {device.gpu} and there are {len(gpus)} ({names}): give 0 to "
            f"{len(gpus) - 1}"
        )
    of_itself = device.gpu == 0 and (len(gpus) == 1 or CHOICE in os.environ)
    return dataclasses.replace(gpus[device.gpu], uuid="") if of_itself else gpus[device.gpu]


def find_gpus() -> list[Gpu]:
    """Return the GPUs that this process may see; raise DeviceUnavailable if no driver answers."""
    asked = "name,uuid,driver_version,compute_cap,memory.total"
    command = ["nvidia-smi", f"--query-gpu={asked}", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise DeviceUnavailable(
            "CudaStandalone: nvidia-smi not found: install NVIDIA's driver (apt-get install nvidia-driver)"
        ) from None
    if "No devices" in said.stdout:
        return []
    if said.returncode != 0:
        words = " ".join((said.stdout + said.stderr).split())
        raise DeviceUnavailable(
            f"CudaStandalone: NVIDIA's driver does not answer ({words}): install or restart it"
        )
    return _visible([_read(line) for line in said.stdout.splitlines() if line.strip()])


def _read(line: str) -> Gpu:
    try:
        name, uuid, driver, capability, memory = (word.strip() for word in line.rsplit(",", 4))
        return Gpu(name, uuid, driver, float(capability), int(memory) * 2**20)
    except ValueError:
        raise DeviceUnavailable(
            f"CudaStandalone: nvidia-smi says {line!r}, without compute capability or memory: update the "
            "driver"
        ) from None


def _visible(gpus: list[Gpu]) -> list[Gpu]:
    """Return those that CUDA_VISIBLE_DEVICES leaves, in its order, up to the first that is unknown."""
    chosen = os.environ.get(CHOICE)
    if chosen is None:
        return gpus
    left = []
    for word in chosen.split(","):
        named = [gpu for number, gpu in enumerate(gpus) if word in (str(number), gpu.uuid)]
        if word.startswith("MIG-"):  # a part of a GPU, which nvidia-smi does not list among them
            named = [dataclasses.replace(gpus[0], uuid=word)]
        if not named:
            break
        left += named
    return left
