"""Figures: exact sizes, the same bytes every time, and texts that say what is shown."""

import os
import re
import subprocess
import sys
import zlib
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from recorded import accumulating, chunk, header

import neurosim
from neurosim.errors import FileError, InputError, NotRecorded
from neurosim.plotting import (
    PRESETS,
    accuracy_over_time,
    conversion_error,
    drawn,
    panels,
    plate,
    raster,
    save,
    style,
)
from neurosim.plotting.fonts import FONT
from neurosim.recording import Recording
from neurosim.spikes import Spikes

WIDTHS = {
    "nature-single": 89.0,
    "nature-double": 183.0,
    "ieee-single": 88.9,
    "ieee-double": 181.0,
    "slides": 254.0,
}


@pytest.fixture
def ax():
    with matplotlib.rc_context(style("nature-single")):
        yield Figure().subplots()


def spikes(shape=(4, 2, 2), steps=8, share=0.2, images=2):
    random = np.random.default_rng(1)
    return Spikes.from_dense((random.random((images, steps, *shape)) < share).astype(int), 1e-3)


def texts(ax):
    return [ax.get_xlabel(), ax.get_ylabel(), *(label.get_text() for label in ax.get_yticklabels())]


def dots(ax):
    return [dots.get_offsets() for dots in ax.collections]


# ---- style and files


@pytest.mark.parametrize("preset", PRESETS)
def test_width_on_paper_is_exact(preset, tmp_path):
    with matplotlib.rc_context(style(preset, height=60)):
        figure = Figure()
        raster(figure.subplots(), {"a": spikes()})
    pdf, png, _ = save(figure, tmp_path / "plate")  # after the style has ended
    box = re.search(rb"/MediaBox \[([\d. ]+)\]", pdf.read_bytes())[1].split()
    assert [float(x) for x in box] == pytest.approx(
        [0, 0, WIDTHS[preset] / 25.4 * 72, 60 / 25.4 * 72], abs=1e-3
    )
    columns = int.from_bytes(png.read_bytes()[16:20], "big")
    assert columns == int(WIDTHS[preset] / 25.4 * PRESETS[preset].dpi)


def test_refused_looks():
    with pytest.raises(InputError, match="preset is 'science'; give one of nature-single, nature-double, "):
        style("science")
    with pytest.raises(InputError, match="height is 171 mm; nature-single has room for 170"):
        style("nature-single", height=171)
    for preset, least in (("nature-single", 23), ("ieee-double", 29), ("slides", 58)):
        style(preset, height=least)
        for height in (-1, 3, least - 1):
            with pytest.raises(InputError) as raised:
                style(preset, height)
            assert str(raised.value) == (
                f"style: height is {height} mm; the text of {preset} needs {least} mm"
            )


def test_the_font_is_ours_even_where_another_of_its_name_is_installed():
    style("slides")
    found = {weight: font_manager.findfont(f"{FONT}:{weight}") for weight in ("regular", "bold", "italic")}
    folder = Path(neurosim.__file__).parent / "data" / "fonts"
    assert set(map(Path, found.values())) == set(folder.glob("*.ttf"))
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text()


DRAW = """
import matplotlib, numpy as np
from matplotlib.figure import Figure
from neurosim.plotting import accuracy_over_time, conversion_error, raster, save, style
from neurosim.spikes import Spikes
with matplotlib.rc_context(style("nature-double")):
    figure = Figure()
    one, two, three = figure.subplots(1, 3)
    raster(one, {"a": Spikes.from_dense(np.eye(8, dtype=int)[None], 1e-3)})
    conversion_error(two, ["a", "b"], [0.1, 0.2])
    accuracy_over_time(three, {"K = 4": [0.5, 0.6]}, 0.7)
    save(figure, "plate")
    save(figure, "plate.svg", data=False)
"""


NAMES = ("plate.pdf", "plate.png", "plate.svg", "plate_a.csv", "plate_b.csv", "plate_c.csv")


def test_bytes_are_the_same_in_every_process(tmp_path):
    contents = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = os.environ | {"PYTHONHASHSEED": seed, "HOME": str(tmp_path), "MPLBACKEND": "agg"}
        subprocess.run([sys.executable, "-c", DRAW], cwd=folder, env=environment, check=True)
        contents.append([(folder / name).read_bytes() for name in NAMES])
    assert contents[0] == contents[1]


