"""Weight files: read without running anybody's code, matched tensor by tensor with an architecture."""

import os
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from neurosim.ann.architectures import architecture as find_architecture
from neurosim.files import read_safetensors
from neurosim.files.checks import check_name, parsing, refuse, regular_size

__all__ = ["load_weights", "tensor_names"]

Tensors = dict[str, torch.Tensor]

NESTING = ("state_dict", "model")
PREFIX = "module."  # left in the names by nn.DataParallel
# Members that give away archives which hold programs, not just tensors.
PROGRAMS = {"constants.pkl": "a TorchScript archive", "archive_format": "a torch.export archive (.pt2)"}
REMEDY = "a state dict of tensors only (save it by torch.save(module.state_dict(), ...) or as safetensors)"


def load_weights(
    path: str | os.PathLike[str],
    architecture: str,
    adapt: Callable[[nn.Module], nn.Module] = nn.Module.eval,
) -> nn.Module:
    """Build an architecture and fill it with the weights in a file.

    Parameters
    ----------
    path
        A ``.safetensors`` file, or ``.pt``, ``.pth``, ``.th`` as written by `torch.save` from a state dict;
        the state dict may sit under ``state_dict`` or ``model``, its names may begin with ``module.``.
    architecture
        A name known to `neurosim.ann.architecture`.
    adapt
        Changes the architecture before it is filled, as `training.qcfs_module` does.

    Returns
    -------
    nn.Module
        In evaluation mode, float32. ``num_batches_tracked`` of batch norms may be missing in the file:
        evaluation does not use it.

    Raises
    ------
    FileError
        If the file is not such a file, needs code to be run, or its tensors are not exactly those of the
        architecture: names, shapes, floating-point types, finite values.
    InputError
        If the architecture is unknown.
    """
    path = Path(path)
    build = find_architecture(architecture).build
    with torch.device("meta"):  # shapes only: VGG's 500 MB would be filled with random numbers for nothing
        module = adapt(build().eval())
    tensors = _read(path)
    _check(path, tensors, module.state_dict(), architecture)
    module.load_state_dict(_owned(tensors, module.state_dict()), assign=True)
    return module.eval()


def tensor_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the names of the tensors in a file that `load_weights` reads.

    Raises
    ------
    FileError
        If the file is none of those that `load_weights` reads.
    """
    return tuple(_read(Path(path)))


def _read(path: Path) -> Tensors:
    regular_size(path)
    if path.suffix not in _READERS:
        refuse(path, "suffix", repr(path.suffix), f"one of {', '.join(_READERS)}")
    return _READERS[path.suffix](path)


def _owned(tensors: Tensors, expected: Mapping[str, torch.Tensor]) -> Tensors:
    """Return a copy of each tensor in the expected type; zero for the counts that the file leaves out."""
    counts = {name: torch.zeros(()) for name in expected.keys() - tensors.keys()}
    return {
        name: tensor.to(expected[name].dtype, copy=True, memory_format=torch.contiguous_format)
        for name, tensor in (tensors | counts).items()
    }


def _read_safetensors(path: Path) -> Tensors:
    arrays, _ = read_safetensors(path)
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _read_torch(path: Path) -> Tensors:
    _refuse_program(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # of a file that is refused in the next line
            found = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch's own text advises to switch the safety off, so it is not repeated
        refuse(path, "contents", f"something torch cannot read safely ({type(error).__name__})", REMEDY)
    found = _unnest(found)
    if not isinstance(found, Mapping) or not found:
        refuse(path, "contents", f"a {type(found).__name__} without tensors", REMEDY)
    tensors: Tensors = {}
    for name, tensor in found.items():
        plain = check_name(path, name).removeprefix(PREFIX)
        if plain in tensors:
            refuse(path, plain, f"the name with and without {PREFIX!r}", "every tensor once")
        if not isinstance(tensor, torch.Tensor):
            refuse(path, plain, f"a {type(tensor).__name__}", "a tensor")
        tensors[plain] = tensor
    return tensors


def _refuse_program(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with parsing(path, "zip"), zipfile.ZipFile(path) as archive:
        members = {Path(name).name for name in archive.namelist()}
    for member, kind in PROGRAMS.items():
        if member in members:
            refuse(path, "contents", kind, REMEDY)


def _unnest(found: Any) -> Any:
    """Step into the first of the customary nestings that holds a dictionary."""
    inner = (
        found[key] for key in NESTING if isinstance(found, Mapping) and isinstance(found.get(key), Mapping)
    )
    return next(inner, found)


_READERS: dict[str, Callable[[Path], Tensors]] = {
    ".safetensors": _read_safetensors,
    ".pt": _read_torch,
    ".pth": _read_torch,
    ".th": _read_torch,
}


def _check(path: Path, found: Tensors, expected: Mapping[str, torch.Tensor], architecture: str) -> None:
    for name in expected:
        if name not in found and not name.endswith("num_batches_tracked"):
            refuse(path, name, "nothing", f"a tensor {tuple(expected[name].shape)} of {architecture}")
    for name, tensor in found.items():
        if name not in expected:
            refuse(path, name, "a tensor", f"none: {architecture} has no such tensor")
        _check_tensor(path, name, tensor, expected[name])


def _check_tensor(path: Path, name: str, found: torch.Tensor, expected: torch.Tensor) -> None:
    if found.shape != expected.shape:
        refuse(path, name, f"shape {tuple(found.shape)}", f"{tuple(expected.shape)}")
    if found.is_floating_point() != expected.is_floating_point() or found.is_complex() or found.is_sparse:
        refuse(path, name, f"dtype {found.dtype}", f"{expected.dtype}")
    if not bool(torch.isfinite(found).all()):
        refuse(path, name, "values NaN or infinite", "finite values")
