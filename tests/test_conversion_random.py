"""Conversion of random graphs, drawn from all operations that are convertible, held to torch."""

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch_nets import RECIPE
from torch_spiking import check

from neurosim import conversion
from neurosim.errors import InputError

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
AVG = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
MAX = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
ADAPTIVE = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}


class Step(nn.Module):
    """One operation on the latest value, or on it and an earlier one of the same shape."""

    needs_activation = False

    def __init__(self, draw, shape, earlier):
        super().__init__()
        self.axes = len(shape) - 1
        self.prepare(draw, shape, earlier)

    def prepare(self, draw, shape, earlier):
        pass


class Convolve(Step):
    def prepare(self, draw, shape, earlier):
        groups = draw(st.sampled_from([g for g in (1, 2, 3) if shape[0] % g == 0]))
        out = groups * draw(st.integers(1, 3))
        kernel, padding = draw(st.sampled_from([(1, 0), (2, 1), (3, 1), (3, 2)]))
        stride = draw(st.integers(1, 2))
        bias = draw(st.booleans())
        self.conv = CONV[self.axes](shape[0], out, kernel, stride, padding, groups=groups, bias=bias)

    def forward(self, x, earlier):
        return self.conv(x)


class Normalise(Step):
    def prepare(self, draw, shape, earlier):
        self.norm = NORM[self.axes](shape[0], affine=draw(st.booleans()))
        self.norm.running_mean.normal_(0, 0.3)
        self.norm.running_var.uniform_(0.5, 2)

    def forward(self, x, earlier):
        return self.norm(x)


class Rectify(Step):
    def prepare(self, draw, shape, earlier):
        self.act = draw(st.sampled_from([nn.ReLU(), nn.ReLU6(), nn.Hardtanh(0, 0.3), nn.ReLU(inplace=True)]))

    def forward(self, x, earlier):
        return self.act(x)


class Average(Step):
    def prepare(self, draw, shape, earlier):
        options = {"padding": 1, "count_include_pad": draw(st.booleans()), "ceil_mode": draw(st.booleans())}
        self.pool = draw(
            st.sampled_from([AVG[self.axes](2, 1, **options), ADAPTIVE[self.axes](2), AVG[self.axes](1, 2)])
        )

    def forward(self, x, earlier):
        return self.pool(x)


class Maximum(Step):
    needs_activation = True

    def prepare(self, draw, shape, earlier):
        self.pool = MAX[self.axes](2, draw(st.integers(1, 2)), draw(st.integers(0, 1)))

    def forward(self, x, earlier):
        return self.pool(x)


class Stride(Step):
    def forward(self, x, earlier):
        return x[(slice(None), slice(None), *(slice(None, None, 2),) * self.axes)]


class Pad(Step):
    def prepare(self, draw, shape, earlier):
        around = [draw(st.integers(0, 1)) for _ in range(2 * self.axes)]
        self.zeros = (*around, draw(st.integers(0, 1)), draw(st.integers(0, 1)))

    def forward(self, x, earlier):
        return F.pad(x, self.zeros)


class Constant(Step):
    def prepare(self, draw, shape, earlier):
        self.scale, self.factor = nn.Parameter(torch.rand(shape[0], *(1,) * self.axes) + 0.5), 1.25

    def forward(self, x, earlier):
        return x / self.scale * self.factor - self.scale + 1


class Join(Step):
    """Concatenation with all earlier values of the same spatial shape; of two, or of one with itself."""

    def prepare(self, draw, shape, earlier):
        same = [i for i, other in enumerate(earlier) if other[1:] == shape[1:]]
        self.others = draw(st.lists(st.sampled_from(same), min_size=1, max_size=2))

    def forward(self, x, earlier):
        return torch.cat([*(earlier[i] for i in self.others), x], 1)


class Add(Step):
    def prepare(self, draw, shape, earlier):
        self.other = draw(st.sampled_from([i for i, other in enumerate(earlier) if other == shape]))
        self.sign = draw(st.sampled_from([-1, 1]))

    def forward(self, x, earlier):
        return x + earlier[self.other] if self.sign > 0 else x - earlier[self.other]


STEPS = (Convolve, Normalise, Rectify, Average, Maximum, Stride, Pad, Constant, Join, Add)


class Graph(nn.Module):
    """A chain of steps with connections back, and a head."""

    def __init__(self, draw):
        super().__init__()
        axes = draw(st.integers(1, 3))
        torch.manual_seed(draw(st.integers(0, 10**6)))
        self.shape = (draw(st.integers(1, 3)), *draw(st.tuples(*(st.integers(3, 5),) * axes)))
        self.steps, shapes = nn.ModuleList(), [self.shape]
        activation = False
        for kind in draw(st.lists(st.sampled_from(STEPS), min_size=2, max_size=7)):
            if kind.needs_activation and not activation:
                self._append(Rectify, draw, shapes)
            self._append(kind, draw, shapes)
            activation = kind in (Rectify, Maximum)
        self.mean = draw(st.booleans())
        self.axes = tuple(range(2, 2 + axes))
        self.fc = nn.Linear(self.pooled(torch.zeros(1, *shapes[-1])).numel(), 3)
        self.eval()

    def _append(self, kind, draw, shapes):
        step, values = kind(draw, shapes[-1], shapes).eval(), [torch.zeros(1, *shape) for shape in shapes]
        try:
            shapes.append(tuple(step(values[-1], values).shape[1:]))
        except RuntimeError:  # windows larger than what they look at
            assume(False)
        self.steps.append(step)

    def pooled(self, x):
        return x.mean(self.axes) if self.mean else x.flatten(1)

    def forward(self, x):
        values = [x]
        for step in self.steps:
            values.append(step(values[-1], values))
        return self.fc(self.pooled(values[-1]))


@st.composite
def graphs(draw):
    return Graph(draw)


def reads_what_it_overwrites(graph):
    """An in-place ReLU changes the value before it, which a later step may read again."""
    places = [i for i, s in enumerate(graph.steps) if isinstance(s, Rectify) and getattr(s.act, "inplace", 0)]
    used = {i for s in graph.steps for i in (*getattr(s, "others", ()), getattr(s, "other", -1))}
    return bool(used & set(places))


@given(graphs())
@settings(max_examples=40)
def test_random_graphs_compute_and_spike_as_torch_does(graph):
    assume(not reads_what_it_overwrites(graph))
    images = np.random.default_rng(0).random((2, *graph.shape))
    try:
        net = conversion.convert(graph, RECIPE, images)
    except InputError as error:  # nothing else is refused
        assume("of its activation is 0 over 2 calibration images" not in str(error))
        raise
    check(graph, net, images, steps=3)
