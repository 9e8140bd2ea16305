"""Where a training runs: on an accelerator when there is one."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from neurosim.errors import InputError

__all__ = ["placed"]


@contextmanager
def placed(module: nn.Module, device: str | None) -> Iterator[torch.device]:
    """Put a module on a device while it is trained, with kernels that repeat themselves bit for bit.

    Parameters
    ----------
    module
        Brought back to the CPU, or where it was, at the end.
    device
        As torch names it; None: "cuda" if torch finds one, else "cpu".

    Yields
    ------
    torch.device

    Raises
    ------
    InputError
        If torch has no such device.
    """
    before = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    chosen = _found(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    module.to(chosen)
    try:
        with torch.backends.cudnn.flags(deterministic=True, benchmark=False, allow_tf32=False):
            yield chosen
    finally:
        module.to(before)


def _found(device: str) -> torch.device:
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"training: device is {device!r}: {reason}: give None, 'cpu' or 'cuda'") from error
