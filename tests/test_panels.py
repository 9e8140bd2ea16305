"""Panels: each draws what its data say, keeps them as a table, and refuses what it cannot draw."""

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from recorded import DT, STEPS, chunk, header

from neurosim import IF, Accumulate, Conv, Identity, Input, Layer, Linear, Network, Projection
from neurosim.errors import InputError, NotRecorded
from neurosim.plotting import (
    FILLS,
    classification_map,
    confusion,
    correlation,
    drawn,
    energy,
    error_budget,
    isi,
    latency,
    network,
    psth,
    raster,
    rate_map,
    similarity,
    style,
    trace,
)
from neurosim.recording import Recording
from neurosim.spikes import Spikes


@pytest.fixture
def ax():
    with matplotlib.rc_context(style("nature-single")):
        yield Figure(layout="constrained").subplots()


def trains(*rows, dt=1e-3):
    """One image; each row is a neuron, a strength a step."""
    return Spikes.from_dense(np.array(rows).T[None], dt)


def recording():
    return Recording.write(None, header("spikes"), [chunk(3)])


def refused(message, call, *args, **options):
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    assert str(caught.value) == message


# ---- rasters of several images, strengths and signs


def test_windows_follow_each_other_with_the_numbers_of_their_images(ax):
    raster(ax, recording(), images=[2, 0], layers=["conv"])
    rows = drawn(ax)
    assert {row["image"] for row in rows} == {2, 0}
    assert len(rows) == recording().totals("conv")[[2, 0]].sum()
    assert ax.get_xlim() == (0, 2 * STEPS * 1e3 * DT)
    assert [line.get_xdata()[0] for line in ax.lines] == [STEPS * 1e3 * DT]
    (above,) = ax.child_axes
    assert [label.get_text() for label in above.get_xticklabels()] == ["image 2", "image 0"]


def test_stronger_spikes_are_larger_and_negative_ones_black(ax):
    raster(ax, {"a": trains([1, 0, 4, 0], [0, -4, 0, 2])})
    positive, negative = ax.collections
    assert [to_rgb(dots.get_facecolor()[0]) == (0, 0, 0) for dots in (positive, negative)] == [False, True]
    diameters = np.sqrt(positive.get_sizes())  # of strengths 1, 4, 2
    np.testing.assert_allclose(diameters / diameters[0], [1, 2, 1 + 1 / 3])
    assert np.sqrt(negative.get_sizes()) == pytest.approx(diameters[1])
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == ["strength 1", "strength 4", "negative"]


def test_spikes_of_strength_one_need_no_legend(ax):
    raster(ax, {"a": trains([1, 0, 1])})
    assert ax.get_legend() is None
    assert drawn(ax)[1] == {"layer": "a", "image": 0, "step": 2, "neuron": 0, "strength": 1}


@pytest.mark.parametrize("panel", [raster, psth, isi, latency])
def test_layers_that_cannot_be_drawn(ax, panel):
    owner = panel.__name__
    refused(
        "recording: there is no layer 'cnv'; did you mean 'conv'?", panel, ax, recording(), layers=["cnv"]
    )
    refused(f"{owner}: there are no layers to draw", panel, ax, recording(), layers=[])
    accumulates = f"{owner}: layer 'fc' accumulates and never spikes; leave it out"
    refused(accumulates, panel, ax, recording(), layers=["fc"])
    several = {"a": trains([1, 0]), "b": trains([1, 0], dt=2e-3)}
    clocks = "[(2, 0.001), (2, 0.002)]"
    refused(f"{owner}: the layers differ in (steps, dt): {clocks}; give one run's", panel, ax, several)
    refused("images: nothing is chosen by []; choose among 0..2", panel, ax, recording(), images=[])
    with pytest.raises(NotRecorded, match="run with record="):
        panel(ax, Recording.write(None, header("totals"), [chunk(3)]))


# ---- timing


def test_psth_is_spikes_by_neuron_image_and_second(ax):
    psth(ax, {"a": trains([1, 1, 0], [2, 0, 0]), "mute": trains([0, 0, 0])}, bin_steps=2)
    table = [(row["layer"], row["start_s"], row["rate_hz"]) for row in drawn(ax)]
    expected = [("a", 0, 750), ("a", 0.002, 0), ("mute", 0, 0), ("mute", 0.002, 0)]
    assert table == [(name, start, pytest.approx(rate)) for name, start, rate in expected]
    refused("psth: bin_steps is 0; give at least 1", psth, ax, {"a": trains([1])}, bin_steps=0)


