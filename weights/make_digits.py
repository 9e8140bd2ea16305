"""Train the residual network for the digits of scikit-learn that ships with neurosim.

Question: none; this makes a specimen. The card is digits.md beside this file.
Run: python weights/make_digits.py [--quick] [--output DIR]
"""

import argparse
import sys
from pathlib import Path

import torch

from neurosim import ann, datasets, training
from neurosim.files import sha256, write_safetensors

NAME = "digits_resnet"
SEED = 1
EPOCHS = 80
SHIPPED = Path(__file__).resolve().parent.parent / "neurosim" / "data"


def train(epochs: int) -> torch.nn.Module:
    """Return the network trained on the training split."""
    architecture = ann.architecture(NAME)
    torch.manual_seed(SEED)
    module = architecture.build()
    data = datasets.load("digits:train")
    training.fit(module, data, epochs=epochs, seed=SEED, input=architecture.input, augment=training.Shift(1))
    return module


def main(arguments: list[str]) -> None:
    """Train, write the weights, print accuracy on the test split and the file's SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few epochs, as a test of this script")
    parser.add_argument("--output", type=Path, help="folder for the file; default: the package's own")
    options = parser.parse_args(arguments)
    if options.quick and options.output is None:
        parser.error("--quick makes no weights worth shipping: give --output DIR")
    torch.set_num_threads(1)  # the order of sums, so the weights, depend on it
    module = train(2 if options.quick else EPOCHS)
    test = datasets.load("digits:test")
    accuracy = ann.accuracy(module, test.images, test.labels, ann.architecture(NAME).input)
    path = (options.output or SHIPPED) / f"{NAME}.safetensors"
    tensors = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    write_safetensors(path, tensors, {"architecture": NAME})
    print(f"{path}\naccuracy {accuracy:.2%}\nsha256 {sha256(path)}")


if __name__ == "__main__":
    main(sys.argv[1:])
