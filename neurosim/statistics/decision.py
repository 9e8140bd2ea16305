"""When the network has made up its mind."""

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

__all__ = ["decision_step"]


def decision_step(predictions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return from which step on an image's predicted class no longer changes, float (images,).

    The smallest t with c[t] = c[t+1] = ... = c[T-1], in 0..T-1. It says when the decision was settled, not
    whether it is right. NaN where none was made: c[T-1] = -1, as decoding by first spikes gives it.

    Parameters
    ----------
    predictions : int (images, steps)
        As `Recording.predictions` returns them.

    Raises
    ------
    InputError
        If they have another shape.
    """
    if predictions.ndim != 2 or not predictions.size:
        raise InputError(
            f"decision_step: predictions have shape {predictions.shape}; give (images, steps), as "
            "Recording.predictions() does"
        )
    last = predictions[:, -1:]
    settled = np.logical_and.accumulate((predictions == last)[:, ::-1], axis=1).sum(axis=1)
    return np.where(last[:, 0] < 0, np.nan, predictions.shape[1] - settled)
