"""The gaps in the guide to recipes are those that were measured."""

import csv
import re
from pathlib import Path

from neurosim.conversion import BMIF, QCFS, SNM, AugMapping, Burst, TerMapping, ThresholdBalance

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = ("diehl_mnist", "diehl_fashion", "cifar_vgg", "resnet20")
METHODS = {
    "BM-IF, K = 8": BMIF(8, 99.9),
    "BM-IF, K = 1": BMIF(1, 99.9),
    "QCFS": QCFS(),
    "AugMapping, 99 %": AugMapping(99),
    "SNM": SNM(),
    "TerMapping, 99 %": TerMapping(99),
    "IF, 99.9 %": ThresholdBalance(99.9),
    "Burst": Burst(),
    "AugMapping": AugMapping(),
    "TerMapping": TerMapping(),
    "IF": ThresholdBalance(100),
}


def test_the_guide_says_what_was_measured():
    with (ROOT / "analysis" / "results" / "conversion_methods_gaps.csv").open() as file:
        measured = {(row["method"], row["network"]): float(row["gap"]) for row in csv.DictReader(file)}
    text = (ROOT / "docs" / "recipes.md").read_text()
    table = re.findall(
        r"^\| `(\w+\([^`]*\))` \|[^|]*\|(.*)\|$", text.partition("promise the module")[2], re.M
    )
    assert [eval(recipe) for recipe, _ in table] == list(METHODS.values())
    for method, (_, cells) in zip(METHODS, table, strict=True):
        known = [measured.get((method, network)) for network in NETWORKS]
        said = [None if "–" in cell else float(cell.replace("−", "-")) for cell in cells.split("|")]
        assert said == [None if gap is None else round(gap, 2) for gap in known]
