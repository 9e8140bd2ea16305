"""Train the network of Diehl et al. 2015 for Fashion-MNIST.

Question: none; this makes a specimen. The card is diehl_fashion.md beside this file.
Run: python weights/make_diehl_fashion.py [--quick] [--output DIR] [--checkpoint FILE]; NEUROSIM_DATA names
the folder of data.
"""

import sys
from functools import partial

import torch

from neurosim import ann, datasets, training
from neurosim.workflows.making import Order, run_maker

NAME = "diehl_fashion"
SEED, EPOCHS = 1, 8
SGD = partial(torch.optim.SGD, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)


def train(order: Order) -> torch.nn.Module:
    """Return the network trained on all training images, mirrored and shifted by up to a pixel."""
    known = ann.architecture(NAME)
    torch.manual_seed(SEED)
    module = known.build()
    training.fit(
        module,
        datasets.load(order.train),
        epochs=1 if order.quick else EPOCHS,
        seed=SEED,
        input=known.input,
        optimiser=SGD,
        augment=training.Chain((training.Flip(), training.Shift(1))),
        checkpoint=order.checkpoint,
        resume=True,
    )
    return module


if __name__ == "__main__":
    torch.set_num_threads(1)  # the order of sums, so the weights, depend on it
    sys.exit(run_maker(__file__, __doc__, train, architecture=NAME, data="fashion-mnist", stand_in="mnist"))
