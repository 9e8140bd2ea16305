"""The page about a recording: self-contained, escaped, readable in a browser, large or small."""

import json
import re
import subprocess
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest
from recorded import DT, STEPS, chunk, header

import neurosim
from neurosim import IF, Accumulate, Input, Layer, Linear, Network, Projection, Reference, Simulation, cli
from neurosim.errors import InputError
from neurosim.recording import Recording
from neurosim.report import write_report

HOSTILE = "<script>alert('x')</script> & \"quoted\""
ROWS = [
    {"layer": name, "total": 0.3, "inherited": 0.1, "clipping": 0.1, "quantisation": 0.1, "timing": 0.0}
    for name in (HOSTILE, "out")
]
DIAGNOSIS = {"layers": ROWS, "culprits": [[HOSTILE, "clipping"]], "advice": ["a percentile of 100"]}


@pytest.fixture(scope="module")
def run():
    """A network with a hostile name, and its recording."""
    random = np.random.default_rng(0)
    layers = [Layer("in", (6,), Input()), Layer(HOSTILE, (8,), IF()), Layer("out", (3,), Accumulate())]
    projections = [
        Projection("in", HOSTILE, (Linear(random.normal(size=(8, 6))),)),
        Projection(HOSTILE, "out", (Linear(random.normal(size=(3, 8))),)),
    ]
    network = Network(layers, projections, classes=("a", "b", HOSTILE))
    with Simulation(network, Reference(), 10, record="spikes") as simulation:
        return network, simulation.run(random.random((12, 6)), random.integers(0, 3, 12), progress=False)


@pytest.fixture(scope="module")
def page(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "page.html"
    network, recording = run
    write_report(recording, path, network=network, diagnosis=DIAGNOSIS, title=f"run of {HOSTILE}")
    return path


class Tags(HTMLParser):
    """Every tag with its attributes, and all text."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def parsed(page):
    parser = Tags()
    parser.feed(page.read_text())
    return parser


def test_it_has_every_section(parsed):
    titles = [
        "Run",
        "Network",
        "Raster",
        "Rates",
        "Timing",
        "Decisions",
        "Conversion_error",
        "Energy",
        "Provenance",
    ]
    assert all(title.replace("_", " ") in parsed.text for title in titles)
    assert sum(tag == "svg" for tag, _ in parsed.tags) == 8
    assert "12 images, 10 steps of 0.001 s each." in parsed.text
    assert "a percentile of 100" in parsed.text


def test_names_are_text_and_never_markup(parsed):
    assert not any(tag == "script" for tag, _ in parsed.tags)
    assert f"run of {HOSTILE}" in parsed.text
    assert f"{HOSTILE}: clipping." in parsed.text


def test_nothing_comes_from_elsewhere(parsed, page):
    for tag, attributes in parsed.tags:
        for name in ("src", "href", "xlink:href", "action", "data"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,")), tag
    assert "@import" not in page.read_text()
    assert all(inside.startswith("#") for inside in re.findall(r"url\(([^)]*)\)", page.read_text()))


def test_every_reference_meets_one_element(parsed):
    named = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(named) == len(set(named))
    used = {a["href"][1:] for _, a in parsed.tags if (a.get("href") or "").startswith("#")}
    assert used <= set(named)


def test_the_same_run_gives_the_same_bytes(run, page, tmp_path):
    network, recording = run
    again = tmp_path / "again.html"
    write_report(recording, again, network=network, diagnosis=DIAGNOSIS, title=f"run of {HOSTILE}")
    assert again.read_bytes() == page.read_bytes()


@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_shows_it(page, program, tmp_path, width):
    chromium = program("chromium", "chromium")
    asking = "<script>document.title = `${innerWidth},${document.documentElement.scrollWidth}`"
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text())  # it forbids the script that asks
    probe = tmp_path / "probe.html"
    probe.write_text(text.replace("</body>", f"{asking}</script></body>"))
    quiet = "--disable-quic --no-first-run --disable-background-networking --disable-component-update"
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", *quiet.split(), "--disable-sync"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--dump-dom"]
    shown = subprocess.run(
        [*command, probe.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    title = re.search("<title>([^<]*)</title>", shown.stdout)
    inner, needed = map(int, title[1].split(","))
    assert needed <= inner  # nothing is cut, nobody scrolls sideways
    assert shown.stdout.count("<svg") == 8


def test_what_is_not_known_is_named_with_its_remedy(tmp_path):
    recording = Recording.write(None, header("totals"), [chunk(2)])
    write_report(recording, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    for said in (
        "run with --record spikes",
        "--network NET",
        "--diagnosis",
        "No accuracy",
        f"2 images, {STEPS} steps of {DT:g} s",
    ):
        assert said in text


@pytest.mark.parametrize(
    "diagnosis",
    [
        {},
        [],
        {"layers": [], "culprits": [], "advice": []},
        DIAGNOSIS | {"layers": [{"layer": "x"}]},
        DIAGNOSIS | {"layers": [row | {"layer": ["out"]} for row in ROWS]},
        DIAGNOSIS | {"layers": [row | {"clipping": "much"} for row in ROWS]},
        DIAGNOSIS | {"culprits": [1]},
        DIAGNOSIS | {"advice": [1]},
    ],
)
def test_another_networks_diagnosis_is_refused(run, tmp_path, diagnosis):
    with pytest.raises(InputError) as caught:
        write_report(run[1], tmp_path / "page.html", diagnosis=diagnosis)
    assert str(caught.value) == (
        "report: the diagnosis is not of the recording's layers: give what neurosim diagnose --json printed "
        "for the same network"
    )
    assert not list(tmp_path.iterdir())


def test_another_network_is_refused(tmp_path):
    recording = Recording.load(files(neurosim).parent / "analysis/results/digits_demo.h5")
    network = Network(
        [Layer("in", (1,), Input()), Layer("out", (1,), IF())], [Projection("in", "out", (Linear([[1.0]]),))]
    )
    with pytest.raises(InputError) as caught:
        write_report(recording, tmp_path / "page.html", network=network)
    assert str(caught.value) == (
        "report: the network's layers are not the recording's: give the one that was run"
    )


def test_the_verb(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run[0].save("net.safetensors")
    run[1].save("run.h5")
    (tmp_path / "diagnosis.json").write_text(json.dumps(DIAGNOSIS))
    words = ["report", "run.h5", "--network", "net.safetensors", "-o", "page.html"]
    assert cli.main([*words, "--diagnosis", "diagnosis.json"]) == 0
    assert capsys.readouterr().out == "written to page.html\n"
    assert "<h1>run.h5</h1>" in (tmp_path / "page.html").read_text()
    assert cli.main([*words, "--diagnosis", "net.safetensors"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("neurosim: net.safetensors: contents: found UnicodeDecodeError")
    assert said.endswith("expected an intact diagnosis file\n")
    assert said.count("\n") == 1


def test_what_energy_lacks_is_said_and_deep_networks_are_tables(tmp_path):
    """Totals do not tell strengths; 60 layers do not fit on a page."""
    names = [f"l{number}" for number in range(60)]
    layers = [Layer("in", (1,), Input()), *(Layer(name, (1,), IF()) for name in names)]
    links = zip(["in", *names], names, strict=False)
    network = Network(layers, [Projection(one, other, (Linear([[1.0]]),)) for one, other in links])
    with Simulation(network, Reference(), 2) as simulation:
        recording = simulation.run(np.ones((1, 1)), progress=False)
    write_report(recording, tmp_path / "page.html", network=network)
    text = (tmp_path / "page.html").read_text()
    assert "Too deep to draw." in text
    assert "Not known: recording: " in text
