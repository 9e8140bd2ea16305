"""Peak memory of simulating processes: the kernel's own high-water mark, read while they run."""

import contextlib
import threading
from pathlib import Path

__all__ = ["Watch", "high_water"]

PERIOD = 0.01  # s
PROGRAM = "main"  # what Brian2 calls its programs
KILO = 1024


class Watch(threading.Thread):
    """Follows this process's simulating children; a context manager.

    Attributes
    ----------
    peak : int
        Most memory that one of them held [bytes].
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.ended = threading.Event()

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.ended.set()
        self.join()

    def run(self) -> None:
        while not self.ended.wait(PERIOD):
            for path in Path("/proc/self/task").glob("*/children"):
                with contextlib.suppress(OSError, ValueError):  # a thread or child has ended meanwhile
                    for child in path.read_text().split():
                        self.look(Path("/proc", child))

    def look(self, process: Path) -> None:
        if (process / "comm").read_text().strip() == PROGRAM:
            self.peak = max(self.peak, high_water(process))


def high_water(process: Path = Path("/proc/self")) -> int:
    """Return the most memory that a process has held so far [bytes]; 0 if it has ended."""
    lines = (process / "status").read_text().splitlines()
    return KILO * next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
