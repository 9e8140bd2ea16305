"""A recipe from the names of its data to its files."""

from pathlib import Path

from ..ann import architecture
from ..datasets import Dataset, load
from ..errors import InputError
from ..training.following import Trained, follow
from ..training.recipe import Recipe

__all__ = ["train"]


def train(
    recipe: Recipe,
    *,
    data_dir: Path | None = None,
    resume: bool = False,
    progress: bool = True,
    device: str | None = None,
) -> Trained:
    """Load the data of a recipe and follow it.

    Parameters
    ----------
    recipe
        As `training.read_recipe` gives it.
    data_dir
        Folder of the data sets; None: the one named by NEUROSIM_DATA.
    resume, progress, device
        As `training.following.follow`.

    Raises
    ------
    InputError, FileError, RunFailed
        As `load` and `follow`, or if images do not fit the architecture.
    """
    data = _images(recipe, recipe.data, data_dir)
    validation = None if recipe.validation is None else _images(recipe, recipe.validation, data_dir)
    return follow(recipe, data, validation, resume=resume, progress=progress, device=device)


def _images(recipe: Recipe, name: str, data_dir: Path | None) -> Dataset:
    known = architecture(recipe.architecture)
    data = load(name, data_dir=data_dir)
    if data.images.shape[1:] != known.input_shape or len(data.classes) != len(known.classes):
        raise InputError(
            f"train: data {name!r} has images {data.images.shape[1:]} of {len(data.classes)} classes: "
            f"{known.name} takes {known.input_shape} of {len(known.classes)}"
        )
    return data
