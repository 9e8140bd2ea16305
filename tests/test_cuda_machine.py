"""What CUDA needs of a machine: found, or missed with a message that says which part it is."""

import dataclasses
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from cuda_devices import on_host
from nets import images, residual
from test_simulation import small

from neurosim.build import toolkit
from neurosim.build.cuda import build_cuda_program, compiler_flags, generate_cuda
from neurosim.build.populations import index_of, populations
from neurosim.build.toolkit import Gpu, Toolkit, check_package, find_gpu, find_gpus, find_toolkit
from neurosim.cli.options import device_named
from neurosim.devices import CudaStandalone, Reference
from neurosim.errors import BudgetExceeded, DeviceUnavailable, InputError, RunFailed, Unsupported
from neurosim.recording import Potential
from neurosim.simulation import Simulation, budget, gpu
from neurosim.simulation.job import Job

DEVICE = CudaStandalone(batch=2)
H100 = Gpu("NVIDIA H100", "GPU-1", "580.1", 9.0, 80 * 2**30)


def refused(kind, text, call):
    with pytest.raises(kind) as caught:
        call()
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with g++ and make, and the programs that a test writes."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("g++", "make", "sh"):
        (folder / tool).symlink_to(Path("/usr/bin", tool))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(toolkit, "USUAL", str(tmp_path / "none"))
    monkeypatch.setattr(toolkit, "_wheels", lambda: iter(()))
    for name in ("CUDA_PATH", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    toolkit._version.cache_clear()
    return folder


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


RELEASE = "echo 'Cuda compilation tools, release {0}, V{0}.88'"


# ---- four parts, four messages


def test_a_missing_package(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(toolkit, "version", missing)
    words = (
        "CudaStandalone: brian2cuda is not installed: pip install 'neurosim-brian2[cuda]' (brian2cuda==1.0a7)"
    )
    refused(DeviceUnavailable, words, lambda: Simulation(small(), DEVICE, 4))
    monkeypatch.setattr(toolkit, "version", lambda name: "1.0b1")  # that of another Brian2
    refused(DeviceUnavailable, "brian2cuda is 1.0b1", check_package)


def test_a_missing_compiler(machine):
    words = (
        "CudaStandalone: nvcc not found: install the CUDA toolkit (12 or 13) and put its bin folder on PATH"
    )
    refused(DeviceUnavailable, words, lambda: Simulation(small(), DEVICE, 4))
    program(machine / "nvcc", RELEASE.format("11.8"))
    refused(DeviceUnavailable, "is of CUDA 11.8: install CUDA 12 or 13", lambda: find_toolkit(DEVICE))
    (machine / "make").unlink()
    refused(
        DeviceUnavailable, "g++ or make not found: apt-get install g++ make", lambda: find_toolkit(DEVICE)
    )


def test_a_missing_driver(machine):
    words = "CudaStandalone: nvidia-smi not found: install NVIDIA's driver (apt-get install nvidia-driver)"
    refused(DeviceUnavailable, words, find_gpus)
    program(machine / "nvidia-smi", "echo 'NVIDIA-SMI has failed'; exit 9")
    refused(DeviceUnavailable, "driver does not answer (NVIDIA-SMI has failed)", find_gpus)


def test_a_missing_gpu(machine):
    program(machine / "nvidia-smi", "echo 'No devices were found'; exit 6")
    refused(DeviceUnavailable, "CudaStandalone: the driver sees no GPU", lambda: find_gpu(DEVICE))
    program(machine / "nvidia-smi", "echo 'NVIDIA H100, GPU-1, 580.1, 9.0, 81920'")
    assert find_gpu(DEVICE) == dataclasses.replace(H100, uuid="")
    words = "CudaStandalone.gpu is 1 and there are 1 (NVIDIA H100): give 0 to 0"
    refused(DeviceUnavailable, words, lambda: find_gpu(CudaStandalone(gpu=1)))


def test_the_process_may_see_some_gpus_alone(machine, monkeypatch):
    assert gpu.OnGpu(H100, 2).environment == {"CUDA_VISIBLE_DEVICES": "GPU-1"}
    rows = [f"A{n}, GPU-{n}, 580.1, 8.0, 1024" for n in range(3)]
    program(machine / "nvidia-smi", "\n".join(f"echo '{row}'" for row in rows))
    for chosen, names in (("2,0", "A2 A0"), ("GPU-1", "A1"), ("1,7,0", "A1"), ("", ""), ("MIG-5", "A0")):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
        assert [each.name for each in find_gpus()] == names.split()
    assert gpu.OnGpu(find_gpu(DEVICE), 2).environment == {}
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert [find_gpu(CudaStandalone(gpu=n)).uuid for n in range(3)] == ["GPU-0", "GPU-1", "GPU-2"]
    program(machine / "nvidia-smi", "echo 'Old, GPU-0, 390.1, [N/A], 1024'")
    refused(DeviceUnavailable, "without compute capability or memory: update the driver", find_gpus)


def test_curand_lies_beside_nvcc_or_in_its_wheel(machine, monkeypatch, tmp_path):
    for release, package in (("13.0", "nvidia-curand"), ("12.4", "nvidia-curand-cu12")):
        program(machine / "nvcc", RELEASE.format(release))
        toolkit._version.cache_clear()
        if Path("/usr/include/curand.h").exists():
            pytest.skip("this machine has curand.h where every compiler looks")
        refused(
            DeviceUnavailable, f"curand.h not found beside {machine / 'nvcc'}: pip install {package}", found
        )
    wheel = tmp_path / "nvidia" / "cu13"
    for name in ("include/curand.h", "lib/libcurand.so.10"):
        (wheel / name).parent.mkdir(parents=True)
        (wheel / name).touch()
    monkeypatch.setattr(toolkit, "_wheels", lambda: iter((tmp_path / "nvidia" / "other", wheel)))
    assert found() == Toolkit(str(machine / "nvcc"), 12.4, wheel)
    with_curand(tmp_path)
    assert found().curand is None


def found():
    return find_toolkit(DEVICE)


def with_curand(root: Path) -> None:
    for name in ("include/curand.h", "lib64/libcurand.so"):
        (root / name).parent.mkdir(parents=True)
        (root / name).touch()


def test_versions_are_found_or_given(machine):
    program(machine.parent / "cuda" / "bin" / "nvcc", RELEASE.format("12.9"))
    with_curand(machine.parent / "cuda")
    os.environ["CUDA_PATH"] = str(machine.parent / "cuda")  # the fixture puts it back
    assert find_toolkit(DEVICE).version == 12.9
    assert find_toolkit(CudaStandalone(cuda_version=13.1)).version == 13.1
    program(machine / "nvcc", "echo nothing")
    refused(DeviceUnavailable, "names no release: give CudaStandalone(cuda_version=13.0)", lambda: found())


# ---- what the compiler is told


def flags(**changes):
    curand = changes.pop("curand", None)
    device = CudaStandalone(**changes)
    return compiler_flags(device, Toolkit("/opt/cuda/bin/nvcc", 13.0, curand), 9.0, "single")


def test_strict_numbers_contract_nothing():
    strict, fast = flags()["NVCCFLAGS"], flags(numerics="fast")["NVCCFLAGS"]
    assert "-fmad=false" in strict
    assert "-use_fast_math" not in strict
    assert "-ffp-contract=off" in strict
    assert "-use_fast_math" in fast
    assert "-fmad=false" not in fast
    for told in (strict, fast):
        assert all(word in told for word in ("-std=c++17", "-arch=sm_90", "-DNEUROSIM_REAL=float"))
    assert flags()["NVCC"] == "@'/opt/cuda/bin/nvcc' -ccbin g++"
    assert "-arch=sm_120" in compiler_flags(DEVICE, Toolkit("nvcc", 13.0, None), 12.0, "double")["NVCCFLAGS"]


def test_the_wheel_is_searched_and_the_link_lies_in_the_project():
    told = flags(curand=Path("/site/nvidia/cu13"))
    assert "-I'/site/nvidia/cu13/include'" in told["NVCCFLAGS"]
    assert "-Lcurand" in told["LFLAGS"]
    assert "-rpath,'/site/nvidia/cu13/lib'" in told["LFLAGS"]
    assert "rpath" not in flags()["LFLAGS"]


# ---- what is written without compiler and GPU


def test_code_is_written_on_a_machine_without_cuda(machine, tmp_path):
    """Names are lower case: brian2cuda's programs make the values of their arguments so."""
    folder = tmp_path / "project"
    folder.mkdir()
    generate_cuda(folder, small(), DEVICE, 1e-3, "double", frozenset())
    (window,) = [path.read_text() for path in folder.glob("code_objects/window_codeobject*.cu")]
    assert "neurosim::propagate(_array_neurosim_clock_timestep[0]);" in window
    assert "neurosim/cuda/entry.cu" in (folder / "makefile").read_text()
    names = [path.name for path in folder.glob("code_objects/*")]
    assert names
    assert all(name == name.lower() for name in names)
    main = (folder / "main.cu").read_text()
    assert main.index("simulated.run(0.0") < main.index(
        "simulated.run(neurosim::duration(0.001), NULL, 10.0);"
    )
    others = [path.read_text() for path in folder.glob("code_objects/*.cu") if "window" not in path.name]
    assert not any("neurosim::propagate" in text or "atomicAdd(&_ptr" in text for text in others)
    assert main.index("neurosim::duration") < main.index("return 0;  // Brian2") < main.index("brian_end();")


def test_brian2_is_left_as_it_was(tmp_path):
    import brian2
    from brian2.devices.device import get_device

    generate_cuda(tmp_path, small(), DEVICE, 1e-3, "single", frozenset())
    before = get_device(), {name: brian2.prefs[name] for name in brian2.prefs}
    (tmp_path / "again").mkdir()
    generate_cuda(tmp_path / "again", small(), DEVICE, 1e-3, "single", frozenset())
    assert (get_device(), {name: brian2.prefs[name] for name in brian2.prefs}) == before


def test_a_batch_repeats_each_layers_neurons():
    (population, *_) = populations(residual("if"))
    size = population.layers[0].size
    for grain in ("layer", "channel", "neuron"):
        one, three = index_of(population, grain), index_of(population, grain, 3)
        np.testing.assert_array_equal(three[: 3 * size], np.tile(one[:size], 3))
        assert len(three) == 3 * population.size


def test_neurosim_does_not_load_brian2cuda():
    rooms = "neurosim.simulation, neurosim.cli, neurosim.doctor"
    code = f"import sys, {rooms}; print({{'brian2cuda'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


# ---- refused before anything is built


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("gpu", -1, "CudaStandalone.gpu is -1: give a whole number >= 0"),
        ("gpu", True, "CudaStandalone.gpu is True"),
        ("batch", 0, "CudaStandalone.batch is 0: give a whole number >= 1"),
        ("batch", 1.5, "CudaStandalone.batch is 1.5"),
        ("numerics", "loose", "CudaStandalone.numerics is 'loose': it must be 'strict' or 'fast'"),
        ("compute_capability", 9, "CudaStandalone.compute_capability is 9: give a number >= 5.0"),
        ("compute_capability", 3.5, "CudaStandalone.compute_capability is 3.5"),
        ("cuda_version", 11.8, "CudaStandalone.cuda_version is 11.8: give a number >= 12.0"),
    ],
)
def test_fields_are_checked(field, value, words):
    refused(InputError, words, lambda: CudaStandalone(**{field: value}))


