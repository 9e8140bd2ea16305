"""Measure speed and memory beside other programs on this machine, and print the ratios beside the goals.

Each part is a script of its own and writes a table of its own. Run it on an idle machine: all parts take
about an hour. With --quick they only try the scripts, in a minute or two, and the numbers mean nothing.

Run: python benchmarks/run.py [--quick] [--output DIR] [PART ...]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.goals import judged

from neurosim.tables import to_text
from neurosim.workflows.studies import read_table

HERE = Path(__file__).resolve().parent
PARTS = (
    "kernels",
    "layers",
    "networks",
    "compiling",
    "scaling",
    "memory",
    "layer_statistics",
    "hyperspectral",
)
DRAWN = {"layers", "networks"}


def measure(part: str, folder: Path, quick: bool) -> None:
    """Run the script of one part."""
    print(f"{part} ...", flush=True)
    command = [sys.executable, HERE / f"{part}.py", "--output", folder, *["--quick"] * quick]
    status = subprocess.run(command).returncode
    if status:
        raise SystemExit(status)


def main(arguments: list[str]) -> None:
    """Measure the parts, then print tables, ratios and goals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="only try the scripts")
    parser.add_argument("--output", type=Path, help="folder for the tables; default: results/ beside this")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; give some of {', '.join(PARTS)}")
    parts = options.parts or PARTS
    with tempfile.TemporaryDirectory() as passing:
        folder = options.output or (Path(passing) if options.quick else HERE / "results")
        folder.mkdir(exist_ok=True)
        for part in parts:
            measure(part, folder, options.quick)
        if set(parts) >= DRAWN:
            subprocess.run([sys.executable, HERE / "figure.py", "--input", folder], check=True)
        tables = {part: read_table(folder / f"{part}.csv") for part in parts}
    for part, rows in tables.items():
        print(f"\n{part}\n{to_text(rows)}")
    print(f"\n{to_text(judged(tables))}")


if __name__ == "__main__":
    main(sys.argv[1:])