def test_pdf_keeps_text_as_truetype_and_names_the_font(ax, tmp_path):
    conversion_error(ax, ["a"], [0.5])
    pdf, png, _ = save(ax.figure, tmp_path / "plate")
    contents = pdf.read_bytes()
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", contents, re.S)
    unpacked = b"".join(zlib.decompress(s) if s[:1] == b"x" else s for s in streams) + contents
    assert b"/FontFile2" in unpacked
    assert b"/Type3" not in unpacked
    assert f"font: {FONT}".encode() in contents
    assert f"font: {FONT}".encode() in png.read_bytes()
    assert b"CreationDate" not in contents


def test_files_are_whole_or_absent(ax, tmp_path):
    with pytest.raises(FileError, match="found no folder"):
        save(ax.figure, tmp_path / "absent" / "plate")
    assert list(tmp_path.iterdir()) == []


# ---- raster


def test_every_spike_is_a_dot_in_its_step_and_band(ax):
    layers = {"conv": spikes(), "fc": spikes((3,), share=0.5)}
    assert raster(ax, layers, images=1) is ax
    for band, (found, of_layer) in enumerate(zip(dots(ax), layers.values(), strict=True)):
        shown = of_layer.select([1])
        np.testing.assert_array_equal(np.floor(found[:, 0]), shown.step)  # steps of 1 ms
        assert (np.abs(found[:, 1] - band) < 0.5).all()
        order = np.argsort(np.unique(found[:, 1]))
        assert len(order) == len(np.unique(shown.neuron))
    assert texts(ax) == ["Time (ms), in steps of 1 ms", "Layer (neurons)", "conv (16)", "fc (3)"]


def test_dense_rasters_say_what_share_is_shown(ax, monkeypatch):
    monkeypatch.setattr("neurosim.plotting.rasters.MOST_DOTS", 100)
    layers = {"a": spikes((50, 50), 8, 0.5), "b": spikes((50, 10), 8, 0.5)}
    raster(ax, layers)
    total = sum(len(s.select([0])) for s in layers.values())
    assert f"\n{100 * 100 / total:.3g}% of {total:,} spikes shown" in ax.get_xlabel()
    assert sum(map(len, dots(ax))) == pytest.approx(100, abs=40)
    again = Figure().subplots()
    raster(again, layers)
    assert all(np.array_equal(a, b) for a, b in zip(dots(ax), dots(again), strict=True))


def test_a_silent_layer_says_so(ax):
    raster(ax, {"dead": spikes(share=0.0), "alive": spikes()})
    assert "dead (16, silent)" in texts(ax)


def test_a_recording_shows_the_layers_whose_spikes_it_kept(ax):
    recording = Recording.write(None, header("spikes"), [chunk(3)])
    raster(ax, recording, images=2)
    assert [text.partition(" ")[0] for text in texts(ax)[2:]] == ["input", "conv"]  # fc accumulates
    kept = [row for row in drawn(ax) if row["layer"] == "conv"]
    assert len(kept) == recording.totals("conv")[2]
    assert sum(map(len, dots(ax))) == len(drawn(ax))


def test_rasters_that_cannot_be(ax):
    totals = Recording.write(None, header("totals"), [chunk(3)])
    with pytest.raises(NotRecorded, match="run with record="):
        raster(ax, totals)
    with pytest.raises(InputError) as raised:
        raster(ax, totals, layers=["conv", "conv"])
    assert str(raised.value) == "raster: a layer is named twice: conv, conv; name each once"
    with pytest.raises(InputError) as raised:
        raster(ax, accumulating(None))
    assert str(raised.value) == "raster: all layers accumulate and never spike: fc"
    with pytest.raises(InputError, match="there are no layers"):
        raster(ax, {})
    with pytest.raises(InputError, match=r"choose among 0\.\.1"):
        raster(ax, {"a": spikes()}, images=2)
    with pytest.raises(InputError, match="source is a list; give a Recording or a dict of Spikes"):
        raster(ax, [spikes()])


# ---- curves