def test_intervals_are_within_a_neuron_and_an_image(ax):
    one = trains([1, 0, 1, 1, 0], [0, 1, 0, 0, 1])  # intervals 2, 1; 3
    isi(ax, {"a": Spikes.join([one, one]), "once": trains([0, 1, 0, 0, 0])})
    counts = {(row["layer"], round(1e3 * row["interval_s"])): row["intervals"] for row in drawn(ax)}
    assert counts == {("a", 1): 2, ("a", 2): 2, ("a", 3): 2, ("once", 1): 0}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "once (no interval)"]


def test_latency_tells_the_quartiles_and_who_spikes_at_all(ax):
    rows = np.eye(5, dtype=int)
    latency(ax, {"a": trains(*rows), "half": trains([0, 0, 1, 0, 0], [0] * 5), "mute": trains([0] * 5)})
    (a, half, mute) = drawn(ax)
    assert [a[f"p{p}_s"] for p in (25, 50, 75)] == pytest.approx([1e-3, 2e-3, 3e-3])
    assert (half["spiking"], mute["spiking"]) == (0.5, 0)
    assert np.isnan(mute["p50_s"])
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == ["a (100%)", "half (50%)", "mute (0%)"]


# ---- conversion


def test_few_points_are_dots_and_many_a_density(ax):
    random = np.random.default_rng(0)
    x = random.random(20_000)
    correlation(ax, x[:50], x[:50])
    assert len(drawn(ax)) == 50
    assert ax.texts[0].get_text() == "r = 1.0000\nn = 50"
    many = Figure().subplots()
    correlation(many, x, x**2)
    assert sum(row["points"] for row in drawn(many)) == 20_000
    assert many.images


def test_correlations_that_cannot_be(ax):
    said = "correlation: activations {}, rates {}; give finite numbers, alike"
    refused(said.format((2,), (3,)), correlation, ax, [1, 2], [1, 2, 3])
    refused(said.format((2,), (2,)), correlation, ax, [1, np.nan], [1, 2])
    correlation(ax, [1, 1], [0, 1])
    assert ax.texts[0].get_text().startswith("r undefined")


BUDGET = [
    {"layer": "a", "inherited": 0.0, "clipping": 0.2, "quantisation": 0.1, "timing": -0.1},
    {"layer": "b", "inherited": 0.3, "clipping": 0.1, "quantisation": 0.1, "timing": 0.1},
]


def test_causes_are_stacked_on_their_side_of_zero(ax):
    error_budget(ax, BUDGET)
    ends = {
        bars.get_label(): [(b.get_x(), b.get_x() + b.get_width()) for b in bars] for bars in ax.containers
    }
    assert ends["quantisation"] == [pytest.approx((0.2, 0.3)), pytest.approx((0.4, 0.5))]
    assert ends["timing"] == [pytest.approx((0, -0.1)), pytest.approx((0.5, 0.6))]
    assert "mapping" not in ends
    assert drawn(ax) == [row | {"mapping": 0.0} for row in BUDGET]


def test_shares_of_the_total_are_drawn_where_there_are_any(ax):
    shares = dict(
        zip(
            ("inherited", "clipping", "quantisation", "timing", "mapping"),
            (0.5, 0.7, -0.2, 0, 0),
            strict=True,
        )
    )
    row = {
        "layer": "a",
        "total": 0.4,
        **dict.fromkeys(shares, 9.0),
        **{f"share_{c}": s for c, s in shares.items()},
    }
    none = row | {"layer": "b", "total": 0.0, "share_clipping": np.nan}  # no error has no shares
    error_budget(ax, [row, none])
    assert [bar.get_width() for bars in ax.containers for bar in bars] == pytest.approx(
        [0.2, 0, 0.28, 0, -0.08, 0]
    )


