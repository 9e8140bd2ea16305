"""Networks before any training."""

import torch
from torch import nn

from neurosim.ann.architectures import architecture

__all__ = ["initial"]


def initial(name: str, seed: int, *, he: bool = False) -> nn.Module:
    """Build an architecture with initial weights that depend on the seed alone, in evaluation mode.

    Parameters
    ----------
    name
        Known to `architecture`.
    seed
    he
        Draw every weight after He et al. 2015, ICCV, for rectifiers; else as torch does for its modules.

    Raises
    ------
    InputError
        If the architecture is unknown.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = architecture(name).build().eval()
        if he:
            for weight in module.parameters():
                if weight.ndim > 1:
                    nn.init.kaiming_normal_(weight, nonlinearity="relu")
    return module
