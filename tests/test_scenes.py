"""Hyperspectral scenes: what they are, their files, maps of their bands, splits and patches."""

import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from neurosim.datasets import (
    Patches,
    Scene,
    disjoint,
    principal_components,
    read_scene,
    standardisation,
    stratified,
)
from neurosim.errors import FileError, InputError

GENERATOR = np.random.default_rng(0)
CLASSES = ("oats", "corn", "woods")


def scene(height=12, width=9, bands=6, **changes):
    """Random spectra; the first two rows are background, one pixel is oats."""
    labels = np.repeat([[2], [3]], [height // 2, height - height // 2], axis=0) * np.ones(width, np.int64)
    labels[:2], labels[-1, -1] = 0, 1
    cube = np.random.default_rng(1).normal(5, 2, (height, width, bands))
    return Scene(**({"name": "farm", "cube": cube, "labels": labels, "classes": CLASSES} | changes))


def message(raised):
    """The text of an error, which must be one line."""
    text = str(raised.value)
    assert "\n" not in text
    return text


# ---- the scene


def test_a_scene_counts_its_pixels():
    farm = scene()
    assert (farm.bands, farm.counts.tolist()) == (6, [1, 36, 53])
    assert farm.labelled[0] == 2 * 9
    assert len(farm.labelled) == 90
    np.testing.assert_array_equal(farm.spectra(np.array([20])), farm.cube[2, 2][None])
    np.testing.assert_array_equal(farm.targets(np.array([107, 20, 100])), [0, 1, 2])


def changed(array, index, value):
    array = array.copy()
    array[index] = value
    return array


REFUSALS = {
    "two dimensions": (
        {"cube": np.zeros((12, 9))},
        "cube: found float64 (12, 9), expected real numbers (H, W, bands), none of them 0",
    ),
    "another size": (
        {"labels": np.ones((9, 12), int)},
        "labels: found int64 (9, 12), expected integers (12, 9) as the cube",
    ),
    "NaN": (
        {"cube": changed(scene().cube, (..., slice(2, 4)), np.nan)},
        "cube: found NaN or infinity in 2 of 6 bands, first in band 2, "
        "expected finite numbers: leave those bands out",
    ),
    "a label too many": (
        {"labels": changed(scene().labels, (0, 0), 4)},
        "labels: found 0 to 4, expected 0 (background) to 3, one of the classes",
    ),
    "a label below 0": (
        {"labels": changed(scene().labels, (0, 0), -1)},
        "labels: found -1 to 3, expected 0 (background) to 3, one of the classes",
    ),
    "an empty class": (
        {"labels": changed(scene().labels, (-1, -1), 0)},
        "classes: found no pixel of 'oats', expected a pixel of each: leave out, renumber labels",
    ),
    "no labels": (
        {"labels": np.zeros((12, 9), int), "classes": tuple("abcde")},
        "classes: found no pixel of 'a', 'b', 'c' and 2 others, "
        "expected a pixel of each: leave out, renumber labels",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_scene_refuses(case):
    changes, expected = REFUSALS[case]
    with pytest.raises(InputError) as raised:
        scene(**changes)
    assert message(raised) == f"scene 'farm': {expected}"


# ---- files


def test_scenes_from_files(tmp_path):
    farm = scene()
    scipy.io.savemat(tmp_path / "farm.mat", {"farm": farm.cube})
    scipy.io.savemat(tmp_path / "farm_gt.mat", {"gt": farm.labels.astype(float)})
    found = read_scene(tmp_path / "farm.mat", tmp_path / "farm_gt.mat", classes=CLASSES)
    assert (found.name, found.classes, found.labels.dtype) == ("farm", CLASSES, np.int64)
    np.testing.assert_array_equal(found.cube, farm.cube)
    np.testing.assert_array_equal(found.labels, farm.labels)

    scipy.io.savemat(tmp_path / "both.mat", {"farm": farm.cube, "gt": farm.labels})
    found = read_scene(tmp_path / "both.mat", tmp_path / "both.mat", cube_variable="farm")
    assert found.classes == ("1", "2", "3")

    header = "ENVI\nsamples = 9\nlines = 12\nbands = 1\ndata type = 1\ninterleave = bsq\nbyte order = 0\n"
    (tmp_path / "gt.hdr").write_text(header)
    (tmp_path / "gt.img").write_bytes(farm.labels.astype("u1").tobytes())
    found = read_scene(tmp_path / "farm.mat", tmp_path / "gt.hdr")
    np.testing.assert_array_equal(found.labels, farm.labels)


def test_files_that_make_no_scene(tmp_path):
    cube, labels = tmp_path / "farm.mat", tmp_path / "gt.mat"
    scipy.io.savemat(cube, {"farm": scene().cube})

    def refusal(marks, **settings):
        scipy.io.savemat(labels, {"gt": marks})
        with pytest.raises((FileError, InputError)) as raised:
            read_scene(cube, settings.pop("labels", labels), **settings)
        return message(raised)

    found = "scene 'farm': labels: found int64 (1, 2), expected integers (12, 9) as the cube"
    assert refusal(np.ones((1, 2))) == f"{cube}, {labels}: {found}"
    whole = "expected whole numbers from 0 to 1000"
    assert refusal(np.full((12, 9), 0.5)) == f"{labels}: labels: found values from 0.5 to 0.5, {whole}"
    assert refusal(np.full((12, 9), 1e9)) == f"{labels}: labels: found values from 1e+09 to 1e+09, {whole}"
    assert refusal(np.full((12, 9), np.nan)) == f"{labels}: labels: found values from nan to nan, {whole}"
    other = tmp_path / "gt.tif"
    expected = f"{other}: name: found '.tif', expected the ending .mat (MATLAB) or .hdr (ENVI)"
    assert refusal(np.ones((12, 9)), labels=other) == expected
    header = tmp_path / "gt.hdr"
    expected = f"read_scene: {header} has no variables: leave 'gt' out"
    assert refusal(np.ones((12, 9)), labels=header, labels_variable="gt") == expected
    (tmp_path / "gt.hdr").write_text(
        "ENVI\nsamples = 1\nlines = 1\nbands = 2\ndata type = 1\ninterleave = bsq\nbyte order = 0\n"
    )
    (tmp_path / "gt.img").write_bytes(bytes(2))
    expected = f"{header}: labels: found shape (1, 1, 2), expected (H, W), or one band"
    assert refusal(np.ones((12, 9)), labels=header) == expected


# ---- maps of bands


def test_standardisation_is_fitted_on_its_pixels_only():
    farm = scene()
    train = farm.labelled[::3]
    mapped = standardisation(farm, train)(farm)
    assert mapped.cube.dtype == np.float32
    np.testing.assert_allclose(mapped.spectra(train).mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(mapped.spectra(train).std(axis=0), 1, rtol=1e-6)
    others = np.setdiff1d(np.arange(farm.labels.size), train)
    elsewhere = changed(farm.cube.reshape(-1, 6), others, 1e6).reshape(farm.cube.shape)
    again = standardisation(scene(cube=elsewhere), train)
    np.testing.assert_array_equal(again(farm).cube, mapped.cube)
    flat = scene(cube=changed(farm.cube, (..., 1), 7.0))
    assert not standardisation(flat, train)(flat).cube[..., 1].any()


@pytest.mark.parametrize("whiten", [True, False])
def test_principal_components_are_those_of_scikit_learn(whiten):
    farm = scene()
    train = farm.labelled[::3]
    mapped = principal_components(farm, train, 4, whiten=whiten)(farm)
    oracle = PCA(4, whiten=whiten, svd_solver="full").fit(farm.spectra(train))
    expected = oracle.transform(farm.cube.reshape(-1, 6)).reshape(12, 9, 4)
    np.testing.assert_allclose(mapped.cube, expected, rtol=1e-5, atol=1e-5)
    covariance = np.cov(mapped.spectra(train).T)
    np.testing.assert_allclose(covariance[~np.eye(4, dtype=bool)], 0, atol=1e-5)


def test_maps_refuse():
    farm = scene()
    with pytest.raises(InputError) as raised:
        principal_components(farm, farm.labelled[:4], 5)
    assert message(raised) == "principal_components: count is 5: the spectra of 4 pixels have 1 to 3"
    with pytest.raises(InputError) as raised:
        standardisation(farm, farm.labelled)(scene(bands=3))
    assert message(raised) == "BandMap of 6 bands: scene 'farm' has 3"
    cases = {
        "pixels is float64 (1,): give int64 (N,), N at least 1": np.array([20.0]),
        "pixels holds background or lies outside: choose among scene.labelled": np.array([0]),
        "pixels holds a pixel twice: give every one once": np.array([20, 20]),
    }
    for expected, pixels in cases.items():
        with pytest.raises(InputError) as raised:
            standardisation(farm, pixels)
        assert message(raised) == f"standardisation: {expected}"
    with pytest.raises(InputError, match="lies outside"):
        Patches(farm, np.array([108]), 3)


# ---- splits


@given(st.floats(0.01, 0.99) | st.integers(1, 60), st.integers(0, 3))
def test_stratified_splits_part_every_class(train, seed):
    farm = scene()
    split = stratified(farm, train, seed=seed)
    np.testing.assert_array_equal(np.sort(np.concatenate(split)), farm.labelled)
    trained, tested = (np.bincount(farm.targets(part), minlength=3) for part in split)
    assert (trained[0], tested[0]) == (1, 0)  # the only pixel of oats
    for count, mine, others in zip((36, 53), trained[1:], tested[1:], strict=True):
        wanted = train if isinstance(train, int) else round(train * count)
        assert mine == max(1, min(wanted, count - 1))
        assert others >= 1
    np.testing.assert_array_equal(split.train, stratified(farm, train, seed=seed).train)


def test_seeds_give_other_splits():
    first, second = (stratified(scene(), 0.5, seed=seed).train for seed in (0, 1))
    assert set(first) != set(second)


@pytest.mark.parametrize(("patch", "block", "seed"), [(1, 4, 0), (3, 4, 1), (3, 6, 2), (5, 6, 3), (5, 9, 4)])
def test_no_patch_of_a_disjoint_split_shares_a_pixel_with_the_other_side(seed, patch, block):
    farm = scene(24, 20)
    split = disjoint(farm, 0.5, patch=patch, block=block, seed=seed)
    seen = []
    for part in split:
        mask = np.pad(np.zeros((24, 20), int), patch // 2)
        for row, column in zip(*np.divmod(part, 20), strict=True):
            mask[row : row + patch, column : column + patch] = 1
        seen.append(mask)
    inside = (slice(patch // 2, 24 + patch // 2), slice(patch // 2, 20 + patch // 2))
    assert not (seen[0] & seen[1])[inside].any()
    assert np.isin(np.concatenate(split), farm.labelled).all()
    np.testing.assert_array_equal(split.test, disjoint(farm, 0.5, patch=patch, block=block, seed=seed).test)


def test_disjoint_without_patches_loses_no_pixel():
    split = disjoint(scene(), 0.5, patch=1, block=3, seed=0)
    np.testing.assert_array_equal(np.sort(np.concatenate(split)), scene().labelled)


def test_splits_refuse():
    cases = {
        "stratified: train is 1.0: give a share in (0, 1), or pixels of each class": (stratified, 1.0, {}),
        "stratified: train is 0: give a share in (0, 1), or pixels of each class": (stratified, 0, {}),
        "stratified: train is True: give a share in (0, 1), or pixels of each class": (stratified, True, {}),
        "disjoint: train is 3: give a share in (0, 1)": (disjoint, 3, {"patch": 3, "block": 4}),
        "disjoint: patch is 4, block 4: give an odd side, and one of at least 1": (
            disjoint,
            0.5,
            {"patch": 4, "block": 4},
        ),
        "disjoint: blocks of 12 pixels leave one side without pixels: give another block": (
            disjoint,
            0.5,
            {"patch": 3, "block": 12},
        ),
    }
    for expected, (split, train, settings) in cases.items():
        with pytest.raises(InputError) as raised:
            split(scene(), train, seed=0, **settings)
        assert message(raised) == expected
    with pytest.raises(InputError, match=r"^stratified: seed is -1: give a whole number in \[0, 2\*\*64\)$"):
        stratified(scene(), 0.3, seed=-1)


# ---- patches


@pytest.mark.parametrize("size", [1, 3, 5])
def test_patches_are_the_padded_cube_around_each_pixel(size):
    farm, half = scene(), size // 2
    pixels = np.array([107, 20, 18, 60])
    patches = Patches(farm, pixels, size, volume=False)
    padded = np.pad(farm.cube.astype(np.float32), ((half, half), (half, half), (0, 0)))
    whole = patches[:]
    assert whole.images.shape == patches.images.shape == (4, 6, size, size)
    for image, pixel in zip(whole.images, pixels, strict=True):
        row, column = divmod(pixel, 9)
        np.testing.assert_array_equal(
            image, padded[row : row + size, column : column + size].transpose(2, 0, 1)
        )
        np.testing.assert_array_equal(image[:, half, half], farm.cube[row, column].astype(np.float32))
    assert whole.labels.tolist() == [0, 1, 1, 2]
    assert (whole.classes, whole.name) == (CLASSES, "farm")
    volumes = Patches(farm, pixels, size)
    np.testing.assert_array_equal(volumes.images[np.array([2, 0])], whole.images[[2, 0], None])


def test_patches_come_in_chunks_and_take_no_memory():
    large = scene(200, 200, 6)
    patches = Patches(large, large.labelled, 25)
    assert patches.images.shape == (39_600, 1, 6, 25, 25)  # 0.6 GB
    chunks = patches.chunks(5000)
    first = next(chunks)
    assert first.images.shape == (5000, 1, 6, 25, 25)
    np.testing.assert_array_equal(first.labels, patches.labels[:5000])
    assert [len(chunk) for chunk in Patches(scene(), scene().labelled, 3).chunks(40)] == [40, 40, 10]


def test_patches_refuse_even_sizes():
    with pytest.raises(InputError) as raised:
        Patches(scene(), scene().labelled, 4)
    assert message(raised) == "Patches: size is 4: give an odd one, so that the pixel is in the middle"
