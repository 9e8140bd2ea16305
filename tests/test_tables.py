"""Tables: aligned text, and CSV that reads back and is no formula."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from neurosim import tables

cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8) | st.integers() | st.floats(-9, 9)
rows = st.lists(st.fixed_dictionaries({"layer": cells, "spikes": cells, "a, b": cells}), min_size=1)


def test_text_aligns_numbers_to_the_right_and_groups_thousands():
    table = [
        {"layer": "conv", "neurons": 25088, "rate": 0.123456},
        {"layer": "a long name", "neurons": 10, "rate": 12.0},
    ]
    assert tables.to_text(table) == (
        """\
layer        neurons    rate
-----------  -------  ------
conv          25,088  0.1235
a long name       10      12"""
    )
    assert tables.to_text([]) == "(empty)"


@given(rows)
def test_csv_reads_back(rows):
    again = list(csv.DictReader(io.StringIO(tables.to_csv(rows), newline="")))
    guarded = [
        {
            key: f"'{v}" if isinstance(v, str) and v.startswith(tuple("=+-@")) else str(v)
            for key, v in row.items()
        }
        for row in rows
    ]
    assert again == guarded


def test_csv_follows_the_columns_of_the_first_row():
    assert tables.to_csv([{"a": 1, "b": -2.5}, {"b": "=1+1", "a": "@x"}]) == "a,b\n1,-2.5\n'@x,'=1+1\n"
    assert tables.to_csv([]) == "\n"
