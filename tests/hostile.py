"""What the tests of all readers share: refusals in one line, and mutated bytes."""

from pathlib import Path

import pytest
from hypothesis import strategies as st

from neurosim.errors import FileError, NeurosimError


def refused(read, path: Path, *words: str) -> None:
    """The reader raises FileError, in one line that names the file and holds the words."""
    with pytest.raises(FileError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    for word in (str(path), *words):
        assert word in message


@st.composite
def mutations(draw):
    """One to three bytes to replace, as (position in 0..1, value), and the share of the file that is kept."""
    place = st.floats(0, 1, exclude_max=True)
    return draw(st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=3)), draw(
        place | st.just(1)
    )


def mutate(path: Path, mutation) -> None:
    contents = bytearray(path.read_bytes())
    changes, kept = mutation
    for place, value in changes:
        contents[int(place * len(contents))] = value
    path.write_bytes(contents[: 1 + int(kept * (len(contents) - 1))])


def outcome(read, path: Path):
    try:
        return read(path)
    except NeurosimError as error:
        return str(error)