def test_what_the_device_has_not_is_refused_by_name():
    refused(
        Unsupported, "no explicit synapses", lambda: Simulation(small(), DEVICE, 4, connectivity="synapses")
    )
    refused(
        Unsupported,
        "whose neurons brian's objects would mix",
        lambda: Simulation(small(), DEVICE, 4, brian=list),
    )


def test_too_many_neurons(tmp_path):
    words = "neurons side by side are 2**31 or more: give at most 33554431"
    refused(
        InputError,
        words,
        lambda: generate_cuda(tmp_path, small(), CudaStandalone(batch=2**27), 1e-3, "double", frozenset()),
    )


def job(precision="double", steps=4):
    return Job(small(), steps, 1e-3, precision, {})


def test_too_little_memory_and_too_many_steps():
    most = H100.memory // gpu.gpu_bytes(job(), 1)
    gpu.check_gpu_memory(job(), gpu.OnGpu(H100, most // 2))
    refused(
        BudgetExceeded,
        "NVIDIA H100 has 85.9: give at most",
        lambda: gpu.check_gpu_memory(job(), gpu.OnGpu(H100, 2 * most)),
    )
    gpu.check_length(job("double", 2**20), 64, 2)
    refused(
        InputError, "more than single precision counts", lambda: gpu.check_length(job("single", 2**20), 64, 2)
    )


def test_chunks_are_whole_batches(monkeypatch):
    with Simulation(small(), Reference(), 4) as simulation:
        own = simulation._job
    for room, expected in ((1, 2), (10**9, 100)):
        monkeypatch.setattr(budget, "GPU_CHUNK_BYTES", room)
        assert budget.chunk_size(own, DEVICE, 100, 1, 1) == expected
    monkeypatch.setattr(
        budget, "GPU_CHUNK_BYTES", 5 * (budget.recorded_bytes(own) + budget.frame_bytes(own, 1))
    )
    assert budget.chunk_size(own, DEVICE, 100, 1, 1) == 4


# ---- what a program's last words mean


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            "cudaSetDevice(0) failed : CUDA driver version is insufficient for CUDA runtime version",
            DeviceUnavailable,
        ),
        ("no CUDA-capable device is detected", DeviceUnavailable),
        ("no kernel image is available for execution on the device", DeviceUnavailable),
        ("neurosim: memory of the GPU: out of memory", BudgetExceeded),
    ],
)
def test_the_drivers_words_become_ours(words, kind):
    meaning = gpu.explained(words)
    assert type(meaning) is kind
    assert str(meaning).startswith("CudaStandalone: ")
    assert "\n" not in str(meaning)


