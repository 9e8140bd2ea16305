"""Event cameras: N-MNIST's files, and events as spikes."""

import re
import tarfile

import numpy as np
import pytest

from neurosim import FileError, InputError
from neurosim.datasets import read_events
from neurosim.neurons import Input
from neurosim.stimuli import CameraEvents, binned

ONE = CameraEvents(
    x=[0, 3, 3, 1], y=[0, 1, 1, 2], polarity=[0, 1, 1, 0], time=[0, 999, 1000, 2999], height=3, width=4
)
TWO = CameraEvents(x=[2], y=[2], polarity=[1], time=[7], height=3, width=4)
SILENT = CameraEvents(x=[], y=[], polarity=[], time=[], height=3, width=4)
SHAPE = (2, 3, 4)


def dense(events, steps):
    events.check(Input(), SHAPE, steps)
    return events.frames(Input(), SHAPE, steps, slice(None))


def packed(events):
    """The bytes of N-MNIST's format, as its description spells them."""
    rows = zip(events.x, events.y, events.polarity, events.time, strict=True)
    return b"".join(bytes([x, y]) + (int(p) << 23 | int(t)).to_bytes(3, "big") for x, y, p, t in rows)


def test_events_keep_their_own_times():
    made = dense(binned([ONE, SILENT, TWO], 3, dt=1e-3), 3)
    expected = np.zeros((3, 3, *SHAPE))
    expected[0, 0, 0, 0, 0] = expected[0, 0, 1, 1, 3] = expected[0, 1, 1, 1, 3] = expected[0, 2, 0, 2, 1] = 1
    expected[2, 0, 1, 2, 2] = 1
    np.testing.assert_array_equal(made, expected)


def test_without_dt_a_recording_fills_all_steps():
    made = dense(binned([ONE, TWO], 2), 2)
    assert made[0, 0, 1, 1, 3] == 2  # 999 and 1000 us lie in the first half of 3000
    assert made[0, 1].sum() == made[0, 1, 0, 2, 1] == 1
    assert made[1, 1, 1, 2, 2] == 1  # the last event is in the last step
    assert dense(binned([ONE], 2, binary=True), 2)[0, 0, 1, 1, 3] == 1


def test_a_file_is_read_back(tmp_path):
    path = tmp_path / "1.bin"
    path.write_bytes(packed(ONE))
    assert read_events(path, height=3, width=4) == ONE


def test_real_recordings(data_dir, tmp_path):
    with tarfile.open(data_dir / "nmnist" / "NMNISTsmall.tar.xz") as archive:
        for number, member in enumerate(m for m in archive if m.name.endswith(".bs2")):
            (tmp_path / f"{number}.bs2").write_bytes(archive.extractfile(member).read())
            if number == 9:
                break
    recordings = [read_events(tmp_path / f"{number}.bs2") for number in range(10)]
    assert packed(recordings[0]) == (tmp_path / "0.bs2").read_bytes()
    assert all(0.28e6 < events.time[-1] < 0.33e6 for events in recordings)  # three saccades of 100 ms
    made = binned(recordings, 350, dt=1e-3)
    assert len(made) == 10
    assert made.strength.sum() == sum(len(events.time) for events in recordings)
    assert binned(recordings, 20).strength.sum() == made.strength.sum()
    assert len(binned(recordings, 350, dt=1e-3, binary=True).step) == len(made.step)


DAMAGED = {
    "length": (packed(ONE)[:-1], "size: found 19 bytes, expected a multiple of 5, at most 268435456"),
    "empty": (b"", "file: found 0 bytes, expected a file with contents"),
    "beyond the edge": (
        bytes([4, 0, 0, 0, 0]),
        "events: found CameraEvents.x holds 4: give 0 to 3, expected those of a 4x3 camera in the order of "
        "time",
    ),
    "back in time": (
        bytes([0, 0, 0, 0, 9, 0, 0, 0, 0, 8]),
        "events: found CameraEvents.time falls from 9 to 8 us: sort the events, expected those of a 4x3 "
        "camera in the order of time",
    ),
}


@pytest.mark.parametrize(("contents", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_files_are_refused(contents, message, tmp_path):
    path = tmp_path / "1.bin"
    path.write_bytes(contents)
    with pytest.raises(FileError, match=f"^{re.escape(f'{path}: {message}')}$"):
        read_events(path, height=3, width=4)


COLUMNS = {"x": [0, 1], "y": [0, 1], "polarity": [0, 1], "time": [5, 6], "height": 3, "width": 4}
REFUSED = {
    "polarity": (
        lambda: CameraEvents(**COLUMNS | {"polarity": [0, 2]}),
        "CameraEvents.polarity holds 2: give 0 to 1",
    ),
    "lengths": (
        lambda: CameraEvents(**COLUMNS | {"x": [0]}),
        "CameraEvents: columns have different lengths (x 1, y 2, polarity 2, time 2): give one row an event",
    ),
    "a fraction": (
        lambda: CameraEvents(**COLUMNS | {"time": [0.5, 1]}),
        "CameraEvents.time has shape (2,) and type float64: give whole numbers, one a row",
    ),
    "no size": (
        lambda: CameraEvents(**COLUMNS | {"height": 0}),
        "CameraEvents.height is 0: give a whole number >= 1",
    ),
    "no steps": (lambda: binned([ONE], 0), "binned: steps is 0: give a whole number >= 1"),
    "none": (
        lambda: binned([], 5),
        "binned: recordings are of cameras of sizes []: give some, all of one size",
    ),
    "two cameras": (
        lambda: binned([ONE, CameraEvents(**COLUMNS | {"width": 5})], 5),
        "binned: recordings are of cameras of sizes [(3, 4), (3, 5)]: give some, all of one size",
    ),
    "dt": (lambda: binned([ONE], 5, dt=1.5e-6), "binned: dt is 1.5e-06: give a whole number of microseconds"),
    "late": (
        lambda: binned([ONE], 2, dt=1e-3),
        "binned: an event at 2999 us lies beyond 2 steps of 1000 us: give 3 steps, or no dt to spread each "
        "recording over the steps",
    ),
}


@pytest.mark.parametrize(("made", "message"), REFUSED.values(), ids=REFUSED)
def test_refusals(made, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        made()
