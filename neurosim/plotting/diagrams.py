"""A network as a diagram: one row a layer, its shape and what leads into it, branches at the side."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from neurosim.errors import InputError
from neurosim.layers import Layer, Projection
from neurosim.network import Network
from neurosim.ops import Op
from neurosim.plotting.drawn import keep
from neurosim.plotting.rows import height_in_points, small_type, width_in_points
from neurosim.plotting.styles import INCH, INKS, POINTS

__all__ = ["height_of", "network", "rows_that_fit"]

LINE_HEIGHT = 2.0  # of a row, in sizes of the smaller type
GAP = 1.0  # between columns and lanes, in the same
LONGEST = 28  # letters of a name
BOX = 0.66  # height, in rows
LAID_OUT = 0.77  # what matplotlib first thinks the panel's share of a figure to be, all of which it gets
HEADINGS = ("Layer", "Shape", "Neuron", "Input")


@dataclass(frozen=True)
class _Branch:
    """A projection that passes other rows, or leads back."""

    source: int
    target: int
    delayed: bool

    @property
    def rows(self) -> tuple[int, int]:
        return min(self.source, self.target), max(self.source, self.target)


def network(ax: Axes, net: Network) -> Axes:
    """Draw the graph of a network, the input on top, layers in the order of their latency.

    A box is a layer; beside it stand its shape, its neuron, and what leads into it, in the order of the
    projections. A projection to the next row is a stroke; others, such as residual branches, are arrows at
    the left, and those with a delay are dashed.

    Parameters
    ----------
    ax
        Where to draw.
    net
        What to draw.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    InputError
        If the layers do not fit into the height of the panel.
    """
    latency = net.latency
    layers = sorted(net.layers, key=lambda layer: latency[layer.name])
    most = rows_that_fit(height_in_points(ax) / LAID_OUT)
    if len(layers) > most:
        raise InputError(f"network: {len(layers)} layers do not fit, {most} would; give a larger height")
    row_of = {layer.name: row for row, layer in enumerate(layers)}
    branches = [
        _Branch(row_of[p.source], row_of[p.target], p.delay > 0)
        for p in net.projections
        if p.delay or row_of[p.target] != row_of[p.source] + 1
    ]
    lanes = _lanes(branches)
    gap = GAP * small_type()
    left = gap * (max(lanes, default=-1) + 2)
    width = width_in_points(ax) / LAID_OUT - 2 * gap
    texts = [_texts(net, layer) for layer in layers]
    places = _places(left, gap, texts)
    for row, columns in enumerate(texts):
        _draw_row(ax, row, (*columns[:-1], _cut(columns[-1], width - places[-1])), places, gap)
    _draw_strokes(ax, net, row_of, (places[0] + places[1] - gap) / 2)
    for branch, lane in zip(branches, lanes, strict=True):
        _draw_branch(ax, branch, left - gap * (lane + 1), left)
    ax.set(xlim=(0, width), ylim=(len(layers) - 0.4, -1.4))
    ax.set_axis_off()
    _keep(ax, net)
    return ax


def rows_that_fit(height: float) -> int:
    """Return how many layers a figure of this height [pt] has room for."""
    return int(height / (LINE_HEIGHT * small_type())) - 1


def height_of(layers: int, small: float) -> float:
    """Return the height [mm] of a diagram of so many layers in this smaller type [pt]."""
    return (layers + 1.5) * LINE_HEIGHT * small / POINTS * INCH


def _lanes(branches: list[_Branch]) -> list[int]:
    """Return a lane for each branch, shorter ones nearer to the boxes, so that no two share a stretch."""
    lanes = [0] * len(branches)
    taken: list[list[tuple[int, int]]] = []
    for index in sorted(range(len(branches)), key=lambda i: np.ptp(branches[i].rows)):
        first, last = branches[index].rows
        free = (n for n, held in enumerate(taken) if all(last <= a or b <= first for a, b in held))
        lanes[index] = next(free, len(taken))
        if lanes[index] == len(taken):
            taken.append([])
        taken[lanes[index]].append((first, last))
    return lanes


def _texts(net: Network, layer: Layer) -> tuple[str, str, str, str]:
    shape = "×".join(map(str, layer.shape))
    into = " + ".join(_said(projection) for projection in net.into(layer.name))
    name = layer.name if len(layer.name) <= LONGEST else f"{layer.name[: LONGEST - 1]}…"
    return name, shape, type(layer.neuron).__name__, into


def _cut(text: str, room: float) -> str:
    """Return the text, or as much of it as has room [pt]."""
    short = text
    while len(short) > 1 and _width(short) > room:
        short = f"{short.removesuffix('…')[:-1]}…"
    return short


def _width(text: str) -> float:
    """Return the width of a text in the smaller type [pt]."""
    look = FontProperties(family=rcParams["font.family"], size=small_type())
    return float(text_to_path.get_text_width_height_descent(text, look, False)[0])


def _said(projection: Projection) -> str:
    chain = ", ".join(_named(op) for op in projection.ops)
    return f"{chain} (delay {projection.delay})" if projection.delay else chain


def _named(op: Op) -> str:
    """Return what an op is called, with its kernel and stride where it has them."""
    kernel, stride = (getattr(op, name, None) for name in ("kernel", "stride"))
    size = "" if kernel is None else f" {_sizes(kernel)}"
    steps = "" if stride is None or set(np.ravel(stride)) == {1} else f" / {_sizes(stride)}"
    return f"{type(op).__name__}{size}{steps}"


def _sizes(value: object) -> str:
    sizes = [f"{size}" for size in np.ravel(np.asarray(value))]
    return "×".join(sizes[:1] if len(set(sizes)) == 1 and len(sizes) == 1 else sizes)


def _places(left: float, gap: float, texts: Iterable[tuple[str, ...]]) -> list[float]:
    """Return where each column begins; the first has boxes around its texts."""
    columns = list(zip(*texts, strict=True))[:-1]
    widths = [
        max(map(_width, {*column, heading})) for column, heading in zip(columns, HEADINGS, strict=False)
    ]
    return [left, *(left + gap + np.cumsum([width + gap for width in widths])).tolist()]


def _draw_row(ax: Axes, row: int, texts: tuple[str, ...], places: list[float], gap: float) -> None:
    width = places[1] - places[0] - gap
    line = rcParams["axes.linewidth"]
    box = Rectangle(
        (places[0], row - BOX / 2), width, BOX, facecolor="0.93", edgecolor="black", linewidth=line
    )
    ax.add_patch(box)
    size = small_type()
    ax.text(places[0] + width / 2, row, texts[0], ha="center", va="center_baseline", fontsize=size)
    for place, text in zip(places[1:], texts[1:], strict=False):
        ax.text(place, row, text, va="center_baseline", fontsize=size)
    if row == 0:
        for place, heading in zip(places, HEADINGS, strict=False):
            ax.text(place, -0.95, heading, va="center_baseline", fontsize=size, fontweight="bold")


def _draw_strokes(ax: Axes, net: Network, row_of: dict[str, int], middle: float) -> None:
    for p in net.projections:
        row = row_of[p.source]
        if not p.delay and row_of[p.target] == row + 1:
            ends = (row + BOX / 2, row + 1 - BOX / 2)
            line = 2 * rcParams["axes.linewidth"]
            ax.plot((middle, middle), ends, color="black", linewidth=line, solid_capstyle="butt")


def _draw_branch(ax: Axes, branch: _Branch, lane: float, left: float) -> None:
    """Draw an arrow from a box's left side through a lane into another's; it leaves low and arrives high."""
    start, end = branch.source + BOX / 5, branch.target - BOX / 5
    corners = [(left, start), (lane, start), (lane, end), (left, end)]
    arrow = FancyArrowPatch(
        path=Path(corners),
        arrowstyle="-|>",
        mutation_scale=0.8 * small_type(),
        color=INKS[1 if branch.delayed else 0],
        linewidth=2 * rcParams["axes.linewidth"],
        linestyle="--" if branch.delayed else "-",
        shrinkA=0,
        shrinkB=0,
        joinstyle="round",
    )
    ax.add_patch(arrow)


def _keep(ax: Axes, net: Network) -> None:
    columns: dict[str, list[object]] = {name: [] for name in ("source", "target", "delay", "ops", "shape")}
    for p in net.projections:
        shape = "×".join(map(str, net[p.target].shape))
        for column, value in zip(
            columns.values(), (p.source, p.target, p.delay, _said(p), shape), strict=True
        ):
            column.append(value)
    keep(ax, **columns)  # type: ignore[arg-type]
