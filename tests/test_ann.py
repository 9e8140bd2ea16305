"""Architectures, their weight files, and running them as artificial networks."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from neurosim import ann
from neurosim.datasets import load
from neurosim.errors import FileError, InputError
from neurosim.files import write_safetensors
from neurosim.neurons import Input

REMEDY = (
    "expected a state dict of tensors only "
    "(save it by torch.save(module.state_dict(), ...) or as safetensors)"
)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def message(raised):
    """The text of an error, which must be one line."""
    text = str(raised.value)
    assert "\n" not in text
    return text


# ---- architectures


def test_digits_resnet_is_deep_and_small():
    module = ann.architecture("digits_resnet").build()
    assert sum(isinstance(part, nn.Conv2d | nn.Linear) for part in module.modules()) >= 10
    assert sum(t.numel() * t.element_size() for t in module.state_dict().values()) < 1_000_000


def test_diehl_has_no_bias_and_pools_by_averages():
    module = ann.architecture("diehl_mnist").build()
    assert [tuple(tensor.shape) for tensor in module.state_dict().values()] == [
        (12, 1, 5, 5),
        (64, 12, 5, 5),
        (10, 1024),
    ]
    assert sum(isinstance(part, nn.AvgPool2d) for part in module) == 2


def test_the_vgg_for_cifar_is_small():
    module = ann.architecture("cifar_vgg").build()
    assert [part.weight.shape[0] for part in module if hasattr(part, "weight")][::2] == [
        32,
        64,
        128,
        128,
        256,
        10,
    ]
    assert sum(parameter.numel() for parameter in module.parameters()) < 600_000


def test_saved_weights_are_read_back(tmp_path):
    torch.manual_seed(0)
    module = ann.architecture("cifar_vgg").build().to(memory_format=torch.channels_last)
    ann.save_weights(tmp_path / "x.safetensors", module, "cifar_vgg")
    found = ann.load_weights(tmp_path / "x.safetensors", "cifar_vgg")
    assert all(torch.equal(found.state_dict()[name], value) for name, value in module.state_dict().items())


def test_option_a_shortcut_strides_and_pads():
    shortcut = ann.architecture("resnet20").build().layer2[0].shortcut
    x = torch.arange(2 * 16 * 4 * 4, dtype=torch.float32).reshape(2, 16, 4, 4)
    y = shortcut(x)
    assert y.shape == (2, 32, 2, 2)
    torch.testing.assert_close(y[:, 8:24], x[:, :, ::2, ::2])
    assert not y[:, :8].any()
    assert not y[:, 24:].any()


def test_unknown_architecture_names_the_nearest():
    with pytest.raises(InputError) as raised:
        ann.architecture("resnet-20")
    assert message(raised) == "architecture: unknown name 'resnet-20': did you mean 'resnet20'?"
    with pytest.raises(InputError) as raised:
        ann.architecture("xyz")
    assert message(raised) == (
        "architecture: unknown name 'xyz': neurosim.ann.architectures() lists the known ones"
    )


# ---- inference


def test_predict_normalises_and_ignores_the_batch_size():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(8, 3)).double().float()
    images = np.random.default_rng(0).random((7, 2, 2, 2), dtype=np.float32)
    given = Input(mean=np.array([0.25, 0.5]), std=np.array([0.5, 2.0]))
    normalised = (images - np.array([0.25, 0.5])[:, None, None]) / np.array([0.5, 2.0])[:, None, None]
    with torch.no_grad():
        expected = module(torch.tensor(normalised, dtype=torch.float32)).numpy()
    np.testing.assert_array_equal(ann.predict(module, images, given, batch=7), expected)
    np.testing.assert_allclose(ann.predict(module, images, given, batch=2), expected, rtol=1e-6, atol=1e-6)


def test_predict_evaluates_and_restores_the_mode():
    module = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 2)).train()
    images = np.ones((3, 1, 2, 2), np.float32)
    np.testing.assert_array_equal(ann.predict(module, images, Input()), ann.predict(module, images, Input()))
    assert module.training


def test_accuracy_counts_and_gives_ties_to_the_lowest_class():
    images = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0]], np.float32)[:, :, None, None]
    assert ann.accuracy(nn.Flatten(), images, np.array([0, 1, 0, 1]), Input()) == 0.75


def test_accuracy_refuses_other_counts():
    images = np.zeros((2, 1, 1, 1), np.float32)
    with pytest.raises(InputError) as raised:
        ann.accuracy(nn.Flatten(), images, np.zeros(3, np.int64), Input())
    assert message(raised) == "accuracy: 3 labels for 2 images: give one label an image"
    with pytest.raises(InputError) as raised:
        ann.predict(nn.Flatten(), images[:0], Input())
    assert message(raised) == "predict: 0 images in batches of 256: give at least one of each"


# ---- weight files


@pytest.fixture
def state():
    torch.manual_seed(3)
    return ann.architecture("digits_resnet").build().state_dict()


def same(module, state):
    loaded = module.state_dict()
    return all(torch.equal(loaded[name], state[name]) for name in state)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".th"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {"state_dict": s, "best": 0.9},
        lambda s: {"model": s, "epoch": 3},
        lambda s: {"module." + name: tensor for name, tensor in s.items()},
        lambda s: {"state_dict": {"module." + name: tensor for name, tensor in s.items()}},
    ],
)
def test_torch_files_load_however_they_are_wrapped(tmp_path, state, suffix, wrap):
    torch.save(wrap(state), tmp_path / f"w{suffix}")
    module = ann.load_weights(tmp_path / f"w{suffix}", "digits_resnet")
    assert same(module, state)
    assert not module.training


def test_safetensors_load(tmp_path, state):
    write_safetensors(tmp_path / "w.safetensors", {k: v.numpy() for k, v in state.items()}, {})
    assert same(ann.load_weights(str(tmp_path / "w.safetensors"), "digits_resnet"), state)


def test_batch_counts_may_be_missing(tmp_path, state):
    few = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    torch.save(few, tmp_path / "w.pt")
    assert same(ann.load_weights(tmp_path / "w.pt", "digits_resnet"), few)


def without(state, name):
    return {key: tensor for key, tensor in state.items() if key != name}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda s: without(s, "linear.bias"),
            "linear.bias: found nothing, expected a tensor (10,) of digits_resnet",
        ),
        (
            lambda s: s | {"head.weight": torch.ones(2)},
            "head.weight: found a tensor, expected none: digits_resnet has no such tensor",
        ),
        (
            lambda s: s | {"linear.bias": torch.ones(9)},
            "linear.bias: found shape (9,), expected (10,)",
        ),
        (
            lambda s: s | {"linear.bias": torch.ones(10, dtype=torch.int64)},
            "linear.bias: found dtype torch.int64, expected torch.float32",
        ),
        (
            lambda s: s | {"linear.bias": torch.ones(10, dtype=torch.complex64)},
            "linear.bias: found dtype torch.complex64, expected torch.float32",
        ),
        (
            lambda s: s | {"linear.bias": torch.full((10,), torch.nan)},
            "linear.bias: found values NaN or infinite, expected finite values",
        ),
        (
            lambda s: s | {"module.linear.bias": s["linear.bias"]},
            "linear.bias: found the name with and without 'module.', expected every tensor once",
        ),
        (lambda s: s | {"linear.bias": [1.0]}, "linear.bias: found a list, expected a tensor"),
        (lambda s: [1, 2], f"contents: found a list without tensors, {REMEDY}"),
        (lambda s: {"state_dict": {}}, f"contents: found a dict without tensors, {REMEDY}"),
    ],
)
def test_tensors_must_be_those_of_the_architecture(tmp_path, state, change, expected):
    path = tmp_path / "w.pt"
    torch.save(change(state), path)
    with pytest.raises(FileError) as raised:
        ann.load_weights(path, "digits_resnet")
    assert message(raised) == f"{path}: {expected}"


def whole_module(path):
    torch.save(nn.Linear(2, 2), path)


def torchscript(path):
    torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)).save(str(path))


def exported(path):
    named = path.with_suffix(".pt2")
    torch.export.save(torch.export.export(nn.Linear(2, 2), (torch.ones(1, 2),)), named)
    named.rename(path)


def raw_pickle(path):
    path.write_bytes(pickle.dumps({"a": message}))


def truncated(path):
    torch.save({"a": torch.ones(100)}, path)
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("write", "found"),
    [
        (whole_module, "something torch cannot read safely (UnpicklingError)"),
        (torchscript, "a TorchScript archive"),
        (exported, "a torch.export archive (.pt2)"),
        (raw_pickle, "something torch cannot read safely (UnpicklingError)"),
        (truncated, "something torch cannot read safely (RuntimeError)"),
        (
            lambda path: path.write_bytes(b"garbage " * 10),
            "something torch cannot read safely (UnpicklingError)",
        ),
    ],
)
def test_programs_and_damage_are_refused(tmp_path, write, found):
    path = tmp_path / "w.pt"
    write(path)
    with pytest.raises(FileError) as raised:
        ann.load_weights(path, "mnist_cnn")
    assert message(raised) == f"{path}: contents: found {found}, {REMEDY}"


def test_other_things_than_weight_files_are_refused(tmp_path):
    cases = {
        "missing.pt": "file: found No such file or directory, expected a file that can be read",
        "folder.pt": "file: found a folder, expected a regular file",
        "empty.th": "file: found 0 bytes, expected a file with contents",
        "w.pt2": "suffix: found '.pt2', expected one of .safetensors, .pt, .pth, .th",
    }
    (tmp_path / "folder.pt").mkdir()
    (tmp_path / "empty.th").touch()
    (tmp_path / "w.pt2").write_bytes(b"x")
    for name, expected in cases.items():
        with pytest.raises(FileError) as raised:
            ann.load_weights(tmp_path / name, "mnist_cnn")
        assert message(raised) == f"{tmp_path / name}: {expected}"


# ---- published weights


@pytest.mark.parametrize(
    ("name", "weights", "images", "expected"),
    [
        ("mnist_cnn", "mnist_params.pt", "mnist:test", 0.9788),
        ("resnet20", "resnet20-12fca82f.th", "cifar10:test", 0.9173),
    ],
)
def test_published_weights_reach_their_published_accuracy(data_dir, name, weights, images, expected):
    module, data = ann.load_weights(data_dir / "weights" / weights, name), load(images, data_dir=data_dir)
    assert ann.accuracy(module, data.images, data.labels, ann.architecture(name).input) == expected
