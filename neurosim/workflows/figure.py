"""figure: any panel of `neurosim.plotting`, drawn for a recording and what lies beside it."""

import os
from pathlib import Path

from .. import plotting
from ..errors import InputError
from ..plotting.saving import FORMATS
from .figure_kinds import KINDS
from .figure_material import Material

__all__ = ["figure"]


def figure(
    kind: str,
    material: Material,
    output: str | os.PathLike[str],
    preset: str = "nature-single",
    height: float | None = None,
) -> tuple[Path, ...]:
    """Draw one panel of a recording and write it, with the data it shows beside it.

    Parameters
    ----------
    kind
        One of `KINDS`.
    material
        The recording and whatever else the kind asks for.
    output
        Ends in .pdf, .png or .svg; without a suffix it is the stem of a PDF and a PNG.
    preset, height
        As for `plotting.style`; the height is by default that the panel needs.

    Returns
    -------
    tuple of Path
        The figures, then the table.

    Raises
    ------
    InputError
        If kind, preset or suffix are unknown, what the kind needs is not there, does not belong to the
        recording, or is given and not used.
    NotRecorded
        If the recording did not keep it.
    FileError
        If a file is none of ours, or cannot be written.
    """
    if kind not in KINDS:
        raise InputError(f"figure: kind is {kind!r}; give one of {', '.join(KINDS)}")
    output = Path(output)
    if output.suffix and output.suffix not in FORMATS:
        raise InputError(f"{output}: a figure ends in {', '.join(FORMATS)}, or in nothing for PDF and PNG")
    table = output.with_suffix(".csv")
    if table.resolve() in {path.resolve() for path in material.files}:
        raise InputError(f"{table}: is read, and the figure's data would take its place; give another output")
    chosen = KINDS[kind]
    chosen.check(kind, material)
    plotting.style(preset, height)  # refused before anything is read
    draw = chosen.prepare(material)
    wanted = chosen.height(material, plotting.PRESETS[preset]) if height is None else height
    return plotting.plate(output, draw, preset, wanted)
