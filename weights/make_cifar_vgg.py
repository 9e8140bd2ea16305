"""Train the small VGG-type network for CIFAR-10.

Question: none; this makes a specimen. The card is cifar_vgg.md beside this file.
Run: python weights/make_cifar_vgg.py [--quick] [--output DIR] [--checkpoint FILE]; NEUROSIM_DATA names the
folder of data, with all five training batches.
"""

import sys
from functools import partial

import torch

from neurosim import ann, datasets, training
from neurosim.workflows.making import Order, run_maker

NAME = "cifar_vgg"
SEED, EPOCHS, BATCH = 1, 8, 128
SGD = partial(torch.optim.SGD, lr=0.15, momentum=0.9, nesterov=True, weight_decay=5e-4)


def train(order: Order) -> torch.nn.Module:
    """Return the network trained on all training images, mirrored and shifted."""
    known = ann.architecture(NAME)
    torch.manual_seed(SEED)
    module = known.build().to(memory_format=torch.channels_last)
    training.fit(
        module,
        datasets.load(order.train),
        epochs=1 if order.quick else EPOCHS,
        seed=SEED,
        input=known.input,
        optimiser=SGD,
        schedule=training.OneCycle(),
        augment=training.Chain((training.Flip(), training.Shift(2))),
        batch=BATCH,
        checkpoint=order.checkpoint,
        resume=True,
    )
    return module


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the weights, depend on it
    sys.exit(run_maker(__file__, __doc__, train, architecture=NAME, data="cifar10"))
