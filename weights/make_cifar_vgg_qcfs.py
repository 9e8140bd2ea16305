"""Fine-tune the network for CIFAR-10 with QCFS activations, whose thresholds are learned.

Question: none; this makes a specimen. The card is cifar_vgg_qcfs.md beside this file.
Run: python weights/make_cifar_vgg_qcfs.py [--quick] [--output DIR] [--checkpoint FILE]; NEUROSIM_DATA names
the folder of data.
"""

import sys
from functools import partial
from pathlib import Path

import torch

from neurosim import ann, datasets, training
from neurosim.workflows.making import Order, run_maker

NAME = "cifar_vgg"
SEED, EPOCHS, LEVELS, CALIBRATION = 1, 1, 8, 1000
SGD = partial(torch.optim.SGD, lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-4)


def train(order: Order) -> torch.nn.Module:
    """Return the trained network with QCFS activations of 8 levels in place of its ReLUs, trained on."""
    known = ann.architecture(NAME)
    data = datasets.load(order.train)
    trained = ann.load_weights(Path(__file__).with_name(f"{NAME}.safetensors"), NAME)
    module = training.with_qcfs(trained, data.images[:CALIBRATION], levels=LEVELS, input=known.input)
    module.to(memory_format=torch.channels_last)
    training.fit(
        module,
        data,
        epochs=1 if order.quick else EPOCHS,
        seed=SEED,
        input=known.input,
        optimiser=SGD,
        augment=training.Chain((training.Flip(), training.Shift(2))),
        batch=128,
        checkpoint=order.checkpoint,
        resume=True,
    )
    return module


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the weights, depend on it
    sys.exit(run_maker(__file__, __doc__, train, architecture=NAME, data="cifar10"))
