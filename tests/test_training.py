"""The training loop: it learns, it repeats itself bit for bit, and survives a kill."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from neurosim import training
from neurosim.datasets import Dataset
from neurosim.errors import FileError, InputError, RunFailed
from neurosim.neurons import Input

INPUT = Input(mean=0.5, std=0.5)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def data():
    """Two classes that a linear rule separates: the brighter half of the image."""
    generator = np.random.default_rng(5)
    images = generator.random((90, 1, 4, 4), dtype=np.float32)
    labels = (images[:, 0, :, :2].sum(axis=(1, 2)) > images[:, 0, :, 2:].sum(axis=(1, 2))).astype(np.int64)
    return Dataset("halves", images, labels, ("right", "left"))


def network():
    """A small network with everything that has state: batch norm and dropout."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(64, 2),
    )


def fit(module, data, **changes):
    settings = {"epochs": 6, "seed": 1, "input": INPUT, "batch": 20, "progress": False}
    return training.fit(module, data, **(settings | changes))


def equal(one, two):
    return all(
        torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    )


def test_it_learns(data):
    module = network()
    history = fit(module, data[:60], validation=data[60:])
    assert len(history) == 6
    assert history.epochs[-1].loss < history.epochs[0].loss / 2
    assert history.epochs[-1].validation > 0.75
    assert not module.training


