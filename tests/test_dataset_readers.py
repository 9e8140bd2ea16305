"""The readers of data sets, on files made here and on the published ones, and what they refuse."""

import gzip
import lzma
import pickle
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from neurosim.datasets import load
from neurosim.errors import FileError, InputError

GENERATOR = np.random.default_rng(0)
MNIST_COUNTS = {"train": 6, "t10k": 4}
CIFAR_RECORD = 3073


def idx(array):
    """The IDX bytes of an array of unsigned bytes."""
    return struct.pack(f">{array.ndim + 1}I", 0x0800 | array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """A folder of data sets with a small MNIST in it; returns (folder, images, labels)."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    images = GENERATOR.integers(0, 256, (10, 5, 4), dtype=np.uint8)
    labels = np.arange(10, dtype=np.uint8)
    for stem, part in (("train", slice(6)), ("t10k", slice(6, 10))):
        (folder / f"{stem}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images[part])))
        (folder / f"{stem}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels[part])))
    return tmp_path, images, labels


@pytest.fixture
def cifar(tmp_path):
    """A folder of data sets with two training batches and a packed test batch of CIFAR-10."""
    folder = tmp_path / "cifar10"
    folder.mkdir()
    records = GENERATOR.integers(0, 256, (9, CIFAR_RECORD), dtype=np.uint8)
    records[:, 0] = np.arange(9)
    (folder / "data_batch_1.bin").write_bytes(records[:3].tobytes())
    (folder / "data_batch_2.bin").write_bytes(records[3:5].tobytes())
    (folder / "test_batch.bin.xz").write_bytes(lzma.compress(records[5:].tobytes()))
    return tmp_path, records


@pytest.fixture
def folder(tmp_path):
    """Two classes of RGB images with four rows and three columns; returns (folder, first image)."""
    first = GENERATOR.integers(0, 256, (4, 3, 3), dtype=np.uint8)
    for name, count in (("zebra", 1), ("ant", 2)):
        (tmp_path / name).mkdir()
        for index in range(count):
            Image.fromarray(first + np.uint8(index)).save(tmp_path / name / f"{index}.png")
    (tmp_path / "ant" / "notes.txt").write_text("not an image")
    return tmp_path, first


def message(raised):
    """The text of an error, which must be one line."""
    text = str(raised.value)
    assert "\n" not in text
    return text


# ---- MNIST


def test_mnist_reads_splits_and_scales(mnist):
    root, images, labels = mnist
    whole = load("mnist", data_dir=root)
    np.testing.assert_array_equal(whole.images[:, 0], images.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(whole.labels, labels)
    np.testing.assert_array_equal(load("mnist:test", data_dir=root).labels, labels[6:])
    np.testing.assert_array_equal(load("mnist:train[2:4]", data_dir=str(root)).labels, labels[2:4])


def test_data_folder_comes_from_the_environment(mnist, monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROSIM_DATA", str(mnist[0]))
    assert len(load("mnist:test")) == 4
    with pytest.raises(FileError):  # an argument comes first
        load("mnist:test", data_dir=tmp_path / "elsewhere")


def test_missing_files_are_named(mnist, monkeypatch):
    root = mnist[0]
    (root / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileError) as raised:
        load("mnist", data_dir=root)
    assert message(raised) == (
        f"data 'mnist': files are missing: put t10k-labels-idx1-ubyte.gz into {root / 'mnist'}"
    )
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    with pytest.raises(FileError) as raised:
        load("mnist:test")
    assert message(raised) == (
        "data 'mnist': no data folder is named: put t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz "
        "into FOLDER/mnist and give FOLDER as data_dir (--data-dir) or NEUROSIM_DATA"
    )


def zipped(content):
    """Compress without the time, so that every process collects tests of the same names."""
    return gzip.compress(content, mtime=0)


GOOD_IMAGES = idx(np.zeros((4, 5, 4), np.uint8))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            zipped(idx(np.zeros(4, np.uint8)) + bytes(100)),
            "magic number: found 0x00000801, expected 0x00000803 (unsigned bytes, 3 dimensions)",
        ),
        (
            zipped(GOOD_IMAGES[:-1]),
            "data: found 79 bytes, expected 80 bytes for the declared shape (4, 5, 4)",
        ),
        (
            zipped(GOOD_IMAGES + b"x"),
            "data: found further bytes, expected 80 bytes for the declared shape (4, 5, 4)",
        ),
        (
            zipped(struct.pack(">4I", 0x0803, 2**31, 28, 28)),
            "declared shape: found (2147483648, 28, 28), expected 1 to 2147483648 values",
        ),
        (
            zipped(struct.pack(">4I", 0x0803, 0, 28, 28)),
            "declared shape: found (0, 28, 28), expected 1 to 2147483648 values",
        ),
        (b"", "file: found 0 bytes, expected a file with contents"),
        (
            zipped(GOOD_IMAGES)[:-9],
            "contents: found EOFError: Compressed file ended before the end-of-stream marker was reached, "
            "expected an intact gzip file",
        ),
        (GOOD_IMAGES, None),
    ],
)
def test_damaged_idx_is_refused(mnist, content, expected):
    path = mnist[0] / "mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(FileError) as raised:
        load("mnist:test", data_dir=mnist[0])
    text = message(raised)
    assert text.startswith(f"{path}: ")
    assert expected is None or text == f"{path}: {expected}"


def test_idx_label_count_must_fit(mnist):
    path = mnist[0] / "mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(idx(np.zeros(3, np.uint8))))
    with pytest.raises(FileError) as raised:
        load("mnist:test", data_dir=mnist[0])
    assert (
        message(raised) == f"{path}: labels: found 3, expected 4, one for each of t10k-images-idx3-ubyte.gz"
    )


# ---- CIFAR-10


def test_cifar_reads_all_batches_in_order(cifar):
    root, records = cifar
    whole = load("cifar10", data_dir=root)
    expected = records[:, 1:].reshape(9, 3, 32, 32).astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(whole.images, expected)
    np.testing.assert_array_equal(whole.labels, records[:, 0])
    assert (whole.classes[0], whole.classes[9]) == ("airplane", "truck")
    np.testing.assert_array_equal(load("cifar10:test[1:]", data_dir=root).labels, records[6:, 0])


def test_cifar_pickles_are_not_opened(tmp_path):
    (tmp_path / "cifar10").mkdir()
    path = tmp_path / "cifar10" / "test_batch"
    path.write_bytes(pickle.dumps({"data": 1}))
    with pytest.raises(FileError) as raised:
        load("cifar10:test", data_dir=tmp_path)
    assert message(raised) == (
        f"{path}: pickled batches are not read: get the binary version, cifar-10-binary.tar.gz"
    )


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "test_batch.bin",
            bytes(CIFAR_RECORD - 1),
            "size: found 3072 bytes, expected a multiple of 3073 bytes (label, 3 x 32 x 32 pixels), "
            "at most 184380000",
        ),
        ("test_batch.bin", bytes([10]) + bytes(3072), "label: found 10, expected 0 to 9"),
        ("test_batch.bin.xz", lzma.compress(bytes(CIFAR_RECORD))[:-20], None),
        ("test_batch.bin.xz", bytes(CIFAR_RECORD), None),
    ],
)
def test_damaged_cifar_is_refused(tmp_path, name, content, expected):
    path = tmp_path / "cifar10" / name
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(FileError) as raised:
        load("cifar10:test", data_dir=tmp_path)
    text = message(raised)
    assert text == f"{path}: {expected}" if expected else text.startswith(f"{path}: contents: ")


def test_missing_cifar_is_named(tmp_path):
    with pytest.raises(FileError) as raised:
        load("cifar10:train", data_dir=tmp_path)
    assert message(raised) == (
        f"data 'cifar10': files are missing: put data_batch_*.bin (or .bin.xz) into {tmp_path / 'cifar10'}"
    )


# ---- folders


def test_folder_sorts_classes_and_files(folder):
    root, first = folder
    data = load(f"folder:{root}")
    assert data.classes == ("ant", "zebra")
    assert data.labels.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(
        data.images[0], first.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    )
    np.testing.assert_array_equal(data.images[0], data.images[2])


def test_folder_split_is_a_folder_and_jpeg_is_read(tmp_path):
    (tmp_path / "test" / "a").mkdir(parents=True)
    Image.new("L", (6, 5), 200).save(tmp_path / "test" / "a" / "x.JPG")
    data = load(f"folder:{tmp_path}:test[:1]")
    assert data.images.shape == (1, 1, 5, 6)
    np.testing.assert_allclose(data.images, 200 / 255, atol=1 / 255)


def test_folder_sizes_must_agree_unless_resized(folder):
    root, _ = folder
    Image.new("RGB", (7, 9), (255, 255, 255)).save(root / "zebra" / "9.png")
    with pytest.raises(FileError) as raised:
        load(f"folder:{root}")
    assert message(raised) == (
        f"{root / 'zebra' / '9.png'}: image (C, H, W): found (3, 9, 7), expected (3, 4, 3) as 0.png "
        "(images of several sizes: ask for resize)"
    )
    data = load(f"folder:{root}", resize=True)
    assert data.images.shape == (4, 3, 4, 3)
    assert (data.images[3] == 1).all()


def test_folder_refuses_other_pixels(folder):
    path = folder[0] / "ant" / "0.png"
    Image.new("RGBA", (3, 4)).save(path)
    with pytest.raises(FileError) as raised:
        load(f"folder:{folder[0]}")
    assert message(raised) == (
        f"{path}: image: found mode RGBA, expected 8-bit grey (L) or RGB: convert it first"
    )


def png_header(width, height):
    """A PNG that declares a size and has no data: a decompression bomb in little."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize(
    "content",
    [png_header(60_000, 60_000), png_header(10_000, 10_000), png_header(4, 4), b"GIF89a" + bytes(20)],
)
def test_folder_refuses_bombs_and_damage(folder, content):
    path = folder[0] / "ant" / "0.png"
    path.write_bytes(content)
    with pytest.raises(FileError) as raised:
        load(f"folder:{folder[0]}")
    assert message(raised).startswith(f"{path}: contents: found ")
    assert message(raised).endswith("expected an intact PNG or JPEG file")


