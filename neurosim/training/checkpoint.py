"""Checkpoints: everything a killed training needs to end with the same weights, in one file."""

from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from neurosim.errors import FileError
from neurosim.files import atomic
from neurosim.files.checks import parsing, regular_size
from neurosim.training.history import Epoch, History

__all__ = ["Plan", "restore", "save"]

Plan = dict[str, int]


def save(
    path: Path, plan: Plan, history: History, module: nn.Module, optimiser: torch.optim.Optimizer
) -> None:
    """Write a checkpoint beside `path` and rename it.

    Parameters
    ----------
    path
        Where it is to be.
    plan
        The settings of the training, plain numbers; `restore` compares them.
    history
        The epochs that are done. Schedule and random numbers are functions of the plan and the epoch, so
        they need no state of their own.
    module, optimiser
        Saved with all their state.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    state = {
        "plan": plan,
        "history": [asdict(epoch) for epoch in history.epochs],
        "module": module.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    with atomic(path) as temporary:
        torch.save(state, temporary)


def restore(path: Path, plan: Plan, module: nn.Module, optimiser: torch.optim.Optimizer) -> History:
    """Load a checkpoint into module and optimiser and return the epochs that are done.

    Raises
    ------
    FileError
        If it is no checkpoint of this module, or of a training with other settings.
    """
    regular_size(path)
    with parsing(path, "checkpoint"):
        state = torch.load(path, weights_only=True, map_location="cpu")
        found = state["plan"]
    changed = [key for key in plan if found.get(key) != plan[key]]
    if changed:
        raise FileError(
            f"{path}: {changed[0]}: found {found.get(changed[0])!r}, expected {plan[changed[0]]!r}: "
            "resume with the settings of the checkpoint, or delete it"
        )
    with parsing(path, "checkpoint of this network"):
        module.load_state_dict(state["module"])
        optimiser.load_state_dict(state["optimiser"])
        return History(tuple(Epoch(**epoch) for epoch in state["history"]))