def test_budgets_that_cannot_be(ax):
    causes = "inherited, clipping, quantisation, timing"
    said = f"error_budget: {{}} rows; give one a layer, with layer and {causes}"
    refused(said.format(0), error_budget, ax, [])
    refused(said.format(1), error_budget, ax, [{"layer": "a", "error": 1}])
    refused(said.format(2), error_budget, ax, [BUDGET[0], {"layer": "b"}])
    refused(said.format(1), error_budget, ax, [{**BUDGET[0], "timing": np.nan}])
    refused(said.format(1), error_budget, ax, [{**BUDGET[0], "timing": "much"}])


def test_fills_keep_apart_in_greyscale():
    def lightness(color):  # CIE L*
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
        return 116 * np.dot(linear, (0.2126, 0.7152, 0.0722)) ** (1 / 3) - 16

    steps = np.abs(np.diff([lightness(fill) for fill in FILLS]))
    assert steps.min() > 10


def test_energy_has_a_bar_for_every_way_to_compute_it(ax):
    energy(ax, ["a", "b"], {"ANN": [2e-6, 1e-6], "SNN": [1e-7, 3e-7]})
    assert [bar.get_width() for bars in ax.containers for bar in bars] == pytest.approx([2, 1, 0.1, 0.3])
    assert ax.get_xlabel() == "Energy an image (µJ)"
    assert drawn(ax)[2] == {"layer": "a", "series": "SNN", "energy_j": 1e-7}
    refused("energy: joules is empty; give at least one way to compute", energy, ax, ["a"], {})
    refused("energy: 1 layers, ANN (2,); give one for each", energy, ax, ["a"], {"ANN": [1, 2]})
    wrong = "energy: an energy is negative, NaN or infinite; give joules of 0 or more"
    for joules in (-1, np.nan, np.inf):
        refused(wrong, energy, ax, ["a"], {"ANN": [joules]})


# ---- membranes


def test_a_trace_has_its_threshold_and_its_spikes(ax):
    trace(ax, [-60, -52, -61], DT, [0, 0, -1], -50, "mV")
    assert ax.get_ylabel() == "Potential after reset (mV)"
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == ["membrane", "threshold", "negative spikes"]
    assert drawn(ax)[2] == {"time_s": 0.002, "potential": -61.0, "strength": -1}
    said = "trace: potential (2,), strengths (3,); give one neuron's steps"
    refused(said, trace, ax, [1, 2], DT, [0, 0, 0])
    refused("trace: potential (), strengths (); give one neuron's steps", trace, ax, 1.0, DT)
    refused("trace: a potential is NaN or infinite; give finite ones", trace, ax, [1, np.nan], DT)


# ---- matrices and maps


def test_confusion_counts_what_was_taken_for_what(ax):
    confusion(ax, [0, 0, 1, 2], [0, 1, 1, 2], ["cat", "dog", "owl"])
    found = {(row["label"], row["prediction"]): row["images"] for row in drawn(ax)}
    assert [found[pair] for pair in (("cat", "cat"), ("cat", "dog"), ("owl", "owl"))] == [1, 1, 1]
    assert sum(found.values()) == 4
    assert [text.get_text() for text in ax.texts[:2]] == ["50", "50"]
    refused("confusion: labels (2,), predictions (1,); give one for each image", confusion, ax, [0, 1], [0])
    outside = "confusion: a label or prediction is outside of 0..1; name all classes"
    refused(outside, confusion, ax, [0, 2], [0, 1], ["a", "b"])
    refused(outside, confusion, ax, [0, 1], [0, -1], ["a", "b"])


def test_similarity_of_layers(ax):
    similarity(ax, [[1, 0.5]], ["a"], ["x", "y"])
    assert drawn(ax) == [
        {"row": "a", "column": "x", "value": 1.0},
        {"row": "a", "column": "y", "value": 0.5},
    ]
    refused("similarity: values (1, 1) of 2 rows, 2 columns", similarity, ax, [[1]], ["a", "b"])
    refused("similarity: a value is outside of 0..1; give similarities", similarity, ax, [[2]], ["a"])


@pytest.mark.parametrize("shape", [(5, 3, 2), (5, 7), (6,)])
def test_every_rate_is_a_pixel_of_its_channels_tile(ax, shape):
    rates = np.arange(np.prod(shape), dtype=float).reshape(shape)
    rate_map(ax, rates)
    pixels = ax.images[0].get_array()
    assert sorted(pixels.compressed()) == sorted(rates.ravel())
    assert [row["rate"] for row in drawn(ax)] == rates.ravel().tolist()


