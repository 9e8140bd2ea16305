"""neurosim train."""

import argparse
from pathlib import Path
from typing import Any

from .. import tables
from .status import DONE

__all__ = ["PURPOSE", "add_options", "obey"]

PURPOSE = "train a network, and its spiking form, by a recipe"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml", help="what is trained, on what, and how")
    parser.add_argument("--resume", action="store_true", help="go on where a killed training was")
    parser.add_argument("--device", help="cpu or cuda (cuda where torch finds one)")
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (else NEUROSIM_DATA)")


def obey(options: argparse.Namespace) -> tuple[Any, int]:
    """Follow the recipe."""
    from ..training import read_recipe
    from ..workflows.train import train

    recipe = read_recipe(options.recipe)
    trained = train(recipe, data_dir=options.data_dir, resume=options.resume, device=options.device)
    last = {stage: history.epochs[-1] for stage, history in trained.histories.items()}
    rows = [
        {"stage": stage, "loss": epoch.loss, "accuracy": epoch.accuracy, "validation": epoch.validation}
        for stage, epoch in last.items()
    ]
    options.say(tables.to_text(rows))
    written = [str(path) for path in (recipe.weights, recipe.network) if path]
    options.say(f"written to {' and '.join(written)}")
    return {"stages": rows, "weights": recipe.weights, "network": recipe.network}, DONE