def test_other_words_are_passed_on():
    assert gpu.explained("disk full") is None


def test_a_program_that_fails_is_explained(monkeypatch):
    """It is the program of test_cuda, which is not built again."""
    on_host(monkeypatch)
    network, shown = residual("mixed", seed=3, dyadic=False), images(3)
    everything = {layer.name: ("spikes", Potential()) for layer in network.neurons}
    with Simulation(network, CudaStandalone(batch=3), 4, record=everything) as simulation:
        for name, value, kind, words in FAILURES:
            with monkeypatch.context() as patch:
                patch.setenv(name, value)
                refused(kind, words, lambda: simulation.run(shown, progress=False))
        assert simulation.run(shown, progress=False).images == 3


FAILURES = (
    (
        "CUDA_ON_HOST_FAILS",
        "CUDA driver version is insufficient",
        DeviceUnavailable,
        "older than the CUDA toolkit",
    ),
    ("CUDA_ON_HOST_MEMORY", "1", BudgetExceeded, "memory is too small for a batch"),
)
"""What the stand-in for a GPU is told to fail with."""


def test_a_compiler_that_fails_is_quoted(machine, tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path / "cache"))
    program(machine / "nvcc", "echo 'nvcc fatal: no luck' >&2; exit 2")
    own = Toolkit(str(machine / "nvcc"), 13.0, None)
    refused(
        RunFailed,
        "nvcc fatal: no luck",
        lambda: build_cuda_program(small(), DEVICE, own, 9.0, 1e-3, "double", frozenset()),
    )
    assert not [path for path in (tmp_path / "cache" / "builds").iterdir() if path.is_dir()]


def test_the_command_line_knows_the_device():
    assert device_named("cuda") == CudaStandalone()