def test_rates_without_a_picture(ax):
    refused(
        "rate_map: rates (1, 1, 1, 1); give (channels, height, width)", rate_map, ax, np.ones((1, 1, 1, 1))
    )
    for rates in ([np.nan, np.nan], [0, np.inf]):
        refused("rate_map: all rates are NaN, or one is infinite; give finite ones", rate_map, ax, rates)


def test_a_scene_shows_its_classes_and_leaves_the_rest_white(ax):
    classes = np.array([[0, 0, -1], [1, 1, -1]])
    classification_map(ax, classes, ["corn", "woods"])
    assert np.ma.masked_invalid(ax.images[0].get_array()).count() == 4
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0 corn", "1 woods"]
    assert drawn(ax)[-1] == {"row": 1, "column": 1, "label": 1}
    outside = "classification_map: a class is outside of 0..0; name all classes"
    refused(outside, classification_map, ax, classes, ["corn"])
    integers = "classification_map: classes float64 (1, 1); give integers (H, W)"
    refused(integers, classification_map, ax, [[0.5]])


def test_a_legend_says_how_many_classes_it_leaves_out(ax):
    for count, last in ((24, "23"), (30, "and 6 more")):
        classification_map(ax, np.arange(count)[:, None])
        names = [text.get_text() for text in ax.get_legend().get_texts()]
        assert names[:24] == [str(number) for number in range(24)]
        assert names[-1] == last


# ---- networks


def residual(blocks=1):
    layers = [Layer("input", (2, 4, 4), Input())]
    projections = []
    conv = Conv(np.ones((2, 2, 3, 3)), padding=1)
    for block in range(blocks):
        source, one, two = layers[-1].name, f"{block}.one", f"{block}.two"
        layers += [Layer(one, (2, 4, 4), IF()), Layer(two, (2, 4, 4), IF())]
        projections += [Projection(source, one, (conv,)), Projection(one, two, (conv,))]
        projections += [Projection(source, two, (Identity(),))]
    projections += [Projection(layers[-1].name, "out", (Linear(np.ones((3, 32))),))]
    projections += [Projection("0.one", "0.one", (Identity(),), delay=2)]
    return Network([*layers, Layer("out", (3,), Accumulate())], projections)


def test_the_graph_shows_layers_shapes_branches_and_delays(ax):
    network(ax, residual())
    said = [text.get_text() for text in ax.texts]
    for expected in ("input", "0.two", "2×4×4", "IF", "Conv 3×3 + Identity", "Linear"):
        assert expected in said
    assert "Conv 3×3 + Identity (delay 2)" in said
    arrows = [patch for patch in ax.patches if hasattr(patch, "get_arrowstyle")]
    assert sorted(arrow.get_linestyle() for arrow in arrows) == ["-", "--"]
    assert len(ax.lines) == 3  # input to one, one to two, two to out
    assert drawn(ax)[2] == {
        "source": "input",
        "target": "0.two",
        "delay": 0,
        "ops": "Identity",
        "shape": "2×4×4",
    }


def test_branches_that_overlap_have_lanes_of_their_own(ax):
    net = residual()
    far = Projection("input", "out", (Linear(np.ones((3, 32))),))
    network(ax, Network(net.layers, [*net.projections, far]))
    arrows = [patch for patch in ax.patches if hasattr(patch, "get_arrowstyle")]
    ax.figure.draw_without_rendering()
    lanes = [arrow.get_window_extent().x0 for arrow in arrows]
    assert len(set(lanes)) == len(lanes) == 3


def test_what_leads_into_a_layer_is_cut_where_there_is_no_room():
    with matplotlib.rc_context(style("ieee-single") | {"figure.figsize": (1.9, 2.0)}):
        ax = network(Figure(layout="compressed").subplots(), residual())
        ax.figure.draw_without_rendering()
        right = max(text.get_window_extent().x1 for text in ax.texts)
    assert any(text.get_text().endswith("…") for text in ax.texts)
    assert right <= ax.figure.bbox.x1


def test_a_network_too_deep_for_its_page_is_refused(ax):
    refused("network: 42 layers do not fit, 12 would; give a larger height", network, ax, residual(20))