def test_folder_without_classes_or_images(tmp_path):
    layout = "expected PATH/<class>/*.png|jpg"
    with pytest.raises(FileError) as raised:
        load(f"folder:{tmp_path / 'no'}")
    assert message(raised) == f"{tmp_path / 'no'}: found no such folder, {layout}"
    with pytest.raises(FileError) as raised:
        load(f"folder:{tmp_path}")
    assert message(raised) == f"{tmp_path}: found no class folders in it, {layout}"
    (tmp_path / "a").mkdir()
    with pytest.raises(FileError) as raised:
        load(f"folder:{tmp_path}")
    assert message(raised) == f"{tmp_path / 'a'}: found no image in this class, expected *.png or *.jpg"


# ---- npz


IMAGES = GENERATOR.integers(0, 256, (3, 2, 4, 5), dtype=np.uint8)
LABELS = np.array([0, 2, 1])


def test_npz_of_bytes_and_of_floats_agree(tmp_path):
    np.savez(tmp_path / "bytes.npz", images=IMAGES, labels=LABELS)
    np.savez_compressed(
        tmp_path / "floats.npz", images=IMAGES.astype(np.float32) / np.float32(255), labels=LABELS
    )
    one, two = load(f"npz:{tmp_path}/bytes.npz"), load(f"npz:{tmp_path}/floats.npz")
    np.testing.assert_array_equal(one.images, two.images)
    assert one.labels.tolist() == two.labels.tolist() == [0, 2, 1]
    assert one.classes == ("0", "1", "2")
    assert load(f"npz:{tmp_path}/bytes.npz[1:]").labels.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"images": IMAGES}, "members: found images, expected images and labels"),
        (
            {"images": IMAGES, "labels": LABELS, "extra": LABELS},
            "members: found extra, images, labels, expected images and labels",
        ),
        (
            {"images": IMAGES[:, 0], "labels": LABELS},
            "images: found uint8 (3, 4, 5), expected uint8 or float32 (N, C, H, W)",
        ),
        (
            {"images": IMAGES.astype(np.float64), "labels": LABELS},
            "images: found float64 (3, 2, 4, 5), expected uint8 or float32 (N, C, H, W)",
        ),
        (
            {"images": IMAGES.astype(np.float32), "labels": LABELS},
            f"images: found pixels from {IMAGES.min()}.0 to {IMAGES.max()}.0, "
            "expected float32 pixels in [0, 1]",
        ),
        (
            {"images": np.full((3, 1, 1, 1), np.nan, np.float32), "labels": LABELS},
            "images: found pixels from nan to nan, expected float32 pixels in [0, 1]",
        ),
        (
            {"images": IMAGES, "labels": LABELS[:2]},
            "labels: found int64 (2,), expected integers (3,), one an image",
        ),
        (
            {"images": IMAGES, "labels": LABELS.astype(float)},
            "labels: found float64 (3,), expected integers (3,), one an image",
        ),
        ({"images": IMAGES, "labels": -LABELS}, "labels: found -2 to 0, expected 0 to 99999"),
    ],
)
def test_npz_refuses(tmp_path, arrays, expected):
    path = tmp_path / "x.npz"
    np.savez(path, **arrays)
    with pytest.raises(FileError) as raised:
        load(f"npz:{path}")
    assert message(raised) == f"{path}: {expected}"


def test_npz_has_no_split(tmp_path):
    with pytest.raises(InputError) as raised:
        load(f"npz:{tmp_path}/x.npz:test")
    assert message(raised) == (
        f"data 'npz:{tmp_path}/x.npz:test': an npz file has no :test split: leave it out"
    )


# ---- the real files


@pytest.mark.parametrize(
    ("name", "count"), [("mnist:train", 60_000), ("mnist:test", 10_000), ("cifar10:test", 10_000)]
)
def test_published_sets_have_their_size(data_dir, name, count):
    data = load(name, data_dir=data_dir)
    assert len(data) == count
    assert set(data.labels.tolist()) == set(range(10))
    assert data.images.max() == 1
