"""Train the networks of the hyperspectral study, and write those of 6 bits for Brian2.

Settings are those of neurosim.workflows.hyperspectral; the scene comes with tensorly. A network whose file is
in the folder already is taken from there, and a training that was killed goes on: delete the file to begin
anew. On one busy core those of CNN-3D took three quarters of an hour, those of CNN-32H four hours.

Run: python weights/make_hyperspectral.py [--quick --output DIR] [--net cnn_3d]
"""

import argparse
import sys
from pathlib import Path

import torch

from neurosim.errors import NeurosimError
from neurosim.files import sha256
from neurosim.workflows.hyperspectral import Member, members, network_of, trained
from neurosim.workflows.sites import site

FOLDER = Path(__file__).resolve().parent / "hyperspectral"
PACKAGE = FOLDER.parents[1] / "neurosim" / "data"  # the demo's network
TRIED = 40  # pixels


def make(member: Member, folder: Path, pixels: int | None) -> list[Path]:
    """Train a spiking network and the CNN of its bits; return their files, and that of the shipped one."""
    module = trained(member, folder, pixels=pixels)
    trained(member.artificial, folder, pixels=pixels)
    files = [folder / f"{one.name}.safetensors" for one in (member, member.artificial)]
    if member.shipped:
        ships = PACKAGE if folder == FOLDER and member.net == "cnn_3d" else folder
        files.append(ships / f"{member.net}_snn{member.bits}.safetensors")
        network_of(module, site(member.net, member.split, member.seed, pixels)).save(files[-1])
    return files


def main(arguments: list[str]) -> int:
    """Make what is asked for; print every file with its SHA-256, for the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one network of a few pixels, as a test")
    parser.add_argument("--output", type=Path, help="folder; default: hyperspectral/ beside this script")
    parser.add_argument("--net", choices=("cnn_3d", "cnn_32h"), help="only this one's; default: both")
    options = parser.parse_args(arguments)
    if options.quick and options.output is None:
        parser.error("--quick makes no weights worth keeping: give --output DIR")
    torch.set_num_threads(1)
    chosen = [member for member in members() if options.net in (None, member.net)]
    try:
        for member in [one for one in chosen if one.shipped][:1] if options.quick else chosen:
            for file in make(member, options.output or FOLDER, TRIED if options.quick else None):
                print(f"| `{file.name}` | {sha256(file)} |")
    except NeurosimError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
