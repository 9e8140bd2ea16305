"""The 1,797 handwritten digits that come with scikit-learn: 8x8 pixels of 0 to 16.

Source: E. Alpaydin, C. Kaynak 1998, UCI repository, doi:10.24432/C50P49 (its test set).
"""

import numpy as np

from neurosim.datasets.reader import Raw, Request
from neurosim.errors import FileError

__all__ = ["read_digits"]

TEST = 500
PARTS = {None: slice(None), "train": slice(None, -TEST), "test": slice(-TEST, None)}


def read_digits(request: Request) -> Raw:
    """Read the digits; the test split is the last 500, the train split the 1,297 before.

    Raises
    ------
    FileError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise FileError(
            "data 'digits': it comes with scikit-learn, which is not installed: "
            "pip install 'neurosim-brian2[data]'"
        ) from error
    digits = load_digits()
    part = PARTS[request.name.split]
    images = (digits.images[part, None] / 16).astype(np.float32)
    return Raw(images, digits.target[part], tuple("0123456789"))