def test_conversion_error_draws_the_first_layer_on_top(ax):
    assert conversion_error(ax, ["stem", "fc"], [0.25, 0.5]) is ax
    assert [bar.get_width() for bar in ax.patches] == [0.25, 0.5]
    tops = [ax.transData.transform((0, bar.get_y()))[1] for bar in ax.patches]
    assert tops[0] > tops[1]
    assert texts(ax) == ["Conversion error (relative)", "Layer", "stem", "fc"]


def test_names_of_many_layers_do_not_overlap(ax):
    conversion_error(ax, [f"layer{i}" for i in range(200)], np.ones(200))
    ax.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    assert len(boxes) > 5
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_accuracy_is_in_percent_of_every_step(ax):
    assert accuracy_over_time(ax, {"K = 4": [0.5, 0.75], "K = 8": [0.6, 0.9]}, 0.917) is ax
    assert np.column_stack(ax.lines[0].get_data()).tolist() == [[1, 50], [2, 75]]
    assert ax.lines[2].get_ydata()[0] == pytest.approx(91.7)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "K = 4",
        "K = 8",
        "Before conversion",
    ]
    assert texts(ax)[:2] == ["Time (steps)", "Accuracy (%)"]


def test_no_tick_is_above_a_hundred_percent(ax):
    accuracy_over_time(ax, {"K = 4": [1.0, 1.0, 1.0]})
    ax.figure.draw_without_rendering()
    assert max(ax.get_yticks()) == 100


def test_curves_that_cannot_be(ax):
    for layers, errors in ((["a"], [1, 2]), ([], []), (["a"], 1.0)):
        with pytest.raises(InputError, match="give one for each"):
            conversion_error(ax, layers, errors)
    for error in (-0.1, np.inf):
        with pytest.raises(InputError) as raised:
            conversion_error(ax, ["a"], [error])
        assert str(raised.value) == (
            "conversion_error: an error is negative or infinite; give 0 or more, or NaN"
        )
    for reference in (70, -0.1, np.nan):
        with pytest.raises(InputError) as raised:
            accuracy_over_time(ax, {"x": [0.5]}, reference)
        assert str(raised.value) == (
            f"accuracy_over_time: reference is {reference}; give a share between 0 and 1"
        )
    with pytest.raises(InputError, match="curves is empty"):
        accuracy_over_time(ax, {})
    for shares in ([50.0], [], [[0.5]], [np.nan]):
        with pytest.raises(InputError, match="'x' must be a row of shares between 0 and 1"):
            accuracy_over_time(ax, {"x": shares})


def test_no_figure_stays_behind(ax):
    raster(ax, {"a": spikes()})
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_a_plate_is_drawn_under_its_style_and_saved(tmp_path):
    pdf, png, table = plate(
        tmp_path / "bars", lambda ax: conversion_error(ax, ["a"], [0.5]), "ieee-double", 50
    )
    width, height = (int.from_bytes(png.read_bytes()[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == pytest.approx((181 / 25.4 * 600, 50 / 25.4 * 600), abs=1)
    assert pdf.read_bytes().startswith(b"%PDF")
    assert table.read_text() == "layer,error\na,0.5\n"


def test_panels_are_lettered_row_by_row(tmp_path):
    seen = []
    draws = [lambda ax: seen.append(ax)] * 3
    pdf, png = panels(tmp_path / "several", draws, columns=2, height=60)
    assert (pdf.name, png.name) == ("several.pdf", "several.png")
    assert [ax.get_title(loc="left") for ax in seen] == ["a", "b", "c"]
    (left, bottom), (right, top), (below, lowest) = (ax.get_position().min for ax in seen)
    assert left == below < right
    assert bottom == top > lowest
    assert seen[0].figure.get_size_inches()[0] == pytest.approx(183 / 25.4)


@pytest.mark.parametrize(("count", "columns"), [(0, 2), (27, 2), (1, 0)])
def test_panels_that_cannot_be(count, columns, tmp_path):
    with pytest.raises(InputError) as raised:
        panels(tmp_path / "none", [lambda ax: None] * count, columns)
    expected = f"panels: {count} panels in {columns} columns; give 1 to 26 of them, and a column"
    assert str(raised.value) == expected
