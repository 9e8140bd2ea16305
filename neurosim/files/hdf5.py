"""HDF5 files opened for reading: only plain arrays that lie in the file itself, behind hard links."""

import math
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import h5py

from neurosim.files.checks import check_magic, check_name, parsing, refuse, regular_size

__all__ = ["open_hdf5"]

FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
KINDS = "biufS"
RATIO = 1100  # deflate cannot shrink data by more than 1032 to 1


def open_hdf5(path: str | os.PathLike[str], *, text: bool = False, user_block: int = 0) -> h5py.File:
    """Open an HDF5 file read-only after looking at every link, dataset and attribute in it.

    Parameters
    ----------
    path
    text
        Whether datasets may also hold text of variable length, which others' formats need. What an element
        unpacks to is then known only once it is read: read them one by one.
    user_block
        Where in the file HDF5 begins [bytes]: after a block of somebody else's, as in files of MATLAB.

    Returns
    -------
    h5py.File
        To be closed by the caller. Every dataset in it is a plain array (boolean, integer, float or fixed
        text) whose declared size its stored bytes can really unpack to.

    Raises
    ------
    FileError
        If the file is not HDF5, is damaged, or holds soft or external links, external storage, virtual
        datasets, filters other than deflate, shuffle and fletcher32, object, compound or variable-length
        types, or datasets larger than their bytes.
    """
    path = Path(path)
    regular_size(path)
    check_magic(path, "HDF5", user_block)
    with ExitStack() as stack, parsing(path, "HDF5"):
        file = stack.enter_context(h5py.File(path, "r"))
        for item in _objects(path, file):
            _check_attributes(path, item)
            _CHECKS.get(type(item), _refuse_item)(path, item, text)
        stack.pop_all()
        return file


def _objects(path: Path, file: h5py.File) -> Iterator[h5py.HLObject]:
    """Yield every object once, following only links already known to be hard."""
    seen = set()
    waiting: list[h5py.HLObject] = [file["/"]]
    while waiting:
        item = waiting.pop()
        token = h5py.h5o.get_info(item.id).addr
        if token in seen:
            continue
        seen.add(token)
        yield item
        if isinstance(item, h5py.Group):
            _check_links(path, item)
            waiting.extend(item[name] for name in item)


def _check_links(path: Path, group: h5py.Group) -> None:
    for name in group:
        check_name(path, name)
        if group.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
            refuse(
                path, f"{group.name}/{name}".replace("//", "/"), "a soft or external link", "hard links only"
            )


def _check_attributes(path: Path, item: h5py.HLObject) -> None:
    for name in item.attrs:
        check_name(path, name)
        dtype = item.attrs.get_id(name).dtype
        if dtype.kind not in KINDS:
            refuse(path, f"{item.name} attribute {name!r}", f"type {dtype}", "numbers or fixed text")


def _check_dataset(path: Path, dataset: h5py.Dataset, text: bool) -> None:
    plain = dataset.shape is not None and dataset.dtype.kind in KINDS
    if not plain and not (text and _is_text(dataset)):
        refuse(path, dataset.name, f"type {dataset.dtype}", "a plain array (no objects, no variable length)")
    _check_storage(path, dataset)


def _check_storage(path: Path, dataset: h5py.Dataset) -> None:
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(index)[0] for index in range(plan.get_nfilters())]
    if plan.get_external_count() or plan.get_layout() == h5py.h5d.VIRTUAL:
        refuse(path, dataset.name, "external storage or a virtual dataset", "data in the file itself")
    if not FILTERS.issuperset(filters) or len(set(filters)) < len(filters):
        refuse(path, dataset.name, f"HDF5 filters {filters}", "deflate, shuffle and fletcher32, each once")
    declared, stored = math.prod(dataset.shape) * dataset.dtype.itemsize, dataset.id.get_storage_size()
    if declared > stored * (RATIO if filters else 1):
        refuse(path, dataset.name, f"{declared} bytes declared, {stored} stored", "data for every element")


def _is_text(dataset: h5py.Dataset) -> bool:
    return dataset.shape is not None and h5py.check_string_dtype(dataset.dtype) is not None


def _check_group(path: Path, group: h5py.Group, text: bool) -> None:
    """Its links have been looked at on the way."""


def _refuse_item(path: Path, item: h5py.HLObject, text: bool) -> None:
    refuse(path, str(item.name), type(item).__name__, "groups and datasets only")


_CHECKS = {h5py.Group: _check_group, h5py.Dataset: _check_dataset}
