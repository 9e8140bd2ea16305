"""One whole project, compiled and linked by nvcc: no GPU is needed, but minutes (make test-cuda-build)."""

import subprocess

import pytest
from needed import PROGRAMS, absent
from test_simulation import pixels, small

from neurosim.build.cuda import build_cuda_program
from neurosim.build.toolkit import Gpu, find_toolkit
from neurosim.devices import CudaStandalone
from neurosim.errors import DeviceUnavailable
from neurosim.simulation import Simulation, engines

DEVICE = CudaStandalone(batch=2, compute_capability=9.0)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    try:
        toolkit = find_toolkit(DEVICE)
    except DeviceUnavailable as error:
        absent(str(error), PROGRAMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEUROSIM_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield build_cuda_program(small(), DEVICE, toolkit, 9.0, 1e-3, "double", frozenset())


@pytest.mark.cuda_build
def test_nvcc_compiles_a_project(program) -> None:
    main = program.folder / "main"
    assert main.read_bytes()[:4] == b"\x7fELF"
    assert b"sm_90" in main.read_bytes()  # code for the GPU is inside
    linked = subprocess.run(["ldd", str(main)], capture_output=True, text=True, check=True).stdout
    assert "libcurand" in linked
    assert "not found" not in linked


@pytest.mark.cuda_build
def test_the_program_names_a_missing_driver(program, monkeypatch) -> None:
    """On a machine with a driver the program would run; elsewhere it ends as ours do."""
    gpu = engines.find_gpu
    try:
        gpu(DEVICE)
        pytest.skip("there is a GPU: make test-cuda runs on it")
    except DeviceUnavailable:
        pass
    there = Gpu("none", "GPU-0", "0", 9.0, 2**33)
    monkeypatch.setattr(engines, "find_gpu", lambda device: there)
    monkeypatch.setattr(engines, "build_cuda_program", lambda *arguments: program)
    message = "CudaStandalone: the NVIDIA driver is older than the CUDA toolkit, or there is none"
    with Simulation(small(), DEVICE, 4) as simulation, pytest.raises(DeviceUnavailable, match=message):
        simulation.run(pixels(2), progress=False)