def test_one_step_is_gradient_descent(data):
    """One batch, plain SGD: w - lr * dloss/dw, loss and accuracy those of the start."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    weight, bias = (p.detach().clone().requires_grad_() for p in module[1].parameters())
    x = torch.tensor((data.images - 0.5) / 0.5).reshape(90, 16)
    loss = nn.functional.cross_entropy(x @ weight.T + bias, torch.tensor(data.labels))
    loss.backward()
    history = fit(module, data, epochs=1, batch=90, optimiser=partial(torch.optim.SGD, lr=0.5))
    torch.testing.assert_close(module[1].weight, weight - 0.5 * weight.grad)
    torch.testing.assert_close(module[1].bias, bias - 0.5 * bias.grad)
    assert history.epochs[0].loss == pytest.approx(loss.item(), rel=1e-5)
    assert history.epochs[0].validation is None


def test_equal_seeds_give_equal_bits_and_others_do_not(data):
    augment = training.Shift(1)
    runs = [(network(), seed) for seed in (1, 1, 2)]
    histories = [fit(module, data, seed=seed, augment=augment) for module, seed in runs]
    (one, _), (same, _), (other, _) = runs
    assert equal(one, same)
    assert histories[0] == histories[1]
    assert not equal(one, other)


def test_the_callers_random_state_is_left_alone(data):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    module = nn.Sequential(nn.Flatten(), nn.Dropout(0.1))
    module.append(nn.Linear(16, 2))
    torch.manual_seed(7)
    fit(module, data, epochs=1)
    assert torch.equal(torch.rand(3), expected)


class Kill(BaseException):
    """What a killed process would be, as far as Python sees it."""


def killed_after(steps):
    """A loss that kills the training in the middle of an epoch."""
    calls = iter(range(steps))

    def loss(outputs, labels):
        if next(calls, None) is None:
            raise Kill
        return nn.functional.cross_entropy(outputs, labels)

    return loss


@pytest.mark.parametrize("optimiser", [partial(torch.optim.SGD, lr=0.1, momentum=0.9), torch.optim.AdamW])
def test_a_killed_training_ends_with_the_same_bits(data, tmp_path, optimiser):
    whole, broken = network(), network()
    settings = {"optimiser": optimiser, "augment": training.Shift(1), "validation": data[:10]}
    expected = fit(whole, data, **settings)
    path = tmp_path / "c.pt"
    with pytest.raises(Kill):
        fit(broken, data, checkpoint=path, loss=killed_after(13), **settings)
    torch.manual_seed(99)
    fresh = network()
    history = fit(fresh, data, checkpoint=path, resume=True, **settings)
    assert equal(whole, fresh)
    assert history == expected
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]


def test_a_finished_training_resumes_to_itself(data, tmp_path):
    one, two = network(), network()
    expected = fit(one, data, checkpoint=tmp_path / "c.pt", resume=True)
    assert fit(two, data, checkpoint=tmp_path / "c.pt", resume=True) == expected
    assert equal(one, two)


def test_checkpoints_are_never_overwritten_unasked(data, tmp_path):
    path = tmp_path / "c.pt"
    fit(network(), data, epochs=1, checkpoint=path)
    with pytest.raises(InputError) as raised:
        fit(network(), data, epochs=1, checkpoint=path)
    assert str(raised.value) == (f"fit: checkpoint {path} exists: resume=True goes on from it, or delete it")


def test_checkpoints_of_other_trainings_are_refused(data, tmp_path):
    path = tmp_path / "c.pt"
    fit(network(), data, epochs=2, checkpoint=path)
    with pytest.raises(FileError) as raised:
        fit(network(), data, epochs=2, seed=5, checkpoint=path, resume=True)
    assert str(raised.value) == (
        f"{path}: seed: found 1, expected 5: resume with the settings of the checkpoint, or delete it"
    )
    with pytest.raises(FileError, match="expected an intact checkpoint of this network file"):
        fit(nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), data, epochs=2, checkpoint=path, resume=True)
    path.write_bytes(b"nonsense")
    with pytest.raises(FileError, match="expected an intact checkpoint file"):
        fit(network(), data, epochs=2, checkpoint=path, resume=True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"epochs": 0}, "fit: epochs is 0: give a whole number of at least 1"),
        ({"batch": 0}, "fit: batch is 0: give a whole number of at least 1"),
        ({"seed": -1}, "fit: seed is -1: give a whole number of at least 0"),
    ],
)
def test_nonsense_is_refused(data, changes, expected):
    with pytest.raises(InputError) as raised:
        fit(network(), data, **changes)
    assert str(raised.value) == expected


def test_a_diverging_training_stops(data):
    def loss(outputs, labels):
        return outputs.sum() * torch.nan

    with pytest.raises(RunFailed) as raised:
        fit(network(), data, loss=loss)
    assert str(raised.value) == "fit: the loss is nan at 0.0% of the training: lower the rate"


def test_the_bar_shows_accuracy(data, capsys):
    fit(network(), data, epochs=1, validation=data, progress=True)
    assert "accuracy" in capsys.readouterr().err


# ---- schedules and augmentation


def test_cosine():
    factors = [training.Cosine()(p) for p in (0, 1 / 3, 1 / 2, 1)]
    np.testing.assert_allclose(factors, [1, 3 / 4, 1 / 2, 0], atol=1e-15)


def test_step():
    schedule = training.Step(milestones=(0.5, 0.75), factor=0.1)
    np.testing.assert_allclose([schedule(p) for p in (0, 0.49, 0.5, 0.75, 0.99)], [1, 1, 0.1, 0.01, 0.01])


def test_schedules_scale_the_rate(data):
    """A rate of 0 from the middle on: the second half of the training changes no weight."""
    half, whole = (nn.Sequential(nn.Flatten(), nn.Linear(16, 2)) for _ in range(2))
    whole.load_state_dict(half.state_dict())
    fit(half, data, epochs=1, optimiser=partial(torch.optim.SGD, lr=0.1), schedule=lambda p: 1.0)
    fit(whole, data, epochs=2, optimiser=partial(torch.optim.SGD, lr=0.1), schedule=lambda p: float(p < 0.5))
    assert equal(half, whole)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (
            lambda: training.Step(milestones=(0.5, 1.0)),
            "Step.milestones is (0.5, 1.0): give shares of the training in (0, 1)",
        ),
        (lambda: training.Step(factor=0.0), "Step.factor is 0.0: give a number in (0, 1]"),
        (lambda: training.Shift(0), "Shift.pixels is 0: give a whole number of at least 1"),
    ],
)
def test_settings_are_checked(make, expected):
    with pytest.raises(InputError) as raised:
        make()
    assert str(raised.value) == expected


def test_shift_moves_whole_images_by_every_offset():
    image = np.zeros((1, 5, 5), np.float32)
    image[0, 2, 2] = 1
    moved = training.Shift(1)(np.stack([image] * 200), np.random.default_rng(0))
    places = {tuple(map(int, np.argwhere(m[0])[0])) for m in moved}
    assert moved.shape == (200, 1, 5, 5)
    assert (moved.sum(axis=(1, 2, 3)) == 1).all()
    assert places == {(y, x) for y in (1, 2, 3) for x in (1, 2, 3)}


def test_flip_mirrors_about_half_of_the_images():
    images = np.random.default_rng(1).random((400, 2, 3, 4), dtype=np.float32)
    changed = training.Flip()(images, np.random.default_rng(0))
    mirrored = (changed == images[..., ::-1]).all(axis=(1, 2, 3))
    assert ((changed == images).all(axis=(1, 2, 3)) ^ mirrored).all()
    assert 160 < mirrored.sum() < 240


def test_a_chain_changes_in_order():
    changes = (training.Flip(), training.Shift(1))
    images = np.random.default_rng(1).random((5, 1, 3, 4), dtype=np.float32)
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    expected = changes[1](changes[0](images, one), one)
    np.testing.assert_array_equal(training.Chain(changes)(images, two), expected)


def test_one_cycle_rises_and_falls():
    schedule = training.OneCycle(peak=0.25)
    assert [schedule(p) for p in (0, 0.125, 0.25, 0.625, 1)] == [0, 0.5, 1, 0.5, 0]
    with pytest.raises(InputError, match=r"^OneCycle.peak is 1: give a share of the training in \(0, 1\)$"):
        training.OneCycle(peak=1)
