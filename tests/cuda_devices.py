"""The CUDA device for tests: on a GPU (make test-cuda), and its program compiled for the host."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from neurosim.build.toolkit import check_package, find_gpu, find_toolkit
from neurosim.devices import CudaStandalone
from neurosim.errors import DeviceUnavailable

__all__ = ["ON_GPU", "ON_HOST", "cuda_device", "on_host"]

ON_HOST, ON_GPU = "on the host", pytest.param("on a GPU", marks=pytest.mark.cuda)
STAND_INS = Path(__file__).with_name("cuda_on_host") / "bin"


def on_host(patch: pytest.MonkeyPatch) -> None:
    """Let `nvcc` and `nvidia-smi` be those of `cuda_on_host`: the device itself does not know."""
    patch.setenv("PATH", f"{STAND_INS}{os.pathsep}{os.environ['PATH']}")


def cuda_device(where: str, batch: int = 3) -> Iterator[CudaStandalone]:
    """Yield the device for a fixture; skip where there is no GPU."""
    device = CudaStandalone(batch=batch)
    with pytest.MonkeyPatch.context() as patch:
        if where == ON_HOST:
            on_host(patch)
        else:
            _skip_without(device)
        yield device


def _skip_without(device: CudaStandalone) -> None:
    try:
        check_package()
        find_toolkit(device)
        find_gpu(device)
    except DeviceUnavailable as error:
        pytest.skip(str(error))
