"""What must hold, and what the tables say of it."""

import dataclasses
import operator
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["GOALS", "Goal", "judged"]

Rows = Sequence[Mapping[str, Any]]
COMPARISONS: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}


@dataclasses.dataclass(frozen=True)
class Goal:
    """A bound on one number of one part's table."""

    part: str
    what: str
    bound: str
    value: float
    found: Callable[[Rows], float]

    def row(self, rows: Rows) -> dict[str, Any]:
        """Return what was found beside what is wanted."""
        found = float(self.found(rows))
        met = COMPARISONS[self.bound](found, self.value)
        shown = {"found": f"{found:.4g}", "goal": f"{self.bound} {self.value:g}"}
        return {"part": self.part, "what": self.what, **shown, "met": "yes" if met else "no"}


def judged(tables: Mapping[str, Rows]) -> list[dict[str, Any]]:
    """Return a row for each goal whose part has a table that tells."""
    rows = [goal.row(tables[goal.part]) for goal in GOALS if goal.part in tables]
    return [row for row in rows if row["found"] != "nan"]


def _near_the_machine(rows: Rows) -> float:
    """Return the least, over cells, of the larger of speed / 15 GSOP/s and speed / (0.8 limit)."""
    return min(max(row["bare_gsops"] / 15, row["bare_over_limit"] / 0.8) for row in _single(rows))


def _single(rows: Rows) -> Rows:
    return [row for row in rows if "@" in row["net"]]


def _mean_ratio(rows: Rows) -> float:
    return statistics.geometric_mean(row["loop_ratio"] for row in rows)


def _least(column: str) -> Callable[[Rows], float]:
    return lambda rows: min(row[column] for row in rows)


def _at_five_percent(net: str, column: str) -> Callable[[Rows], float]:
    def find(rows: Rows) -> float:
        found = (row[column] for row in rows if row["net"] == net and row["activity"] == 0.05)
        return next(found, float("nan"))

    return find


def _most(column: str) -> Callable[[Rows], float]:
    return lambda rows: max(row[column] for row in rows)


def _depth_ratio(rows: Rows) -> float:
    first = {row["layers"]: row["seconds"] for row in rows if row["run"] == "first"}
    return first[max(first)] / first[min(first)]


def _built_again(rows: Rows) -> float:
    return sum(row["builds"] for row in rows if row["run"] != "first")


def _fit(against: str, column: str, net: str = "vgg11") -> Callable[[Rows], float]:
    return lambda rows: next(row[column] for row in rows if (row["against"], row["net"]) == (against, net))


def _off_one(rows: Rows) -> float:
    return abs(_fit("images", "b")(rows) - 1)


def _faster(net: str, title: str, batch: int, value: float) -> Goal:
    what = f"{title}, 5 %, faster peer over ours, batch {batch}"
    return Goal("networks", what, ">=", value, _at_five_percent(net, f"ratio_{batch}"))


def _together(column: str) -> Callable[[Rows], float]:
    return lambda rows: next(row[column] for row in rows if row["statistic"] == "together")


def _whole_scene(rows: Rows) -> float:
    return max(row["brian2_scene_ms"] * row["pixels"] for row in rows) / 60e3


GOALS = (
    Goal("kernels", "kernel in the simulation over bare, least", ">=", 0.7, _least("inside_over_bare")),
    Goal("kernels", "bare over 15 GSOP/s or 80 % of the limit, least", ">=", 1, _near_the_machine),
    Goal("layers", "loop, explicit synapses over ours, geometric mean", ">=", 60, _mean_ratio),
    Goal("layers", "whole second run, explicit over ours, least", ">=", 60, _least("whole_ratio")),
    Goal("layers", "memory, explicit over ours, least", ">=", 100, _least("memory_ratio")),
    Goal("layers", "counts that differ, most", "<=", 0, _most("different_counts")),
    _faster("vgg11", "VGG11", 16, 5),
    _faster("vgg11", "VGG11", 1, 7),
    _faster("resnet18", "ResNet18", 16, 5),
    _faster("resnet18", "ResNet18", 1, 7),
    Goal("networks", "recording all spikes costs, processor, most", "<=", 0.35, _most("recording_costs")),
    Goal("networks", "recording all spikes costs, clock, most", "<=", 0.35, _most("recording_costs_whole")),
    Goal("networks", "share of counts unlike SpikingJelly's, most", "<=", 0, _most("spikingjelly_differs")),
    Goal("networks", "share of counts unlike those of sinabs, most", "<=", 0, _most("sinabs_differs")),
    Goal("compiling", "compile time, 50 layers over 5", "<=", 1.5, _depth_ratio),
    Goal("compiling", "builds of a run with other values", "<=", 0, _built_again),
    Goal("scaling", "throughput of two processes over one", ">=", 1.8, _fit("jobs", "b")),
    Goal("scaling", "R squared of VGG11's time = a + b * spikes", ">=", 0.99, _fit("spikes", "r_squared")),
    Goal("scaling", "R squared of ResNet18's", ">=", 0.99, _fit("spikes", "r_squared", "resnet18")),
    Goal("scaling", "exponent of time in images, distance from 1", "<=", 0.1, _off_one),
    Goal("memory", "ResNet34 at 224x224, peak memory [GB]", "<=", 4, _most("together_gb")),
    Goal("cuda", "images/s over SpikingJelly's, least", ">=", 1 / 3, _least("over_spikingjelly")),
    Goal("cuda", "share of counts unlike the C++ device's, most", "<=", 0, _most("differs")),
    Goal("layer_statistics", "65,536 neurons, 100 images, ten statistics [s]", "<=", 2, _together("seconds")),
    Goal("layer_statistics", "the same, peak memory [GB]", "<=", 2, _together("peak_gb")),
    Goal("hyperspectral", "Indian Pines, all pixels, slower network [min]", "<=", 10, _whole_scene),
)
