"""Overall and average accuracy and Cohen's kappa: by hand, and beside scikit-learn's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from neurosim.errors import InputError
from neurosim.statistics import average_accuracy, class_accuracy, cohen_kappa, overall_accuracy

# 10 of class 0, 5 of class 1; 8 and 3 of them decided rightly: p = 11/15, q = (10*10 + 5*5) / 225 = 5/9
LABELS = [0] * 10 + [1] * 5
PREDICTIONS = [0] * 8 + [1] * 2 + [1] * 3 + [0] * 2


def test_by_hand():
    assert overall_accuracy(LABELS, PREDICTIONS) == 11 / 15
    assert class_accuracy(LABELS, PREDICTIONS).tolist() == [0.8, 0.6]
    assert average_accuracy(LABELS, PREDICTIONS) == 0.7
    assert cohen_kappa(LABELS, PREDICTIONS) == pytest.approx((11 / 15 - 5 / 9) / (1 - 5 / 9), abs=1e-15)


def test_chance_is_0_and_perfection_1():
    labels, said = np.divmod(np.arange(9), 3)
    assert cohen_kappa(labels, said) == 0
    assert (
        cohen_kappa(labels, labels)
        == overall_accuracy(labels, labels)
        == average_accuracy(labels, labels)
        == 1
    )


def test_a_class_without_images_has_no_accuracy():
    np.testing.assert_array_equal(class_accuracy([0, 2], [0, 1]), [1, np.nan, 0])
    assert average_accuracy([0, 2], [0, 1]) == 0.5
    assert math.isnan(cohen_kappa([1, 1], [1, 1]))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40))
def test_as_scikit_learn(pairs):
    labels, said = np.array(pairs).T
    assert overall_accuracy(labels, said) == pytest.approx(metrics.accuracy_score(labels, said))
    average = metrics.recall_score(labels, said, average=None, labels=np.unique(labels)).mean()
    assert average_accuracy(labels, said) == pytest.approx(average)
    if len(np.unique([labels, said])) > 1:
        assert cohen_kappa(labels, said) == pytest.approx(metrics.cohen_kappa_score(labels, said))


@pytest.mark.parametrize("statistic", [overall_accuracy, class_accuracy, average_accuracy, cohen_kappa])
def test_refusals(statistic):
    owner = statistic.__name__.replace("average_accuracy", "class_accuracy")
    with pytest.raises(InputError, match=f"^{owner}: 1 predictions for 2 labels; give one a label$"):
        statistic([0, 1], [0])
    with pytest.raises(InputError) as raised:
        statistic([], [])
    assert str(raised.value) == f"{owner}: labels is float64 (0,); give integers (images,), at least 1"
    with pytest.raises(InputError) as raised:
        statistic([0], [-1])
    assert str(raised.value) == f"{owner}: predictions holds -1 to -1; give classes from 0 to 99999"
