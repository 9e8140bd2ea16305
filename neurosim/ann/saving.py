"""Weight files of our own: what `load_weights` reads back."""

from pathlib import Path

from torch import nn

from neurosim.files import write_safetensors

__all__ = ["save_weights"]


def save_weights(path: Path, module: nn.Module, architecture: str) -> None:
    """Write all tensors of a module as safetensors, the architecture's name among the metadata.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    tensors = {name: tensor.contiguous().numpy() for name, tensor in module.state_dict().items()}
    write_safetensors(path, tensors, {"architecture": architecture})
