"""Windows of several steps, side by side."""

from ..errors import InputError
from ..parameters import shown
from ..spikes import Spikes

__all__ = ["windows"]


def windows(owner: str, spikes: Spikes, width: int, least: int = 1) -> int:
    """Return how many windows of `width` steps an image has.

    Raises
    ------
    InputError
        If they do not fill the image, or are fewer than `least`.
    """
    whole = isinstance(width, int) and not isinstance(width, bool) and width > 0
    if not whole or spikes.steps % width or spikes.steps // width < least:
        most = spikes.steps // least
        raise InputError(
            f"{owner}: width is {shown(width)}; give a divisor of the {spikes.steps} steps, at most {most}"
        )
    return spikes.steps // width
