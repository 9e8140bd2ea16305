"""The training loop: the only one of the project."""

from functools import partial
from pathlib import Path
from typing import NoReturn

import torch
import torch.nn.functional as F
from torch import nn
from tqdm import tqdm

from neurosim.ann.inference import accuracy
from neurosim.errors import InputError
from neurosim.neurons import Input
from neurosim.training.batches import Augment, Batches, LabelledImages
from neurosim.training.checkpoint import Plan, restore, save
from neurosim.training.devices import placed
from neurosim.training.history import Epoch, History
from neurosim.training.schedules import Cosine
from neurosim.training.stepper import Loss, MakeOptimiser, Schedule, Stepper

__all__ = ["fit"]

SGD: MakeOptimiser = partial(torch.optim.SGD, lr=0.1, momentum=0.9, weight_decay=5e-4)
COSINE = Cosine()


def fit(
    module: nn.Module,
    data: LabelledImages,
    *,
    epochs: int,
    seed: int,
    input: Input,
    validation: LabelledImages | None = None,
    loss: Loss = F.cross_entropy,
    optimiser: MakeOptimiser = SGD,
    schedule: Schedule = COSINE,
    augment: Augment | None = None,
    batch: int = 64,
    checkpoint: Path | None = None,
    resume: bool = False,
    progress: bool = True,
    device: str | None = None,
    identity: int = 0,
) -> History:
    """Train a network; equal arguments give equal weights, bit for bit on one machine.

    Every epoch draws its random numbers (order of images, augmentation, dropout) from `seed` and its own
    number, so a training that was killed and resumed ends where it would have ended.

    Parameters
    ----------
    module
        Trained in place; left in evaluation mode, on the device where it was.
    data
        Raw images and labels.
    epochs
        Passes over the data.
    seed
        Of all random numbers drawn here. The initial weights are the caller's.
    input
        Normalisation of the raw pixels.
    validation
        Images on which the accuracy is measured after each epoch.
    loss
        Of the module's outputs and the labels of a batch; a mean over the batch.
    optimiser
        Makes the optimiser from the parameters.
    schedule
        Factor on the optimiser's learning rates, as a function of progress in [0, 1).
    augment
        Changes the raw images of a batch with a given generator.
    batch
        Images a step.
    checkpoint
        File written after every epoch.
    resume
        Go on from `checkpoint` if it exists; without it an existing one is refused, never overwritten.
    progress
        Show a bar with loss and accuracy, and the device's name.
    device
        Where it is trained, as torch names it; None: "cuda" if torch finds one, else "cpu".
    identity
        A number for all that a checkpoint cannot know, as loss, optimiser and schedule; it goes on under the
        same one only.

    Returns
    -------
    History
        Loss and accuracies of every epoch.

    Raises
    ------
    InputError
        If `epochs` or `batch` is not positive, `seed` is negative, `checkpoint` exists unasked for, or torch
        has no such device.
    FileError
        If the checkpoint belongs to another training.
    RunFailed
        If the loss is no longer finite, or a threshold no longer positive.
    """
    plan = {"epochs": epochs, "seed": seed, "batch": batch, "images": len(data.labels), "identity": identity}
    _check(plan, checkpoint, resume)
    batches = Batches(data, input, augment, batch, seed)
    with placed(module, device) as place:
        stepper = Stepper(module, optimiser, loss, schedule)
        history = History()
        if checkpoint is not None and checkpoint.exists():
            history = restore(checkpoint, plan, module, stepper.optimiser)
        total, done = epochs * len(batches), len(history) * len(batches)
        title = f"training on {place}"
        with tqdm(total=total, initial=done, disable=not progress, desc=title, unit="batch") as bar:
            for epoch in range(len(history), epochs):
                trained = _train(stepper, batches, epoch, epochs, bar)
                history += Epoch(*trained, _validate(module, validation, input))
                bar.set_postfix_str(str(history.epochs[-1]))
                if checkpoint is not None:
                    save(checkpoint, plan, history, module, stepper.optimiser)
    module.eval()
    return history


def _check(plan: Plan, checkpoint: Path | None, resume: bool) -> None:
    for name, least in (("epochs", 1), ("batch", 1), ("seed", 0)):
        if plan[name] < least:
            raise InputError(f"fit: {name} is {plan[name]}: give a whole number of at least {least}")
    if checkpoint is not None and checkpoint.exists() and not resume:
        raise InputError(f"fit: checkpoint {checkpoint} exists: resume=True goes on from it, or delete it")


def _train(
    stepper: Stepper, batches: Batches, epoch: int, epochs: int, bar: "tqdm[NoReturn]"
) -> tuple[float, float]:
    """Train for one epoch; return the mean loss and the share of images classified rightly."""
    generator = batches.generator(epoch)
    images, loss, correct = len(batches.data.labels), 0.0, 0
    stepper.module.train()
    with torch.random.fork_rng():
        torch.manual_seed(int(generator.integers(2**63)))  # for dropout and its like
        for step, (values, labels) in enumerate(batches.epoch(generator)):
            progress = (epoch + step / len(batches)) / epochs
            batch_loss, batch_correct = stepper.step(values, labels, progress)
            loss += batch_loss * len(labels)
            correct += batch_correct
            bar.update()
    return loss / images, correct / images


def _validate(module: nn.Module, validation: LabelledImages | None, input: Input) -> float | None:
    if validation is None:
        return None
    return accuracy(module, validation.images, validation.labels, input)
