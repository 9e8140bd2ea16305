"""The HDF5 file of a NIR graph, read with nothing believed.

Layout (nir 0.2 to 1): `version`, and a group `node`; every node is a group that holds its `type`, its fields
and perhaps `metadata`; a graph's are `nodes`, a group of nodes, and `edges`, pairs of their names.
"""

import dataclasses
import os
import re
from pathlib import Path

import h5py
import numpy as np

from ..errors import FileError
from ..files import open_hdf5
from ..files.checks import check_name, parsing, printable, refuse
from .nodes import Edge, Graph, Held, Node

__all__ = ["NOTED", "read_graph"]

LIMITS = {"nodes": 10_000, "texts": 100_000, "bytes": 2**32}
DEEPEST = 16
NOTED = (
    "classes", "convention", "dt", "leak", "no_bias", "no_stride", "reset", "reshape", "scale_axes",
    "strict", "tau_axes", "v_threshold_axes",
)  # fmt: skip
"""The words of a node's metadata that are read; whatever else stands there is not."""


def read_graph(path: str | os.PathLike[str]) -> Graph:
    """Read the graph in a NIR file.

    Raises
    ------
    FileError
        If the file is no HDF5 file that can be trusted (`open_hdf5`), not NIR 0 or 1, reaches an object by
        two ways, or holds more than 10,000 nodes or 4 GiB.
    """
    path = Path(path)
    with open_hdf5(path, text=True) as file, parsing(path, "NIR"):
        reader = _Reader(path)
        for name in ("version", "node"):
            if name not in file:
                refuse(path, "contents", sorted(file), "the version and node of a NIR file")
        reader.check_version(file["version"])
        found = reader.node(file["node"], "graph", DEEPEST)
        if not isinstance(found, Graph):
            refuse(path, "node", f"a single {found.kind}", "a NIRGraph")
        return found


@dataclasses.dataclass
class _Reader:
    """Reads each object once, and keeps account of how much there is."""

    path: Path
    seen: set[int] = dataclasses.field(default_factory=set)
    left: dict[str, int] = dataclasses.field(default_factory=LIMITS.copy)

    def check_version(self, dataset: h5py.Dataset) -> None:
        version = self.held(dataset)
        if not isinstance(version, str) or not re.match(r"[01]\.\d", version):
            refuse(self.path, "version", repr(version), "NIR 0 or 1: upgrade neurosim for a newer one")

    def node(self, group: h5py.Group, name: str, deepest: int) -> Node | Graph:
        self.visit(group)
        self.take("nodes", 1)
        kind = self.kind(group)
        inside = ("nodes", "edges") if kind == "NIRGraph" else ()
        held = [key for key in group if key not in ("type", "metadata", *inside)]
        fields = {key: self.held(group[key]) for key in held}
        node = Node(self.path, name, kind, fields, self.metadata(group))
        return self.graph(group, node, deepest) if inside else node

    def kind(self, group: h5py.Group) -> str:
        kind = self.held(group["type"]) if "type" in group else None
        if not isinstance(kind, str):
            refuse(self.path, str(group.name), "no type", "a node with its type")
        return check_name(self.path, kind)

    def metadata(self, group: h5py.Group) -> dict[str, Held]:
        if "metadata" not in group:
            return {}
        self.visit(group["metadata"])
        return {key: self.held(group["metadata"][key]) for key in NOTED if key in group["metadata"]}

    def graph(self, group: h5py.Group, node: Node, deepest: int) -> Graph:
        if not deepest:
            refuse(self.path, str(group.name), "a graph within graphs", f"at most {DEEPEST} of them")
        members = group["nodes"]
        self.visit(members)
        ordered = bool(members.id.get_create_plist().get_link_creation_order() & h5py.h5p.CRT_ORDER_TRACKED)
        found = {name: self.node(members[name], name, deepest - 1) for name in members}
        return Graph(node, found, self.edges(group["edges"]), ordered)

    def edges(self, dataset: h5py.Dataset) -> list[Edge]:
        if dataset.shape == (0,):  # how nir writes no edges
            return []
        if dataset.ndim != 2 or dataset.shape[1] != 2:
            refuse(self.path, dataset.name, f"shape {dataset.shape}", "(edges, 2)")
        names = [check_name(self.path, name) for name in self.texts(dataset)]
        return list(zip(names[::2], names[1::2], strict=True))

    def held(self, dataset: h5py.Dataset) -> Held:
        """Return a dataset as numbers, or as text: an array of texts is one of lines."""
        if not isinstance(dataset, h5py.Dataset):
            refuse(self.path, str(dataset.name), "a group", "numbers or text")
        if dataset.dtype.kind in "SO":
            return "\n".join(self.texts(dataset))
        self.visit(dataset)
        self.take("bytes", dataset.size * max(8, dataset.dtype.itemsize))
        return np.asarray(dataset[()])

    def texts(self, dataset: h5py.Dataset) -> list[str]:
        """Return an array of texts, in C order."""
        self.visit(dataset)
        if dataset.dtype.kind not in "SO":
            refuse(self.path, dataset.name, f"type {dataset.dtype}", "text")
        self.take("texts", dataset.size)
        self.take("bytes", dataset.size * dataset.dtype.itemsize)
        return [check_name(self.path, dataset[at].decode()) for at in np.ndindex(dataset.shape)]

    def visit(self, item: h5py.HLObject) -> None:
        """Refuse an object that was met before: then links form a cycle, or multiply what is stored once."""
        address = h5py.h5o.get_info(item.id).addr
        if address in self.seen:
            refuse(self.path, str(item.name), "an object that is also elsewhere", "a tree")
        self.seen.add(address)

    def take(self, what: str, count: int) -> None:
        self.left[what] -= count
        if self.left[what] < 0:
            raise FileError(f"{printable(self.path)}: holds more than {LIMITS[what]:,} {what}")
